import Foundation

/// The recipes that other authors' nets were made for. Where their library does more than a formula of a frame can (levels
/// below a track's maximum, a mean over the whole data set), that is left out and said.
extension FeatureRecipe {
    static let field: [FeatureRecipe] = [.pons, .dong, .choi, .shortChunk, .musicnn, .bbnn]

    /// Pons, Lidy & Serra 2016, by Essentia: 44.1 kHz, 40 bands of HTK's scale that each sum to 1, log10(1 + 10,000 x);
    /// segments of 80 columns (1.86 s) one after another. The one mean and deviation of their data set are left to the
    /// net. Also for Chen & Wang's nets.
    public static let pons = track(
        "pons", rate: 44_100, frame: 2048, hop: 1024, mels: 40, scale: .htk, normalisation: .sum, to: 22_050,
        compression: .ofPlusOne(10_000), frames: 80, stride: 80, window: .blackmanHarris62)

    /// Dong 2018, by librosa: 64 bands up to 10 kHz, ln(1 + x); segments of 256 columns (2.97 s), half overlapping.
    public static let dong = track(
        "dong", rate: 22_050, frame: 512, hop: 256, mels: 64, to: 10_000, compression: .nepersOfPlusOne, frames: 256,
        stride: 128)

    /// Choi, Fazekas, Sandler & Cho 2017, by librosa: 12 kHz, 96 bands in decibels; a segment is 29.1 s. Their code squares
    /// a power, so that its decibels are twice these.
    public static let choi = track(
        "choi", rate: 12_000, frame: 512, hop: 256, mels: 96, to: 6000, compression: .decibels, frames: 1366,
        stride: 683)

    /// Won et al. 2020, by torchaudio: 16 kHz, 128 bands of HTK's scale in decibels; a segment is 231 columns (3.7 s),
    /// half overlapping. torchaudio mirrors the sound at its ends, here there are zeros.
    public static let shortChunk = track(
        "short-chunk", rate: 16_000, frame: 512, hop: 256, mels: 128, scale: .htk, normalisation: .none, to: 8000,
        compression: .decibels, frames: 231, stride: 115)

    /// Pons & Serra 2019, by librosa: 16 kHz, 96 bands, log10(1 + 10,000 x); segments of 187 columns (3 s) one after
    /// another; shorter sounds are repeated. Beyond theirs, the sound is scaled to a peak of 1 in blocks of 30 s, since their
    /// net's verdict depends on loudness: of GTZAN's tracks as they are it changes nothing, at -20 dB it is what keeps verdicts.
    public static let musicnn = track(
        "musicnn", rate: 16_000, frame: 512, hop: 256, mels: 96, to: 8000, compression: .ofPlusOne(10_000), frames: 187,
        stride: 187, peakSeconds: 30, repeatsShort: true)

    /// Liu et al. 2019, by librosa: 128 bands in decibels; a segment is 647 columns (30 s). librosa's floor of 80 dB below
    /// the track's maximum is left out.
    public static let bbnn = track(
        "bbnn", rate: 22_050, frame: 2048, hop: 1024, mels: 128, to: 11_025, compression: .decibels, frames: 647,
        stride: 323)

    /// What becomes of a mel band's power.
    private enum Compression {
        /// 10 log10(x + 1e-10).
        case decibels
        /// log10(1 + factor × x), which is log10(x + 1 / factor) + log10(factor).
        case ofPlusOne(Double)
        /// ln(1 + x).
        case nepersOfPlusOne
    }

    /// A recipe of whole tracks in power, at full scale ±1.
    private static func track(
        _ name: String, rate: Double, frame: Int, hop: Int, mels: Int, scale: MelScale = .slaney,
        normalisation: MelNormalisation = .slaney, to highest: Double, compression: Compression, frames: Int,
        stride: Int, window: Window? = nil, peakSeconds: Double? = nil, repeatsShort: Bool? = nil
    ) -> FeatureRecipe {
        let (floor, factor, offset): (Double, Double?, Double?) =
            switch compression {
            case .decibels: (1e-10, 10 / log(10), nil)
            case .ofPlusOne(let gain): (1 / gain, 1 / log(10), log10(gain))
            case .nepersOfPlusOne: (1, nil, nil)
            }
        return FeatureRecipe(
            name: name, sampleRate: rate, sampleScale: 1, frameLength: frame, windowLength: frame, hop: hop,
            spectrum: .power, mels: mels, melScale: scale, melNormalisation: normalisation, lowestFrequency: 0,
            highestFrequency: highest, logFloor: floor, precision: .single, scope: .track, segmentFrames: frames,
            segmentSamples: (frames - 1) * hop, segmentStride: stride * hop, window: window, valueFactor: factor,
            valueOffset: offset, peakSeconds: peakSeconds, repeatsShort: repeatsShort)
    }
}
