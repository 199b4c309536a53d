import CKernels
import Foundation

/// How sound becomes a fingerprint. The numbers are of one piece: fingerprints of other numbers cannot be compared.
enum FingerprintPlan {
    /// Hz, mono.
    static let sampleRate: Double = 22_050
    static let frameLength = 2048
    /// Samples from frame to frame, 23 ms.
    static let hop = 512
    /// Bins of the transform that may hold peaks: 108 Hz to 5.4 kHz, which even 32 kbit/s leave in place.
    static let bins = 10..<500
    /// Hz, the edges of the words' bands, evenly spaced on a logarithmic scale.
    static let bandRange: ClosedRange<Double> = 300...3000
    static var rowLength: Int { bins.count + Int(GK_WORD_BANDS) }
    /// ln of a magnitude at 16-bit scale: a tone of about -97 dB of full scale.
    static let floor: Float = 5.5

    static let peaks = gk_peak_rule(frames: 8, bins: 20, floor: floor)
    static let landmarks = gk_landmark_rule(targets: 4, frames: 80, bins: 80)
    /// Frames on either side over which a word's bands are averaged.
    static let wordFrames = 4
    /// Frames before and after one that its peaks and its word depend on.
    static let context = max(Int(peaks.frames), 2 * wordFrames)

    /// The transform of the features with a bank of its own: each bin alone, then the bands.
    static func transform() throws(FeatureError) -> OpaquePointer {
        let window = FeatureTables.window(length: frameLength, frameLength: frameLength).map { $0 * 32_768 }
        let width = frameLength / 2 + 1
        var bank = [Double](repeating: 0, count: rowLength * width)
        for (row, bin) in bins.enumerated() { bank[row * width + bin] = 1 }
        let count = Int(GK_WORD_BANDS)
        let edges = (0...count).map { edge in
            bandRange.lowerBound
                * pow(bandRange.upperBound / bandRange.lowerBound, Double(edge) / Double(count))
                / sampleRate * Double(frameLength)
        }
        for band in 0..<count {
            // A bin counts as far as it lies in the band, taken as one bin wide.
            for bin in Int(edges[band])...Int(edges[band + 1]) + 1 {
                let low = max(edges[band], Double(bin) - 0.5)
                let high = min(edges[band + 1], Double(bin) + 0.5)
                bank[(bins.count + band) * width + bin] = max(0, high - low)
            }
        }
        let plan = window.withUnsafeBufferPointer { window in
            bank.withUnsafeBufferPointer { bank in
                var shape = gk_feature_shape(
                    fft_length: Int32(frameLength), hop: Int32(hop), mels: Int32(rowLength),
                    window: window.baseAddress, mel_bank: bank.baseAddress, log_floor: 1, factor: 1, offset: 0,
                    power: false, single: true)
                return gk_features_create(&shape, gk_isa_active())
            }
        }
        guard let plan else { throw .outOfMemory }
        return plan
    }
}
