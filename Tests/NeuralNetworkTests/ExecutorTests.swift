import NeuralNetwork
import Randomness
import Testing

/// A small net of every kind of layer, with odd sizes.
let smallBlueprint = Blueprint("small", input: 13 × 11) {
    Towers {
        Tower("a") {
            Convolution(5, kernel: 4 × 3)
            MaxPool(2 × 2)
            LeakyReLU(0.3)
            Convolution(18, kernel: 2 × 3)
            MaxPool(3 × 1)
            ReLU()
        }
        Tower("b") {
            Convolution(3, kernel: 3 × 6)
            MaxPool(1 × 5)
            LeakyReLU(0.3)
        }
    }
    Dense(9)
    LeakyReLU(0.3)
    Dropout(0.5)
    Dense(4)
}

/// Two recurrent layers in both directions after towers of unequal width, with dropout wherever it can be.
func recurrentBlueprint(over sequence: RecurrentSettings.Sequence) -> Blueprint {
    Blueprint("recurrent", input: 12 × 12) {
        Towers {
            Tower("a") {
                Convolution(5, kernel: 3 × 4)
                MaxPool(3 × 2)
                LeakyReLU(0.3)
            }
            Tower("b") {
                Convolution(3, kernel: 5 × 2)
                MaxPool(4 × 4)
                LeakyReLU(0.3)
            }
        }
        LSTM(7, layers: 2, bidirectional: true, dropout: 0.25, over: sequence)
        Dropout(0.25)
        Dense(4)
    }
}

@Suite struct ExecutorTests {
    private let plan: NetworkPlan
    private let parameters: ParameterStore
    private let pool: ThreadPool

    init() throws {
        plan = try NetworkPlan(smallBlueprint)
        parameters = try ParameterStore(plan: plan)
        parameters.initialise(seed: 1)
        pool = try ThreadPool(threads: 2)
    }

    private func fill(_ executor: Executor, count: Int, seed: UInt64 = 0) {
        var stream = RandomStream(seed: seed, purpose: "segments")
        for index in 0..<count * plan.blueprint.input.area { executor.inputs[index] = Float(stream.normal()) }
    }

    @Test func canonicalValuesComeBack() throws {
        var stream = RandomStream(seed: 2, purpose: "values")
        for specification in plan.parameters {
            let values = (0..<specification.count).map { _ in Float(stream.normal()) }
            try parameters.set(specification, to: values)
            #expect(parameters.canonical(specification) == values)
        }
    }

    @Test func badValuesAreRefusedAndChangeNothing() throws {
        let specification = plan.parameters[0]
        let before = parameters.canonical(specification)
        var values = before
        values[3] = .nan
        #expect(throws: NeuralNetworkError.self) { try parameters.set(specification, to: values) }
        #expect(throws: NeuralNetworkError.self) { try parameters.set(specification, to: [1]) }
        #expect(parameters.canonical(specification) == before)
    }

    @Test func initialisationIsKaimingNormal() throws {
        let shallow = try NetworkPlan(
            Blueprint("wide", input: 20 × 20) {
                Dense(500); Dense(2)
            })
        let store = try ParameterStore(plan: shallow)
        store.initialise(seed: 3)
        let weights = store.canonical(shallow.parameters[0]).map(Double.init)
        let variance = weights.reduce(0) { $0 + $1 * $1 } / Double(weights.count)
        #expect(abs(variance * 400 / 2 - 1) < 0.02)
        #expect(store.canonical(shallow.parameters[1]).allSatisfy { $0 == 0 })
    }

