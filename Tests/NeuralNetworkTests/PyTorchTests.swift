import Architectures
import Foundation
import NeuralNetwork
import Testing

/// The paper's nets against PyTorch in double precision.
@Suite struct PyTorchTests {
    /// A net with a fixture's weights.
    private struct Setting {
        let fixture: NetFixture
        let plan: NetworkPlan
        let parameters: ParameterStore
        let pool: ThreadPool

        init(_ name: String) throws {
            fixture = try NetFixture.named(name)
            plan = try NetworkPlan(#require(Architecture.named(name)).blueprint(genres: 10))
            parameters = try ParameterStore(plan: plan)
            pool = try ThreadPool(threads: 2)
            for parameter in fixture.parameters {
                let specification = try #require(plan.parameters.first { $0.name == parameter.name })
                #expect(specification.shape == parameter.shape)
                try parameters.set(
                    specification,
                    to: generated(parameter.name, count: specification.count, halfWidth: parameter.halfWidth))
            }
            #expect(plan.parameters.count == fixture.parameters.count)
        }

        /// An executor with the fixture's batch as its input; training without dropout.
        func executor(batch: Int) throws -> Executor {
            var blueprint = plan.blueprint
            blueprint.layers.removeAll { if case .dropout = $0 { true } else { false } }
            blueprint.layers = blueprint.layers.map { layer in
                guard case .recurrent(var settings) = layer else { return layer }
                settings.dropout = 0
                return .recurrent(settings)
            }
            let twin = try ParameterStore(plan: NetworkPlan(blueprint))
            for specification in plan.parameters {
                try twin.set(specification, to: parameters.canonical(specification))
            }
            return try Executor(parameters: twin, batch: batch, mode: .training(dropoutSeed: 0), pool: pool)
        }

        func fill(_ executor: Executor, stream: String, count: Int) {
            let values = generated(stream, count: count * plan.blueprint.input.area, halfWidth: fixture.input.halfWidth)
            values.withUnsafeBufferPointer { executor.inputs.update(from: $0.baseAddress!, count: $0.count) }
        }
    }

    static let nets = ["shallow", "deep", "deep-published", "crnn", "bicrnn", "crnn-published"]

    @Test(arguments: nets)
    func logitsLossAndGradients(name: String) throws {
        let setting = try Setting(name)
        let fixture = setting.fixture
        let executor = try setting.executor(batch: fixture.labels.count)
        setting.fill(executor, stream: fixture.input.stream, count: fixture.labels.count)
        let result = executor.gradientStep(count: fixture.labels.count, labels: fixture.labels, step: 0)
        let loss = result.lossSum / Double(fixture.labels.count)
        #expect(abs(loss / fixture.crossEntropy - 1) < 1e-5)

        let expected = fixture.logits.flatMap { $0 }
        let largest = expected.map(abs).max()!
        for (logit, value) in zip(executor.lastLogits(count: fixture.labels.count), expected) {
            #expect(abs(Double(logit) - value) < 1e-5 * largest)
        }

        for gradient in fixture.gradients {
            let specification = try #require(setting.plan.parameters.first { $0.name == gradient.name })
            let values = executor.gradient(of: specification).map(Double.init)
            let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(
                abs(norm / gradient.norm - 1) < 1e-4, "\(name) \(gradient.name): norm \(norm), not \(gradient.norm)")
            for (index, value) in zip(gradient.indices, gradient.values) {
                // Relative to the tensor's largest value: small ones are differences of large ones.
                #expect(
                    abs(values[index] - value) < 1e-4 * gradient.largest,
                    "\(name) \(gradient.name)[\(index)]: \(values[index]), not \(value)")
            }
        }
    }

    @Test(arguments: nets)
    func tenStepsOfAdam(name: String) throws {
        let setting = try Setting(name)
        let trajectory = setting.fixture.trajectory
        let executor = try setting.executor(batch: trajectory.batch)
        let optimiser = try Optimiser(
            plan: executor.parameters.plan, settings: .adam(l1: setting.fixture.l1Lambda))
        for (step, stream) in trajectory.inputs.enumerated() {
            setting.fill(executor, stream: stream, count: trajectory.batch)
            let result = executor.trainingStep(
                count: trajectory.batch, labels: trajectory.labels[step], optimiser: optimiser)
            let loss = result.lossSum / Double(trajectory.batch)
            #expect(abs(loss / trajectory.crossEntropy[step] - 1) < 1e-3, "\(name) step \(step): \(loss)")
            #expect(abs(result.penalty / trajectory.l1[step] - 1) < 1e-4, "\(name) step \(step): \(result.penalty)")
        }
    }
}
