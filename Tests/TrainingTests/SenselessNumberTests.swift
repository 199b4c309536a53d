import Datasets
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork
import Randomness
import Storage
import Testing

@testable import Training

/// Files that hold finite numbers which no training writes are refused by name: nothing traps, nothing runs for ever.
@Suite struct SenselessNumberTests {
    private func record(_ change: (inout EpochRecord) -> Void = { _ in }) -> EpochRecord {
        var record = EpochRecord(
            epoch: 1, trainLoss: 1, penalty: 1, trainAccuracy: 0.5, validationLoss: 1, raw: 0.5, max: 0.5, maj: 0.5,
            learningRate: 1e-4, seconds: 1)
        change(&record)
        return record
    }

    @Test func aLogIsRefusedByLineAndField() throws {
        let folder = RunFolder(at: URL(fileURLWithPath: "/nowhere"))
        func expectRefusal(_ field: String, _ change: (inout EpochRecord) -> Void) throws {
            let data = try JSONEncoder().encode(record(change)) + Data("\n".utf8)
            #expect {
                _ = try folder.records(in: data)
            } throws: {
                "\($0)".contains("line 1 of log.jsonl") && "\($0)".contains(field)
            }
        }
        #expect(try folder.records(in: JSONEncoder().encode(record())).count == 1)
        try expectRefusal("seconds") { $0.seconds = -1e25 }
        try expectRefusal("seconds") { $0.seconds = 1e25 }
        try expectRefusal("epoch") { $0.epoch = 1 << 62 }
        try expectRefusal("epoch") { $0.epoch = 0 }
        try expectRefusal("train_loss") { $0.trainLoss = 1e300 }
        try expectRefusal("train_loss") { $0.trainLoss = -5 }
        try expectRefusal("penalty") { $0.penalty = 1e31 }
        try expectRefusal("validation_loss") { $0.validationLoss = 1e31 }
        try expectRefusal("train_accuracy") { $0.trainAccuracy = 1.5 }
        try expectRefusal("raw") { $0.raw = -0.1 }
        try expectRefusal("learning_rate") { $0.learningRate = -1 }
    }

    /// A checkpoint whose seal is right and whose numbers are not.
    @Test func aCheckpointIsRefusedByField() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("seal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let set = plainSet(tracksPerGenre: 4)
        let trainer = try Trainer(
            set: set, split: .random(set, seed: 0), blueprint: tinyBlueprint,
            configuration: TrainingConfiguration(net: "tiny", epochs: 2, batch: 16, seed: 4),
            pool: ThreadPool(threads: 1))
        try trainer.run([])
        let sound = try trainer.checkpoint()
        let file = folder.appendingPathComponent("x.safetensors")
        func read(_ change: (inout TrainerState) -> Void) throws -> TrainingCheckpoint {
            var checkpoint = sound
            change(&checkpoint.state)
            let names = ["adam.first", "adam.second"]
            try checkpoint.write(to: file, run: "r", layout: "l", moments: names)
            return try TrainingCheckpoint(
                contentsOf: file, run: "r", layout: "l", values: trainer.parameters.plan.storedCount, moments: names)
        }
        #expect(try read { _ in }.state == sound.state)
        let changes: [(String, (inout TrainerState) -> Void)] = [
            ("sums.correct", { $0.sums.correct = .max }), ("sums.correct", { $0.sums.correct = 1 << 62 }),
            ("sums.segments", { $0.sums.segments = 1 << 62 }), ("sums.steps", { $0.sums.steps = .max }),
            ("sums.loss", { $0.sums.loss = 1e300 }), ("sums.penalty", { $0.sums.penalty = 1e300 }),
            ("sums.weight", { $0.sums.weight = 1e300 }), ("sums.seconds", { $0.sums.seconds = -1e25 }),
            ("sums.learningRate", { $0.sums.learningRate = -1 }),
            ("batches.epoch", { $0.batches.epoch = 1 << 62 }), ("batches.epoch", { $0.batches.epoch = .max }),
            ("batches.position", { $0.batches.position = .max }), ("steps", { $0.steps = .max }),
            ("steps", { $0.steps = -1 }), ("averaged", { $0.averaged = .max }), ("averaged", { $0.averaged = -1 }),
            ("firstLoss", { $0.firstLoss = 1e300 }),
            ("history[1].epoch", { $0.history[1].epoch = 1 << 62 }),
            ("history[0].seconds", { $0.history[0].seconds = 1e300 }),
            ("history[2].epoch", { $0.history.append($0.history[0]) }),
        ]
        for (field, change) in changes {
            #expect {
                _ = try read(change)
            } throws: {
                "\($0)".contains(field)
            }
        }
        // Sound by themselves, and too many for the training.
        var long = sound
        long.state.history += long.state.history
        for index in long.state.history.indices { long.state.history[index].epoch = index + 1 }
        long.state.batches.epoch = 5
        long.state.steps *= 2
        #expect(throws: TrainingError.self) { try trainer.restore(long) }
    }

    @Test func aRandomStreamOfZerosIsRefused() throws {
        let zeros = Data(#"{"first":0,"second":0,"third":0,"fourth":0}"#.utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(RandomStream.self, from: zeros) }
        var stream = RandomStream(seed: 1, purpose: "test")
        _ = stream.next()
        let kept = try JSONEncoder().encode(stream)
        var again = try JSONDecoder().decode(RandomStream.self, from: kept)
        #expect(again == stream && again.next() == stream.next())
    }

    /// What the model's card would refuse is refused before the first step.
    @Test func whatTheCardRefusesIsRefusedAtOnce() throws {
        #expect {
            try TrainingConfiguration(segmentsPerTrack: 1_000_000_001).check()
        } throws: {
            "\($0)".contains("--segments")
        }
        let plain = plainSet()
        let named = SegmentSet(
            genres: ["a", "a", "b"], recipe: plain.recipe, tracks: plain.tracks,
            values: plain.tracks.map { _ in [Float](repeating: 1, count: 6400) })
        #expect {
            _ = try TrainingRun(
                configuration: TrainingConfiguration(), data: LoadedDataset(inMemory: named), paths: [],
                folder: RunFolder(at: URL(fileURLWithPath: "/nowhere")), toolVersion: "1")
        } throws: {
            "\($0)".contains("genres")
        }
    }

    @Test func aStampSpeaksOfItsOwnProgramAlone() throws {
        let stamp = FileManager.default.temporaryDirectory.appendingPathComponent("stamp-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: stamp) }
        let commit = String(repeating: "0a", count: 20)
        #expect(Provenance.commit(of: "d", stamp: stamp) == nil)
        try Data("d \(commit)-dirty\n".utf8).write(to: stamp)
        #expect(Provenance.commit(of: "d", stamp: stamp) == commit + "-dirty")
        #expect(Provenance.commit(of: "e", stamp: stamp) == nil)
        try Data("d \u{1B}[31m\n".utf8).write(to: stamp)
        #expect(Provenance.commit(of: "d", stamp: stamp) == nil)
        let now = Provenance.now()
        #expect(now.date.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:?\d\d)/) != nil)
        #expect(now.executable?.count == 64 && !now.processor.isEmpty && !now.system.isEmpty)
    }
}
