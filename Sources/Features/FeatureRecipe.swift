/// How segments are made from sound: every parameter, with its unit. A net never meets features of another recipe than
/// its own, so the recipe goes wherever features or models go.
public struct FeatureRecipe: Codable, Sendable, Hashable {
    /// The mel scale's formula.
    public enum MelScale: String, Codable, Sendable {
        /// 2595 log10(1 + f / 700), of the HTK toolkit.
        case htk
        /// Linear below 1000 Hz, logarithmic above, of Slaney's Auditory Toolbox.
        case slaney
    }

    /// The height of the mel bank's triangles.
    public enum MelNormalisation: String, Codable, Sendable {
        /// All peak at 1.
        case none
        /// Each divided by half its width in Hz, so that all have the same area.
        case slaney
        /// Straight over mels, not over Hz, each divided by the sum of its weights over the bins: Essentia's `unit_sum`.
        case sum
    }

    /// A frame's window, where it is not Hann's.
    public enum Window: String, Codable, Sendable {
        /// Three terms, side lobes 62 dB down, the area scaled to 2: Essentia's `blackmanharris62`.
        case blackmanHarris62 = "blackman-harris-62"
    }

    /// What the mel bank sums.
    public enum Spectrum: String, Codable, Sendable {
        case magnitude, power
    }

    /// What a spectrogram is made of.
    public enum Scope: String, Codable, Sendable {
        /// Each segment's samples are cut out first and transformed alone; outside them there are zeros.
        case segment
        /// The whole track is transformed once, and segments are cut from its columns.
        case track
        /// Blocks of the track are transformed one by one, each turned to the picture that ``FeatureRecipe/picture``
        /// describes, and segments are cut from the pictures laid end to end.
        case block
        /// No sound is transformed: the segments were made elsewhere.
        case none
    }

    /// The arithmetic behind the power spectrum; everything before it is in double precision.
    public enum Precision: String, Codable, Sendable {
        case single, double
    }

    /// What becomes of a block's logarithms of power: a picture of levels below the block's greatest, so that loudness
    /// does not matter, in fewer columns.
    public struct Picture: Codable, Sendable, Hashable {
        /// Seconds of sound a block. What is left at a track's end is a block of its own from half of that on, else part
        /// of the block before.
        public var blockSeconds: Double
        /// Columns of such a block, and of one up to a fortieth shorter or longer; other lengths have as many a second.
        public var columns: Int
        /// Frames at a block's end that no column shows.
        public var framesLeft: Int
        /// Decibels from the least to the greatest level. Where a block's own levels span less, they are stretched.
        public var range: Double
        /// The value of the greatest level; values are nepers of magnitude (dB × ln(10) / 20).
        public var top: Double
    }

    /// As ``named(_:)`` knows it: "schindler", "gtzan-mel:160".
    public var name: String
    /// Hz; mono.
    public var sampleRate: Double
    /// A full-scale sample (±1) is multiplied by this first.
    public var sampleScale: Double
    /// Samples a frame (n_fft).
    public var frameLength: Int
    /// Samples: a periodic Hann window in the middle of the frame, zeros on both sides.
    public var windowLength: Int
    /// Samples from frame to frame. Frame c has sample c × hop in its middle; outside the sound there are zeros.
    public var hop: Int
    public var spectrum: Spectrum
    public var mels: Int
    public var melScale: MelScale
    public var melNormalisation: MelNormalisation
    /// Hz, the lower edge of the lowest mel band.
    public var lowestFrequency: Double
    /// Hz, the upper edge of the highest mel band.
    public var highestFrequency: Double
    /// A value is logFactor × ln(x + logFloor) + logOffset, before ``picture`` where there is one.
    public var logFloor: Double
    public var precision: Precision
    public var scope: Scope
    /// Columns a segment. Where `segmentSamples` gives fewer, the last true column is repeated.
    public var segmentFrames: Int
    /// Samples that a segment needs.
    public var segmentSamples: Int
    /// Samples from the start of one segment to the next; a multiple of the hop where the scope is a track.
    public var segmentStride: Int
    /// Where the scope is a block.
    public var picture: Picture?
    /// Nil for Hann's.
    public var window: Window?
    /// Nil for 1 and 0: a value is in nepers of magnitude or power.
    public var valueFactor: Double?
    public var valueOffset: Double?
    /// Seconds of the blocks in which the sound is scaled to a peak of 1 (`PeakLevel.swift`), where the scope is a track; nil
    /// for the sound's own level.
    public var peakSeconds: Double?
    /// Whether a sound shorter than a segment is repeated, where the scope is a track; nil for zeros at its end.
    public var repeatsShort: Bool?
}

extension FeatureRecipe {
    public var logFactor: Double { valueFactor ?? 1 }
    public var logOffset: Double { valueOffset ?? 0 }
}

extension FeatureRecipe {
    /// Whether sound can be turned into segments of this recipe.
    public var makesSegmentsFromAudio: Bool { scope != .none }

    /// Seconds of sound that one segment needs.
    public var segmentSeconds: Double { Double(segmentSamples) / sampleRate }

    /// Columns of a segment that are computed; the rest repeat the last of them.
    public var trueFrames: Int { min(segmentFrames, hop > 0 ? 1 + segmentSamples / hop : segmentFrames) }

    /// Samples that a track needs: half a segment; a second at most where short ones are repeated.
    public var leastSamples: Int {
        let half = (segmentSamples + 1) / 2
        if scope == .block { return Int(sampleRate) }
        return repeatsShort == true ? min(Int(sampleRate), half) : half
    }

    /// Seconds of sound that a track needs.
    public var leastSeconds: Double {
        if scope == .block { return 1 }
        return repeatsShort == true ? min(1, segmentSeconds / 2) : segmentSeconds / 2
    }

    /// The segments in a track of that many samples at the recipe's rate; 0 for less than ``leastSamples``.
    ///
    /// A track shorter than a segment, but of ``leastSamples`` or more, is padded to one.
    public func segmentCount(samples: Int) -> Int {
        guard makesSegmentsFromAudio, segmentStride > 0, samples >= leastSamples else { return 0 }
        if scope == .block { return segmentCount(rows: rowCount(samples: samples)) }
        return 1 + max(0, samples - segmentSamples) / segmentStride
    }

    /// Seconds from the start of the track to the start of segment `index`.
    public func startTime(ofSegment index: Int) -> Double { Double(index * segmentStride) / sampleRate }
}
