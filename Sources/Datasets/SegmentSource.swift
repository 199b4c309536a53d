import Features
import Foundation
import Storage

/// Where the values of segments lie. A segment is told by its track and its place there.
protocol SegmentSource: Sendable {
    /// Copies one segment, [mel][frame]. Safe from any number of threads.
    ///
    /// - Parameters:
    ///   - place: what the set keeps for the segment: a row of the track, or the source's own numbering.
    func read(track: Int, place: Int, into values: UnsafeMutablePointer<Float>) throws(DatasetError)
    /// The rows around a segment within which it could start instead, as distances from its place; 0...0 where it can
    /// start nowhere else.
    func shifts(track: Int, place: Int) -> ClosedRange<Int>
    /// Adds what tells changed values apart.
    ///
    /// - Parameter tracks: those whose values count; nil for all.
    func addValues(to hash: inout SHA256, of tracks: [Int]?)
}

extension SegmentSource {
    func shifts(track: Int, place: Int) -> ClosedRange<Int> { 0...0 }

    func addValues(to hash: inout SHA256) { addValues(to: &hash, of: nil) }
}

/// Some of a source's tracks.
struct SelectedTracks: SegmentSource {
    let source: any SegmentSource
    /// As the source counts them.
    let tracks: [Int]

    func read(track: Int, place: Int, into values: UnsafeMutablePointer<Float>) throws(DatasetError) {
        try source.read(track: tracks[track], place: place, into: values)
    }

    func shifts(track: Int, place: Int) -> ClosedRange<Int> { source.shifts(track: tracks[track], place: place) }

    func addValues(to hash: inout SHA256, of wanted: [Int]?) {
        source.addValues(to: &hash, of: wanted.map { $0.map { tracks[$0] } } ?? tracks)
    }
}

/// Ready-made segments in memory: of each track [n][mels][frames]; places count segments.
struct MemorySegments: SegmentSource {
    let tracks: [[Float]]
    let valueCount: Int

    func read(track: Int, place: Int, into values: UnsafeMutablePointer<Float>) throws(DatasetError) {
        tracks[track].withUnsafeBufferPointer { source in
            values.update(from: source.baseAddress! + place * valueCount, count: valueCount)
        }
    }

    func addValues(to hash: inout SHA256, of wanted: [Int]?) {
        for track in wanted ?? Array(tracks.indices) {
            hash.update(counted: String(tracks[track].withUnsafeBytes(contentHash)))
        }
    }
}

/// What a net gave for each segment, in memory; places count all tracks' segments.
struct MemoryOutputs: SegmentSource {
    let values: [Float]
    let size: Int

    func read(track: Int, place: Int, into target: UnsafeMutablePointer<Float>) throws(DatasetError) {
        values.withUnsafeBufferPointer { source in
            target.update(from: source.baseAddress! + place * size, count: size)
        }
    }

    /// Places do not tell their tracks here: all count.
    func addValues(to hash: inout SHA256, of tracks: [Int]?) {
        hash.update(counted: String(values.withUnsafeBytes(contentHash)))
    }
}

/// Rows of tracks in memory; places are rows.
struct MemoryRows: SegmentSource {
    let recipe: FeatureRecipe
    let tracks: [TrackFeatures]
    /// Whether a segment may start at any row.
    let startsAnywhere: Bool

    init(recipe: FeatureRecipe, tracks: [TrackFeatures], startsAnywhere: Bool? = nil) {
        self.recipe = recipe
        self.tracks = tracks
        self.startsAnywhere = startsAnywhere ?? recipe.segmentsStartAnywhere
    }

    func read(track: Int, place: Int, into values: UnsafeMutablePointer<Float>) throws(DatasetError) {
        tracks[track].values.withUnsafeBufferPointer { source in
            recipe.segment(fromRows: source.baseAddress! + place * recipe.mels, into: values)
        }
    }

    func shifts(track: Int, place: Int) -> ClosedRange<Int> {
        startsAnywhere ? -place...tracks[track].rows - recipe.trueFrames - place : 0...0
    }

    func addValues(to hash: inout SHA256, of wanted: [Int]?) {
        for track in wanted ?? Array(tracks.indices) {
            hash.update(counted: String(tracks[track].values.withUnsafeBytes(contentHash)))
        }
    }
}

/// Rows of pickles, one file after the other; places count the rows of all files.
struct PickleSegments: SegmentSource {
    let files: [PickledRows]

    func read(track: Int, place: Int, into values: UnsafeMutablePointer<Float>) throws(DatasetError) {
        var row = place
        for file in files {
            if row < file.rows.count { return try file.readSpectrogram(row, into: values) }
            row -= file.rows.count
        }
    }

    /// Rows do not know their tracks here: all count.
    func addValues(to hash: inout SHA256, of tracks: [Int]?) {
        for file in files { hash.update(Data(file.edgeBytes())) }
    }
}

extension SHA256 {
    /// Adds a text after its length, so that no two lists of texts look alike.
    mutating func update(counted text: String) {
        update(Data("\(text.utf8.count):\(text)".utf8))
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
