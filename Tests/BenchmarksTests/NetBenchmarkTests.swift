import Architectures
import Benchmarks
import Foundation
import NeuralNetwork
import Testing

@Suite struct NetBenchmarkTests {
    @Test(arguments: NetBenchmark.Phase.allCases)
    func figuresFollowFromTheTimes(phase: NetBenchmark.Phase) throws {
        let architecture = try #require(Architecture.named("shallow"))
        let pool = try ThreadPool(threads: 2)
        let result = try NetBenchmark(architecture: architecture, phase: phase, batch: 2)
            .run(passes: 3, pool: pool, peak: 1e12)
        #expect(result.msMin > 0 && result.msMin <= result.msMedian)
        #expect(abs(result.segmentsPerSecond * result.msMin / 1e3 - 2) < 1e-9)
        #expect(abs(result.gflops / result.peakShare - 1000) < 1e-6)
        let object = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(result)) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "net", "phase", "batch", "threads", "isa", "ms_min", "ms_median", "segments_per_second", "gflops",
                "peak_share",
            ])
    }

    @Test func peaksArePositive() throws {
        #expect(try ThreadPool(threads: 1).measurePeak() > 1e9)
        #expect(peakMemory() > 1 << 20)
    }
}
