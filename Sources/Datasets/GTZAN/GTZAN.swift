/// What is known about GTZAN's 1000 tracks. Tracks are told by their file's name, "blues.00000", whatever folder and
/// ending it has.
public enum GTZAN {
    /// A partition with three sides.
    public enum Partition: String, Sendable {
        /// Without faulty tracks, no artist on two sides (Kereliuk, Sturm & Larsen 2015): 443, 197 and 290 tracks.
        case filtered
        /// At random, 50, 25 and 25 tracks of each genre.
        case stratified
    }

    public static let genres = PickledRows.genres

    /// "blues.00000" of "blues/blues.00000.wav", "gtzan-clips/blues/blues.00000.flac" and the like; nil for a name that no
    /// track of GTZAN has.
    public static func name(of id: String) -> String? {
        let file = id.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        let parts = file.split(separator: ".", omittingEmptySubsequences: false)
        guard 2...3 ~= parts.count, genres.contains(String(parts[0])), parts[1].utf8.count == 5,
            parts[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(parts[1]), number < 100
        else { return nil }
        return "\(parts[0]).\(parts[1])"
    }

    /// Whether all of these are tracks of GTZAN, of two genres at least.
    public static func isGTZAN(_ ids: some Sequence<String>) -> Bool {
        var found: Set<Substring> = []
        for id in ids {
            guard let name = name(of: id), let genre = name.split(separator: ".").first else { return false }
            found.insert(genre)
        }
        return found.count > 1
    }

    /// The artists of a track, parted by "; " where there are several; nil where they are not known.
    public static func artist(of id: String) -> String? { name(of: id).flatMap { artists[$0] } }

    /// The recording that a track is: the same name for exact copies of each other; nil for what is no track of GTZAN.
    public static func recording(of id: String) -> String? { name(of: id).map { firstCopy[$0] ?? $0 } }

    /// The side of each track in a partition, by name. Tracks that it leaves out are not there.
    public static func sides(_ partition: Partition) -> [String: SegmentSet.Side] {
        partition == .filtered ? filtered : stratified
    }

    private static let filtered = sides(filteredLines)
    private static let stratified = sides(stratifiedLines)

    private static func sides(_ lines: String) -> [String: SegmentSet.Side] {
        var result: [String: SegmentSet.Side] = [:]
        for (key, names) in entries(lines) {
            let words = key.split(separator: " ")
            let side = SegmentSet.Side(rawValue: String(words[0]))
            for name in GTZAN.names("\(words[1]) \(names)") { result[name] = side }
        }
        return result
    }

    private static let artists: [String: String] = {
        var result: [String: String] = [:]
        for (artist, names) in entries(artistLines) {
            for name in GTZAN.names(names) { result[name] = artist }
        }
        return result
    }()

    private static let firstCopy: [String: String] = {
        var result: [String: String] = [:]
        for group in exactDuplicates {
            for name in group { result[name] = group[0] }
        }
        return result
    }()

    /// "key: rest" a line.
    private static func entries(_ lines: String) -> [(key: String, rest: String)] {
        lines.split(separator: "\n").map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), String(parts[1]))
        }
    }

    /// The names in "blues 0-2 7".
    private static func names(_ text: String) -> [String] {
        let words = text.split(separator: " ")
        return words.dropFirst().flatMap { word -> [String] in
            let ends = word.split(separator: "-").compactMap { Int($0) }
            return (ends[0]...ends[ends.count - 1]).map { number in
                let digits = String(number)
                return "\(words[0])." + String(repeating: "0", count: 5 - digits.count) + digits
            }
        }
    }
}
