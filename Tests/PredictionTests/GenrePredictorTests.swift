import Audio
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Prediction
import Testing

@Suite struct GenrePredictorTests {
    private let folder: URL
    private let pool: ThreadPool

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("predict-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        pool = try ThreadPool(threads: 2)
    }

    private let plain = Blueprint("tiny", input: 80 × 80) {
        Convolution(4, kernel: 5 × 5)
        MaxPool(10 × 10)
        LeakyReLU(0.3)
        Dense(7)
        LeakyReLU(0.3)
        Dense(3)
    }
    private let recurrent = Blueprint("tiny-recurrent", input: 80 × 80) {
        Convolution(4, kernel: 5 × 5)
        MaxPool(10 × 10)
        LeakyReLU(0.3)
        LSTM(5, bidirectional: true, over: .time(order: ["convolution"]))
        Dense(3)
    }

    private func model(recipe: FeatureRecipe, isRecurrent: Bool = false) throws -> TrainedModel {
        let blueprint = isRecurrent ? recurrent : plain
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        parameters.initialise(seed: 3)
        return TrainedModel(
            card: ModelCard(
                blueprint: blueprint, genres: ["a", "b", "c"], recipe: recipe, configuration: TrainingConfiguration(),
                split: "none", trainingTracks: [], heldOutTracks: [], dataHash: "", scores: nil,
                instructionSet: activeInstructionSet, toolVersion: "test"),
            parameters: parameters)
    }

    private func tone(seconds: Double, step: Double = 0.13) -> [Float] {
        (0..<Int(seconds * 22_050)).map { Float(sin(Double($0) * step)) * 0.5 }
    }

    @Test(arguments: [FeatureRecipe.schindler, .coursework])
    func aVerdictIsTheMeanOfTheSegments(recipe: FeatureRecipe) throws {
        let predictor = try GenrePredictor(model: model(recipe: recipe), pool: pool, batch: 4)
        let prediction = try predictor.predict(samples: tone(seconds: 5))
        #expect(prediction.segments == recipe.segmentCount(samples: 5 * 22_050))
        #expect(abs(prediction.verdict.probabilities.reduce(0, +) - 1) < 1e-5)
        #expect(prediction.verdict.votes.reduce(0, +) == prediction.segments)
        #expect(prediction.top(3).map(\.confidence) == prediction.confidences.sorted(by: >))
        #expect(prediction.top(1)[0].genre == prediction.genre)
    }

    @Test func filesAndSamplesAgree() throws {
        let predictor = try GenrePredictor(model: model(recipe: .schindler), pool: pool)
        let samples = tone(seconds: 3).map { Float(Int16($0 * 32_767)) / 32_768 }
        let file = folder.appendingPathComponent("tone.wav")
        try WaveFile.write(samples, sampleRate: 22_050, to: file)
        let (fromFile, direct) = (try predictor.predict(file), try predictor.predict(samples: samples))
        #expect(fromFile.verdict == direct.verdict)
    }

    /// An embedding is what the last dense layer reads: that layer alone makes the prediction's probabilities of it.
    @Test(arguments: [false, true]) func embeddingsAreWhatTheLastLayerReads(isRecurrent: Bool) throws {
        let model = try model(recipe: .schindler, isRecurrent: isRecurrent)
        let samples = (0..<3 * 22_050).map { index -> Float in
            let time = Double(index)
            return 0.5 * Float(sin(1e-6 * time * time) * cos(3e-5 * time))
        }
        // Batches that leave a rest.
        let predictor = try GenrePredictor(model: model, pool: pool, batch: 4)
        let embedding: TrackEmbedding = try predictor.embed(samples: samples)
        let moments: [TrackPrediction.Moment] = try predictor.predict(samples: samples).moments
        let size = embedding.size
        #expect(size == (isRecurrent ? 10 : 7))
        #expect(embedding.startTimes == moments.map(\.start) && moments.count == 5)
        #expect(embedding.segments.count == 5 * size)
        #expect(Set(embedding.segments).count > 2 * size, "the segments' vectors differ")

        let plan = model.parameters.plan
        func values(_ name: String) throws -> [Double] {
            let specification = try #require(plan.parameters.first { $0.name == name })
            return model.parameters.canonical(specification).map(Double.init)
        }
        let last = plan.head.name
        let (weights, bias) = (try values("\(last).weight"), try values("\(last).bias"))
        for (row, moment) in moments.enumerated() {
            let vector = embedding.segments[row * size..<(row + 1) * size].map(Double.init)
            let powers = (0..<3).map { genre -> Double in
                var logit = bias[genre]
                for index in 0..<size { logit += weights[genre * size + index] * vector[index] }
                return exp(logit)
            }
            let sum = powers.reduce(0, +)
            for (power, probability) in zip(powers, moment.probabilities) {
                let difference = abs(power / sum - Double(probability))
                #expect(difference < 1e-5)
            }
        }

        for index in 0..<size {
            let sum = (0..<5).reduce(0.0) { $0 + Double(embedding.segments[$1 * size + index]) }
            #expect(embedding.mean[index] == Float(sum / 5))
        }
    }

    @Test func badInputIsNamed() throws {
        let predictor = try GenrePredictor(model: model(recipe: .schindler), pool: pool)
        let short = folder.appendingPathComponent("short.wav")
        try WaveFile.write(tone(seconds: 0.2), sampleRate: 22_050, to: short)
        #expect { try predictor.predict(short) } throws: { "\($0)".contains("short.wav") }
        let missing = folder.appendingPathComponent("missing.wav")
        #expect { try predictor.predict(missing) } throws: { "\($0)".contains("missing.wav") }
        #expect(throws: FeatureError.self) { try predictor.predict(samples: [Float](repeating: .nan, count: 40_000)) }
    }

    @Test func netsThatReadAcrossTheBatchAreRefusedWithTheReason() throws {
        let blueprint = Blueprint("across", input: 80 × 80) {
            Convolution(4, kernel: 5 × 5)
            MaxPool(10 × 10)
            LSTM(6, layers: 2, over: .batch)
            Dense(3)
        }
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        var card = try model(recipe: .schindler).card
        card.blueprint = blueprint
        card.recipe = .precomputed  // the reason that lies deeper comes first
        let across = TrainedModel(card: card, parameters: parameters)
        #expect {
            _ = try GenrePredictor(model: across, pool: pool)
        } throws: {
            "\($0)".contains("across the segments of a batch")
        }
    }

    @Test func modelsOfReadyMadeSpectrogramsCannotHear() throws {
        let model = try model(recipe: .precomputed)
        #expect(throws: PredictionError.self) { _ = try GenrePredictor(model: model, pool: pool) }
    }
}
