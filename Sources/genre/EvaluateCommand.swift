import Architectures
import ArgumentParser
import Evaluation
import Features
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
            model was trained on, the others. --all judges all of them and warns. By default the same segments of each \
            track are judged as at the end of the training; --segments all judges every one. A fusion hears sound only, \
            all of it, and every member's accuracy stands beside its own.

            Examples:
              genre evaluate my-run my-music
              genre evaluate gtzan-compact GTZAN --all
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
        help: """
            Segments drawn from each track of audio: a number or 'all'; by default those that the model was judged on at \
            the end of its training.
            """, completion: .list(["all", "15"]))
    var segments: String?
    @Option(help: "Seed of the segment draw; by default that of the training.", completion: .default)
    var seed: UInt64?
    @Option(help: "Number of threads; by default one per core.", completion: .default) var threads: Int?
    @OptionGroup(title: "Cache of features") var cacheOptions: CacheOptions
    @OptionGroup var length: LengthOption
    @Flag(help: "Judge the tracks that the model was trained on, too.") var all = false
    @Flag(help: "Print the result as a JSON object.") var json = false

    func run() throws {
        let wanted = try segments.map(segmentChoice)
        let threads = try checked(threads: threads)
        let (name, data) = try modelAndData()
        let named = try NamedModel(name)
        let model: TrainedModel
        switch named.model {
        case .single(let net): model = net
        case .fused(let fusion):
            return try evaluate(
                fusion, named: named.name, on: data, jobs: threads ?? ProcessInfo.processInfo.activeProcessorCount)
        }
        let trained = model.card.configuration
        let choice = wanted ?? trained?.segmentsPerTrack.map { .random(count: $0) } ?? .all
        let seed = seed ?? model.card.dataSeed ?? trained?.seed ?? 0
        let loaded = try openData(
            data, for: model.card.recipe, segments: choice, seed: seed, threads: threads,
            cache: cacheOptions.cache(), genres: .known(model.card.genres))
        let set = loaded.set
        let selection = try JudgedTracks(card: model.card, set: set, includingTraining: all)
        for warning in selection.warnings { note("genre: \(warning)") }
        noteRemarks(on: loaded, tracks: selection.tracks)
        if let caution = model.card.blueprint.caution { note("genre: \(caution)") }
        let judge = try Judge(
            parameters: model.reader(of: set), batch: batch(of: model.card), pool: ThreadPool(threads: threads))
        let scores: Scores
        do {
            scores = try judge.judge(set, segments: selection.segments(of: set), labels: selection.labels)
                .scores(genres: model.card.genres)
        } catch TrainingError.senselessVerdict(let track) {
            throw ToolError.senselessModel(model: name, track: track)
        }
        // Pickles are taken whole, whatever is asked for.
        let drawn: Int? = if case .random(let count) = choice, loaded.kind != .pickles { count } else { nil }
        if json {
            let object = ScoresObject(scores, sounds: loaded, tracks: selection.tracks)
            return try printJSON(Result(scores: object, segmentsPerTrack: drawn, seed: seed))
        }
        show(table(of: scores))
        showText("\n" + certainty(of: scores))
        if let drawn {
            showText(
                "segments: up to \(drawn) drawn from each track (seed \(seed))"
                    + (wanted == nil ? ", as in the model's training; --segments all judges every one" : ""))
        } else {
            show("segments: all of each track")
        }
    }

    /// Scores, and of which segments they are.
    private struct Result: Encodable {
        let scores: ScoresObject
        /// Drawn from each track; nil for all.
        let segmentsPerTrack: Int?
        let seed: UInt64

        private enum CodingKeys: String, CodingKey {
            case segmentsPerTrack = "segments_per_track"
            case seed = "segment_seed"
        }

        func encode(to encoder: any Encoder) throws {
            try scores.encode(to: encoder)
            guard let segmentsPerTrack else { return }
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(segmentsPerTrack, forKey: .segmentsPerTrack)
            try container.encode(seed, forKey: .seed)
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
