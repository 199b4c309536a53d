import Foundation
import Randomness
import Testing

@Suite struct RandomStreamTests {
    /// The generator's published definition, stated again as plainly as possible.
    private func reference(seed: UInt64, purpose: String, count: Int) -> [UInt64] {
        var counter = seed ^ purpose.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        var state: [UInt64] = (0..<4).map { _ in
            counter = counter &+ 11_400_714_819_323_198_485
            var z = counter
            z = (z ^ (z >> 30)) &* 13_787_848_793_156_543_929
            z = (z ^ (z >> 27)) &* 10_723_151_780_598_845_931
            return z ^ (z >> 31)
        }
        return (0..<count).map { _ in
            let product = state[1] &* 5
            let result = ((product << 7) | (product >> 57)) &* 9
            let t = state[1] << 17
            state[2] ^= state[0]
            state[3] ^= state[1]
            state[1] ^= state[2]
            state[0] ^= state[3]
            state[2] ^= t
            state[3] = (state[3] << 45) | (state[3] >> 19)
            return result
        }
    }

    @Test func followsTheDefinition() {
        var stream = RandomStream(seed: 7, purpose: "order")
        #expect((0..<20).map { _ in stream.next() } == reference(seed: 7, purpose: "order", count: 20))
    }

    /// The first output of SplitMix64 from state 0, as its reference implementation prints it.
    @Test func splitMixGivesItsReferenceValue() {
        var generator = SplitMix64(state: 0)
        #expect(generator.next() == 0xE220_A839_7B1D_CDAF)
    }

    @Test func purposesAndSeedsAreIndependent() {
        var order = RandomStream(seed: 0, purpose: "order")
        var dropout = RandomStream(seed: 0, purpose: "dropout")
        var other = RandomStream(seed: 1, purpose: "order")
        let first = order.next()
        #expect(first != dropout.next())
        #expect(first != other.next())
    }

    @Test func encodingContinuesTheStream() throws {
        var stream = RandomStream(seed: 3, purpose: "order")
        _ = (0..<5).map { _ in stream.next() }
        var restored = try JSONDecoder().decode(RandomStream.self, from: JSONEncoder().encode(stream))
        #expect((0..<5).map { _ in stream.next() } == (0..<5).map { _ in restored.next() })
    }

    @Test func normalHasMeanZeroAndVarianceOne() {
        var stream = RandomStream(seed: 11, purpose: "test")
        let values = (0..<100_000).map { _ in stream.normal() }
        let mean = values.reduce(0, +) / 100_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
        #expect(abs(mean) < 0.015)
        #expect(abs(variance - 1) < 0.02)
    }

    @Test func samplesAreDistinctSortedAndInRange() {
        var stream = RandomStream(seed: 5, purpose: "test")
        for _ in 0..<50 {
            let sample = stream.sample(15, below: 63)
            #expect(sample.count == 15 && Set(sample).count == 15 && sample == sample.sorted())
            #expect(sample.allSatisfy { 0..<63 ~= $0 })
        }
        #expect(stream.sample(15, below: 4) == [0, 1, 2, 3])
    }

    @Test func shufflingReachesEveryOrder() {
        var stream = RandomStream(seed: 9, purpose: "test")
        var counts: [[Int]: Int] = [:]
        for _ in 0..<6000 { counts[stream.shuffled([0, 1, 2]), default: 0] += 1 }
        #expect(counts.count == 6)
        #expect(counts.values.allSatisfy { 850...1150 ~= $0 })
    }
}
