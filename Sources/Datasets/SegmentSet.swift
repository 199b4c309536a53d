import Features
import Foundation
import Storage

/// Labelled segments of many tracks, in memory or in mapped files.
///
/// Segments of one track need not be neighbours; `segments` says whose each is.
public struct SegmentSet: Sendable {
    /// A side of a split that came with the data.
    public enum Side: String, Sendable, Codable {
        case training, validation, test
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
        /// Where tags, a table or a folder tell it.
        public var artist: String?
        /// A hash of the sound: tracks that share it are copies of each other; nil where it is not known.
        public var soundHash: UInt64?

        public init(
            id: String, label: Int, source: URL? = nil, side: Side? = nil, artist: String? = nil,
            soundHash: UInt64? = nil
        ) {
            self.id = id
            self.label = label
            self.source = source
            self.side = side
            self.artist = artist
            self.soundHash = soundHash
        }
    }

    struct Segment: Sendable, Hashable {
        var track: Int32
        /// Where it lies in the track, as the source counts.
        var place: Int32
        /// Made from another segment: only for training.
        var isAugmented = false
    }

    /// In alphabetical order; labels are indices into it.
    public let genres: [String]
    public let recipe: FeatureRecipe
    public let mels: Int
    public let frames: Int
    public let tracks: [Track]
    /// 64 hexadecimal digits: SHA-256 of the recipe, genres, tracks (id, label, side) in order and the segments' values,
    /// the latter by the fast hash `contentHash`: of all values of a track made from audio, of the first and last 64
    /// bytes of each row of a pickle (so that opening stays fast). Paths are not in it.
    public let contentHash: String
    let segments: [Segment]
    private let source: any SegmentSource

    public var count: Int { segments.count }
    /// Floats a segment.
    public var valueCount: Int { mels * frames }

    /// The track of a segment.
    public func track(ofSegment index: Int) -> Int { Int(segments[index].track) }
    public func label(ofSegment index: Int) -> Int { tracks[track(ofSegment: index)].label }
    /// Whether a segment was made from another one; such segments serve training only.
    public func isAugmented(_ index: Int) -> Bool { segments[index].isAugmented }

    init(
        genres: [String], recipe: FeatureRecipe, tracks: [Track], segments: [Segment], source: some SegmentSource
    ) {
        self.genres = genres
        self.recipe = recipe
        self.tracks = tracks
        self.segments = segments
        self.source = source
        mels = recipe.mels
        frames = recipe.segmentFrames
        contentHash = Self.hash(
            genres: genres, recipe: recipe, tracks: tracks, segments: segments, source: source)
    }

    /// A set of segments already in memory, say for a test or for data from elsewhere.
    ///
    /// - Parameters:
    ///   - values: for each track its segments, [n][mels][frames] of the recipe.
    public init(genres: [String], recipe: FeatureRecipe, tracks: [Track], values: [[Float]]) {
        let size = recipe.mels * recipe.segmentFrames
        precondition(tracks.count == values.count, "one array of values a track")
        precondition(values.allSatisfy { $0.count % size == 0 }, "values are whole segments")
        let segments = values.enumerated().flatMap { track, own in
            (0..<own.count / size).map { Segment(track: Int32(track), place: Int32($0)) }
        }
        self.init(
            genres: genres, recipe: recipe, tracks: tracks, segments: segments,
            source: MemorySegments(tracks: values, valueCount: size))
    }

    /// The same segments, told by what a net gives for each of them.
    ///
    /// - Parameter values: of all segments in order, [``count``][outputs].
    package func replacing(values: [Float], outputs: Int) -> SegmentSet {
        precondition(values.count == count * outputs, "so many outputs a segment")
        return SegmentSet(
            genres: genres, recipe: .outputs(outputs), tracks: tracks,
            segments: segments.enumerated().map { index, segment in
                Segment(track: segment.track, place: Int32(index), isAugmented: segment.isAugmented)
            },
            source: MemoryOutputs(values: values, size: outputs))
    }

    /// The set with those tracks only that get a label, under other genres.
    ///
    /// - Parameters:
    ///   - genres: in alphabetical order.
    ///   - label: of a track, an index into `genres`; nil leaves it out.
    func selecting(genres: [String], label: (Track) -> Int?) -> SegmentSet {
        var kept: [Int] = []
        var tracks: [Track] = []
        var places = [Int32?](repeating: nil, count: self.tracks.count)
        for (index, track) in self.tracks.enumerated() {
            guard let label = label(track) else { continue }
            var track = track
            track.label = label
            places[index] = Int32(kept.count)
            kept.append(index)
            tracks.append(track)
        }
        let segments = segments.compactMap { segment -> Segment? in
            guard let place = places[Int(segment.track)] else { return nil }
            var segment = segment
            segment.track = place
            return segment
        }
        return SegmentSet(
            genres: genres, recipe: recipe, tracks: tracks, segments: segments,
            source: SelectedTracks(source: source, tracks: kept))
    }

    /// Copies one segment, [mel][frame], mel band 0 the lowest. Safe from any number of threads.
    ///
    /// - Parameters:
    ///   - shift: rows by which it starts later (or earlier, below 0), within `shifts(ofSegment:)`.
    ///   - values: room for `valueCount` floats.
    /// - Throws: `DatasetError.outOfRange`; `.badRow` where a file's values are not finite numbers.
    public func read(
        _ index: Int, shiftedBy shift: Int = 0, into values: UnsafeMutablePointer<Float>
    ) throws(DatasetError) {
        guard segments.indices.contains(index) else { throw .outOfRange(segment: index, count: count) }
        let segment = segments[index]
        precondition(shift == 0 || shifts(ofSegment: index).contains(shift), "the shift stays within the track")
        try source.read(track: Int(segment.track), place: Int(segment.place) + shift, into: values)
    }

    /// The rows by which a segment could start later or earlier and still lie within its track; 0...0 where its place is
    /// fixed.
    public func shifts(ofSegment index: Int) -> ClosedRange<Int> {
        let segment = segments[index]
        guard !segment.isAugmented else { return 0...0 }
        return source.shifts(track: Int(segment.track), place: Int(segment.place))
    }

    private static func hash(
        genres: [String], recipe: FeatureRecipe, tracks: [Track], segments: [Segment], source: some SegmentSource
    ) -> String {
        var hash = SHA256()
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        hash.update((try? encoder.encode(recipe)) ?? Data())
        for genre in genres { hash.update(counted: genre) }
        for track in tracks { hash.update(counted: "\(track.id) \(track.label) \(track.side?.rawValue ?? "-")") }
        let layout: [Int32] = segments.flatMap { [$0.track, $0.place, $0.isAugmented ? 1 : 0] as [Int32] }
        layout.withUnsafeBytes { hash.update($0) }
        source.addValues(to: &hash)
        return hash.hexDigest()
    }
}
