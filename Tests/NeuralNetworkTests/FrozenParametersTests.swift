import NeuralNetwork
import Randomness
import Testing

/// Frozen parameters keep their bits, the others train as if nothing were frozen; an optimiser's state can be kept.
@Suite struct FrozenParametersTests {
    private let pool: ThreadPool

    init() throws { pool = try ThreadPool(threads: 2) }

    private struct Net {
        let parameters: ParameterStore
        let executor: Executor
        let optimiser: Optimiser
    }

    private func net(_ blueprint: Blueprint, frozen patterns: [String] = [], skips: Bool = true) throws -> Net {
        let plan = try NetworkPlan(blueprint)
        let frozen = try plan.parameters(matching: patterns)
        let parameters = try ParameterStore(plan: plan)
        parameters.initialise(seed: 1)
        let executor = try Executor(parameters: parameters, batch: 6, mode: .training(dropoutSeed: 3), pool: pool)
        if skips { executor.skipGradients(of: frozen) }
        let adam = OptimiserSettings.adam(learningRate: 0.01, l1: 1e-3)
        return Net(
            parameters: parameters, executor: executor,
            optimiser: try Optimiser(plan: plan, settings: adam, frozen: frozen))
    }

    private func train(_ net: Net, steps: Range<Int>) {
        for step in steps {
            var stream = RandomStream(seed: UInt64(step), purpose: "segments")
            for index in 0..<6 * net.parameters.plan.blueprint.input.area {
                net.executor.inputs[index] = Float(stream.normal())
            }
            _ = net.executor.trainingStep(count: 6, labels: [0, 1, 2, 3, 0, 1], optimiser: net.optimiser)
        }
    }

    private func values(_ net: Net) -> [String: [Float]] {
        Dictionary(
            uniqueKeysWithValues: net.parameters.plan.parameters.map { ($0.name, net.parameters.canonical($0)) })
    }

    @Test(arguments: [["a.1"], ["conv1"], ["towers"], ["dense1"], ["b", "dense2.bias"], ["a.2.weight"]])
    func frozenParametersKeepTheirBits(patterns: [String]) throws {
        let net = try net(smallBlueprint, frozen: patterns)
        let frozen = try net.parameters.plan.parameters(matching: patterns)
        let before = values(net)
        train(net, steps: 0..<3)
        for (name, after) in values(net) {
            #expect((after == before[name]) == frozen.contains(name), "\(name)")
        }
        // What is skipped is only what no one needs.
        let whole = try self.net(smallBlueprint, frozen: patterns, skips: false)
        train(whole, steps: 0..<3)
        #expect(whole.parameters.stored == net.parameters.stored)
    }

    @Test func recurrentNetsCanKeepTheirTowers() throws {
        for patterns in [["towers"], ["towers", "lstm"]] {
            let net = try net(recurrentBlueprint(over: .time(order: ["a", "b"])), frozen: patterns)
            let before = values(net)
            train(net, steps: 0..<2)
            let after = values(net)
            #expect(after["a.1.weight"] == before["a.1.weight"] && after["b.1.bias"] == before["b.1.bias"])
            #expect(after["dense1.weight"] != before["dense1.weight"])
            let recurrent = before.keys.filter { $0.hasPrefix("lstm.") }
            #expect(!recurrent.isEmpty)
            for name in recurrent { #expect((after[name] == before[name]) == patterns.contains("lstm"), "\(name)") }
        }
    }

    @Test func patternsNameWholeParts() throws {
        let plan = try NetworkPlan(smallBlueprint)
        #expect(try plan.parameters(matching: ["a.1"]) == ["a.1.weight", "a.1.bias"])
        #expect(try plan.parameters(matching: ["conv2"]) == ["a.2.weight", "a.2.bias"])
        #expect(try plan.parameters(matching: ["conv1"]) == ["a.1.weight", "a.1.bias", "b.1.weight", "b.1.bias"])
        #expect(try plan.parameters(matching: []).isEmpty)
        #expect(plan.headParameters == ["dense2.weight", "dense2.bias"])
        for patterns in [["a.1", "dense"], [""], ["conv3"], ["conv0"], ["towers", "dense1", "dense2"]] {
            #expect(throws: NeuralNetworkError.self) { try plan.parameters(matching: patterns) }
        }
    }

    @Test func aStateThatIsKeptGoesOnWithTheSameBits() throws {
        let whole = try net(smallBlueprint)
        train(whole, steps: 0..<5)
        let first = try net(smallBlueprint)
        train(first, steps: 0..<2)
        let second = try net(smallBlueprint)
        try second.parameters.restore(stored: first.parameters.stored)
        try second.optimiser.restore(first.optimiser.state)
        train(second, steps: 2..<5)
        #expect(second.parameters.stored == whole.parameters.stored)
        #expect(second.optimiser.steps == 5)
    }

    @Test func statesThatDoNotFitAreRefusedAndChangeNothing() throws {
        let net = try net(smallBlueprint)
        train(net, steps: 0..<1)
        let before = net.parameters.stored
        var bad = before
        bad[7] = .infinity
        #expect(throws: NeuralNetworkError.self) { try net.parameters.restore(stored: bad) }
        #expect(throws: NeuralNetworkError.self) { try net.parameters.restore(stored: Array(before.dropLast())) }
        #expect(net.parameters.stored == before)
        let good = net.optimiser.state
        var state = good
        state.moments[1][0] = -1
        #expect(throws: NeuralNetworkError.self) { try net.optimiser.restore(state) }
        state = good
        state.moments[0].removeLast()
        #expect(throws: NeuralNetworkError.self) { try net.optimiser.restore(state) }
        state = good
        state.steps = -1
        #expect(throws: NeuralNetworkError.self) { try net.optimiser.restore(state) }
        #expect(net.optimiser.state.moments == good.moments && net.optimiser.steps == 1)
    }
}
