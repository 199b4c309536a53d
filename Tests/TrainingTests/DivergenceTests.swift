import Datasets
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork
import Testing

@testable import Training

/// A training that leads nowhere is stopped when that shows, says which option is at fault, and leaves a folder that can be
/// read.
@Suite struct DivergenceTests {
    private func diverging(
        epochs: Int = 4, _ change: (inout TrainingConfiguration) -> Void
    ) throws -> Divergence? {
        var configuration = TrainingConfiguration(net: "tiny", epochs: epochs, batch: 16, learningRate: 0.003, seed: 4)
        change(&configuration)
        let set = plainSet()
        let trainer = try Trainer(
            set: set, split: .random(set, seed: 0), blueprint: tinyBlueprint, configuration: configuration,
            pool: ThreadPool(threads: 2))
        do { try trainer.run([]) } catch TrainingError.diverged(let divergence) { return divergence }
        return nil
    }

    @Test func soundTrainingsGoOn() throws {
        #expect(try diverging { _ in } == nil)
        #expect(try diverging { $0.learningRate = 0.05 } == nil)
    }

    /// Finite, and beyond what any reader of the log takes.
    @Test(arguments: [1e5, 1e9, 1e12, 1e30])
    func aRateFarTooHighIsNamed(rate: Double) throws {
        let divergence = try #require(try diverging { $0.learningRate = rate })
        #expect(divergence.epoch == 1)
        #expect("\(divergence)".contains("--learning-rate") && !"\(divergence)".contains("--l1"))
        #expect("\(divergence)".contains("begin a new run"))
    }

    @Test func theOptionAtFaultIsNamedNotTheLearningRate() throws {
        let penalty = try #require(try diverging { $0.l1 = 1e30 })
        #expect("\(penalty)".contains("--l1 1e+30") && !"\(penalty)".contains("--learning-rate"))
        #expect("\(penalty)".contains("the penalty is"))
        let epsilon = try #require(
            try diverging { ($0.epsilon, $0.beta1, $0.beta2) = (1e-300, 0, 0) })
        #expect("\(epsilon)".contains("--epsilon") && !"\(epsilon)".contains("--learning-rate"))
        let mask = try #require(
            try diverging { $0.augmentation = AugmentationConfiguration(masks: .init(value: 1e30)) })
        #expect("\(mask)".contains("--mask-value") && !"\(mask)".contains("--learning-rate"))
    }

    @Test func slowDivergenceIsAThousandfoldLoss() {
        let rule = SlowDivergence(classes: 10)
        func record(_ loss: Double) -> EpochRecord {
            EpochRecord(
                epoch: 1, trainLoss: loss, penalty: 0, trainAccuracy: 0, validationLoss: 1, raw: 0, max: 0, maj: 0,
                seconds: 0)
        }
        #expect(rule.finding(mean: 4999, firstLoss: 10, history: [record(5)]) == nil)
        #expect(rule.finding(mean: 5001, firstLoss: 10, history: [record(5)]) != nil)
        #expect(rule.finding(mean: 10_001, firstLoss: 10, history: [record(50)]) != nil)
        // A loss that is small from the beginning may rise: a guess costs ln 10.
        #expect(rule.finding(mean: 2000, firstLoss: 1e-3, history: [record(1e-4)]) == nil)
        // In the first epoch there is room to come back.
        #expect(rule.finding(mean: 1e6, firstLoss: 10, history: []) == nil)
        #expect(rule.finding(mean: 1.1e7, firstLoss: 10, history: []) != nil)
        #expect(rule.finding(mean: 1e9, firstLoss: nil, history: []) == nil)
    }

    /// Whatever a training writes can be read, though it diverges.
    @Test func theFolderCanBeReadAndSaysWhy() throws {
        let folder = RunFolder(
            at: FileManager.default.temporaryDirectory.appendingPathComponent("diverged-\(UUID().uuidString)"))
        defer { try? FileManager.default.removeItem(at: folder.url) }
        try folder.make()
        var configuration = TrainingConfiguration(epochs: 3, batch: 16, learningRate: 1e-4, l1: 1e30, seed: 4)
        let data = LoadedDataset(inMemory: plainSet())
        func run() throws -> TrainingRun {
            try TrainingRun(configuration: configuration, data: data, paths: [], folder: folder, toolVersion: "1")
        }
        let pool = try ThreadPool(threads: 2)
        #expect(throws: TrainingError.self) { _ = try run().run(pool: pool) }
        #expect(try folder.records().isEmpty)
        #expect(try folder.record().divergence?.epoch == 1)
        #expect {
            _ = try folder.reportedModel()
        } throws: {
            "\($0)".contains("--l1 1e+30")
        }
        // It goes on as it began, so it ends alike, and says so.
        var warnings: [String] = []
        let again = try TrainingRun(resuming: folder, folder.record(), data: data, toolVersion: "1")
        #expect(throws: TrainingError.self) {
            _ = try again.run(pool: pool, resuming: true, warning: { warnings.append($0) })
        }
        #expect(warnings.contains { $0.contains("diverged before") })

        // After a good epoch there is a model to report.
        configuration.l1 = 1e-4
        guard case .finished = try run().run(pool: pool) else { throw TrainingError.judgingStopped }
        try FileManager.default.removeItem(at: folder.model)
        var record = try folder.record()
        #expect(record.divergence == nil)
        record.divergence = Divergence(epoch: 3, finding: "the loss is inf", configuration: configuration)
        try folder.write(configuration: record)
        #expect(try folder.reportedModel() == folder.best)
        let comparison = try RunComparison([folder.url.path])
        #expect(comparison.cautions.contains { $0.contains("diverged") })
    }

    @Test func aNetWhoseOutputIsNoNumberIsNotJudged() throws {
        let set = plainSet(tracksPerGenre: 2)
        let parameters = try ParameterStore(plan: NetworkPlan(tinyBlueprint))
        parameters.initialise(seed: 1)
        for specification in parameters.plan.parameters {
            try parameters.set(specification, to: parameters.canonical(specification).map { $0 * 1e30 })
        }
        let judge = try Judge(parameters: parameters, batch: 20, pool: ThreadPool(threads: 1))
        #expect {
            _ = try judge.judge(set, segments: Array(0..<30), labels: set.tracks.map(\.label))
        } throws: {
            "\($0)".contains("the track 'g0/0'")
        }
    }

    @Test func aJudgingCanBeStopped() throws {
        let set = plainSet()
        let parameters = try ParameterStore(plan: NetworkPlan(tinyBlueprint))
        let judge = try Judge(parameters: parameters, batch: 4, pool: ThreadPool(threads: 1))
        var asked = 0
        #expect(throws: TrainingError.self) {
            _ = try judge.judge(set, segments: Array(0..<40), labels: set.tracks.map(\.label)) {
                asked += 1
                return asked == 3
            }
        }
        #expect(asked == 3)
    }
}
