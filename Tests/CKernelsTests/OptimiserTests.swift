import CKernels
import Randomness
import Testing

/// Parameters, gradients and moments of one Adam run.
private final class AdamMemory {
    let parameters, gradients, first, second: Floats

    init(count: Int) {
        var random = RandomStream(seed: 11, purpose: "optimiser test")
        parameters = Floats(count: count, random: &random)
        gradients = Floats(count: count, random: &random)
        first = Floats(count: count, in: -0.01...0.01, random: &random)
        second = Floats(count: count, in: 0...0.01, random: &random)
        // A zero has no sign, and so no penalty's gradient.
        for i in stride(from: 0, to: count, by: 9) { parameters[i] = 0 }
    }

    var results: [Floats] { [parameters, first, second] }
}

private let adam = gk_adam(learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, l1: 1e-2, step: 3)

/// Counts on both sides of a vector, a block of 4,096 and an item of eight blocks, with penalties that end anywhere.
private let sizes = [
    (1, 0), (1, 1), (15, 7), (16, 16), (17, 16), (4095, 4000), (4096, 4096), (4097, 5), (33_000, 32_769),
    (70_001, 69_990),
]

extension KernelTests {
    @Test(arguments: sizes) func adamMatchesTheOracle(count: Int, penalised: Int) throws {
        let expected = AdamMemory(count: count)
        let sum = withUnsafePointer(to: adam) {
            gk_oracle_adam_update(
                $0, Int64(count), Int64(penalised), expected.parameters.pointer, expected.gradients.pointer,
                expected.first.pointer, expected.second.pointer)
        }
        for isa in fastSets {
            let runs = try [1, 2, 7].map { threads in
                let memory = AdamMemory(count: count)
                let total = try on(isa) {
                    try withPool(Int32(threads)) { pool in
                        withUnsafePointer(to: adam) {
                            gk_adam_update(
                                pool, $0, Int64(count), Int64(penalised), memory.parameters.pointer,
                                memory.gradients.pointer, memory.first.pointer, memory.second.pointer)
                        }
                    }
                }
                return (memory, total)
            }
            for (result, oracle) in zip(runs[0].0.results, expected.results) {
                #expect(relativeDifference(result.values, oracle.values) < 3e-7)
            }
            #expect(abs(runs[0].1 - sum) <= 1e-6 * max(sum, 1))
            for (memory, total) in runs.dropFirst() {
                #expect(total == runs[0].1)
                for (a, b) in zip(memory.results, runs[0].0.results) { #expect(a.bits == b.bits) }
            }
        }
    }

    @Test func theFirstStepMovesEveryParameterByTheLearningRate() throws {
        // With zero moments the corrected m is g and the corrected v is g squared: p -= rate * sign(g).
        let count = 100
        for isa in [GK_ISA_SCALAR] + fastSets {
            let parameters = Floats(count: count, value: 0.5)
            let gradients = Floats((0..<count).map { $0 % 2 == 0 ? 0.25 : -4 })
            let (first, second) = (Floats(count: count, value: 0), Floats(count: count, value: 0))
            var settings = gk_adam(learning_rate: 0.125, beta1: 0.9, beta2: 0.999, epsilon: 0, l1: 0, step: 1)
            _ = try on(isa) {
                try withPool(1) {
                    gk_adam_update(
                        $0, &settings, Int64(count), 0, parameters.pointer, gradients.pointer, first.pointer,
                        second.pointer)
                }
            }
            for i in 0..<count { #expect(abs(parameters[i] - (i % 2 == 0 ? 0.375 : 0.625)) < 1e-5) }
        }
    }

    @Test(arguments: DenseCase.grid) func theUpdateInTheBackwardPassGivesTheBitsOfBothCalls(layout: DenseCase) throws {
        for isa in [GK_ISA_SCALAR] + fastSets {
            let (apart, together) = (DenseMemory(layout), DenseMemory(layout))
            let (state, fused) = (AdamMemory(count: apart.weights.count), AdamMemory(count: apart.weights.count))
            let size = Int64(apart.weights.count)
            let batch = Int32(layout.batch)
            var settings = adam
            let sums = try on(isa) {
                try withPool(2) { pool in
                    apart.run(pool: pool)
                    let sum = gk_adam_update(
                        pool, &settings, size, size, apart.weights.pointer, apart.weightGradient.pointer,
                        state.first.pointer, state.second.pointer)
                    var layer = together.layer
                    gk_dense_forward(pool, batch, &layer)
                    let other = gk_dense_backward_adam(
                        pool, batch, &layer, &settings, together.weights.pointer, fused.first.pointer,
                        fused.second.pointer)
                    return (sum, other)
                }
            }
            #expect(sums.0 == sums.1)
            #expect(apart.weights.bits == together.weights.bits)
            #expect(state.first.bits == fused.first.bits && state.second.bits == fused.second.bits)
            #expect(apart.biasGradient.bits == together.biasGradient.bits)
            for (a, b) in zip(apart.gradients, together.gradients) { #expect(a.bits == b.bits) }
        }
    }
}
