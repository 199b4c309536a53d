import Architectures
import Foundation
import ModelFile
import NeuralNetwork
import Testing

@testable import Datasets
@testable import Training

/// Trainings whose towers begin with trained nets.
@Suite struct TowerTests {
    private let home = FileManager.default.temporaryDirectory.appendingPathComponent("towers-\(UUID().uuidString)")
    private let set = plainSet(tracksPerGenre: 4)
    private let split: TrackSplit
    private let pool: ThreadPool

    init() throws {
        split = try .random(set, seed: 0)
        pool = try ThreadPool(threads: 2)
    }

    private func run(
        _ net: String, _ towers: [(tower: String, model: TrainedModel, path: String)] = [], split: TrackSplit? = nil
    ) throws -> TrainingRun {
        let told = TrainingConfiguration(
            net: net, epochs: 1, batch: 16, learningRate: 1e-3, l1: 0, seed: 4, segmentsPerTrack: nil)
        return try TrainingRun(
            configuration: told, data: LoadedDataset(inMemory: set), split: split ?? self.split, paths: [],
            folder: RunFolder(creating: home.appendingPathComponent(net), replacing: false), towers: towers,
            toolVersion: "test")
    }

    private func trained(_ net: String) throws -> (tower: String, model: TrainedModel, path: String) {
        let run = try run(net)
        guard case .finished(let model, _) = try run.run(pool: pool) else { throw CancellationError() }
        return (net == "pons-time" ? "time" : "frequency", model, run.folder.model.path)
    }

    private func values(_ name: String, of parameters: ParameterStore) throws -> [Float] {
        parameters.canonical(try #require(parameters.plan.parameters.first { $0.name == name }))
    }

    /// The weights before the first step.
    private final class Beginning: TrainingCallback {
        var stored: [Float] = []
        var values: [String: [Float]] = [:]

        func receive(_ event: TrainingEvent, from trainer: Trainer) {
            guard case .started = event else { return }
            stored = trainer.parameters.stored
            for specification in trainer.parameters.plan.parameters {
                values[specification.name] = trainer.parameters.canonical(specification)
            }
        }
    }

    private struct StopAtOnce: TrainingCallback {
        func receive(_ event: TrainingEvent, from trainer: Trainer) {
            if case .step = event { trainer.stop(.interrupted) }
        }
    }

    @Test func theKernelsAreThoseOfTheTrainedNetsAndTheRestIsDrawn() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let (time, frequency) = (try trained("pons-time"), try trained("pons-frequency"))
        let run = try run("pons-timefrequency-init", [time, frequency])
        #expect(
            run.configuration.towers == [
                "time": BaseModel.digest(time.model.parameters),
                "frequency": BaseModel.digest(frequency.model.parameters),
            ])
        let beginning = Beginning()
        _ = try run.run(pool: pool, callbacks: [beginning])
        for (tower, model, _) in [time, frequency] {
            for part in ["weight", "bias"] {
                #expect(
                    try beginning.values["\(tower).1.\(part)"]
                        == values("convolution.1.\(part)", of: model.parameters))
            }
        }
        let plain = Beginning()
        _ = try self.run("pons-timefrequency").run(pool: pool, callbacks: [plain])
        #expect(plain.values["time.1.weight"] != beginning.values["time.1.weight"])
        for name in ["dense1.weight", "dense2.weight", "standardisation.mean", "standardisation.deviation"] {
            #expect(beginning.values[name] == plain.values[name], "\(name)")
        }
        // All is trained.
        let model = try TrainedModel(contentsOf: run.folder.model)
        #expect(try values("time.1.weight", of: model.parameters) != beginning.values["time.1.weight"])
        #expect(model.card.configuration?.towers == run.configuration.towers)
        #expect(try run.folder.record().towers?["time"]?.path == time.path)
    }

    @Test func aRunStoppedBeforeItsFirstCheckpointBeginsWithThemAgainAndNoticesOthers() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let towers = [try trained("pons-time"), try trained("pons-frequency")]
        let begun = try run("pons-timefrequency-init", towers)
        let first = Beginning()
        _ = try begun.run(pool: pool, callbacks: [first, StopAtOnce()])
        try FileManager.default.removeItem(at: begun.folder.checkpoints)
        func again() throws -> TrainingRun {
            try TrainingRun(
                resuming: begun.folder, begun.folder.record(), data: LoadedDataset(inMemory: set), toolVersion: "test")
        }
        let second = Beginning()
        _ = try again().run(pool: pool, resuming: true, callbacks: [second, StopAtOnce()])
        #expect(!first.stored.isEmpty && second.stored == first.stored)
        try FileManager.default.removeItem(at: begun.folder.checkpoints)
        try Data(contentsOf: URL(fileURLWithPath: towers[1].path)).write(to: URL(fileURLWithPath: towers[0].path))
        #expect {
            try again().run(pool: pool, resuming: true)
        } throws: {
            "\($0)".contains(towers[0].path)
        }
    }

    @Test func aModelThatDoesNotFitIsRefusedBeforeTheRunBegins() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let frequency = try trained("pons-frequency")
        #expect {
            try run("pons-timefrequency-init", [("time", frequency.model, frequency.path)])
        } throws: { error in
            ["'time'", frequency.path, "layers[1].towers[0].layers[0]"].allSatisfy { "\(error)".contains($0) }
        }
    }

    @Test func tracksThatTheTrainedNetsLearnedFromAreKnown() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let time = try trained("pons-time")
        let same = try run("pons-timefrequency", [time])
        #expect(same.judgedTracksLearnedBefore.isEmpty)
        // The sides change places: all that is judged was learned from.
        let other = TrackSplit(
            training: split.validation, validation: split.training, test: [], rule: "the other way round")
        let run = try run("pons-timefrequency-init", [time], split: other)
        #expect(run.judgedTracksLearnedBefore.count == split.training.count)
        #expect(run.learnedBefore?.count == split.training.count)
    }
}
