import Features
import Foundation
import Storage

/// What a net of tags says of each segment of many tracks, in an .npz file, as musicnn's authors publish it
/// (github.com/jordipons/sklearn-audio-transfer-learning):
///
/// - `X` [segments, tags]: probabilities, 0 to 1;
/// - `Y` [segments]: the genre, by number or name;
/// - `IDS` [segments]: the track, "blues/blues.00029.au". Segments of a track stand next to each other.
///
/// Perhaps there are `genres` (the names of the numbers) and `artist` [segments] too. Where `genres` is missing, the folders
/// in `IDS` name the numbers, if each number has one folder. Which tag a column is the file does not say: the net that reads
/// it takes its own order for granted.
enum Taggrams {
    private static let greatestTags = 4096

    static func isPresent(in url: URL) -> Bool {
        guard let file = try? NpzFile(url) else { return false }
        return Set(file.names).isSuperset(of: ["X", "Y", "IDS"])
    }

    static func open(_ url: URL, choice: SegmentChoice, seed: UInt64) throws(DatasetError) -> SegmentSet {
        let file = try SpectrogramArrays.reading(url) { () throws(StorageError) in try NpzFile(url) }
        func bad(_ problem: String) -> DatasetError { .badArrays(path: url.path, problem: problem) }
        func array(_ name: String) throws(DatasetError) -> NpyArray {
            try SpectrogramArrays.reading(url) { () throws(StorageError) in try file.array(name) }
        }
        func texts(_ name: String) throws(DatasetError) -> [String]? {
            guard file.names.contains(name) else { return nil }
            let array = try array(name)
            guard array.shape.count == 1, let texts = array.texts() ?? array.integers()?.map(String.init) else {
                throw bad("its array '\(name)' is no list of texts")
            }
            return texts
        }

        let values = try array("X")
        guard values.shape.count == 2, values.shape[0] > 0, values.shape[0] < 1 << 24,
            1...greatestTags ~= values.shape[1], values.element == .float32
        else {
            throw bad(
                "its array 'X' has the shape \(values.shape); it must be float32, [segments, tags], of up to "
                    + "\(greatestTags) tags")
        }
        let (rows, tags) = (values.shape[0], values.shape[1])
        let ids = try texts("IDS") ?? []
        let artists = try texts("artist")
        let labels = try array("Y")
        guard labels.shape.count == 1 else { throw bad("its array 'Y' has the shape \(labels.shape), not [segments]") }
        for (name, count) in [("Y", labels.count), ("IDS", ids.count), ("artist", artists?.count ?? rows)] {
            guard count == rows else { throw bad("there are \(rows) segments in 'X', but \(count) in '\(name)'") }
        }
        let names: [String]
        if let numbers = labels.integers() {
            names = try genreNames(numbers, ids: ids, genres: try texts("genres"), url)
        } else {
            names = try texts("Y") ?? []
        }
        if let row = names.firstIndex(where: { $0.isEmpty || $0.contains("/") }) {
            throw .badRow(path: url.path, row: row, reason: "its genre is '\(names[row])'")
        }
        let probabilities = floats(values)
        if let place = probabilities.firstIndex(where: { !(0...1 ~= $0) }) {
            throw .badRow(
                path: url.path, row: place / tags,
                reason: "the value of column \(place % tags) is \(probabilities[place]), and probabilities are 0 to 1")
        }

        let genres = try GenreFolders.checkedGenres(names, path: url.path)
        let places = Dictionary(uniqueKeysWithValues: genres.enumerated().map { ($1, $0) })
        var tracks: [SegmentSet.Track] = []
        var own: [[Float]] = []
        var known: Set<String> = []
        var start = 0
        while start < rows {
            let end = ids[start...].firstIndex { $0 != ids[start] } ?? rows
            if let other = names[start..<end].firstIndex(where: { $0 != names[start] }) {
                throw .badRow(
                    path: url.path, row: other,
                    reason: "the track '\(ids[start])' is of two genres, '\(names[start])' and '\(names[other])'")
            }
            let id = ids[start].hasPrefix(names[start] + "/") ? ids[start] : "\(names[start])/\(ids[start])"
            guard known.insert(id).inserted else {
                throw .badRow(
                    path: url.path, row: start,
                    reason: "the track '\(ids[start])' comes again; its segments must stand next to each other")
            }
            let chosen = choice.indices(of: end - start, seed: seed, track: id)
            let segments = chosen.flatMap { probabilities[(start + $0) * tags..<(start + $0 + 1) * tags] }
            tracks.append(
                .init(
                    id: id, label: places[names[start]] ?? 0,
                    artist: artists.flatMap { ArtistNames.somebody($0[start]) },
                    soundHash: probabilities[start * tags..<end * tags].withUnsafeBytes(contentHash)))
            own.append(segments)
            start = end
        }
        return SegmentSet(genres: genres, recipe: .outputs(tags), tracks: tracks, values: own)
    }

    /// The genres of numbers; see ``SpectrogramArrays``.
    private static func genreNames(
        _ numbers: [Int], ids: [String], genres: [String]?, _ url: URL
    ) throws(DatasetError) -> [String] {
        guard genres == nil else {
            return try SpectrogramArrays.named(numbers, tracks: ids, genres: genres, url)
        }
        var folders: [Int: String] = [:]
        for (number, id) in zip(numbers, ids) {
            let parts = id.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count > 1, !parts[0].isEmpty, folders[number] ?? String(parts[0]) == parts[0] else {
                return try SpectrogramArrays.named(numbers, tracks: ids, genres: nil, url)
            }
            folders[number] = String(parts[0])
        }
        guard Set(folders.values).count == folders.count else {
            return try SpectrogramArrays.named(numbers, tracks: ids, genres: nil, url)
        }
        return numbers.map { folders[$0] ?? "" }
    }

    private static func floats(_ array: NpyArray) -> [Float] {
        array.withBytes { bytes in
            (0..<array.count).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }
}
