import CFFmpeg

/// Resamples sounds in memory by one ratio, with the filter that ``AudioDecoder`` uses; outside a sound there are zeros.
/// Not for two threads at once.
public final class Resampler {
    /// Output samples an input sample.
    public let ratio: Double
    private let handle: OpaquePointer
    private let from: Int
    private let to: Int
    /// FFmpeg continues a sound by its mirror image: silence on both sides keeps that out, on the left as much as makes
    /// whole samples of the output.
    private var silenced: [Float] = []
    private var result: [Float] = []
    private static let silence = 1300  // more than half the filter, 32 samples of the lower rate, at any ratio

    /// - Parameter ratio: 0.05 to 20; taken as the nearest fraction with a denominator of up to 1000: for semitones off by a
    ///   hundred-thousandth at most, a sixtieth of a cent.
    /// - Throws: `AudioError.unusableTargetRate` for another ratio, `.outOfMemory`.
    public init(ratio: Double) throws(AudioError) {
        guard (0.05...20).contains(ratio) else { throw .unusableTargetRate(ratio) }
        // Every filter phase is then in the table, and none is interpolated.
        (from, to) = Self.fraction(1 / ratio)
        guard let handle = gk_rate_change_new(Int32(from), Int32(to)) else { throw .outOfMemory(path: "resampler") }
        self.handle = handle
        self.ratio = Double(to) / Double(from)
    }

    deinit { gk_rate_change_free(handle) }

    /// Resamples a whole sound; output sample k lies at input position k / ratio.
    ///
    /// - Parameters:
    ///   - samples: fewer than 2^31.
    ///   - output: as much as is wanted: what lies beyond the sound's end is 0.
    /// - Throws: `AudioError.outOfMemory`.
    public func resample(
        _ samples: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>
    ) throws(AudioError) {
        let blocks = (Self.silence + from - 1) / from
        silenced.removeAll(keepingCapacity: true)
        silenced.append(contentsOf: repeatElement(0, count: blocks * from))
        silenced.append(contentsOf: samples)
        silenced.append(contentsOf: repeatElement(0, count: Self.silence))
        let wanted = blocks * to + output.count
        if result.count < wanted { result = [Float](repeating: 0, count: wanted) }
        let written = gk_rate_change_run(handle, silenced, Int32(silenced.count), &result, Int32(wanted))
        guard written >= 0 else { throw .outOfMemory(path: "resampler") }
        let usable = max(0, min(written - blocks * to, output.count))
        _ = output.update(fromContentsOf: result[blocks * to..<blocks * to + usable])
        UnsafeMutableBufferPointer(rebasing: output[usable...]).update(repeating: 0)
    }

    /// The nearest fraction with a denominator of 1000 at most.
    private static func fraction(_ value: Double) -> (numerator: Int, denominator: Int) {
        let candidates = (1...1000).map { (numerator: max(1, Int((value * Double($0)).rounded())), denominator: $0) }
        func distance(_ one: (numerator: Int, denominator: Int)) -> Double {
            abs(Double(one.numerator) / Double(one.denominator) - value)
        }
        return candidates.min { distance($0) < distance($1) }!
    }
}
