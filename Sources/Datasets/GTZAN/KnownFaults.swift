extension GTZAN {
    /// Tracks that common copies of the collection hold so damaged that they cannot be decoded.
    public static let undecodable = ["jazz.00054"]

    /// The known faults among some tracks; nil unless most of them are GTZAN's, of two genres at least.
    static func knownFaults(among ids: [String]) -> DatasetAudit.KnownFaults? {
        let names = Set(ids.compactMap(name))
        let foundGenres = Set(names.compactMap { $0.split(separator: ".").first })
        guard foundGenres.count > 1, 2 * ids.count(where: { name(of: $0) != nil }) >= ids.count else { return nil }
        let sides = sides(.filtered)
        return DatasetAudit.KnownFaults(
            tracks: names.count,
            copies: exactDuplicates.map { $0.filter(names.contains) }.filter { $0.count > 1 }.map { .init(tracks: $0) },
            leftOut: names.filter { sides[$0] == nil }.sorted(), undecodable: undecodable.filter(names.contains))
    }
}
