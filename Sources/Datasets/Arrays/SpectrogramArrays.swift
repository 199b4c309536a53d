import Features
import Foundation
import Storage

/// Spectrograms in numpy's files, one a track, all of one size.
///
/// - `.npz`: one array [n, mels, frames] (or [n, 1, mels, frames]), mel band 0 the lowest; `label` (or `labels`, `genre`,
///   `y`): n genres by name or number; perhaps `track` (names), `artist`, and `genres` (the names of the numbers).
/// - `.npy`: the array alone, and beside it NAME.labels.csv, NAME.labels.txt, labels.csv or labels.txt: a table with the
///   columns genre and perhaps track and artist, a row a spectrogram, or a genre a line.
///
/// Floats are taken as they are. Bytes are decibels below the track's maximum, v / 255 × 80 - 80, and become natural
/// logarithms of magnitudes in the range of the other recipes: 14 + dB × ln(10) / 20.
///
/// Each spectrogram gives segments of 80 frames, or those of a recipe that is named, and the next starts half a segment
/// later; further frames at its end are not used.
enum SpectrogramArrays {
    private static let usualFrames = 80
    private static let greatestMels = 4096

    /// What is told of each spectrogram.
    struct Names {
        var genres: [String]
        var tracks: [String]?
        var artists: [String]?
    }

    /// - Parameter claimed: the recipe that bytes follow, as the user says: the levels of the pictures that it makes from
    ///   audio; nil for none.
    static func open(
        _ url: URL, as claimed: FeatureRecipe? = nil, choice: SegmentChoice, seed: UInt64,
        progress: DatasetLoader.Progress
    ) throws(DatasetError) -> SegmentSet {
        let (array, names) =
            url.pathExtension.lowercased() == "npz" ? try archive(url) : try single(url)
        let segmentFrames = claimed?.segmentFrames ?? usualFrames
        let segmentStride = max(1, segmentFrames / 2)
        let (mels, frames) = try size(of: array, segmentFrames: segmentFrames, url)
        let count = array.shape[0]
        for (what, size) in [
            ("genres", names.genres.count), ("tracks", names.tracks?.count), ("artists", names.artists?.count),
        ] {
            guard size == nil || size == count else {
                throw .badArrays(
                    path: url.path, problem: "there are \(count) spectrograms, but \(size ?? 0) \(what) are named")
            }
        }
        let genres = try GenreFolders.checkedGenres(names.genres, path: url.path)
        let labels = Dictionary(uniqueKeysWithValues: genres.enumerated().map { ($1, $0) })
        // The name of ready-made segments says nothing of their size.
        let claimed = claimed?.name == FeatureRecipe.precomputed.name ? nil : claimed
        if let claimed {
            guard claimed.picture != nil, claimed.mels == mels, array.element == .uint8 else {
                throw .recipeFixed(path: url.path, recipe: FeatureRecipe.precomputed.name, wanted: claimed.name)
            }
        }
        let recipe = claimed ?? FeatureRecipe.precomputed(mels: mels, frames: segmentFrames)

        var tracks: [SegmentSet.Track] = []
        var rows: [TrackFeatures] = []
        var segments: [SegmentSet.Segment] = []
        var known: Set<String> = []
        let available = 1 + (frames - segmentFrames) / segmentStride
        for index in 0..<count {
            let genre = names.genres[index]
            let name = names.tracks?[index] ?? "row \(index)"
            let id = name.hasPrefix(genre + "/") ? name : "\(genre)/\(name)"
            guard known.insert(id).inserted else {
                throw .badArrays(
                    path: url.path, problem: "the track '\(id)' comes twice; its rows need names of their own")
            }
            let features = try row(index, of: array, mels: mels, frames: frames, url)
            let artist = names.artists.flatMap { ArtistNames.somebody($0[index]) }
            tracks.append(
                .init(
                    id: id, label: labels[genre] ?? 0, artist: artist,
                    soundHash: features.values.withUnsafeBytes(contentHash)))
            rows.append(features)
            for place in choice.indices(of: available, seed: seed, track: id) {
                segments.append(.init(track: Int32(index), place: Int32(place * segmentStride)))
            }
            progress(index + 1, count)
        }
        return SegmentSet(
            genres: genres, recipe: recipe, tracks: tracks, segments: segments,
            source: MemoryRows(recipe: recipe, tracks: rows, startsAnywhere: true))
    }

