import Architectures
import Foundation
import NeuralNetwork
import Testing

/// Nets of any shape against PyTorch in double precision (Tools/make_graph_fixtures.py).
@Suite struct GraphTests {
    struct Fixture: Decodable, CustomTestStringConvertible {
        struct Parameter: Decodable {
            let name: String
            let halfWidth: Double
            let offset: Float
        }
        struct Sample: Decodable {
            let name: String
            let norm: Double
            let indices: [Int]
            let values: [Double]
        }
        let blueprint: Blueprint
        let batch: Int
        let parameters: [Parameter]
        let logits: [[Double]]
        let loss: Double
        let gradients: [Sample]
        let statistics: [Sample]
        let inference: [[Double]]
        let losses: [Double]
        /// How far PyTorch's own single precision is off in the gradients; nil where that is no more than ours may be.
        let single: Double?

        var testDescription: String { blueprint.name }

        func drawn() throws -> ParameterStore {
            let plan = try NetworkPlan(blueprint)
            let store = try ParameterStore(plan: plan)
            #expect(plan.parameters.map(\.name).sorted() == parameters.map(\.name).sorted())
            for parameter in parameters {
                let specification = try #require(plan.parameters.first { $0.name == parameter.name })
                let values = generated(parameter.name, count: specification.count, halfWidth: parameter.halfWidth)
                try store.set(specification, to: values.map { $0 + parameter.offset })
            }
            return store
        }

        func fill(_ executor: Executor, _ stream: String) {
            let values = generated(stream, count: batch * blueprint.input.area, halfWidth: 1)
            values.withUnsafeBufferPointer { executor.inputs.update(from: $0.baseAddress!, count: $0.count) }
        }

        func labels(_ step: Int = 0) -> [Int32] {
            (0..<batch).map { Int32(($0 * 7 + step) % logits[0].count) }
        }
    }

    static func fixtures(_ name: String) throws -> [Fixture] {
        try fixtureDecoder.decode([Fixture].self, from: fixtureData(name))
    }

    /// Dropout draws otherwise than PyTorch.
    private static func withoutDropout(_ layers: [Layer]) -> [Layer] {
        layers.compactMap { layer in
            switch layer {
            case .dropout: nil
            case .branches(let branches, let join):
                .branches(
                    branches.map { branch in
                        var branch = branch
                        branch.layers = withoutDropout(branch.layers)
                        return branch
                    }, join: join)
            case .windows(let count, let layers): .windows(count, layers: withoutDropout(layers))
            default: layer
            }
        }
    }

    /// The fixture's weights in a net without dropout.
    private func training(_ fixture: Fixture, pool: ThreadPool) throws -> (ParameterStore, Executor) {
        let drawn = try fixture.drawn()
        var blueprint = fixture.blueprint
        blueprint.layers = Self.withoutDropout(blueprint.layers)
        let store = try ParameterStore(plan: NetworkPlan(blueprint))
        try store.restore(stored: drawn.stored)
        // Whatever the memory held before must not matter.
        let executor = try Executor(
            parameters: store, batch: fixture.batch, mode: .training(dropoutSeed: 0), pool: pool, fill: 0xFF)
        return (store, executor)
    }

    private func expectClose(
        _ found: [Float], _ expected: [[Double]], within bound: Double, _ what: Comment
    ) {
        let expected = expected.flatMap { $0 }
        let largest = expected.map(abs).max()!
        let furthest = zip(found, expected).map { abs(Double($0) - $1) }.max()!
        #expect(found.count == expected.count && furthest < bound * largest, "\(what): \(furthest) of \(largest)")
    }

