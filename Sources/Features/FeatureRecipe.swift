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

    /// "schindler", "coursework", "coursework-2018", "gtzan-mel", "precomputed".
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
    /// A value is ln(x + logFloor), before ``picture`` where there is one.
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
}

extension FeatureRecipe {
    /// The recipe of the GTZAN coursework's pickles: 0.93 s a segment, but only 41 true columns of its 80; the others
    /// repeat column 40.
    public static let coursework = FeatureRecipe(
        name: "coursework", sampleRate: 22_050, sampleScale: 32_768, frameLength: 2048, windowLength: 1024, hop: 512,
        spectrum: .magnitude, mels: 80, melScale: .htk, melNormalisation: .none, lowestFrequency: 0,
        highestFrequency: 11_025, logFloor: 1e-6, precision: .double, scope: .segment, segmentFrames: 80,
        segmentSamples: 20_505, segmentStride: 10_252)

    /// The recipe of the coursework of 2018, whose file holds samples, as public solutions of it have it: librosa's STFT
    /// (n_fft 512, hop 256, zero padding) and mel bank (Slaney's scale and areas), ln(magnitude + 1e-6) at full scale ±1;
    /// 80 true columns.
    public static let coursework2018 = FeatureRecipe(
        name: "coursework-2018", sampleRate: 22_050, sampleScale: 1, frameLength: 512, windowLength: 512, hop: 256,
        spectrum: .magnitude, mels: 80, melScale: .slaney, melNormalisation: .slaney, lowestFrequency: 0,
        highestFrequency: 11_025, logFloor: 1e-6, precision: .single, scope: .segment, segmentFrames: 80,
        segmentSamples: 20_462, segmentStride: 10_231)

    /// The recipe of Schindler, Lidy & Rauber 2016, in natural logarithms of magnitudes: 80 true columns in 0.93 s, a
    /// segment every 40 columns. The default for audio.
    public static let schindler = FeatureRecipe(
        name: "schindler", sampleRate: 22_050, sampleScale: 32_768, frameLength: 1024, windowLength: 1024, hop: 256,
        spectrum: .magnitude, mels: 80, melScale: .htk, melNormalisation: .none, lowestFrequency: 0,
        highestFrequency: 11_025, logFloor: 1e-6, precision: .single, scope: .track, segmentFrames: 80,
        segmentSamples: 79 * 256, segmentStride: 40 * 256)

    /// The recipe of GTZAN's spectrograms as pictures of 128 x 387 bytes: librosa's power mel spectrogram in decibels
    /// below the track's maximum, 80 dB deep, 12.9 columns a second. A segment is 6.2 s, one starts every 3.1 s.
    public static let gtzanMel = FeatureRecipe(
        name: "gtzan-mel", sampleRate: 22_050, sampleScale: 1, frameLength: 2048, windowLength: 2048, hop: 512,
        spectrum: .power, mels: 128, melScale: .slaney, melNormalisation: .slaney, lowestFrequency: 0,
        highestFrequency: 11_025, logFloor: 1e-10, precision: .single, scope: .block, segmentFrames: 80,
        segmentSamples: 268 * 512, segmentStride: 40 * 1707,
        picture: Picture(blockSeconds: 30, columns: 387, framesLeft: 2, range: 80, top: 14))

    /// Segments [80, 80] that came ready-made, from a recipe unknown or not of ours: no audio can be turned into them.
    public static let precomputed = precomputed(mels: 80, frames: 80)

    /// Ready-made segments of another size.
    public static func precomputed(mels: Int, frames: Int) -> FeatureRecipe {
        FeatureRecipe(
            name: "precomputed", sampleRate: 0, sampleScale: 1, frameLength: 0, windowLength: 0, hop: 0,
            spectrum: .magnitude, mels: mels, melScale: .htk, melNormalisation: .none, lowestFrequency: 0,
            highestFrequency: 0, logFloor: 0, precision: .single, scope: .none, segmentFrames: frames,
            segmentSamples: 0, segmentStride: 0)
    }

    /// Every recipe that has a name.
    public static let all: [FeatureRecipe] = [.schindler, .coursework, .coursework2018, .gtzanMel, .precomputed]

    /// The recipe of that name; nil where there is none.
    public static func named(_ name: String) -> FeatureRecipe? { all.first { $0.name == name } }

    /// Whether sound can be turned into segments of this recipe.
    public var makesSegmentsFromAudio: Bool { scope != .none }

    /// Seconds of sound that one segment needs.
    public var segmentSeconds: Double { Double(segmentSamples) / sampleRate }

    /// Columns of a segment that are computed; the rest repeat the last of them.
    public var trueFrames: Int { min(segmentFrames, hop > 0 ? 1 + segmentSamples / hop : segmentFrames) }

    /// Samples that a track needs: half a segment; a second where blocks are transformed, since short ones are repeated.
    public var leastSamples: Int { scope == .block ? Int(sampleRate) : (segmentSamples + 1) / 2 }

    /// Seconds of sound that a track needs.
    public var leastSeconds: Double { scope == .block ? 1 : segmentSeconds / 2 }

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