    private static func size(
        of array: NpyArray, segmentFrames: Int, _ url: URL
    ) throws(DatasetError) -> (mels: Int, frames: Int) {
        guard let shape = pictureShape(array) else {
            throw .badArrays(
                path: url.path, problem: "its array has the shape \(array.shape), not [tracks, mel bands, frames]")
        }
        guard shape[0] > 0, 1...greatestMels ~= shape[1], shape[0] < 1 << 24, shape[2] < 1 << 24 else {
            throw .badArrays(path: url.path, problem: "spectrograms of the shape \(shape) cannot be used")
        }
        guard shape[2] >= segmentFrames else {
            throw .badArrays(
                path: url.path,
                problem: "its spectrograms have \(shape[2]) frames; a segment needs \(segmentFrames)"
                    + (shape[1] >= segmentFrames ? " (the order is [tracks, mel bands, frames])" : ""))
        }
        return (shape[1], shape[2])
    }

    /// [n, mels, frames] of an array that may hold spectrograms; nil of any other.
    private static func pictureShape(_ array: NpyArray) -> [Int]? {
        guard values(array.element) != nil else { return nil }
        if array.shape.count == 3 { return array.shape }
        guard array.shape.count == 4, array.shape[1] == 1 else { return nil }
        return [array.shape[0], array.shape[2], array.shape[3]]
    }

    private static func values(_ element: NpyArray.Element) -> PictureValues? {
        switch element {
        case .uint8: .uint8
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        default: nil
        }
    }

    private static func row(
        _ index: Int, of array: NpyArray, mels: Int, frames: Int, _ url: URL
    ) throws(DatasetError) -> TrackFeatures {
        let size = mels * frames * array.element.bytes
        let kind = values(array.element) ?? .float32
        let isBytes = kind == .uint8
        let perDecibel = Float(log(10.0) / 20)
        let features = array.withBytes { bytes in
            TrackFeatures(
                picture: UnsafeRawBufferPointer(rebasing: bytes[(index * size)..<((index + 1) * size)]), values: kind,
                mels: mels, frames: frames, factor: isBytes ? 80 / 255 * perDecibel : 1,
                offset: isBytes ? 14 - 80 * perDecibel : 0)
        }
        let fault = features.values.withUnsafeBufferPointer(FeatureChecks.firstNotFinite)
        guard fault == nil else {
            throw .badRow(path: url.path, row: index, reason: "its spectrogram holds a value that is no finite number")
        }
        return features
    }

    // MARK: names

    private static func archive(_ url: URL) throws(DatasetError) -> (NpyArray, Names) {
        let file = try reading(url) { () throws(StorageError) in try NpzFile(url) }
        func array(_ names: String...) throws(DatasetError) -> NpyArray? {
            guard let name = names.first(where: file.names.contains) else { return nil }
            return try reading(url) { () throws(StorageError) in try file.array(name) }
        }
        guard let labels = try array("label", "labels", "genre", "y") else {
            throw .badArrays(
                path: url.path,
                problem: "it has no array 'label'; it has \(file.names.joined(separator: ", "))")
        }
        let track = try array("track", "tracks", "track_id")
        let artist = try array("artist", "artists")
        let genres = try array("genres")
        let told: Set = ["label", "labels", "genre", "y", "track", "tracks", "track_id", "artist", "artists", "genres"]
        var pictures: [(name: String, array: NpyArray)] = []
        for name in file.names where !told.contains(name) {
            let array = try reading(url) { () throws(StorageError) in try file.array(name) }
            if pictureShape(array) != nil { pictures.append((name, array)) }
        }
        guard let spectrograms = pictures.first, pictures.count == 1 else {
            throw .badArrays(
                path: url.path,
                problem: pictures.isEmpty
                    ? "it has no array of bytes or floats of the shape [tracks, mel bands, frames]"
                    : "several arrays could be the spectrograms: \(pictures.map(\.name).joined(separator: ", "))")
        }
        func texts(_ array: NpyArray?, _ what: String) throws(DatasetError) -> [String]? {
            guard let array else { return nil }
            guard array.shape.count == 1, let texts = array.texts() ?? array.integers()?.map(String.init) else {
                throw .badArrays(path: url.path, problem: "its array '\(what)' is no list of texts")
            }
            return texts
        }
        let tracks = try texts(track, "track")
        guard labels.shape.count == 1 else {
            throw .badArrays(
                path: url.path, problem: "its labels have the shape \(labels.shape), not one for each track")
        }
        let names: [String]
        if let numbers = labels.integers() {
            names = try named(numbers, tracks: tracks, genres: try texts(genres, "genres"), url)
        } else {
            names = try texts(labels, "label") ?? []
        }
        if let empty = names.firstIndex(where: { $0.isEmpty || $0.contains("/") }) {
            throw .badRow(path: url.path, row: empty, reason: "its genre is '\(names[empty])'")
        }
        return (
            spectrograms.array, Names(genres: names, tracks: tracks, artists: try texts(artist, "artist"))
        )
    }

