import CKernels
import Randomness
import Testing

/// Parameters, gradients and state of one run.
private final class MethodMemory {
    let parameters, gradients, first, second: Floats

    init(count: Int) {
        var random = RandomStream(seed: 12, purpose: "optimiser test")
        parameters = Floats(count: count, random: &random)
        gradients = Floats(count: count, random: &random)
        first = Floats(count: count, in: 0.001...0.01, random: &random)
        second = Floats(count: count, in: 0.001...0.01, random: &random)
        for i in stride(from: 0, to: count, by: 9) { parameters[i] = 0 }
    }

    var results: [Floats] { [parameters, first, second] }

    /// The states that the method has, and NULL.
    func update(
        _ settings: gk_optimiser, penalised: Int,
        by body: (UnsafePointer<gk_optimiser>, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?) ->
            gk_magnitudes
    ) -> gk_magnitudes {
        let states = settings.method == GK_SGD ? (settings.momentum > 0 ? 1 : 0) : 2
        return withUnsafePointer(to: settings) {
            body($0, states > 0 ? first.pointer : nil, states > 1 ? second.pointer : nil)
        }
    }
}

private func method(_ kind: gk_method, _ change: (inout gk_optimiser) -> Void = { _ in }) -> gk_optimiser {
    var settings = gk_optimiser()
    settings.method = kind
    settings.learning_rate = 0.01
    (settings.beta1, settings.beta2, settings.rho, settings.epsilon) = (0.9, 0.99, 0.95, 1e-6)
    settings.step = 3
    change(&settings)
    return settings
}

private let methods: [gk_optimiser] = [
    method(GK_SGD),
    method(GK_SGD) { ($0.l1, $0.l2, $0.weight_decay) = (1e-2, 2e-2, 3e-2) },
    method(GK_SGD) { ($0.momentum, $0.l2) = (0.9, 1e-2) },
    method(GK_SGD) { ($0.momentum, $0.nesterov, $0.l1, $0.weight_decay) = (0.8, true, 1e-2, 1e-2) },
    method(GK_ADAM) { ($0.l2, $0.l1) = (1e-2, 1e-2) },
    method(GK_ADAM) { $0.weight_decay = 0.1 },
    method(GK_ADAMW) { ($0.weight_decay, $0.l1) = (0.5, 1e-2) },
    method(GK_ADADELTA) { ($0.l2, $0.learning_rate) = (1e-2, 1) },
    method(GK_ADADELTA) { ($0.weight_decay, $0.l1) = (1e-2, 1e-2) },
]

/// Counts on both sides of a vector, a block of 4,096 and an item of eight blocks, with penalties that end anywhere.
private let sizes = [
    (1, 0), (1, 1), (15, 7), (16, 16), (17, 16), (4095, 4000), (4097, 5), (33_000, 32_769), (70_001, 69_990),
]

extension KernelTests {
    @Test(arguments: methods.indices) func everyMethodMatchesTheOracle(index: Int) throws {
        let settings = methods[index]
        for (count, penalised) in sizes {
            let expected = MethodMemory(count: count)
            let sums = expected.update(settings, penalised: penalised) {
                gk_oracle_optimiser_update(
                    $0, Int64(count), Int64(penalised), expected.parameters.pointer, expected.gradients.pointer, $1, $2)
            }
            for isa in [GK_ISA_SCALAR] + fastSets {
                let runs = try [1, 3].map { threads in
                    let memory = MethodMemory(count: count)
                    let total = try on(isa) {
                        try withPool(Int32(threads)) { pool in
                            memory.update(settings, penalised: penalised) {
                                gk_optimiser_update(
                                    pool, $0, Int64(count), Int64(penalised), memory.parameters.pointer,
                                    memory.gradients.pointer, $1, $2)
                            }
                        }
                    }
                    return (memory, total)
                }
                for (result, oracle) in zip(runs[0].0.results, expected.results) {
                    #expect(relativeDifference(result.values, oracle.values) < 5e-7, "count \(count)")
                }
                #expect(abs(runs[0].1.absolute - sums.absolute) <= 1e-6 * max(sums.absolute, 1))
                #expect(abs(runs[0].1.square - sums.square) <= 1e-6 * max(sums.square, 1))
                for (memory, total) in runs.dropFirst() {
                    #expect(total.absolute == runs[0].1.absolute && total.square == runs[0].1.square)
                    for (a, b) in zip(memory.results, runs[0].0.results) { #expect(a.bits == b.bits) }
                }
            }
        }
    }

    @Test func adamWithoutDecayKeepsItsBits() throws {
        let count = 5000
        let settings = method(GK_ADAM) { $0.l1 = 1e-2 }
        var adam = gk_adam(learning_rate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, l1: 1e-2, step: 3)
        for isa in [GK_ISA_SCALAR] + fastSets {
            let (general, own) = (MethodMemory(count: count), MethodMemory(count: count))
            try on(isa) {
                try withPool(2) { pool in
                    let sums = general.update(settings, penalised: 4000) {
                        gk_optimiser_update(
                            pool, $0, Int64(count), 4000, general.parameters.pointer, general.gradients.pointer, $1, $2)
                    }
                    let sum = gk_adam_update(
                        pool, &adam, Int64(count), 4000, own.parameters.pointer, own.gradients.pointer,
                        own.first.pointer, own.second.pointer)
                    #expect(sums.absolute == sum && sums.square == 0)
                }
            }
            for (a, b) in zip(general.results, own.results) { #expect(a.bits == b.bits) }
        }
    }

    /// One parameter, worked out by hand.
    @Test func stepsAsWrittenDown() throws {
        func stepped(_ settings: gk_optimiser, twice: Bool = false) throws -> Float {
            let (p, g) = (Floats([2]), Floats([1]))
            let (first, second) = (Floats(count: 1, value: 0), Floats(count: 1, value: 0))
            for step in 1...(twice ? 2 : 1) {
                var settings = settings
                settings.step = Int64(step)
                _ = try on(fastSets[0]) {
                    try withPool(1) {
                        gk_optimiser_update($0, &settings, 1, 1, p.pointer, g.pointer, first.pointer, second.pointer)
                    }
                }
            }
            return p[0]
        }
        let rate = method(GK_SGD) { $0.learning_rate = 0.5 }
        #expect(try stepped(rate) == 1.5)
        var changed = rate
        changed.l2 = 0.25  // 2 * 0.25 * 2 more
        #expect(try stepped(changed) == 1)
        changed = rate
        changed.momentum = 0.5  // steps of 1 and 1.5
        #expect(try stepped(changed, twice: true) == 0.75)
        changed.nesterov = true  // steps of 1 + 0.5 and 1 + 0.75
        #expect(try stepped(changed, twice: true) == 0.375)
        // Corrected moments are 1: the rate, after the decay by half of 0.5.
        let decayed = method(GK_ADAMW) { ($0.learning_rate, $0.weight_decay, $0.epsilon) = (0.5, 0.5, 0) }
        #expect(abs(try stepped(decayed) - 1) < 1e-5)
        // sqrt(0 + 1) / sqrt(0.5 + 1).
        let delta = method(GK_ADADELTA) { ($0.learning_rate, $0.rho, $0.epsilon) = (1, 0.5, 1) }
        #expect(abs(try stepped(delta) - (2 - 1 / Float(1.5).squareRoot())) < 1e-6)
    }
}
