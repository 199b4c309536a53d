import CKernels

/// Loudness, clipping and silence of sound that comes in blocks; where the blocks end changes nothing.
public struct SoundLevels: Sendable {
    /// Magnitude from which a sample counts as full scale: three or more of one sign in a row are clipped.
    public static let fullScale: Float = 0.999
    /// Magnitude below which a sample counts as silent: -60 dB of full scale.
    public static let quiet: Float = 0.001

    /// Samples of a silent stretch at least.
    private let leastSilence: Int
    private var state = gk_levels()

    public init(leastSilence: Int) { self.leastSilence = leastSilence }

    public mutating func add(_ samples: UnsafeBufferPointer<Float>) {
        gk_levels_add(
            &state, samples.baseAddress, Int64(samples.count), Self.fullScale, Self.quiet, Int64(leastSilence))
    }

    public var samples: Int { Int(state.samples) }
    /// The greatest magnitude.
    public var peak: Double { Double(state.peak) }
    /// Root of the mean square; 0 of no samples.
    public var rms: Double { state.samples > 0 ? (state.squares / Double(state.samples)).squareRoot() : 0 }
    /// Samples in runs at full scale.
    public var clipped: Int { Int(state.clipped) }
    /// Samples in silent stretches.
    public var silent: Int { Int(state.silent) }
    /// Samples.
    public var longestSilence: Int { Int(state.longest_silence) }
}
