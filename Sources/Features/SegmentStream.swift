import CKernels
import Foundation

/// Turns sound that comes piece by piece into segments, in memory that does not grow with the sound: the same segments, bit
/// for bit, as ``FeatureExtractor/segments(of:choosing:)`` makes of the whole.
///
/// One stream serves one sound after another, and one thread.
public final class SegmentStream {
    /// Takes a segment [mels][frames], valid during the call, and the seconds from the start of the sound to its own.
    public typealias Receiver = (_ values: UnsafePointer<Float>, _ start: Double) throws -> Void

    /// Samples that came so far.
    public private(set) var samples = 0
    /// Segments given so far.
    public private(set) var segments = 0
    /// The greatest |sample| so far.
    public private(set) var peak: Float = 0
    private var levels: SegmentLevels
    /// Whether the sound was shorter than a segment, and was padded to one.
    public var isPadded: Bool { samples < recipe.segmentSamples }

    private let extractor: FeatureExtractor
    private let recipe: FeatureRecipe
    private let scratch: FeatureScratch
    /// Samples from `origin` on that are still needed.
    private var pending: [Float] = []
    private var origin = 0
    /// Rows from the start of the next segment on, [rows][mels], where segments are cut from rows.
    private var rows: [Float] = []
    private var rowsMade = 0
    private var level: PeakLevel
    private var segment: [Float]

    public init(_ extractor: FeatureExtractor) {
        self.extractor = extractor
        recipe = extractor.recipe
        scratch = extractor.plan.makeScratch()
        levels = SegmentLevels(extractor.recipe)
        level = PeakLevel(extractor.recipe)
        segment = [Float](repeating: 0, count: recipe.mels * recipe.segmentFrames)
    }

    /// Begins another sound. The memory of the one before is used again: megabytes a sound that the system need not give.
    public func reset() {
        (samples, segments, peak, origin, rowsMade) = (0, 0, 0, 0, 0)
        levels = SegmentLevels(recipe)
        level = PeakLevel(recipe)
        pending.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
    }

    /// Takes the sound's next samples: mono, full scale ±1, at the recipe's rate.
    ///
    /// - Throws: `FeatureError.unusableSample`, and what `receive` throws.
    public func append(_ piece: UnsafeBufferPointer<Float>, _ receive: Receiver) throws {
        if let fault = FeatureChecks.firstUnusable(piece) { throw FeatureError.unusableSample(index: samples + fault) }
        peak = max(peak, FeatureChecks.greatestMagnitude(piece))
        levels.append(piece)
        pending.append(contentsOf: piece)
        samples += piece.count
        switch recipe.scope {
        case .track:
            // What may have to be repeated is kept from its start.
            if recipe.repeatsShort == true, samples < recipe.segmentSamples { return }
            if let size = recipe.peakRows {
                while samples >= PeakLevel.samplesNeeded(forRows: rowsMade + size, recipe) {
                    try makeRows(to: rowsMade + size, receive)
                }
                return
            }
            let needed = recipe.frameLength / 2
            guard samples >= needed else { return }
            // Rows are made a segment at a time: the kernel takes sixteen at once.
            let ready = (samples - needed) / recipe.hop + 1
            if ready - rowsMade >= recipe.trueFrames { try makeRows(to: ready, receive) }
        case .block:
            let size = recipe.blockSamples
            // What may belong to a block as its short rest is waited for.
            while 2 * pending.count >= 3 * size { try makePicture(of: size, receive) }
        case .segment, .none:
            while pending.count >= recipe.segmentSamples { try makeSegment(recipe.segmentSamples, receive) }
        }
    }

