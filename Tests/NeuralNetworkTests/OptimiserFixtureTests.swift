import Foundation
import NeuralNetwork
import Testing

/// Ten steps of each optimiser against PyTorch in double precision (Tools/make_optimiser_fixtures.py).
@Suite struct OptimiserFixtureTests {
    struct Fixture: Decodable, CustomTestStringConvertible {
        struct Settings: Decodable {
            let method: OptimiserSettings.Name
            let learningRate: Double
            let weightDecay: Double
            let l1: Double
            let momentum: Double?
            let nesterov: Bool?
            let beta1: Double?
            let beta2: Double?
            let rho: Double?
            let epsilon: Double?
        }
        struct Term: Decodable {
            let pattern: String?
            let factor: Double
        }
        let name: String
        let blueprint: Blueprint
        let batch: Int
        let parameters: [GraphTests.Fixture.Parameter]
        let settings: Settings
        let l2: [Term]
        let losses: [Double]
        let penalties: [Double]
        let after: [GraphTests.Fixture.Sample]

        var testDescription: String { "\(name), \(blueprint.name)" }

        var optimiser: OptimiserSettings {
            let method: OptimiserSettings.Method =
                switch settings.method {
                case .sgd: .sgd(momentum: settings.momentum ?? 0, nesterov: settings.nesterov ?? false)
                case .adam:
                    .adam(
                        beta1: settings.beta1 ?? 0.9, beta2: settings.beta2 ?? 0.999,
                        epsilon: settings.epsilon ?? 1e-8)
                case .adamW: .adamW(epsilon: settings.epsilon ?? 1e-8)
                case .adadelta: .adadelta(rho: settings.rho ?? 0.9, epsilon: settings.epsilon ?? 1e-6)
                }
            return OptimiserSettings(
                method, learningRate: settings.learningRate, weightDecay: settings.weightDecay, l1: settings.l1,
                l2: L2Penalty(l2.map { .init($0.pattern, factor: $0.factor) }))
        }
    }

    static func fixtures() throws -> [Fixture] {
        try fixtureDecoder.decode([Fixture].self, from: fixtureData("optimisers"))
    }

    @Test(arguments: try fixtures())
    func tenSteps(fixture: Fixture) throws {
        let store = try ParameterStore(plan: NetworkPlan(fixture.blueprint))
        for parameter in fixture.parameters {
            let specification = try #require(store.plan.parameters.first { $0.name == parameter.name })
            let values = generated(parameter.name, count: specification.count, halfWidth: parameter.halfWidth)
            try store.set(specification, to: values.map { $0 + parameter.offset })
        }
        let executor = try Executor(
            parameters: store, batch: fixture.batch, mode: .training(dropoutSeed: 0), pool: ThreadPool(threads: 2))
        let optimiser = try Optimiser(plan: store.plan, settings: fixture.optimiser)
        let classes = store.plan.classes
        for (step, loss) in fixture.losses.enumerated() {
            let values = generated(
                "input.\(step)", count: fixture.batch * fixture.blueprint.input.area, halfWidth: 1)
            values.withUnsafeBufferPointer { executor.inputs.update(from: $0.baseAddress!, count: $0.count) }
            let result = executor.trainingStep(
                count: fixture.batch, labels: (0..<fixture.batch).map { Int32(($0 * 7 + step) % classes) },
                optimiser: optimiser)
            let found = result.lossSum / Double(fixture.batch)
            #expect(abs(found - loss) < 2e-5 * max(1, loss), "step \(step): \(found), not \(loss)")
            let penalty = fixture.penalties[step]
            #expect(abs(result.penalty - penalty) <= 1e-5 * penalty, "step \(step): \(result.penalty)")
        }
        for sample in fixture.after {
            let specification = try #require(store.plan.parameters.first { $0.name == sample.name })
            let values = store.canonical(specification).map(Double.init)
            let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs(norm - sample.norm) < 2e-5 * max(sample.norm, 0.1), "\(sample.name): \(norm)")
            for (index, value) in zip(sample.indices, sample.values) {
                #expect(abs(values[index] - value) < 1e-4 * max(sample.norm, 0.1), "\(sample.name)[\(index)]")
            }
        }
    }

    @Test func anL2PenaltyNamesWeightsOfTheNet() throws {
        let plan = try NetworkPlan(Self.fixtures()[0].blueprint)
        #expect(throws: NeuralNetworkError.self) { try L2Penalty([.init("nothing", factor: 1)]).factors(in: plan) }
        // A norm's scale is no weight.
        #expect(throws: NeuralNetworkError.self) { try L2Penalty([.init("norm1", factor: 1)]).factors(in: plan) }
        let factors = try L2Penalty([.init(factor: 0.1), .init("dense1", factor: 0)]).factors(in: plan)
        let weights = plan.parameters.filter { $0.role == .weight }.map(\.name)
        #expect(Set(factors.keys) == Set(weights).subtracting(["dense1.weight"]) && Set(factors.values) == [0.1])
    }

    @Test(arguments: ["1e-05", "0.5,dense1=0.02", "towers=0.01,dense1=0.0"])
    func l2PenaltiesSurviveText(text: String) throws {
        #expect(try #require(L2Penalty(text)).description == text)
    }

    @Test(arguments: ["", "x", "=1", "a=", "a=b", "a=1=2", "1,", "-1", "nan", "inf", "conv1=-0.1"])
    func senselessL2PenaltiesAreRefused(text: String) { #expect(L2Penalty(text) == nil) }
}
