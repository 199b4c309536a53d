import CKernels
import Randomness
import Testing

@Suite struct AudiblePowersTests {
    private func powers(
        _ samples: [Float], length: Int, unit: Float = 1 / 32_768, share: Float = 1e-4
    ) -> (kernel: [Float], oracle: [Float]) {
        let windows = samples.count / length
        var kernel = [Float](repeating: .nan, count: windows)
        var oracle = kernel
        gk_audible_powers(samples, Int64(windows), Int64(length), unit, share, &kernel)
        gk_oracle_audible_powers(samples, Int64(windows), Int64(length), unit, share, &oracle)
        return (kernel, oracle)
    }

    @Test(arguments: [1, 2, 15, 16, 17, 160, 441, 882]) func theKernelComputesTheFormula(length: Int) {
        var stream = RandomStream(seed: 1, purpose: "windows \(length)")
        for (scale, offset) in [(1.0, 0.0), (1e-3, 0.5), (0.2, -0.9), (1e-6, 0), (1e5, 3)] {
            let samples = (0..<9 * length).map { _ in Float(stream.uniform(-scale, scale) + offset) }
            let (kernel, oracle) = powers(samples, length: length)
            for (value, wanted) in zip(kernel, oracle) {
                #expect(abs(value - wanted) <= 1e-4 * abs(wanted), "\(scale) about \(offset)")
            }
        }
    }

    @Test func constantsAreNothingToHear() {
        let window = 441
        var state: UInt32 = 1
        let noise = (0..<window).map { _ -> Float in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(state >> 8) / Float(1 << 23) - 1
        }
        for offset in [0, 0.3, -0.7, 1] as [Float] {
            #expect(powers([Float](repeating: offset, count: window), length: window).kernel == [0])
            // Within one step of 16 bits.
            #expect(powers(noise.map { offset + 0.49 / 32_768 * $0 }, length: window).kernel == [0])
        }
        // 40 dB below a constant, and above that.
        #expect(powers(noise.map { 0.5 + 0.005 * $0 }, length: window).kernel == [0])
        #expect(powers(noise.map { 0.5 + 0.02 * $0 }, length: window).kernel[0] > 0)
        #expect(powers(noise.map { 0.0001 * $0 }, length: window).kernel[0] > 0)
    }
}
