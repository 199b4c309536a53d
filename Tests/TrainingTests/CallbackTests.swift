import Datasets
import Foundation
import ModelFile
import NeuralNetwork
import Testing
import Training

@Suite struct CallbackTests {
    private func factor(
        _ shape: LearningRateSchedule.Shape, warmup: Double = 0, step: Int, watched: [Double] = []
    ) -> Double {
        LearningRateSchedule(shape, warmupEpochs: warmup)
            .factor(step: step, stepsPerEpoch: 10, epochs: 8, watched: watched)
    }

    @Test func cosineAndStepsFollowTheirFormulas() {
        #expect(factor(.constant, step: 79) == 1)
        #expect(factor(.cosine, step: 0) == 1)
        #expect(abs(factor(.cosine, step: 40) - 0.5) < 1e-12)
        #expect(abs(factor(.cosine, step: 20) - (1 + 0.5.squareRoot()) / 2) < 1e-12)
        #expect(factor(.cosine, step: 79) > 0 && factor(.cosine, step: 79) < 0.001)
        let steps = [0, 29, 30, 59, 60, 79].map { factor(.step(every: 3, factor: 0.1), step: $0) }
        for (value, expected) in zip(steps, [1, 1, 0.1, 0.1, 0.01, 0.01]) { #expect(abs(value - expected) < 1e-15) }
    }

    @Test func theWarmUpRisesEvenlyThenTheShapeBegins() {
        let rising = (0..<20).map { factor(.cosine, warmup: 2, step: $0) }
        for (step, value) in rising.enumerated() { #expect(abs(value - Double(step + 1) / 21) < 1e-12) }
        #expect(factor(.cosine, warmup: 2, step: 20) == 1)
        #expect(abs(factor(.cosine, warmup: 2, step: 50) - 0.5) < 1e-12)
    }

    @Test func stepsAndPlateausCountAfterTheWarmUp() {
        let steps = [19, 20, 49, 50, 79].map { factor(.step(every: 3, factor: 0.1), warmup: 2, step: $0) }
        for (value, expected) in zip(steps, [20.0 / 21, 1, 1, 0.1, 0.1]) { #expect(abs(value - expected) < 1e-15) }
        // Two epochs of warm-up, the second of them worse than the first; then one in vain is borne, two are not.
        let losses = [0.1, 5, 1, 2, 3]
        let factors = losses.indices.map {
            factor(.plateau(patience: 1, factor: 0.5), warmup: 1.5, step: 40, watched: Array(losses[...$0]))
        }
        #expect(factors == [1, 1, 1, 1, 0.5])
    }

    /// What PyTorch's ReduceLROnPlateau(patience=1, factor=0.5) gives after each of these losses.
    @Test func plateausCountAsPyTorchDoes() {
        let losses = [1, 0.9, 0.95, 0.93, 0.92, 0.91, 0.8, 0.85, 0.86]
        let factors = losses.indices.map {
            factor(.plateau(patience: 1, factor: 0.5), step: 0, watched: Array(losses[...$0]))
        }
        #expect(factors == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125])
    }

    @Test func schedulesAreReadAndWritten() throws {
        for text in ["constant", "cosine", "step:30:0.1", "plateau:5:0.5"] {
            let shape = try #require(LearningRateSchedule.Shape(text))
            #expect(shape.description == text)
            let schedule = LearningRateSchedule(shape, warmupEpochs: 1.5)
            #expect(
                try JSONDecoder().decode(LearningRateSchedule.self, from: JSONEncoder().encode(schedule)) == schedule)
        }
        for text in [
            "", "cosine:1", "step", "step:0:0.1", "step:3:1", "step:3:nan", "plateau:-1:0.5", "plateau:3:0.5:f1",
            "linear", ":::",
        ] {
            #expect(LearningRateSchedule.Shape(text) == nil, "\(text)")
        }
    }

    // MARK: - In a run

    private let home = FileManager.default.temporaryDirectory.appendingPathComponent("callbacks-\(UUID().uuidString)")
    private let set = plainSet(tracksPerGenre: 4)

    private func run(
        _ name: String, base: (model: TrainedModel, path: String)? = nil, set other: SegmentSet? = nil,
        _ change: (inout TrainingConfiguration) -> Void
    ) throws -> TrainingRun {
        var told = TrainingConfiguration(net: "shallow", epochs: 4, batch: 32, learningRate: 1e-3, seed: 4)
        change(&told)
        return try TrainingRun(
            configuration: told, data: LoadedDataset(inMemory: other ?? set), paths: [],
            folder: RunFolder(creating: home.appendingPathComponent(name), replacing: false), base: base,
            toolVersion: "test")
    }

    @Test func theLearningRateOfEachStepIsTheSchedules() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let run = try run("schedule") { $0.schedule = .init(.step(every: 1, factor: 0.5), warmupEpochs: 0.5) }
        var rates: [Double] = []
        let listener = EventListener { if case .step(let step) = $0 { rates.append(step.learningRate) } }
        _ = try run.run(pool: ThreadPool(threads: 2), callbacks: [listener])
        // Two steps an epoch, the first of them warm-up: epochs count from the second on.
        let expected = [0.5, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125].map { $0 * 1e-3 }
        for (rate, value) in zip(rates, expected) { #expect(abs(rate - value) < 1e-12) }
        #expect(rates.count == 8)
        let logged = try run.folder.records().compactMap(\.learningRate)
        #expect(logged == [rates[1], rates[3], rates[5], rates[7]])
    }

    @Test func patienceEndsTheRunAndTheBestEpochIsKept() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        // So small a rate changes no verdict: no epoch is better than the first.
        let run = try run("patience") { ($0.learningRate, $0.epochs, $0.patience) = (1e-12, 50, 3) }
        guard case .finished(let model, let end) = try run.run(pool: ThreadPool(threads: 2)) else {
            Issue.record("the run did not end")
            return
        }
        #expect(end == .stoppedEarly(best: 1) && model.card.epoch == 4)
        #expect(try run.folder.records().count == 4)
        let best = try TrainedModel(contentsOf: run.folder.best)
        #expect(best.card.epoch == 1 && best.card.scores?.raw == model.card.scores?.raw)
    }

    @Test func aModelToBeginWithKeepsItsHeadForItsOwnGenresOnly() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let pool = try ThreadPool(threads: 2)
        let first = try run("first") { $0.epochs = 1 }
        guard case .finished(let base, _) = try first.run(pool: pool) else { return }
        let path = first.folder.model.path
        func tuned(_ name: String, _ set: SegmentSet?, _ frozen: [String]) throws -> TrainedModel? {
            let run = try run(name, base: (base, path), set: set) { ($0.epochs, $0.frozen) = (1, frozen) }
            guard case .finished(let model, _) = try run.run(pool: pool) else { return nil }
            return model
        }
        func values(_ model: TrainedModel, _ name: String) -> [Float] {
            model.parameters.canonical(model.parameters.plan.parameters.first { $0.name == name }!)
        }
        let same = try #require(try tuned("same", nil, ["towers", "dense2"]))
        for name in ["frequency.1.weight", "time.1.bias", "dense2.weight", "dense2.bias"] {
            #expect(values(same, name) == values(base, name), "\(name)")
        }
        #expect(values(same, "dense1.weight") != values(base, "dense1.weight"))
        #expect(same.card.configuration?.base != nil)

        let fewer = plainSet(genres: 2, tracksPerGenre: 4)
        let other = try #require(try tuned("other", fewer, ["conv1"]))
        #expect(other.card.genres == ["g0", "g1"] && values(other, "dense2.bias").count == 2)
        #expect(values(other, "time.1.weight") == values(base, "time.1.weight"))
        // What the base learned from counts as learned.
        #expect(Set(other.card.trainingTracks ?? []).isSuperset(of: base.card.trainingTracks ?? ["none"]))
        #expect(other.card.imported == nil)
        #expect(throws: TrainingError.self) { try tuned("head", fewer, ["dense2"]) }
        #expect(throws: NeuralNetworkError.self) { try tuned("nothing", nil, ["conv9"]) }
    }

    @Test func whatBeganWithImportedWeightsSaysSo() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let pool = try ThreadPool(threads: 2)
        guard case .finished(var base, _) = try run("first", { $0.epochs = 1 }).run(pool: pool) else { return }
        base.card = ModelCard(
            blueprint: base.card.blueprint, genres: base.card.genres, recipe: base.card.recipe,
            imported: ImportedWeights(file: "weights.pt", sha256: "00"), toolVersion: "test")
        let path = home.appendingPathComponent("imported.safetensors")
        try base.write(to: path)
        let run = try run("tuned", base: (base, path.path)) { $0.epochs = 1 }
        #expect(run.base?.isOfUnknownTracks == true)
        guard case .finished = try run.run(pool: pool) else { return }
        let card = try TrainedModel(contentsOf: run.folder.model).card
        #expect(card.imported == base.card.imported && card.configuration != nil)
        let judged = try JudgedTracks(card: card, set: set, includingTraining: false)
        #expect(judged.warnings.last?.contains("not known") == true)
    }
}
