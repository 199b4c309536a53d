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
        let rate: Double
        let losses: [Double]
        let ended: [Sample]
        let single: Single

        /// How far PyTorch's own single precision is off.
        struct Single: Decodable {
            let logits, inference, loss, gradients, statistics, ended: Double
            let losses: [Double]
        }

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
    private func training(
        _ fixture: Fixture, planned: Int = 0, pool: ThreadPool
    ) throws -> (ParameterStore, Executor) {
        let drawn = try fixture.drawn()
        var blueprint = fixture.blueprint
        blueprint.layers = Self.withoutDropout(blueprint.layers)
        let store = try ParameterStore(plan: NetworkPlan(blueprint))
        try store.restore(stored: drawn.stored)
        // Whatever the memory held before must not matter.
        let executor = try Executor(
            parameters: store, batch: fixture.batch + planned, mode: .training(dropoutSeed: 0), pool: pool, fill: 0xFF)
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

    /// Twice as far from double precision as PyTorch's single precision, and a little.
    private func bound(_ single: Double) -> Double { 2 * single + 2e-5 }

    /// - Parameter planned: how many segments more than the fixture's the executor is planned for.
    private func check(_ fixture: Fixture, planned: Int = 0) throws {
        let (name, single) = (fixture.blueprint.name, fixture.single)
        let pool = try ThreadPool(threads: 2)
        let (store, executor) = try training(fixture, planned: planned, pool: pool)
        fixture.fill(executor, "input")
        let result = executor.gradientStep(count: fixture.batch, labels: fixture.labels(), step: 0)
        expectClose(
            executor.lastLogits(count: fixture.batch), fixture.logits, within: bound(single.logits), "\(name) logits")
        let loss = result.lossSum / Double(fixture.batch)
        #expect(abs(loss - fixture.loss) < bound(single.loss) * max(1, fixture.loss), "\(name): \(loss)")

        // A bias before a norm has no gradient but rounding: small ones are held against the largest of all.
        let greatest = fixture.gradients.map(\.norm).max()!
        for sample in fixture.gradients {
            let specification = try #require(store.plan.parameters.first { $0.name == sample.name })
            let values = executor.gradient(of: specification).map(Double.init)
            let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let allowed = bound(single.gradients) * max(sample.norm, 0.01 * greatest)
            #expect(abs(norm - sample.norm) < allowed, "\(name) \(sample.name): norm \(norm), not \(sample.norm)")
            for (index, value) in zip(sample.indices, sample.values) {
                #expect(
                    abs(values[index] - value) < allowed,
                    "\(name) \(sample.name)[\(index)]: \(values[index]), not \(value), within \(allowed)")
            }
        }
        try expectClose(store, fixture.statistics, within: bound(single.statistics), name)
        let inference = try Executor(
            parameters: store, batch: fixture.batch + planned, mode: .inference, pool: pool, fill: 0xFF)
        fixture.fill(inference, "input")
        _ = inference.probabilities(count: fixture.batch)
        expectClose(
            inference.lastLogits(count: fixture.batch), fixture.inference, within: bound(single.inference),
            "\(name) inference")

        let optimiser = try Optimiser(
            plan: store.plan, settings: .adam(learningRate: fixture.rate, epsilon: 1e-3))
        #expect(fixture.losses.count == 10)
        for (step, loss) in fixture.losses.enumerated() {
            fixture.fill(executor, "input.\(step)")
            let result = executor.trainingStep(
                count: fixture.batch, labels: fixture.labels(step), optimiser: optimiser)
            let found = result.lossSum / Double(fixture.batch)
            #expect(
                abs(found - loss) < bound(single.losses[step]) * max(1, loss),
                "\(name) step \(step): \(found), not \(loss), within \(bound(single.losses[step]))")
        }
        try expectClose(store, fixture.ended, within: bound(single.ended), "\(name) after ten steps")
    }

    private func expectClose(
        _ store: ParameterStore, _ samples: [Fixture.Sample], within bound: Double, _ what: String
    ) throws {
        for sample in samples {
            let specification = try #require(store.plan.parameters.first { $0.name == sample.name })
            let values = store.canonical(specification).map(Double.init)
            for (index, value) in zip(sample.indices, sample.values) {
                #expect(
                    abs(values[index] - value) < bound * max(1, abs(value)),
                    "\(what) \(sample.name)[\(index)]: \(values[index]), not \(value), within \(bound)")
            }
        }
    }

    @Test(arguments: try fixtures("graph"))
    func smallNetsOfEveryLayer(fixture: Fixture) throws { try check(fixture) }

    @Test(arguments: try fixtures("graph"))
    func partsOfABatch(fixture: Fixture) throws { try check(fixture, planned: 4) }

    /// The nets that the tool names, one of each family that differs in its width alone.
    @Test(arguments: try fixtures("named"))
    func namedNets(fixture: Fixture) throws {
        try check(fixture)
        let architecture = try #require(Architecture.named(fixture.blueprint.name))
        let blueprint = architecture.blueprint(genres: 10, input: fixture.blueprint.input)
        #expect(blueprint == fixture.blueprint, "the fixture is of the net as it is")
    }

    @Test(arguments: try fixtures("graph"))
    func theSameBitsOnAnyNumberOfThreadsAndWithPartsOfABatch(fixture: Fixture) throws {
        func trained(_ threads: Int) throws -> [Float] {
            let (store, executor) = try training(fixture, pool: try ThreadPool(threads: threads))
            let optimiser = try Optimiser(plan: store.plan, settings: .adam(learningRate: 1e-3))
            for step in 0..<3 {
                fixture.fill(executor, "input.\(step)")
                _ = executor.trainingStep(
                    count: max(1, fixture.batch - step), labels: fixture.labels(step), optimiser: optimiser)
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
