import Audio
import Features
import Foundation
import Storage

/// Features of many tracks, computed once: a folder with index.json and chunks (ARCHITECTURE.md has the format). The
/// chunks are mapped, so that a store may be larger than memory; what is open stays whole even where the store is
/// replaced or removed meanwhile.
public struct SegmentStore: Sendable {
    public let folder: URL
    /// In alphabetical order.
    public let genres: [String]
    /// Files that gave no features, with the reasons.
    public let skipped: [LoadedDataset.SkippedFile]
    public var recipe: FeatureRecipe { header.recipe }
    public var precision: StorePrecision { header.precision }
    /// How its augmented segments were made; nil where it has none.
    public var augmentation: SoundAugmentation? { header.augmentation }
    public var augmentedCount: Int { tracks.reduce(0) { $0 + ($1.augmented ?? 0) } }
    public var trackCount: Int { tracks.count }
    /// Bytes of the chunks.
    public var byteCount: Int { chunks.reduce(0) { $0 + $1.count } }
    public var chunkCount: Int { chunks.count }
    /// What decoding showed of tracks' files, where it showed anything.
    public var remarks: [(id: String, sound: SoundRemarks)] {
        tracks.compactMap { $0.remarks == SoundRemarks() ? nil : ($0.id, $0.remarks) }
    }
    /// Segments with nothing to hear, which no set has.
    public var silentCount: Int { tracks.reduce(0) { $0 + $1.silentCount } }
    /// Whether it says which segments are silent, and was made without damaged files unless they were asked for; stores of
    /// earlier versions were not.
    public var isCurrent: Bool { header.version == StoreHeader.version }

    let header: StoreHeader
    let tracks: [StoredTrack]
    let chunks: [SafetensorsFile]
    private let rows: [MappedRows.Track]
    private let labels: [Int]

    /// Whether a folder is a finished store, of whatever version.
    public static func isPresent(in folder: URL) -> Bool { StoreIndex.isPresent(in: folder) }

    /// Opens a finished store and checks it, but for the values themselves.
    /// - Throws: `DatasetError.notAStore`, `.otherStoreVersion`, `.badStore`, `.unreadable`.
    public init(_ folder: URL) throws(DatasetError) {
        try self.init(folder, index: StoreIndex(folder: folder), urls: nil)
    }

    /// - Parameter urls: of the skipped files, by id, where they are known.
    init(_ folder: URL, index: StoreIndex, urls: ((String) -> URL?)?) throws(DatasetError) {
        let indexPath = folder.appendingPathComponent(StoreIndex.name).path
        func bad(_ reason: String) -> DatasetError { .badStore(path: indexPath, reason: reason) }
        do {
            try index.header.recipe.check()
            try index.header.augmentation?.check(for: index.header.recipe)
        } catch { throw bad("\(error)") }
        guard index.header.recipe.makesSegmentsFromAudio else { throw bad("its recipe makes no segments from audio") }
        guard index.genres == index.genres.sorted(), Set(index.genres).count == index.genres.count else {
            throw bad("its genres are not in order")
        }
        guard Set(index.tracks.map(\.id)).count == index.tracks.count else { throw bad("it names a track twice") }
        self.folder = folder
        header = index.header
        genres = index.genres
        tracks = index.tracks
        guard (0...1_000_000).contains(index.chunks) else { throw bad("it claims \(index.chunks) chunks") }
        var chunks: [SafetensorsFile] = []
        for number in 0..<index.chunks {
            let url = folder.appendingPathComponent(StoreChunk.name(number))
            do { chunks.append(try SafetensorsFile(url)) } catch {
                if case .unreadable(let path, let reason) = error { throw .unreadable(path: path, reason: reason) }
                throw .badStore(path: url.path, reason: "\(error)")
            }
        }
        self.chunks = chunks
        let known = Dictionary(uniqueKeysWithValues: genres.enumerated().map { ($1, $0) })
        var rows: [MappedRows.Track] = []
        var labels: [Int] = []
        rows.reserveCapacity(tracks.count)
        labels.reserveCapacity(tracks.count)
        for track in tracks {
            guard chunks.indices.contains(track.chunk), let label = known[track.genre] else {
                throw bad("'\(track.id)' is of chunk \(track.chunk) and genre '\(track.genre)', which are not there")
            }
            labels.append(label)
            let bytes = try StoreChunk.rows(of: track, in: chunks[track.chunk], header)
            rows.append(
                .init(
                    rows: track.rows, allRows: track.allRows(header.recipe), chunk: Int32(track.chunk),
                    values: track.values, starts: track.starts(header.recipe), bytes: bytes))
        }
        self.rows = rows
        self.labels = labels
        skipped = index.skipped.map { skip in
            guard let url = urls?(skip.id) else {
                return .init(url: URL(fileURLWithPath: skip.source), reason: skip.reason)
            }
            return .init(url: url, reason: skip.reason(for: url))
        }
    }

