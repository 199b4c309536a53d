import Architectures
import ArgumentParser
import Foundation
import ModelFile
import NeuralNetwork
import Training

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a model's accuracy on labelled music.",
        usage: "genre evaluate [<options>] <model> <data> ...",
        discussion: """
            Prints the accuracies by segment (raw) and by track (max, maj), the confusion matrix, and the measures of each \
            genre. The model stands before the data, or behind --model.

            Where the data holds tracks of the model's test side, these are judged; else, where it holds tracks that the \
            model was trained on, the others. --all judges all of them and warns.

            Examples:
              genre evaluate my-run my-music
              genre evaluate gtzan-deep GTZAN --all
              genre evaluate --model my-run/best.safetensors my-music --json
            """)

    @Argument(
        help: ArgumentHelp(
            """
            The model (a model file, a run folder, or a built-in model: \(builtInModelNames)), then the data: folders of \
            genre folders, a table, a segment store, coursework pickles.
            """, valueName: "model-and-data"), completion: Completions.modelOrData)
    var words: [String]
    @Option(help: "The model, where it does not stand before the data.", completion: Completions.model) var model:
        String?
    @Option(
        help: "Segments drawn from each track of audio: a number or 'all'.", completion: .list(["all", "15"]))
    var segments = "all"
    @Option(help: "Seed of the segment draw.", completion: .default) var seed: UInt64 = 0
    @Option(help: "Number of threads; by default one per core.", completion: .default) var threads: Int?
    @OptionGroup(title: "Cache of features") var cacheOptions: CacheOptions
    @Flag(help: "Judge the tracks that the model was trained on, too.") var all = false
    @Flag(help: "Print the result as a JSON object.") var json = false

    func run() throws {
        let choice = try segmentChoice(segments)
        let threads = try checked(threads: threads)
        let (name, data) = try modelAndData()
        let model = try openModel(name)
        let opened = try openData(
            data, for: model.card.recipe, segments: choice, seed: seed, threads: threads,
            cache: cacheOptions.cache(), genres: .known(model.card.genres)
        )
        let set = opened.set
        let selection = try JudgedTracks(card: model.card, set: set, includingTraining: all)
        for warning in selection.warnings { note("genre: \(warning)") }
        noteRemarks(on: opened, tracks: selection.tracks)
        if let caution = model.card.blueprint.caution { note("genre: \(caution)") }
        let judge = try Judge(
            parameters: model.parameters, batch: batch(of: model.card), pool: ThreadPool(threads: threads))
        let scores = try judge.judge(set, segments: selection.segments(of: set), labels: selection.labels)
            .scores(genres: model.card.genres)
        if json {
            try printJSON(ScoresObject(scores, sounds: opened, tracks: selection.tracks))
        } else {
            show(table(of: scores))
        }
    }

    /// The model, by --model or as the first word, and the data; a complaint where they stand the other way round.
    private func modelAndData() throws -> (model: String, data: [String]) {
        try refuseNetworkAddresses(words)
        let command = "genre evaluate"
        if let model {
            if let other = words.first(where: isModel) {
                throw ValidationError("'\(other)' is a model, and --model names one: name one model and the data.")
            }
            return (model, words)
        }
        let first = words[0]
        let data = Array(words.dropFirst())
        if !isModel(first), let model = data.first(where: isModel) {
            let rest = words.filter { $0 != model }.map(shellWord).joined(separator: " ")
            throw ValidationError(
                "The model comes first, and '\(model)' is the model: \(command) \(shellWord(model)) \(rest)")
        }
        guard !data.isEmpty else {
            throw ValidationError(
                isModel(first)
                    ? "Name the data to evaluate '\(first)' on: \(command) \(shellWord(first)) DATA"
                    : "Name the model, then the data: \(command) MODEL \(shellWord(first))")
        }
        if let other = data.first(where: isModel) {
            throw ValidationError("'\(other)' is a model too, and one is evaluated at a time.")
        }
        return (first, data)
    }

    /// The batch that the model was trained with, or its net's own: a net that reads across the batch depends on it.
    private func batch(of card: ModelCard) -> Int {
        card.configuration?.batch ?? Architecture.named(card.architecture)?.defaultBatch ?? 64
    }
}
