import Foundation
import Testing

@testable import Audio

@Suite struct ResamplerTests {
    private func resampled(_ resampler: Resampler, _ samples: [Float], count: Int) throws -> [Float] {
        var output = [Float](repeating: .nan, count: count)
        try output.withUnsafeMutableBufferPointer { output in
            try samples.withUnsafeBufferPointer { try resampler.resample($0, into: output) }
        }
        return output
    }

    private func tone(_ frequency: Double, count: Int) -> [Float] {
        (0..<count).map { Float(0.5 * sin(2 * Double.pi * frequency * Double($0))) }
    }

    @Test(arguments: [0.05, 0.749_153_538, 1, 1.122_462_048, 4])
    func tonesKeepTheirPhase(ratio: Double) throws {
        let resampler = try Resampler(ratio: ratio)
        #expect(abs(resampler.ratio / ratio - 1) < 1e-5)
        let count = Int(Double(6000) * ratio)
        let output = try resampled(resampler, tone(0.01, count: 6000), count: count)
        // Away from the ends, where the tone begins and stops.
        for index in count / 4..<count * 3 / 4 {
            let wanted = 0.5 * sin(2 * Double.pi * 0.01 * Double(index) / resampler.ratio)
            #expect(abs(Double(output[index]) - wanted) < 1e-3, "sample \(index)")
        }
    }

    @Test func nothingIsLeftOfTheSoundBefore() throws {
        let resampler = try Resampler(ratio: 0.75)
        let first = try resampled(resampler, tone(0.02, count: 5000), count: 3700)
        _ = try resampled(resampler, tone(0.3, count: 777), count: 100)
        #expect(try resampled(resampler, tone(0.02, count: 5000), count: 3700) == first)
        #expect(try resampled(Resampler(ratio: 0.75), tone(0.02, count: 5000), count: 3700) == first)
    }

    @Test func silenceFollowsTheEnd() throws {
        let output = try resampled(Resampler(ratio: 2), tone(0.02, count: 100), count: 9000)
        #expect(output[0..<200].contains { abs($0) > 0.3 })
        #expect(output[300...].allSatisfy { abs($0) < 1e-4 })
        #expect(output[5000...].allSatisfy { $0 == 0 })
        #expect(try resampled(Resampler(ratio: 2), [], count: 3) == [0, 0, 0])
    }

    @Test func senselessRatiosAreRefused() {
        for ratio in [0, -1, 0.01, 21, .nan, .infinity] {
            #expect(throws: AudioError.self) { try Resampler(ratio: ratio) }
        }
    }
}
