import Features
import Foundation
import Storage

/// Labelled segments of many tracks, in memory or in mapped files.
///
/// Segments of one track need not be neighbours; `segmentTracks` says whose each is.
public struct SegmentSet: Sendable {
    /// A side of a split that came with the data.
    public enum Side: String, Sendable, Codable {
        case training, validation
    }

    public struct Track: Sendable, Hashable {
        /// "genre/file name", unique within the set.
        public var id: String
        /// Index into `genres`.
        public var label: Int
        /// The file it was made from; nil where it came as ready-made segments.
        public var source: URL?
        /// Where the data fix it.
        public var side: Side?

        public init(id: String, label: Int, source: URL? = nil, side: Side? = nil) {
            self.id = id
            self.label = label
            self.source = source
            self.side = side
        }
    }

    /// Where segments lie.
    enum Store: Sendable {
        /// Values of each track's segments, one array a track; `place` is a segment's index within its track.
        case memory(tracks: [[Float]], place: [Int32])
        /// Rows of the files one after the other.
        case pickles([PickledRows])
    }

    /// In alphabetical order; labels are indices into it.
    public let genres: [String]
    public let recipe: FeatureRecipe
    public let mels: Int
    public let frames: Int
    public let tracks: [Track]
    /// The track of each segment.
    public let segmentTracks: [Int32]
    /// 64 hexadecimal digits: SHA-256 of the recipe, genres, tracks (id, label, side) in order and the segments' values,
    /// the latter by the fast hash `contentHash`: of all values of a track made from audio, of the first and last 64
    /// bytes of each row of a pickle (so that opening stays fast). Paths are not in it.
    public let contentHash: String
    private let store: Store

    public var count: Int { segmentTracks.count }
    /// Floats a segment.
    public var valueCount: Int { mels * frames }

    public func label(ofSegment index: Int) -> Int { tracks[Int(segmentTracks[index])].label }

    init(genres: [String], recipe: FeatureRecipe, tracks: [Track], segmentTracks: [Int32], store: Store) {
        self.genres = genres
        self.recipe = recipe
        self.tracks = tracks
        self.segmentTracks = segmentTracks
        self.store = store
        mels = recipe.mels
        frames = recipe.segmentFrames
        contentHash = Self.hash(
            genres: genres, recipe: recipe, tracks: tracks, segmentTracks: segmentTracks, store: store)
    }

    /// A set of segments already in memory, say for a test or for data from elsewhere.
    ///
    /// - Parameters:
    ///   - values: for each track its segments, [n][mels][frames] of the recipe.
    public init(genres: [String], recipe: FeatureRecipe, tracks: [Track], values: [[Float]]) {
        let size = recipe.mels * recipe.segmentFrames
        precondition(tracks.count == values.count, "one array of values a track")
        precondition(values.allSatisfy { $0.count % size == 0 }, "values are whole segments")
        var owners: [Int32] = []
        var places: [Int32] = []
        for (track, own) in values.enumerated() {
            for place in 0..<own.count / size {
                owners.append(Int32(track))
                places.append(Int32(place))
            }
        }
        self.init(
            genres: genres, recipe: recipe, tracks: tracks, segmentTracks: owners,
            store: .memory(tracks: values, place: places))
    }

    /// Copies one segment, [mel][frame], mel band 0 the lowest. Safe from any number of threads.
    ///
    /// - Parameter values: room for `valueCount` floats.
    /// - Throws: `DatasetError.outOfRange`; `.badRow` where a pickle's values are not finite numbers.
    public func read(_ index: Int, into values: UnsafeMutablePointer<Float>) throws(DatasetError) {
        guard segmentTracks.indices.contains(index) else { throw .outOfRange(segment: index, count: count) }
        switch store {
        case .memory(let tracks, let place):
            tracks[Int(segmentTracks[index])].withUnsafeBufferPointer { source in
                values.update(from: source.baseAddress! + Int(place[index]) * valueCount, count: valueCount)
            }
        case .pickles(let files):
            var row = index
            for file in files {
                if row < file.rows.count { return try file.readSpectrogram(row, into: values) }
                row -= file.rows.count
            }
        }
    }

    private static func hash(
        genres: [String], recipe: FeatureRecipe, tracks: [Track], segmentTracks: [Int32], store: Store
    ) -> String {
        var hash = SHA256()
        func add(_ text: String, to hash: inout SHA256) {
            // Its length first, so that no two lists of texts look alike.
            hash.update(Data("\(text.utf8.count):\(text)".utf8))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        hash.update((try? encoder.encode(recipe)) ?? Data())
        for genre in genres { add(genre, to: &hash) }
        for track in tracks { add("\(track.id) \(track.label) \(track.side?.rawValue ?? "-")", to: &hash) }
        segmentTracks.withUnsafeBytes { hash.update($0) }
        switch store {
        case .memory(let tracks, let place):
            place.withUnsafeBytes { hash.update($0) }
            for values in tracks { add(String(values.withUnsafeBytes(Features.contentHash)), to: &hash) }
        case .pickles(let files):
            for file in files { hash.update(Data(file.edgeBytes())) }
        }
        return hash.hexDigest()
    }
}

extension PickledRows {
    /// The first and last 64 bytes of every spectrogram, for the content hash.
    fileprivate func edgeBytes() -> [UInt8] {
        let length = Self.valueCount * MemoryLayout<Float>.size
        let pages = PageAdvice(file)
        pages.expectRandomAccess()
        defer {
            pages.expectAnything()
            pages.release(upTo: file.count)
        }
        var result: [UInt8] = []
        result.reserveCapacity(rows.count * 128)
        for (index, row) in rows.enumerated() {
            for start in [row.spectrogram, row.spectrogram + length - 64] {
                result.append(contentsOf: file.bytes[start..<start + 64])
            }
            if index % 512 == 511 { pages.release(upTo: row.spectrogram) }
        }
        return result
    }
}
