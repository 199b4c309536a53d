import CKernels

/// How loud the segments of a sound are, and which of them are silent: in them there is nothing to hear.
///
/// - A window is 20 ms. Its level is the mean square of its samples less their mean, so that an offset does not count. It
///   is 0 where the window holds nothing but a constant: its samples lie within one step of 16 bits, or vary by less than
///   40 dB below the constant (a lossy codec's noise).
/// - A segment's level is that of the loudest of the windows that lie within it, two left out where there are ten or more: a
///   click, or the edge of a constant, is no sound to judge by.
/// - A level is silent where it is 0, or 60 dB or more below that of the track's loudest segment. So a quiet passage is
///   heard, and a track that is quiet all over is like any other.
/// - A segment is silent where its level is. So is one beside such a segment if more than half of its windows are: it
///   shows the edge of a pause rather than music. Where that would leave nothing of a track, its short sounds are heard.
///
/// Two values a segment are kept; where the pieces of the sound end changes nothing.
public struct SegmentLevels: Sendable {
    /// Of silence below the loudest segment: 60 dB, as a ratio of powers.
    private static let depth: Float = 1e-6
    /// Of what varies so little about a constant: 40 dB.
    private static let constantDepth: Float = 1e-4
    /// A step of 16 bits at full scale ±1.
    private static let unit: Float = 1 / 32_768
    /// Windows left out of a segment's level, and the windows from which on they are.
    private static let (leftOut, enough) = (2, 10)

    private let recipe: FeatureRecipe
    private let window: Int
    /// The beginning of a window.
    private var pending: [Float] = []
    /// Of the windows from `firstWindow` on.
    private var powers: [Float] = []
    private var firstWindow = 0
    /// Of the segments whose sound is complete.
    private var levels: [Level] = []

    /// Mean squares of a segment.
    private struct Level {
        /// The loudest window, but for those left out.
        var greatest: Float = 0
        /// The window in the middle: half of them are as loud.
        var middle: Float = 0
    }

    public init(_ recipe: FeatureRecipe) {
        self.recipe = recipe
        window = max(1, Int(recipe.sampleRate / 50))
    }

    /// Of a whole sound: mono, full scale ±1, at the recipe's rate.
    public init(_ recipe: FeatureRecipe, of samples: UnsafeBufferPointer<Float>) {
        self.init(recipe)
        append(samples)
    }

    /// Takes the next samples: mono, full scale ±1, at the recipe's rate, finite.
    public mutating func append(_ piece: UnsafeBufferPointer<Float>) {
        guard let base = piece.baseAddress else { return }
        var start = 0
        if !pending.isEmpty {
            start = min(window - pending.count, piece.count)
            pending += piece[..<start]
            if pending.count < window { return }
            pending.withUnsafeBufferPointer { addWindows($0.baseAddress!, 1) }
            pending.removeAll(keepingCapacity: true)
        }
        let count = (piece.count - start) / window
        addWindows(base + start, count)
        pending += piece[(start + count * window)...]
        // Segments that have all their windows; a window of those to come begins no earlier than the next segment.
        while let end = windows(ofSegment: levels.count)?.upperBound, end <= firstWindow + powers.count {
            levels.append(level(ofSegment: levels.count))
        }
        let done = min((windows(ofSegment: levels.count)?.lowerBound ?? 0) - firstWindow, powers.count)
        if done > 4096 {
            powers.removeFirst(done)
            firstWindow += done
        }
    }

    /// What there is to hear in the first `count` segments, once the sound has ended.
    ///
    /// - Parameter loudest: the level of the loudest segment of the same sound that was heard before, where this is a part.
    public func silence(ofSegments count: Int, loudest before: Float = 0) -> SegmentSilence {
        let levels = (0..<count).map { $0 < self.levels.count ? self.levels[$0] : level(ofSegment: $0) }
        let loudest = levels.reduce(before) { max($0, $1.greatest) }
        func isSilent(_ level: Float) -> Bool { level == 0 || level <= Self.depth * loudest }
        let own = levels.map { isSilent($0.greatest) }
        let withEdges = own.indices.map { index in
            own[index]
                || isSilent(levels[index].middle)
                    && (index > 0 && own[index - 1] || index + 1 < count && own[index + 1])
        }
        return SegmentSilence(isSilent: withEdges.contains(false) ? withEdges : own, loudest: loudest)
    }

    private mutating func addWindows(_ samples: UnsafePointer<Float>, _ count: Int) {
        guard count > 0 else { return }
        let before = powers.count
        powers.append(contentsOf: repeatElement(0, count: count))
        powers.withUnsafeMutableBufferPointer {
            gk_audible_powers(
                samples, Int64(count), Int64(window), Self.unit, Self.constantDepth, $0.baseAddress! + before)
        }
    }

    /// The windows that lie within a segment; nil where the recipe has no segments of sound.
    private func windows(ofSegment index: Int) -> Range<Int>? {
        guard recipe.segmentSamples > 0 else { return nil }
        let range = recipe.ownSamples(ofSegment: index)
        let (first, end) = ((range.lowerBound + window - 1) / window, range.upperBound / window)
        return first..<max(first, end)
    }

    /// Of the windows that there are of it.
    private func level(ofSegment index: Int) -> Level {
        guard let windows = windows(ofSegment: index) else { return Level() }
        let own = windows.clamped(to: firstWindow..<firstWindow + powers.count)
        guard !own.isEmpty else { return Level() }
        let sorted = own.map { powers[$0 - firstWindow] }.sorted()
        return Level(
            greatest: sorted[sorted.count - 1 - (sorted.count >= Self.enough ? Self.leftOut : 0)],
            middle: sorted[sorted.count / 2])
    }
}

/// Which segments of a track are silent.
public struct SegmentSilence: Sendable, Hashable {
    /// Of each segment.
    public let isSilent: [Bool]
    /// The level of the loudest segment, a mean square.
    public let loudest: Float

    /// Whether nothing is audible.
    public var isWhole: Bool { !isSilent.contains(false) }
    /// The segments that are audible, in order.
    public var audible: [Int] { isSilent.indices.filter { !isSilent[$0] } }
    /// The silent segments as first and last of each run; empty where there is none.
    public var runs: [ClosedRange<Int>] {
        var result: [ClosedRange<Int>] = []
        for index in isSilent.indices where isSilent[index] {
            if let last = result.last, last.upperBound == index - 1 {
                result[result.count - 1] = last.lowerBound...index
            } else {
                result.append(index...index)
            }
        }
        return result
    }
}

extension FeatureRecipe {
    /// The samples that a segment shows, wherever the track ends.
    fileprivate func ownSamples(ofSegment index: Int) -> Range<Int> {
        let start = index * segmentStride
        guard let picture, picture.columns > 0 else { return start..<start + segmentSamples }
        // Columns of pictures laid end to end.
        func sample(_ column: Int) -> Int { column * blockSamples / picture.columns }
        let row = firstRow(ofSegment: index)
        return sample(row)..<sample(row + trueFrames)
    }
}
