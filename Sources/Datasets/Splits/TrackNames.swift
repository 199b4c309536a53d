/// Finds tracks by the names that lists give them, which need not have the same folders or endings.
struct TrackNames {
    private var exact: [String: [Int]] = [:]
    private var bare: [String: [Int]] = [:]
    private var gtzan: [String: [Int]] = [:]
    private var files: [String: [Int]] = [:]
    /// By bytes: a file system tells names apart that strings call equal.
    private var sources: [[UInt8]: [Int]] = [:]

    init(_ set: SegmentSet) {
        for (index, track) in set.tracks.enumerated() {
            exact[track.id, default: []].append(index)
            bare[Self.withoutEnding(track.id), default: []].append(index)
            if let name = GTZAN.name(of: track.id) { gtzan[name, default: []].append(index) }
            files[Self.file(track.id), default: []].append(index)
            if let source = track.source {
                sources[Array(source.standardizedFileURL.path.utf8), default: []].append(index)
            }
        }
    }

    /// The tracks of that name: by the file that they were made from; by the whole id; by the id without the file's ending;
    /// for names of GTZAN's, by that name; by the longest end of the name that is an id; else by the file's name alone,
    /// where only one track has it. Where none has it, backslashes stand for slashes. Empty where there is none.
    ///
    /// - Parameter path: the name as the path of a file, where it may be one.
    func tracks(named name: String, path: String? = nil) -> [Int] {
        if let found = path.flatMap({ sources[Array($0.utf8)] }) { return found }
        if let found = tracks(called: name) { return found }
        guard name.utf8.contains(UInt8(ascii: "\\")) else { return [] }
        return tracks(called: name.replacingOccurrences(of: "\\", with: "/")) ?? []
    }

    private func tracks(called name: String) -> [Int]? {
        if let found = exact[name] ?? bare[Self.withoutEnding(name)] { return found }
        if let known = GTZAN.name(of: name) { return gtzan[known] }
        var rest = Self.withoutEnding(name)[...]
        while let slash = rest.firstIndex(of: "/") {
            rest = rest[rest.index(after: slash)...]
            if rest.contains("/"), let found = bare[String(rest)] { return found }
        }
        guard let found = files[Self.file(name)], found.count == 1 else { return nil }
        return found
    }

    private static func withoutEnding(_ id: String) -> String {
        guard let dot = id.lastIndex(of: "."), !id[dot...].contains("/"), 2...5 ~= id[dot...].count,
            id[dot...].contains(where: \.isLetter)
        else { return id }
        return String(id[..<dot])
    }

    private static func file(_ id: String) -> String {
        withoutEnding(id.split(separator: "/").last.map(String.init) ?? id)
    }
}
