import CKernels

// The sound scaled to a peak of 1 before it is transformed, for nets whose verdict depends on loudness.
//
// A stream does not know its peak until it ends. So the sound is cut into blocks, and each is scaled by the greatest
// magnitude from the sound's start to the block's own end: a sound of one block is scaled by its peak, a longer one needs a
// block's memory, and a peak that comes late changes nothing before its block. The factor never grows again, so that a
// quiet end stays quieter than what was before it. It is 1,000 (60 dB) at most, so that no noise floor becomes music.

extension FeatureRecipe {
    /// No sound is scaled by more.
    static let greatestPeakFactor: Float = 1000

    /// Rows of a whole block; nil for the sound's own level.
    var peakRows: Int? { peakSeconds.map { Int(($0 * sampleRate / Double(hop)).rounded()) } }

    /// The same recipe at the sound's own level.
    public var atOwnLevel: FeatureRecipe {
        var recipe = self
        recipe.peakSeconds = nil
        return recipe
    }

    /// Samples that are to be repeated to fill one segment; 0 for a sound that is long enough, or padded with zeros.
    func repeatedSamples(of samples: Int) -> Int {
        repeatsShort == true && samples < segmentSamples ? segmentSamples + frameLength : 0
    }
}

extension FeatureExtractor {
    /// A short sound over and over.
    static func repeated(_ samples: UnsafeBufferPointer<Float>, to count: Int) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(count)
        while result.count < count {
            result.append(
                contentsOf: UnsafeBufferPointer(rebasing: samples[..<min(samples.count, count - result.count)]))
        }
        return result
    }

    /// All rows of a whole sound, at its own level or scaled block by block.
    func trackRows(
        of samples: UnsafeBufferPointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>,
        scratch: FeatureScratch
    ) {
        let wanted = recipe.repeatedSamples(of: samples.count)
        if wanted > 0 {
            return Self.repeated(samples, to: wanted).withUnsafeBufferPointer {
                longRows(of: $0, count: count, into: output, scratch: scratch)
            }
        }
        longRows(of: samples, count: count, into: output, scratch: scratch)
    }

    private func longRows(
        of samples: UnsafeBufferPointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>,
        scratch: FeatureScratch
    ) {
        guard let size = recipe.peakRows else {
            return plan.rows(of: samples, first: 0, count: count, into: output, scratch: scratch)
        }
        var level = PeakLevel(recipe)
        for first in stride(from: 0, to: count, by: size) {
            level.rows(
                by: self, of: samples, origin: 0, first: first, count: min(size, count - first),
                into: output + first * recipe.mels, scratch: scratch)
        }
    }
}

/// Scales one block after another.
struct PeakLevel {
    private let recipe: FeatureRecipe
    /// The greatest magnitude in the blocks so far.
    private var peak: Float = 0
    private var scaled: [Float] = []

    init(_ recipe: FeatureRecipe) { self.recipe = recipe }

    /// Samples from the sound's start that the rows before `end` of a sound that goes on need.
    static func samplesNeeded(forRows end: Int, _ recipe: FeatureRecipe) -> Int {
        max(end * recipe.hop, (end - 1) * recipe.hop + (recipe.frameLength + 1) / 2)
    }

    /// The rows of one block, which is whole or the sound's last.
    ///
    /// - Parameters:
    ///   - samples: of the sound from `origin` on, a multiple of the hop; as far as the rows need them, or to its end.
    ///   - first: the block's first row in the sound.
    mutating func rows(
        by extractor: FeatureExtractor, of samples: UnsafeBufferPointer<Float>, origin: Int, first: Int, count: Int,
        into output: UnsafeMutablePointer<Float>, scratch: FeatureScratch
    ) {
        let size = recipe.peakRows ?? count
        let block = max(0, first * recipe.hop - origin)..<min(samples.count, (first + size) * recipe.hop - origin)
        if !block.isEmpty {
            peak = max(peak, FeatureChecks.greatestMagnitude(UnsafeBufferPointer(rebasing: samples[block])))
        }
        let factor = min(FeatureRecipe.greatestPeakFactor, peak > 0 ? 1 / peak : 1)
        // A frame reaches half its length before its row's sample and after it.
        let reach = (recipe.frameLength + 1) / 2
        let margin = (reach + recipe.hop - 1) / recipe.hop * recipe.hop
        let start = max(origin, first * recipe.hop - margin)
        let end = min(origin + samples.count, (first + count - 1) * recipe.hop + reach)
        let part = UnsafeBufferPointer(rebasing: samples[start - origin..<max(start, end) - origin])
        scaled = [Float](unsafeUninitializedCapacity: part.count) { buffer, filled in
            filled = part.count
            if let to = buffer.baseAddress, let from = part.baseAddress {
                gk_scaled(from, Int64(part.count), factor, to)
            }
        }
        scaled.withUnsafeBufferPointer {
            extractor.plan.rows(
                of: $0, first: first - start / recipe.hop, count: count, into: output, scratch: scratch)
        }
    }
}
