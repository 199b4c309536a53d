import CKernels
import Foundation

/// Segments of one track.
public struct SegmentBatch: Sendable {
    public var count: Int
    public var mels: Int
    /// Columns a segment.
    public var frames: Int
    /// [count][mels][frames]: ln(x + floor), mel band 0 the lowest.
    public var values: [Float]
    /// Seconds from the start of the track to the start of each segment.
    public var startTimes: [Double]
}

/// Turns sound into the segments of a recipe. It holds tables only: one extractor serves any number of threads.
///
/// The `coursework` recipe gives the values of the coursework's own rows (within 1e-6, half a unit in the last place of
/// what they store).
public struct FeatureExtractor: Sendable {
    public let recipe: FeatureRecipe
    let plan: FeaturePlan

    /// - Throws: `FeatureError.noAudioRecipe`, `.invalidRecipe`, `.outOfMemory`.
    public init(recipe: FeatureRecipe) throws(FeatureError) {
        self.recipe = recipe
        plan = try FeaturePlan(recipe)
    }

    /// All segments of a track, or those chosen.
    ///
    /// A track shorter than a segment is padded to one, if it has at least `recipe.leastSamples`: with zeros, or by
    /// repeating it, as the recipe says.
    ///
    /// - Parameters:
    ///   - samples: mono, full scale ±1, at the recipe's sample rate.
    ///   - choose: gets the number of segments in the track, gives the indices wanted (from 0, in any order).
    /// - Throws: `FeatureError.tooShort`, `.unusableSample`, `.noSuchSegment`.
    public func segments(
        of samples: [Float], choosing choose: (Int) -> [Int] = { Array(0..<$0) }
    ) throws(FeatureError) -> SegmentBatch {
        try samples.withUnsafeBufferPointer { (buffer) throws(FeatureError) in
            try segments(of: buffer, choosing: choose)
        }
    }

    /// As `segments(of:choosing:)` of an array.
    public func segments(
        of samples: UnsafeBufferPointer<Float>, choosing choose: (Int) -> [Int] = { Array(0..<$0) }
    ) throws(FeatureError) -> SegmentBatch {
        try check(samples)
        let available = recipe.segmentCount(samples: samples.count)
        let chosen = choose(available)
        for index in chosen where index < 0 || index >= available {
            throw .noSuchSegment(index: index, count: available)
        }
        let values = [Float](unsafeUninitializedCapacity: chosen.count * recipe.mels * recipe.segmentFrames) {
            buffer, count in
            count = chosen.count * recipe.mels * recipe.segmentFrames
            guard let output = buffer.baseAddress, count > 0 else { return }
            switch recipe.scope {
            case .track where recipe.peakSeconds != nil || recipe.repeatedSamples(of: samples.count) > 0:
                cut(chosen, fromRowsOf: samples, into: output)
            case .track: cut(chosen, fromColumnsOf: samples, into: output)
            case .block: cut(chosen, fromPicturesOf: samples, into: output)
            case .segment, .none: transform(chosen, of: samples, into: output)
            }
        }
        return SegmentBatch(
            count: chosen.count, mels: recipe.mels, frames: recipe.segmentFrames, values: values,
            startTimes: chosen.map(recipe.startTime))
    }

    /// One spectrogram of the track up to the last segment chosen, then copies of its columns.
    private func cut(
        _ chosen: [Int], fromColumnsOf samples: UnsafeBufferPointer<Float>, into output: UnsafeMutablePointer<Float>
    ) {
        let frames = recipe.segmentFrames
        let step = recipe.segmentStride / recipe.hop
        let first = (chosen.min() ?? 0) * step
        let columns = (chosen.max() ?? 0) * step + recipe.trueFrames - first
        let track = UnsafeMutablePointer<Float>.allocate(capacity: recipe.mels * columns)
        defer { track.deallocate() }
        plan.columns(
            of: samples, first: first, columns: columns, into: track, rowStride: columns, scratch: plan.makeScratch())
        for (place, index) in chosen.enumerated() {
            for mel in 0..<recipe.mels {
                let row = output + (place * recipe.mels + mel) * frames
                row.update(from: track + mel * columns + index * step - first, count: recipe.trueFrames)
            }
            repeatLastColumn(output + place * recipe.mels * frames)
        }
    }

    /// All rows of the track, since a row's level depends on what is before it, then copies of them.
    private func cut(
        _ chosen: [Int], fromRowsOf samples: UnsafeBufferPointer<Float>, into output: UnsafeMutablePointer<Float>
    ) {
        let count = recipe.rowCount(samples: samples.count)
        let rows = UnsafeMutablePointer<Float>.allocate(capacity: recipe.mels * count)
        defer { rows.deallocate() }
        trackRows(of: samples, count: count, into: rows, scratch: plan.makeScratch())
        for (place, index) in chosen.enumerated() {
            recipe.segment(
                fromRows: rows + recipe.firstRow(ofSegment: index) * recipe.mels,
                into: output + place * recipe.mels * recipe.segmentFrames)
        }
    }

    /// A spectrogram for each segment chosen.
    private func transform(
        _ chosen: [Int], of samples: UnsafeBufferPointer<Float>, into output: UnsafeMutablePointer<Float>
    ) {
        let scratch = plan.makeScratch()
        for (place, index) in chosen.enumerated() {
            let chunk = samplesAlone(ofSegment: index, in: samples)
            let segment = output + place * recipe.mels * recipe.segmentFrames
            plan.columns(
                of: chunk, first: 0, columns: recipe.trueFrames, into: segment, rowStride: recipe.segmentFrames,
                scratch: scratch)
            repeatLastColumn(segment)
        }
    }

    /// - Throws: `FeatureError.tooShort`, `.unusableSample`.
    func check(_ samples: UnsafeBufferPointer<Float>) throws(FeatureError) {
        guard recipe.segmentCount(samples: samples.count) > 0 else {
            throw .tooShort(
                seconds: Double(samples.count) / recipe.sampleRate, needed: recipe.leastSeconds)
        }
        if let fault = FeatureChecks.firstUnusable(samples) { throw .unusableSample(index: fault) }
    }

    /// A segment's own samples, fewer than `segmentSamples` at the end of a short track.
    func samplesAlone(ofSegment index: Int, in samples: UnsafeBufferPointer<Float>) -> UnsafeBufferPointer<Float> {
        let start = index * recipe.segmentStride
        return UnsafeBufferPointer(rebasing: samples[start..<min(start + recipe.segmentSamples, samples.count)])
    }

    private func repeatLastColumn(_ segment: UnsafeMutablePointer<Float>) {
        guard recipe.trueFrames < recipe.segmentFrames else { return }
        for mel in 0..<recipe.mels {
            let row = segment + mel * recipe.segmentFrames
            let last = row[recipe.trueFrames - 1]
            (row + recipe.trueFrames).update(repeating: last, count: recipe.segmentFrames - recipe.trueFrames)
        }
    }
}