    private func check(_ fixture: Fixture, bound: Double) throws {
        let name = fixture.blueprint.name
        let pool = try ThreadPool(threads: 2)
        let (store, executor) = try training(fixture, pool: pool)
        fixture.fill(executor, "input")
        let result = executor.gradientStep(count: fixture.batch, labels: fixture.labels(), step: 0)
        expectClose(executor.lastLogits(count: fixture.batch), fixture.logits, within: bound, "\(name) logits")
        #expect(abs(result.lossSum / Double(fixture.batch) - fixture.loss) < bound * max(1, fixture.loss))

        // A bias before a norm has no gradient but rounding: small ones are held against the largest of all.
        let greatest = fixture.gradients.map(\.norm).max()!
        let gradientBound = max(bound, 8 * (fixture.single ?? 0))
        for sample in fixture.gradients {
            let specification = try #require(store.plan.parameters.first { $0.name == sample.name })
            let values = executor.gradient(of: specification).map(Double.init)
            let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let scale = max(sample.norm, 0.01 * greatest)
            #expect(
                abs(norm - sample.norm) < gradientBound * scale,
                "\(name) \(sample.name): norm \(norm), not \(sample.norm)")
            for (index, value) in zip(sample.indices, sample.values) {
                #expect(
                    abs(values[index] - value) < gradientBound * scale,
                    "\(name) \(sample.name)[\(index)]: \(values[index]), not \(value)")
            }
        }
        for sample in fixture.statistics {
            let specification = try #require(store.plan.parameters.first { $0.name == sample.name })
            let values = store.canonical(specification).map(Double.init)
            for (index, value) in zip(sample.indices, sample.values) {
                #expect(
                    abs(values[index] - value) < bound / 2 * max(1, abs(value)), "\(name) \(sample.name)[\(index)]")
            }
        }
        let inference = try Executor(
            parameters: store, batch: fixture.batch, mode: .inference, pool: pool, fill: 0xFF)
        fixture.fill(inference, "input")
        _ = inference.probabilities(count: fixture.batch)
        expectClose(inference.lastLogits(count: fixture.batch), fixture.inference, within: bound, "\(name) inference")

        let optimiser = try Optimiser(plan: store.plan, settings: .adam(learningRate: 1e-3))
        for (step, loss) in fixture.losses.enumerated() {
            fixture.fill(executor, "input.\(step)")
            let result = executor.trainingStep(
                count: fixture.batch, labels: fixture.labels(step), optimiser: optimiser)
            #expect(
                abs(result.lossSum / Double(fixture.batch) - loss) < 20 * bound * max(1, loss), "\(name) step \(step)")
        }
    }

    @Test(arguments: try fixtures("graph"))
    func smallNetsOfEveryLayer(fixture: Fixture) throws { try check(fixture, bound: 2e-5) }

    /// The nets that the tool names. (Where many values lie near a tie or a zero, single precision decides some otherwise.)
    @Test(arguments: try fixtures("named"))
    func namedNets(fixture: Fixture) throws {
        try check(fixture, bound: 1e-3)
        let architecture = try #require(Architecture.named(fixture.blueprint.name))
        #expect(architecture.blueprint(genres: 10) == fixture.blueprint, "the fixture is of the net as it is")
    }

    @Test(arguments: try fixtures("graph"))
    func theSameBitsOnAnyNumberOfThreadsAndWithPartsOfABatch(fixture: Fixture) throws {
        func trained(_ threads: Int) throws -> [Float] {
            let (store, executor) = try training(fixture, pool: try ThreadPool(threads: threads))
            let optimiser = try Optimiser(plan: store.plan, settings: .adam(learningRate: 1e-3))
            for step in 0..<3 {
                fixture.fill(executor, "input.\(step)")
                _ = executor.trainingStep(
                    count: fixture.batch - step, labels: fixture.labels(step), optimiser: optimiser)
            }
            let result = store.plan.parameters.flatMap { store.canonical($0) }
            let areNumbers = result.allSatisfy { $0.isFinite }
            #expect(areNumbers)
            return result
        }
        #expect(try trained(1) == trained(3))
    }

    @Test(arguments: try fixtures("graph"))
    func blueprintsOfEveryLayerSurviveFiles(fixture: Fixture) throws {
        let data = try JSONEncoder().encode(fixture.blueprint)
        #expect(try JSONDecoder().decode(Blueprint.self, from: data) == fixture.blueprint)
    }
}
