import Audio
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Prediction
import Testing

/// Silence has no part in a verdict, and what is known of a sound goes with it.
@Suite struct SilenceTests {
    private let folder: URL
    private let predictors: [(recipe: FeatureRecipe, predictor: GenrePredictor)]

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("silence-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let pool = try ThreadPool(threads: 2)
        predictors = try [FeatureRecipe.schindler, .coursework, .gtzanMel].map { recipe in
            let blueprint = Blueprint("tiny", input: recipe.mels × recipe.segmentFrames) {
                Convolution(4, kernel: 5 × 5)
                MaxPool(10 × 10)
                LeakyReLU(0.3)
                Dense(7)
                LeakyReLU(0.3)
                Dense(3)
            }
            let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
            parameters.initialise(seed: 3)
            let card = ModelCard(
                blueprint: blueprint, genres: ["a", "b", "c"], recipe: recipe, configuration: TrainingConfiguration(),
                split: "none", trainingTracks: [], heldOutTracks: [], dataHash: "", scores: nil,
                instructionSet: activeInstructionSet, toolVersion: "test")
            let model = TrainedModel(card: card, parameters: parameters)
            return (recipe, try GenrePredictor(model: model, pool: pool, batch: 4))
        }
    }

    private func music(seconds: Double) -> [Float] {
        (0..<Int(seconds * 22_050)).map { index in
            let time = Double(index) / 22_050
            return Float(sin(900 * time) * 0.3 + sin(2900 * time * (1 + time / 90)) * 0.2)
        }
    }

    private func zeros(seconds: Double) -> [Float] { [Float](repeating: 0, count: Int(seconds * 22_050)) }

    @Test func aHiddenTracksPauseHasNoVote() throws {
        let song = music(seconds: 30)
        for (recipe, predictor) in predictors {
            let prediction = try predictor.predict(samples: song + zeros(seconds: 120) + song)
            #expect(abs(prediction.sound.silentSeconds - 120) < 1.1 * recipe.segmentSeconds, "\(recipe.name)")
            let heard = prediction.moments.filter { !$0.isSilent }
            #expect(prediction.segments == heard.count && prediction.moments.count > heard.count)
            #expect(prediction.verdict.votes.reduce(0, +) == heard.count)
            for genre in 0..<3 {
                let mean = heard.reduce(0.0) { $0 + Double($1.probabilities[genre]) } / Double(heard.count)
                #expect(abs(prediction.verdict.probabilities[genre] - mean) < 1e-12)
            }
        }
    }

    @Test func whatHasNoSilenceIsJudgedByAllSegments() throws {
        for (recipe, predictor) in predictors {
            let prediction = try predictor.predict(samples: music(seconds: 20))
            #expect(prediction.sound.silentSeconds == 0, "\(recipe.name)")
            #expect(prediction.segments == recipe.segmentCount(samples: 20 * 22_050))
        }
    }

    @Test func aConstantIsNothingButSilence() throws {
        for (_, predictor) in predictors {
            #expect {
                try predictor.predict(samples: zeros(seconds: 12).map { _ in 0.5 })
            } throws: {
                "\($0)".contains("nothing but silence")
            }
            #expect(throws: PredictionError.self) { try predictor.embed(samples: zeros(seconds: 12)) }
        }
    }

    @Test func anEmbeddingIsTheMeanOfWhatIsHeard() throws {
        let song = music(seconds: 20)
        for (_, predictor) in predictors {
            let embedding = try predictor.embed(samples: zeros(seconds: 60) + song)
            let audible = embedding.isSilent.indices.filter { !embedding.isSilent[$0] }
            #expect(!audible.isEmpty && audible.count < embedding.startTimes.count)
            for index in 0..<embedding.size {
                let sum = audible.reduce(0.0) { $0 + Double(embedding.segments[$1 * embedding.size + index]) }
                #expect(embedding.mean[index] == Float(sum / Double(audible.count)))
            }
        }
    }

    /// Left and right cancel: one of them is taken, and the verdict is that of this one.
    @Test func cancellingChannelsAreNamed() throws {
        let song = music(seconds: 8)
        let (stereo, mono) = (folder.appendingPathComponent("stereo.wav"), folder.appendingPathComponent("mono.wav"))
        try WaveFile.write(song, sampleRate: 22_050, to: mono)
        var bytes = Data("RIFF".utf8)
        func add(_ value: Int, _ count: Int) {
            for byte in 0..<count { bytes.append(UInt8(value >> (8 * byte) & 255)) }
        }
        let size = 4 * song.count
        add(36 + size, 4)
        bytes += Data("WAVEfmt ".utf8)
        for (value, count) in [(16, 4), (1, 2), (2, 2), (22_050, 4), (88_200, 4), (4, 2), (16, 2)] { add(value, count) }
        bytes += Data("data".utf8)
        add(size, 4)
        for sample in try AudioDecoder.decode(mono, sampleRate: 22_050).samples {
            let value = Int(sample * 32_768)
            add(value & 0xFFFF, 2)
            add(-value & 0xFFFF, 2)
        }
        try bytes.write(to: stereo)
        for (_, predictor) in predictors {
            let prediction = try predictor.predict(stereo)
            #expect(prediction.sound.remarks.channelTaken == 0)
            #expect(try prediction.verdict == predictor.predict(mono).verdict)
            #expect(try predictor.embed(stereo).sound.remarks.channelTaken == 0)
        }
    }

    @Test func liveSilenceKeepsTheVerdict() throws {
        let predictor = predictors[0].predictor
        let live = try LiveClassifier(predictor: predictor)
        #expect(try live.append(zeros(seconds: 2)).isEmpty)
        let loud = try live.append(music(seconds: 3))
        #expect(!loud.isEmpty && loud.allSatisfy { !$0.isSilent })
        // Zeros, then hiss far below what was heard before.
        for quiet in [zeros(seconds: 3), music(seconds: 3).map { $0 * 1e-4 }] {
            let moments = try live.append(quiet)
            #expect(moments.count == 6)
            let last = try #require(moments.last)
            #expect(last.isSilent)
            #expect(moments.filter(\.isSilent).allSatisfy { $0.confidences == last.confidences })
        }
        #expect(try live.append(music(seconds: 2)).last?.isSilent == false)
    }
}