    /// Ends the sound and gives what is left of it.
    ///
    /// - Throws: `FeatureError.tooShort`, and what `receive` throws.
    public func finish(_ receive: Receiver) throws {
        guard samples >= recipe.leastSamples else {
            throw FeatureError.tooShort(
                seconds: Double(samples) / recipe.sampleRate, needed: recipe.leastSeconds)
        }
        switch recipe.scope {
        case .track:
            let wanted = recipe.repeatedSamples(of: samples)
            if wanted > 0 {
                // Nothing was made of it so far.
                pending = pending.withUnsafeBufferPointer { FeatureExtractor.repeated($0, to: wanted) }
            }
            let end = recipe.rowCount(samples: samples)
            // The rest may be a whole block and the row after it.
            while let size = recipe.peakRows, end - rowsMade > size { try makeRows(to: rowsMade + size, receive) }
            try makeRows(to: end, receive)
        case .block: try makePicture(of: pending.count, receive)
        case .segment, .none: if segments == 0 { try makeSegment(pending.count, receive) }
        }
    }

    /// Which of the segments given so far are silent, against the loudest of them: of the whole sound, once it has ended.
    ///
    /// - Parameter loudest: the level of the loudest segment of the same sound that was heard before, where this is a part.
    public func silence(loudest: Float = 0) -> SegmentSilence { levels.silence(ofSegments: segments, loudest: loudest) }

    /// Rows up to `end` of the whole sound's spectrogram.
    private func makeRows(to end: Int, _ receive: Receiver) throws {
        guard end > rowsMade else { return }
        let count = end - rowsMade
        let before = rows.count
        rows.append(contentsOf: repeatElement(0, count: count * recipe.mels))
        pending.withUnsafeBufferPointer { samples in
            rows.withUnsafeMutableBufferPointer { rows in
                guard let output = rows.baseAddress else { return }
                guard recipe.peakSeconds == nil else {
                    return level.rows(
                        by: extractor, of: samples, origin: origin, first: rowsMade, count: count,
                        into: output + before, scratch: scratch)
                }
                extractor.plan.rows(
                    of: samples, first: rowsMade - origin / recipe.hop, count: count, into: output + before,
                    scratch: scratch)
            }
        }
        rowsMade = end
        // The next row reaches half a frame back.
        let keep = max(0, rowsMade * recipe.hop - recipe.frameLength / 2) / recipe.hop * recipe.hop
        if keep > origin {
            pending.removeFirst(min(keep - origin, pending.count))
            origin = keep
        }
        try cutSegments(receive)
    }

    /// The picture of the next `count` samples.
    private func makePicture(of count: Int, _ receive: Receiver) throws {
        let columns = recipe.rowCount(samples: count)
        let before = rows.count
        rows.append(contentsOf: repeatElement(0, count: columns * recipe.mels))
        pending.withUnsafeBufferPointer { samples in
            rows.withUnsafeMutableBufferPointer { rows in
                guard let output = rows.baseAddress else { return }
                extractor.pictures(
                    of: UnsafeBufferPointer(rebasing: samples[..<count]), into: output + before, scratch: scratch)
            }
        }
        pending.removeFirst(count)
        try cutSegments(receive)
    }

    private func cutSegments(_ receive: Receiver) throws {
        let mels = recipe.mels
        var first = 0
        while rows.count - first * mels >= recipe.trueFrames * mels {
            rows.withUnsafeBufferPointer { rows in
                guard let base = rows.baseAddress else { return }
                recipe.segment(fromRows: base + first * mels, into: &segment)
            }
            try give(receive)
            first += recipe.rowStride
        }
        rows.removeFirst(min(first * mels, rows.count))
    }

    /// The segment of the next `count` samples alone.
    private func makeSegment(_ count: Int, _ receive: Receiver) throws {
        let batch = try pending.withUnsafeBufferPointer { samples in
            try extractor.segments(of: UnsafeBufferPointer(rebasing: samples[..<count]))
        }
        segment = batch.values
        pending.removeFirst(min(recipe.segmentStride, pending.count))
        try give(receive)
    }

    private func give(_ receive: Receiver) throws {
        let start = recipe.startTime(ofSegment: segments)
        segments += 1
        try segment.withUnsafeBufferPointer { try receive($0.baseAddress!, start) }
    }
}
