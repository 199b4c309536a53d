import Randomness

/// Folds inside the tracks that train, by which something is chosen or judged.
public struct FoldsInside: Sendable, Hashable {
    /// Of all the set's tracks; none where a genre has one recording only.
    public let folds: [[Int]]
    /// Genres with one artist only: their tracks are dealt one by one, so that the same artist trains and judges.
    public let genresOfOneArtist: [String]
}

extension SplitRequest {
    /// Up to `count` folds of whole artists, as many as every genre has artists for. Unlike the folds of a split they never
    /// fail: a genre of one artist is divided by recordings.
    public func foldsInside(_ set: SegmentSet, count: Int) -> FoldsInside {
        let copies = TrackGroups.copyKeys(set)
        let artists = (try? ArtistKeys(set, from: artists).keys) ?? copies.map { _ in [] }
        var keys = zip(artists, copies).map { $0.map { "artist \($0)" } + $1 }
        func groupsOfGenre(_ groups: TrackGroups) -> [Int] {
            set.genres.indices.map { label in
                groups.groups.count { $0.contains { set.tracks[$0].label == label } }
            }
        }
        let lacking = groupsOfGenre(TrackGroups(set, keys: keys)).map { $0 < 2 }
        for (track, own) in copies.enumerated() where lacking[set.tracks[track].label] { keys[track] = own }
        let groups = TrackGroups(set, keys: keys)
        let names = zip(set.genres, lacking).filter(\.1).map(\.0)
        let number = min(count, groupsOfGenre(groups).min() ?? 0)
        guard number >= 2 else { return FoldsInside(folds: [], genresOfOneArtist: names) }
        let weights = groups.groups.map { group in
            set.genres.indices.map { label in group.count { set.tracks[$0].label == label } }
        }
        var stream = RandomStream(seed: seed, purpose: "folds inside")
        let parts = BalancedParts(
            weights: weights, shares: Array(repeating: 1 / Double(number), count: number), stream: &stream)
        let folds = (0..<number).map { part in
            set.tracks.indices.filter { parts.partOfGroup[groups.groupOfTrack[$0]] == part }
        }
        return FoldsInside(folds: folds, genresOfOneArtist: names)
    }
}
