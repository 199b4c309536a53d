import CKernels
import Randomness
import Testing

@Suite struct PictureLevelsTests {
    @Test(arguments: [(1, 1, 1, 1), (7, 3, 5, 2), (33, 17, 31, 11), (130, 128, 128, 80), (20, 5, 20, 20)])
    func theKernelComputesTheFormula(count: Int, mels: Int, used: Int, columns: Int) {
        var stream = RandomStream(seed: 1, purpose: "levels \(count)")
        for (range, spread) in [(18.4, 30.0), (18.4, 5.0), (6.0, 0.0)] {
            let rows = (0..<count * mels).map { _ in Float(stream.uniform(-spread, spread) - 3) }
            var output = [Float](repeating: .nan, count: columns * mels)
            var oracle = output
            gk_picture_levels(
                rows, Int64(count), Int32(mels), Int64(used), Int64(columns), Float(range), 14, &output)
            gk_oracle_picture_levels(
                rows, Int64(count), Int32(mels), Int64(used), Int64(columns), Float(range), 14, &oracle)
            for (value, wanted) in zip(output, oracle) { #expect(abs(value - wanted) < 1e-5) }
        }
    }

    @Test func theGreatestAndTheLeastComeToTheEnds() {
        // 10 nepers of power between them: stretched to 20; and 40 between them: what is below 20 is cut.
        for low in [-10, -40] as [Float] {
            let rows: [Float] = [0, low, low / 2, low]
            var output = [Float](repeating: .nan, count: 4)
            gk_picture_levels(rows, 4, 1, 4, 4, 20, 14, &output)
            #expect(output[0] == 14)
            #expect(output[1] == 4)
            #expect(output[2] == (low == -10 ? 9 : 4))
        }
    }
}
