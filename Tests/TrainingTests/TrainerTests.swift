import Datasets
import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Randomness
import Testing
import Training

/// Segments that tell their genre plainly: each genre is loud in mel bands of its own.
func plainSet(genres: Int = 3, tracksPerGenre: Int = 8, segmentsPerTrack: Int = 5) -> SegmentSet {
    var stream = RandomStream(seed: 0, purpose: "test segments")
    var tracks: [SegmentSet.Track] = []
    var values: [[Float]] = []
    for genre in 0..<genres {
        for number in 0..<tracksPerGenre {
            tracks.append(SegmentSet.Track(id: "g\(genre)/\(number)", label: genre))
            values.append(
                (0..<segmentsPerTrack * 6400).map { index in
                    let mel = index % 6400 / 80
                    return Float(stream.uniform(0, 1)) + (mel / 20 == genre ? 1 : 0)
                })
        }
    }
    return SegmentSet(
        genres: (0..<genres).map { "g\($0)" }, recipe: .schindler, tracks: tracks, values: values)
}

let tinyBlueprint = Blueprint("tiny", input: 80 × 80) {
    Convolution(4, kernel: 3 × 3)
    MaxPool(10 × 20)
    LeakyReLU(0.3)
    Dense(16)
    LeakyReLU(0.3)
    Dropout(0.2)
    Dense(3)
}

@Suite struct TrainerTests {
    private let set = plainSet()
    private let split: TrackSplit

    init() throws { split = try .random(set, seed: 0) }

    private func trainer(
        threads: Int = 2, change: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws -> Trainer {
        var configuration = TrainingConfiguration(net: "tiny", epochs: 12, batch: 16, learningRate: 0.003, seed: 4)
        change(&configuration)
        return try Trainer(
            set: set, split: split, blueprint: tinyBlueprint, configuration: configuration,
            pool: ThreadPool(threads: threads))
    }

    private func records(_ trainer: Trainer) throws -> [EpochRecord] {
        var records: [EpochRecord] = []
        try trainer.run { if case .epoch(let record) = $0 { records.append(record) } }
        return records
    }

    @Test func whatIsPlainIsLearnt() throws {
        let records = try records(trainer())
        #expect(records.map(\.epoch) == Array(1...12))
        #expect(records.last!.raw > 0.9 && records.last!.max > 0.9 && records.last!.trainAccuracy > 0.9)
        #expect(records.last!.trainLoss < records[0].trainLoss / 2)
        #expect(records.allSatisfy { $0.penalty > 0 && $0.seconds > 0 })
    }

    @Test func everySegmentIsTrainedOnceAnEpochAndThePartialBatchToo() throws {
        var steps: [Int] = []
        let trainer = try trainer { $0.epochs = 2 }
        try trainer.run { event in
            switch event {
            case .started(let training, let validation, _): #expect((training, validation) == (90, 30))
            case .step(let step):
                steps.append(step.done)
                #expect(step.total == 12 && step.epoch == (step.done - 1) / 6 + 1)
            case .epoch, .ended: break
            }
        }
        #expect(steps == Array(1...12))  // 90 segments in batches of 16: five whole and one of ten, twice
    }

    @Test func theSameSeedGivesTheSameCurve() throws {
        func curve(_ trainer: Trainer) throws -> [EpochRecord] {
            try records(trainer).map { record in
                var record = record
                record.seconds = 0
                return record
            }
        }
        let first = try curve(trainer(threads: 1) { $0.epochs = 3 })
        #expect(try curve(trainer(threads: 4) { $0.epochs = 3 }) == first)
        #expect(try curve(trainer { ($0.epochs, $0.seed) = (3, 5) }) != first)
    }

    @Test func aHigherPenaltyShrinksTheWeights() throws {
        func penalty(_ l1: Double) throws -> Double { try records(trainer { $0.l1 = l1 }).last!.penalty / l1 }
        #expect(try penalty(1e-2) < 0.9 * penalty(1e-6))
    }

    @Test func senselessConfigurationsAreRefused() throws {
        let changes: [(inout TrainingConfiguration) -> Void] = [
            { $0.epochs = 0 }, { $0.batch = 0 }, { $0.learningRate = 0 }, { $0.learningRate = .nan }, { $0.beta1 = 1 },
            { $0.beta2 = -0.1 }, { $0.epsilon = 0 }, { $0.l1 = -1 }, { $0.segmentsPerTrack = 0 },
            { ($0.averagedEpochs, $0.patience) = (2, 3) },
        ]
        for change in changes { #expect(throws: TrainingError.self) { _ = try trainer(change: change) } }
    }

    @Test func divergenceIsSaidNotSaved() throws {
        #expect {
            try records(trainer { $0.learningRate = 1e30 })
        } throws: {
            "\($0)".contains("--learning-rate 1e+30 is unusual")
        }
    }

    /// One step an epoch: the training's own loss is still that of the weights as they were drawn.
    @Test func divergenceInTheOnlyStepIsSaidAfterTheValidation() throws {
        #expect {
            try records(trainer { ($0.learningRate, $0.epochs, $0.batch) = (1e30, 1, 128) })
        } throws: {
            "\($0)".contains("diverged in epoch 1")
        }
    }

    @Test func aBatchBeyondTheDataChangesNothing() throws {
        func stored(batch: Int) throws -> (weights: [Float], scores: Evaluation.Scores?) {
            let trainer = try trainer { ($0.epochs, $0.batch) = (2, batch) }
            try trainer.run([])
            return (trainer.parameters.stored, trainer.scores)
        }
        let (fits, beyond) = try (stored(batch: 90), stored(batch: 65_536))
        #expect(fits.weights == beyond.weights && fits.scores == beyond.scores)
    }

    @Test func netsThatDoNotFitTheDataAreRefused() throws {
        var other = tinyBlueprint
        other.input = 40 × 80
        #expect(throws: TrainingError.self) {
            _ = try Trainer(
                set: set, split: split, blueprint: other, configuration: TrainingConfiguration(), pool: ThreadPool())
        }
        other = tinyBlueprint
        other.layers[other.layers.count - 1] = Dense(4)
        #expect(throws: TrainingError.self) {
            _ = try Trainer(
                set: set, split: split, blueprint: other, configuration: TrainingConfiguration(), pool: ThreadPool())
        }
    }
}