    /// The genres of numbers: those that the file names; GTZAN's where all tracks are its and the numbers agree with their
    /// names; else the numbers, filled up with zeros so that their order stays.
    static func named(
        _ labels: [Int], tracks: [String]?, genres: [String]?, _ url: URL
    ) throws(DatasetError) -> [String] {
        let greatest = labels.max() ?? 0
        if let row = labels.firstIndex(where: { $0 < 0 || $0 >= genres?.count ?? 10_000 }) {
            throw .badRow(
                path: url.path, row: row,
                reason: "its label is \(labels[row]), outside 0...\((genres?.count ?? 10_000) - 1)")
        }
        if let genres { return labels.map { genres[$0] } }
        if let tracks, tracks.count == labels.count,
            zip(tracks, labels).allSatisfy({ track, label in
                GTZAN.genres.indices.contains(label)
                    && GTZAN.name(of: track).map { $0.split(separator: ".")[0] == GTZAN.genres[label] } ?? false
            })
        {
            return labels.map { GTZAN.genres[$0] }
        }
        let digits = String(greatest).count
        return labels.map { label in
            let text = String(label)
            return String(repeating: "0", count: digits - text.count) + text
        }
    }

    private static func single(_ url: URL) throws(DatasetError) -> (NpyArray, Names) {
        let array = try reading(url) { () throws(StorageError) in try NpyArray(contentsOf: url) }
        let folder = url.deletingLastPathComponent()
        let stem = url.deletingPathExtension().lastPathComponent
        let candidates = ["\(stem).labels.csv", "\(stem).labels.txt", "labels.csv", "labels.txt"]
        guard
            let file = candidates.map({ folder.appendingPathComponent($0) })
                .first(where: { FileManager.default.fileExists(atPath: $0.path) })
        else {
            throw .badArrays(path: url.path, problem: "its labels are missing; put \(candidates[0]) beside it")
        }
        if file.pathExtension == "txt" {
            var text = try TextTable.text(of: file)
            var lines: [String] = []
            while let line = text.next() { lines.append(line.trimmingCharacters(in: .whitespaces)) }
            while lines.last == "" { lines.removeLast() }
            if let empty = lines.firstIndex(where: { $0.isEmpty || $0.contains("/") }) {
                throw .badTable(path: file.path, line: empty + 1, problem: "'\(lines[empty])' is no genre")
            }
            return (array, Names(genres: lines))
        }
        let table = try TextTable(file)
        if let odd = table.oddRows.first {
            throw .badTable(
                path: file.path, line: odd.line,
                problem: "\(odd.fields) fields, and the header has \(table.header.count)")
        }
        let genre = try table.column("genre", "label")
        if let bad = table.rows.first(where: { $0.fields[genre].isEmpty || $0.fields[genre].contains("/") }) {
            throw .badTable(path: file.path, line: bad.line, problem: "'\(bad.fields[genre])' is no genre")
        }
        let track = table.optionalColumn("track", "path", "file")
        let artist = table.optionalColumn("artist")
        return (
            array,
            Names(
                genres: table.rows.map { $0.fields[genre] },
                tracks: track.map { track in table.rows.map { $0.fields[track] } },
                artists: artist.map { artist in table.rows.map { $0.fields[artist] } })
        )
    }

    /// Errors of storage as errors of the data set.
    static func reading<Result>(
        _ url: URL, _ body: () throws(StorageError) -> Result
    ) throws(DatasetError) -> Result {
        do { return try body() } catch {
            switch error {
            case .missing(let path): throw .missing(path: path)
            case .malformed(let path, let format, let fault):
                throw .badArrays(path: path, problem: "it is not a sound \(format) file: \(fault)")
            default: throw .unreadable(path: url.path, reason: "\(error)")
            }
        }
    }
}
