import Architectures
import NeuralNetwork
import Randomness

/// Measures training steps and inference of one net at one batch size, on random segments.
public struct NetBenchmark {
    public enum Phase: String, Sendable, CaseIterable, Codable {
        /// Forward, loss, backward, Adam with the L1 penalty.
        case train
        /// Forward to class probabilities.
        case inference
    }

    /// One measurement; as JSON, a line of `genre bench --json`.
    public struct Result: Sendable, Codable, Hashable {
        public let net: String
        public let phase: Phase
        public let batch: Int
        public let threads: Int
        public let isa: String
        public let msMin: Double
        public let msMedian: Double
        /// At the minimum.
        public let segmentsPerSecond: Double
        /// At the minimum, counted as a direct convolution does them: kernels in the Fourier domain do fewer.
        public let gflops: Double
        /// The same as a share of the machine's measured multiply-add peak on these threads.
        public let peakShare: Double

        private enum CodingKeys: String, CodingKey {
            case net, phase, batch, threads, isa, gflops
            case msMin = "ms_min"
            case msMedian = "ms_median"
            case segmentsPerSecond = "segments_per_second"
            case peakShare = "peak_share"
        }
    }

    public let architecture: Architecture
    public let phase: Phase
    public let batch: Int

    public init(architecture: Architecture, phase: Phase, batch: Int) {
        self.architecture = architecture
        self.phase = phase
        self.batch = batch
    }

    /// Repeats the work, first to warm up, then counted.
    ///
    /// - Parameters:
    ///   - passes: timed repetitions; nil for as many as fit in about two seconds, at least five.
    ///   - peak: the threads' multiply-add peak in operations a second.
    public func run(passes: Int?, pool: ThreadPool, peak: Double) throws -> Result {
        let bench = try Bench(architecture: architecture, batch: batch, phase: phase, pool: pool)
        func step() {
            switch phase {
            case .train:
                _ = bench.executor.trainingStep(count: batch, labels: bench.labels, optimiser: bench.optimiser)
            case .inference: _ = bench.executor.probabilities(count: batch)
            }
        }
        func timed() -> Double {
            let start = ContinuousClock.now
            step()
            let taken = ContinuousClock.now - start
            return Double(taken.components.seconds) + Double(taken.components.attoseconds) * 1e-18
        }
        let warmUp = [timed(), timed(), timed()].min()!
        let count = passes ?? max(5, min(1000, Int(2 / warmUp)))
        var times = (0..<count).map { _ in timed() }
        times.sort()
        let best = times[0]
        let plan = bench.executor.parameters.plan
        let operations = 2 * Double(batch) * Double(phase == .train ? plan.trainingMultiplyAdds : plan.multiplyAdds)
        return Result(
            net: architecture.name, phase: phase, batch: batch, threads: pool.threads, isa: activeInstructionSet,
            msMin: best * 1e3, msMedian: times[times.count / 2] * 1e3, segmentsPerSecond: Double(batch) / best,
            gflops: operations / best * 1e-9, peakShare: operations / best / peak)
    }

    /// Seconds of a step, the lesser of two after one to warm up: a rough figure, quickly.
    public func shortStep(pool: ThreadPool) throws -> Double {
        let bench = try Bench(architecture: architecture, batch: batch, phase: phase, pool: pool)
        return (0..<3).map { _ in
            let start = ContinuousClock.now
            switch phase {
            case .train:
                _ = bench.executor.trainingStep(count: batch, labels: bench.labels, optimiser: bench.optimiser)
            case .inference: _ = bench.executor.probabilities(count: batch)
            }
            let taken = ContinuousClock.now - start
            return Double(taken.components.seconds) + Double(taken.components.attoseconds) * 1e-18
        }.dropFirst().min()!
    }

    /// The least time of each part of a training step, in milliseconds, in the order in which they run.
    public func parts(passes: Int, pool: ThreadPool) throws -> [(part: String, msMin: Double)] {
        let bench = try Bench(architecture: architecture, batch: batch, phase: .train, pool: pool)
        var least: [(part: String, msMin: Double)] = []
        for _ in 0..<max(2, passes) {
            let parts = bench.executor.profiledTrainingStep(
                count: batch, labels: bench.labels, optimiser: bench.optimiser)
            if least.isEmpty { least = parts.map { ($0.part, .infinity) } }
            for (index, part) in parts.enumerated() { least[index].msMin = min(least[index].msMin, part.seconds * 1e3) }
        }
        return least
    }
}

/// A net with random segments in its input.
private struct Bench {
    let executor: Executor
    let labels: [Int32]
    let optimiser: Optimiser

    init(architecture: Architecture, batch: Int, phase: NetBenchmark.Phase, pool: ThreadPool) throws {
        let plan = try NetworkPlan(architecture.blueprint(genres: 10))
        let parameters = try ParameterStore(plan: plan)
        parameters.initialise(seed: 0)
        executor = try Executor(
            parameters: parameters, batch: batch, mode: phase == .train ? .training(dropoutSeed: 0) : .inference,
            pool: pool)
        var stream = RandomStream(seed: 0, purpose: "segments")
        for index in 0..<batch * plan.blueprint.input.area {
            // The coursework's values lie about so; the kernels' time does not depend on them.
            executor.inputs[index] = Float(stream.uniform(4.7, 15.9))
        }
        labels = (0..<batch).map { Int32($0 * 7 % min(10, plan.classes)) }
        optimiser = try Optimiser(plan: plan, settings: .adam(l1: architecture.defaultL1))
    }
}