    /// Segments of the store's tracks, read from its chunks as they are asked for: those chosen of each track's audible
    /// ones, then all its augmented ones.
    ///
    /// - Parameters:
    ///   - choice: which segments of each track.
    ///   - seed: for random ones.
    ///   - source: the file that a track was made from, by id, where it is known.
    public func segmentSet(
        choice: SegmentChoice, seed: UInt64, source: (String) -> URL? = { _ in nil }
    ) -> SegmentSet {
        segmentSet(of: Array(tracks.indices), choice: choice, seed: seed, source: source)
    }

    /// - Parameter members: indices of the tracks, in increasing order.
    func segmentSet(
        of members: [Int], choice: SegmentChoice, seed: UInt64, source: (String) -> URL?
    ) -> SegmentSet {
        var segments: [SegmentSet.Segment] = []
        let tracks = members.map { self.tracks[$0] }
        for (index, track) in tracks.enumerated() {
            let audible = track.audibleRuns(of: recipe.segmentCount(rows: track.rows)).flatMap { Array($0) }
            for segment in choice.indices(among: audible, seed: seed, track: track.id) {
                segments.append(.init(track: Int32(index), place: Int32(recipe.firstRow(ofSegment: segment))))
            }
            for number in 0..<(track.augmented ?? 0) {
                let place = track.rows + number * recipe.trueFrames
                segments.append(.init(track: Int32(index), place: Int32(place), isAugmented: true))
            }
        }
        return SegmentSet(
            genres: genres, recipe: recipe,
            tracks: zip(tracks, members.map { labels[$0] }).map { track, label in
                .init(
                    id: track.id, label: label, source: source(track.id), side: track.side, artist: track.artist,
                    soundHash: track.sound.value)
            },
            segments: segments,
            source: MappedRows(
                recipe: recipe, precision: precision, tracks: members.map { rows[$0] }, ids: tracks.map(\.id),
                chunks: chunks))
    }

    /// Reads all values once and holds them against the hashes made when they were written.
    /// - Throws: `DatasetError.badStore` naming the first track that differs, and how many more do.
    public func verify(threads: Int = 1) throws(DatasetError) {
        let isSound = SoundnessCheck.of(zip(tracks, rows).map { ($1.bytes, $0.values) }, threads: threads)
        let bad = isSound.indices.filter { !isSound[$0] }
        guard let first = bad.first else { return }
        throw .badStore(
            path: chunks[tracks[first].chunk].url.path,
            reason: "the rows of '\(tracks[first].id)'"
                + (bad.count > 1 ? " and of \(bad.count - 1) more tracks" : "") + " are not those that were written")
    }

    func bytes(ofTrack index: Int) -> UnsafeRawBufferPointer { rows[index].bytes }
}

extension StoredTrack {
    /// Rows at which a segment may start so that neighbours of it are audible.
    fileprivate func starts(_ recipe: FeatureRecipe) -> [ClosedRange<Int>] {
        guard silent != nil else { return [0...rows - recipe.trueFrames] }
        return audibleRuns(of: recipe.segmentCount(rows: rows)).map {
            recipe.firstRow(ofSegment: $0.lowerBound)...recipe.firstRow(ofSegment: $0.upperBound - 1)
        }
    }
}

extension StoredSkip {
    /// The reason with the file's path as it is now.
    func reason(for url: URL) -> String {
        reason.hasPrefix(source) ? url.path + reason.dropFirst(source.count) : reason
    }
}

/// Holds rows against the hashes made when they were written.
enum SoundnessCheck {
    /// Of each track, in parallel: the hash runs at some gigabytes a second.
    static func of(_ tracks: [(bytes: UnsafeRawBufferPointer, hash: StoreHash)], threads: Int) -> [Bool] {
        var isSound = [Bool](repeating: true, count: tracks.count)
        isSound.withUnsafeMutableBufferPointer { result in
            nonisolated(unsafe) let (result, tracks) = (result, tracks)
            let count = max(1, min(threads, tracks.count))
            DispatchQueue.concurrentPerform(iterations: count) { thread in
                for index in stride(from: thread, to: tracks.count, by: count) {
                    result[index] = contentHash(tracks[index].bytes) == tracks[index].hash.value
                }
            }
        }
        return isSound
    }
}