    @Test func probabilitiesSumToOneAndDoNotDependOnTheBatch() throws {
        let executor = try Executor(parameters: parameters, batch: 7, mode: .inference, pool: pool)
        fill(executor, count: 7)
        let together = Array(executor.probabilities(count: 7))
        for row in 0..<7 {
            #expect(abs(together[row * 4..<row * 4 + 4].reduce(0, +) - 1) < 1e-6)
        }
        let single = try Executor(parameters: parameters, batch: 1, mode: .inference, pool: pool)
        let area = plan.blueprint.input.area
        single.inputs.update(from: executor.inputs + 4 * area, count: area)
        let alone = Array(single.probabilities(count: 1))
        for (one, other) in zip(alone, together[16..<20]) { #expect(abs(one - other) < 1e-5) }
    }

    @Test func aChangeOfWeightsIsSeen() throws {
        let executor = try Executor(parameters: parameters, batch: 2, mode: .inference, pool: pool)
        fill(executor, count: 2)
        let before = Array(executor.probabilities(count: 2))
        parameters.initialise(seed: 99)
        #expect(Array(executor.probabilities(count: 2)) != before)
    }

    /// The derivative along random directions against central differences of the loss.
    @Test func gradientsMatchFiniteDifferences() throws {
        let executor = try Executor(
            parameters: parameters, batch: 5, mode: .training(dropoutSeed: 4), pool: pool)
        fill(executor, count: 5)
        let labels: [Int32] = [0, 3, 1, 2, 0]
        executor.gradientStep(count: 5, labels: labels, step: 6)
        let gradients = plan.parameters.map { executor.gradient(of: $0) }
        var stream = RandomStream(seed: 5, purpose: "directions")
        for (specification, gradient) in zip(plan.parameters, gradients) {
            let start = parameters.canonical(specification)
            let direction = start.map { _ in Float(stream.normal()) }
            let step: Float = 1e-3
            func loss(_ factor: Float) throws -> Double {
                try parameters.set(specification, to: zip(start, direction).map { $0 + factor * $1 })
                return executor.gradientStep(count: 5, labels: labels, step: 6).lossSum / 5
            }
            let numeric = try (loss(step) - loss(-step)) / Double(2 * step)
            try parameters.set(specification, to: start)
            let exact = zip(gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            let size = zip(gradient, direction).reduce(0) { $0 + abs(Double($1.0) * Double($1.1)) }
            #expect(abs(numeric - exact) < 0.02 * size + 1e-4, "\(specification.name): \(numeric) against \(exact)")
        }
    }

    @Test func trainingLearnsByHeart() throws {
        let executor = try Executor(
            parameters: parameters, batch: 8, mode: .training(dropoutSeed: 1), pool: pool)
        let optimiser = try Optimiser(plan: plan, settings: .adam(learningRate: 0.01, l1: 0))
        fill(executor, count: 8)
        let labels: [Int32] = [0, 1, 2, 3, 0, 1, 2, 3]
        let first = executor.trainingStep(count: 8, labels: labels, optimiser: optimiser).lossSum
        for _ in 0..<150 { _ = executor.trainingStep(count: 8, labels: labels, optimiser: optimiser) }
        let inference = try Executor(parameters: parameters, batch: 8, mode: .inference, pool: pool)
        fill(inference, count: 8)
        let result = inference.evaluate(count: 8, labels: labels)
        #expect(result.correct == 8)
        #expect(result.lossSum < first / 10)
    }

    @Test(arguments: [1, 2, 7])
    func theSameSeedGivesTheSameBitsOnAnyNumberOfThreads(threads: Int) throws {
        let nets = [
            smallBlueprint, recurrentBlueprint(over: .time(order: ["b", "a"])), recurrentBlueprint(over: .batch),
        ]
        for net in nets {
            #expect(try trained(net, threads: threads) == trained(net, threads: 3), "\(net.name)")
        }
    }

    /// The parameters after four steps, one of them with a partial batch.
    private func trained(_ blueprint: Blueprint, threads: Int) throws -> [[Float]] {
        let plan = try NetworkPlan(blueprint)
        let store = try ParameterStore(plan: plan)
        store.initialise(seed: 8)
        let pool = try ThreadPool(threads: threads)
        let executor = try Executor(parameters: store, batch: 33, mode: .training(dropoutSeed: 8), pool: pool)
        let optimiser = try Optimiser(plan: plan, settings: .adam(learningRate: 0.001))
        for step in 0..<4 {
            var stream = RandomStream(seed: UInt64(step), purpose: "segments")
            for index in 0..<33 * blueprint.input.area { executor.inputs[index] = Float(stream.normal()) }
            let labels = (0..<33).map { Int32($0 % 4) }
            _ = executor.trainingStep(count: 33 - step, labels: labels, optimiser: optimiser)
        }
        let result = plan.parameters.map { store.canonical($0) }
        #expect(result.allSatisfy { $0.allSatisfy(\.isFinite) })
        return result
    }

    /// The derivative along random directions against central differences, through both kinds of sequences.
    @Test(arguments: [RecurrentSettings.Sequence.time(order: ["b", "a"]), .batch])
    func recurrentGradientsMatchFiniteDifferences(sequence: RecurrentSettings.Sequence) throws {
        let plan = try NetworkPlan(recurrentBlueprint(over: sequence))
        let store = try ParameterStore(plan: plan)
        store.initialise(seed: 2)
        let executor = try Executor(parameters: store, batch: 6, mode: .training(dropoutSeed: 4), pool: pool)
        var stream = RandomStream(seed: 0, purpose: "segments")
        for index in 0..<6 * plan.blueprint.input.area { executor.inputs[index] = Float(stream.normal()) }
        let labels: [Int32] = [0, 3, 1, 2, 0, 1]
        executor.gradientStep(count: 6, labels: labels, step: 6)
        let gradients = plan.parameters.map { executor.gradient(of: $0) }
        for (specification, gradient) in zip(plan.parameters, gradients) {
            let start = store.canonical(specification)
            let direction = start.map { _ in Float(stream.normal()) }
            let step: Float = 3e-3
            func loss(_ factor: Float) throws -> Double {
                try store.set(specification, to: zip(start, direction).map { $0 + factor * $1 })
                return executor.gradientStep(count: 6, labels: labels, step: 6).lossSum / 6
            }
            let numeric = try (loss(step) - loss(-step)) / Double(2 * step)
            try store.set(specification, to: start)
            let exact = zip(gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            let size = zip(gradient, direction).reduce(0) { $0 + abs(Double($1.0) * Double($1.1)) }
            #expect(abs(numeric - exact) < 0.02 * size + 2e-4, "\(specification.name): \(numeric) against \(exact)")
        }
    }
}
