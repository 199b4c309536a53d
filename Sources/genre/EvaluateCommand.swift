import Architectures
import ArgumentParser
import Foundation
import ModelFile
import NeuralNetwork
import Training

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Judge a model on labelled music.",
        discussion: """
            Where the data holds tracks of the model's test side, these are judged; else, where it holds tracks that the \
            model was trained on, the others. --all judges all of them and warns.
            """)

    @Argument(help: "A model that 'genre train' or 'genre import' wrote.") var model: String
    @Argument(help: "Folders of genre folders, a segment store, or a folder with train.pkl and val.pkl.") var data:
        [String]
    @Option(help: "Segments drawn from each track of audio: a number or 'all'.") var segments = "all"
    @Option(help: "Seed of the segment draw.") var seed: UInt64 = 0
    @Option(help: "Number of threads; by default one a core.") var threads: Int?
    @OptionGroup(title: "Cache of features") var cacheOptions: CacheOptions
    @Flag(help: "Judge the tracks that the model was trained on, too.") var all = false
    @Flag(help: "Print the result as a JSON object.") var json = false

    func run() throws {
        let choice = try segmentChoice(segments)
        let threads = try checked(threads: threads)
        let model = try openModel(model)
        let set = try openData(
            data, for: model.card.recipe, segments: choice, seed: seed, threads: threads,
            cache: cacheOptions.cache()
        ).set
        let selection = try JudgedTracks(card: model.card, set: set, includingTraining: all)
        for warning in selection.warnings { note("genre: \(warning)") }
        if let caution = model.card.blueprint.caution { note("genre: \(caution)") }
        let judge = try Judge(
            parameters: model.parameters, batch: batch(of: model.card), pool: ThreadPool(threads: threads))
        let scores = try judge.judge(set, segments: selection.segments(of: set), labels: selection.labels)
            .scores(genres: model.card.genres)
        if json { try printJSON(ScoresObject(scores)) } else { show(table(of: scores)) }
    }

    /// The batch that the model was trained with, or its net's own: a net that reads across the batch depends on it.
    private func batch(of card: ModelCard) -> Int {
        card.configuration?.batch ?? Architecture.named(card.architecture)?.defaultBatch ?? 64
    }
}
