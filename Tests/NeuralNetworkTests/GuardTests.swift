import Architectures
import Foundation
import NeuralNetwork
import Testing

/// The paper's nets are what they were: how they are cut into kernels, how their parameters lie in memory, and what a
/// short training makes of them, bit for bit.
@Suite struct GuardTests {
    static let nets = ["shallow", "deep", "deep-published", "crnn", "bicrnn", "crnn-published"]

    private func blueprint(_ name: String) throws -> Blueprint {
        try #require(Architecture.named(name)).blueprint(genres: 10)
    }

    // MARK: - Lowering

    @Test(arguments: nets)
    func theNetIsLoweredAsEver(name: String) throws {
        let plan = try NetworkPlan(try blueprint(name))
        let golden = String(decoding: try fixtureData("lowering-\(name)", "txt"), as: UTF8.self)
        #expect(try dump(plan) == golden)
    }

    /// Fused stages with their shapes, the parts of a training step in the order in which they run, parameters.
    private func dump(_ plan: NetworkPlan) throws -> String {
        var lines = ["\(plan.blueprint.name): \(plan.parameterCount) parameters, \(plan.multiplyAdds) multiply-adds"]
        for stage in plan.stages { lines += self.lines(of: stage) }
        lines.append("parameters: \(plan.storedWeightCount) floats of weights, \(plan.storedCount) in all")
        for parameter in plan.parameters {
            lines.append("  \(parameter.name) \(parameter.role) \(parameter.shape) at \(parameter.offset)")
        }
        lines.append("layout \(String(tensorHash(plan.storedLayout.utf8.map { Float($0) }), radix: 16))")
        let executor = try Executor(
            parameters: ParameterStore(plan: plan), batch: 2, mode: .training(dropoutSeed: 1),
            pool: ThreadPool(threads: 1))
        let optimiser = try Optimiser(plan: plan, settings: .adam())
        let parts = executor.profiledTrainingStep(count: 2, labels: [0, 1], optimiser: optimiser)
        lines += ["parts of a step"] + parts.map { "  \($0.part)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private func lines(of stage: Stage) -> [String] {
        switch stage {
        case .blocks(let blocks):
            ["group of blocks"]
                + blocks.map { block in
                    "  \(block.name): \(stored(block.input)) -> \(stored(block.output)), kernel \(block.kernel), "
                        + "pool \(block.pool), slope \(block.slope)"
                }
        case .recurrent(let stage):
            [
                "\(stage.settings.cell) \(stage.name): \(stage.settings.hidden) units, \(stage.settings.layers) layers, "
                    + "\(stage.settings.directions) directions, steps \(stage.steps.map(String.init) ?? "of the batch"), "
                    + "dropout \(stage.settings.dropout) and \(stage.dropout)"
            ] + stage.sources.map { "  reads \(stored($0.features)), span \($0.span)" }
        case .dense(let stage):
            [
                "dense \(stage.name): \(stage.segments.map(stored).joined(separator: " + ")) -> \(stage.units.count) "
                    + "(\(stage.units.stored)), slope \(stage.slope), dropout \(stage.dropout)"
            ]
        case .convolution, .norm, .node: ["no fused stage"]
        }
    }

    private func stored(_ features: StoredFeatures) -> String { "\(features.shape) (\(features.storedChannels))" }

    // MARK: - Weights

    /// Recorded hashes, one an instruction set. (The scalar one is the oracle, which no training uses.)
    private static let recorded: [String: [String: String]] = [
        "avx512": [
            "shallow": "692694eb28c5a609", "deep": "f6b87025dddf1897", "deep-published": "7d986ad3e8517b3c",
            "crnn": "4b628f2eb6a84bf3", "bicrnn": "a99f4cfbd1c4a7ea", "crnn-published": "3ad4a2b1214f230b",
        ],
        "avx2": [
            "shallow": "692694eb28c5a609", "deep": "2f5ed59f450e7af2", "deep-published": "b24fcc17945815b6",
            "crnn": "42f178dbc1544334", "bicrnn": "15a714b8635fe1e", "crnn-published": "a436cb6e3cc3195",
        ],
        "portable": [
            "shallow": "47c4fd97c433b56a", "deep": "56272268671d31d3", "deep-published": "4bbc6a41a2553822",
            "crnn": "9cf05cf442feff95", "bicrnn": "a174c5497146babc", "crnn-published": "16c05041b85cef2d",
        ],
    ]

    @Test(arguments: nets)
    func aShortTrainingGivesTheWeightsThatItEverGave(name: String) throws {
        guard let recorded = Self.recorded[activeInstructionSet] else {
            print("no weights are recorded for the instruction set \(activeInstructionSet)")
            return
        }
        #expect(try trained(try blueprint(name)) == recorded[name])
    }

    /// A hash of all weights after three steps, the last with a partial batch.
    private func trained(_ blueprint: Blueprint) throws -> String {
        let plan = try NetworkPlan(blueprint)
        let store = try ParameterStore(plan: plan)
        store.initialise(seed: 11)
        let executor = try Executor(
            parameters: store, batch: 18, mode: .training(dropoutSeed: 12), pool: ThreadPool(threads: 2))
        let optimiser = try Optimiser(plan: plan, settings: .adam(learningRate: 0.001))
        for step in 0..<3 {
            let count = step == 2 ? 7 : 18
            let values = generated("guard.\(step)", count: count * blueprint.input.area, halfWidth: 1)
            values.withUnsafeBufferPointer { executor.inputs.update(from: $0.baseAddress!, count: $0.count) }
            let labels = (0..<count).map { Int32(($0 * 7 + step) % 10) }
            _ = executor.trainingStep(count: count, labels: labels, optimiser: optimiser)
        }
        return String(tensorHash(plan.parameters.flatMap { store.canonical($0) }), radix: 16)
    }
}
