import Features
import Foundation
import Storage

/// Rows of tracks in a store's mapped chunks; places are rows.
struct MappedRows: SegmentSource {
    struct Track: @unchecked Sendable {  // the bytes are never written
        /// Its own, without those of augmented segments.
        var rows: Int
        var allRows: Int
        var chunk: Int32
        var values: StoreHash
        /// Rows at which segments may start: those between the first and the last of neighbouring audible ones.
        var starts: [ClosedRange<Int>]
        /// [allRows][mels], in the chunk's mapping.
        var bytes: UnsafeRawBufferPointer
    }

    let recipe: FeatureRecipe
    let precision: StorePrecision
    let tracks: [Track]
    let ids: [String]
    /// They hold the mappings.
    let chunks: [SafetensorsFile]

    func read(track: Int, place: Int, into values: UnsafeMutablePointer<Float>) throws(DatasetError) {
        let own = tracks[track]
        precondition(place >= 0 && place + recipe.trueFrames <= own.allRows, "the segment lies within the track")
        withExtendedLifetime(chunks) {
            let rows = own.bytes.baseAddress! + place * recipe.mels * precision.bytesPerValue
            switch precision {
            case .float32: recipe.segment(fromRows: rows.assumingMemoryBound(to: Float.self), into: values)
            case .float16: recipe.segment(fromHalfRows: rows.assumingMemoryBound(to: UInt16.self), into: values)
            }
        }
        let count = recipe.mels * recipe.segmentFrames
        if FeatureChecks.firstNotFinite(UnsafeBufferPointer(start: values, count: count)) != nil {
            throw .badStore(
                path: chunks[Int(own.chunk)].url.path,
                reason: "'\(ids[track])' holds a value, near row \(place), that is not a finite number")
        }
    }

    func shifts(track: Int, place: Int) -> ClosedRange<Int> {
        guard recipe.segmentsStartAnywhere,
            let around = tracks[track].starts.first(where: { $0.contains(place) })
        else { return 0...0 }
        return around.lowerBound - place...around.upperBound - place
    }

    func addValues(to hash: inout SHA256, of wanted: [Int]?) {
        for track in wanted ?? Array(tracks.indices) { hash.update(counted: String(tracks[track].values.value)) }
    }
}
