import ArgumentParser
import Architectures
import Datasets
import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Training

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a net on folders of music or on the coursework pickles.",
        discussion: """
            DATA is one or more folders of genre folders (blues/, jazz/ …; any audio format inside; several are joined by \
            genre), or one folder that holds train.pkl and val.pkl. Audio is split 75/25 by track, stratified by genre. \
            Hyperparameters are the report's. The run folder gets config.json, log.jsonl (a line an epoch) and \
            model.safetensors.

            Nets:
            \(netList)

            \(netCautions)
            """)

    @Argument(help: "Folders of genre folders, or one with train.pkl and val.pkl.") var data: [String]
    @OptionGroup(title: "Hyperparameters") var hyperparameters: HyperparameterOptions
    @OptionGroup(title: "Augmentation and class balance (training only)") var augmentation: AugmentationOptions
    @Option(help: "Recipe that makes features from audio: \(recipeNames). By default schindler.") var recipe: String?
    @Option(help: "Number of threads; by default one a core. The result does not depend on it.") var threads: Int?
    @Option(name: [.short, .long], help: "The run folder; by default runs/<net>-<date>-<time>.") var output: String?
    @Flag(help: "Replace a run that is in the run folder.") var force = false
    @Flag(help: "Print the result as a JSON object.") var json = false

    func run() throws {
        let configuration = try hyperparameters.configuration(augmentation: augmentation.configuration())
        let folder = URL(fileURLWithPath: output ?? "runs/\(configuration.net)-\(timestamp())")
        let threads = try checked(threads: threads)
        let choice = configuration.segmentsPerTrack.map { SegmentChoice.random(count: $0) } ?? .all
        let dataset = try openData(
            data, recipe: recipe, segments: choice, seed: configuration.seed, threads: threads)
        let run = try TrainingRun(
            configuration: configuration, data: dataset, paths: data,
            folder: RunFolder(creating: folder, replacing: force), toolVersion: toolVersion)
        let model = try train(run, threads: threads)
        let scores = model.card.scores!
        if json {
            try printJSON(TrainingResult(run: run.folder, epochs: configuration.epochs, scores: scores))
        } else {
            show("\(configuration.net) after epoch \(configuration.epochs): " + table(of: scores))
            show("\nrun: \(run.folder.url.path)\nmodel: \(run.folder.model.path)")
        }
    }
}

/// 2026-01-31-235959, local time.
private func timestamp() -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "yyyy-MM-dd-HHmmss"
    return format.string(from: Date())
}

private struct TrainingResult: Encodable {
    let run: String
    let model: String
    let epochs: Int
    let raw: Double
    let max: Double
    let maj: Double
    let scores: ScoresObject

    init(run: RunFolder, epochs: Int, scores: Scores) {
        self.run = run.url.path
        model = run.model.path
        self.epochs = epochs
        raw = scores.raw
        max = scores.max
        maj = scores.maj
        self.scores = ScoresObject(scores)
    }
}
