import ArgumentParser
import Foundation
import ModelFile
import NeuralNetwork
import Prediction

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Tell the genre of audio files.",
        discussion: """
            Prints the three most probable genres of each file, from the mean of its segments' probabilities. Any format \
            that FFmpeg's libraries can read will do. A file that cannot be read is reported and the rest goes on; the \
            exit code is then 1.
            """)

    @Option(help: "A model that 'genre train' or 'genre import' wrote.") var model: String
    @Argument(help: "Audio files.") var files: [String]
    @Option(help: "Number of threads; by default one a core.") var threads: Int?
    @Flag(help: "Print one JSON object a file: file, genre, probability, top; or file, error.") var json = false

    func run() throws {
        let pool = try ThreadPool(threads: checked(threads: threads))
        let predictor = try GenrePredictor(
            model: TrainedModel(contentsOf: URL(fileURLWithPath: model)), pool: pool)
        var failed = false
        let width = files.map(\.count).max() ?? 0
        for file in files {
            do {
                let prediction = try predictor.predict(URL(fileURLWithPath: file))
                if json {
                    try printJSON(PredictionObject(file: file, prediction: prediction))
                } else {
                    let top = prediction.top(3).map { "\($0.genre) \(percent($0.probability))" }
                    show(file.left(width) + "  " + top.joined(separator: "   "))
                }
            } catch {
                failed = true
                if json { try printJSON(FailureObject(file: file, error: "\(error)")) }
                note("genre: \(error)")
            }
        }
        if failed { throw ExitCode(1) }
    }
}

private struct PredictionObject: Encodable {
    struct Guess: Encodable {
        let genre: String
        let probability: Double
    }

    let file: String
    let genre: String
    let probability: Double
    let top: [Guess]
    let segments: Int

    init(file: String, prediction: TrackPrediction) {
        self.file = file
        genre = prediction.genre
        probability = prediction.probability
        top = prediction.top(3).map { Guess(genre: $0.genre, probability: $0.probability) }
        segments = prediction.segments
    }
}

private struct FailureObject: Encodable {
    let file: String
    let error: String
}
