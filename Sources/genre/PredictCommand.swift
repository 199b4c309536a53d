import ArgumentParser
import Foundation
import ModelFile
import NeuralNetwork
import Prediction
import Training

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Tell the genre of music: files, folders, playlists, standard input.",
        discussion: """
            Prints the three most probable genres of each track, with a confidence each. Any format that FFmpeg's \
            libraries can read will do, and any length: files are streamed. Folders are searched at any depth; playlists \
            are .m3u, .m3u8 and .pls; '-' is a sound on standard input.

            A file that cannot be heard is reported at the end and the rest goes on; the exit code is then 1. A verdict \
            with a confidence below --unsure is marked so. Tracks shorter than the model's segment are padded and marked \
            'short'.

            A collection: -o results.jsonl (or .csv) keeps the results, each with the model's name and the digest of its \
            weights; --resume goes on where a broken-off run of the same model ended, and tries again what failed (where a \
            file has two lines, the later one holds); --shard 2/5 takes one of five parts, told by the files' names alone.
            """)

    @Option(
        help: """
            A model that 'genre train' or 'genre import' wrote, or the name of a built-in one \
            (\(BuiltInModel.all.map(\.name).joined(separator: ", "))).
            """)
    var model: String?
    @Argument(help: "Audio files, folders, playlists, or '-'.") var inputs: [String] = []
    @Option(help: "Read paths from a file, one a line; '-' for standard input.") var from: String?
    @Option(name: [.short, .long], help: "Write the results to a file too, as JSON lines or, if it ends in .csv, CSV.")
    var output: String?
    @Flag(help: "With -o: keep the verdicts that are there, and do what is missing or failed.") var resume = false
    @Option(help: "Genres to show of each track (3).") var top: Int?
    @Option(help: "Confidence, 0 to 1, under which a verdict is marked unsure.") var unsure = 0.4
    @Flag(help: "Show how the genre goes through each track.") var timeline = false
    @Flag(help: "Print one JSON object a file.") var json = false
    @Flag(help: "Print CSV: a line a file, a column a genre.") var csv = false
    @Option(help: "Files at once; by default one a core.") var jobs: Int?
    @Option(help: ArgumentHelp("Take part I of N of the files.", valueName: "i/n")) var shard: String?
    @Option(help: ArgumentHelp("The same as --jobs.", visibility: .hidden)) var threads: Int?

    func validate() throws {
        guard !(json && csv) else { throw ValidationError("--json and --csv exclude each other.") }
        guard !csv || (top == nil && !timeline) else {
            throw ValidationError(
                "--csv has every genre of the whole track: --top and --timeline are for text and --json.")
        }
        guard top ?? 1 >= 1 else { throw ValidationError("--top must be at least 1.") }
        guard (0...1).contains(unsure) else { throw ValidationError("--unsure must be 0 to 1, not \(unsure).") }
        guard !resume || output != nil else { throw ValidationError("--resume needs -o, the file to go on with.") }
        guard !inputs.isEmpty || from != nil else {
            throw ValidationError("Name audio files, folders or playlists, '-' for standard input, or --from a list.")
        }
        guard !(from == "-" && inputs.contains("-")) else {
            throw ValidationError("Standard input cannot be both a sound and a list.")
        }
        if let shard, Shard(shard) == nil { throw ValidationError("--shard must be I/N, say 2/5, not '\(shard)'.") }
        guard 1...256 ~= jobs ?? 1 else { throw ValidationError("--jobs must be 1 to 256.") }
        _ = try checked(threads: threads)
    }

    func run() throws {
        let model = try openModel(model)
        let given = try inputs + (from.map(listedPaths) ?? [])
        let isOne = given.count == 1 && !inputs.isEmpty
        let standardInput = try given.contains("-") ? StandardInputSound() : nil
        let jobs = jobs ?? threads ?? ProcessInfo.processInfo.activeProcessorCount
        let report = CollectionReport()
        let format = PredictionFormat(
            genres: model.card.genres, top: top ?? 3, unsure: unsure, timeline: timeline,
            width: given.map(\.count).max() ?? 0)
        let sink = try output.map {
            var kept = format
            kept.model = modelName(of: model)
            return try PredictionSink(URL(fileURLWithPath: $0), format: kept, resuming: resume)
        }
        if csv { show(format.csvHeader) }
        var files = AudioInputs(given) { [report] in report.warn($0) }.lazy.map { input in
            input.name == "-" && standardInput != nil
                ? AudioInputs.Input(url: standardInput?.url ?? input.url, name: "-") : input
        }.makeIterator()
        let part = shard.flatMap(Shard.init)
        let wanted = AnyIterator {
            while let input = files.next() {
                report.found += 1
                if part?.contains(input) == false { continue }
                if sink?.hasVerdict(on: input.name) == true {
                    report.alreadyDone += 1
                    continue
                }
                return input
            }
            return nil
        }
        let take: (AudioInputs.Input, Result<TrackPrediction, any Error>) throws -> Void = { input, result in
            let result = result.mapError { input.name == "-" ? standardInput?.named($0) ?? $0 : $0 }
            report.count(input, result)
            try sink?.write(input, result)
            switch result {
            case .success(let prediction):
                report.clear()
                if json {
                    show(try format.json(input, prediction))
                } else if csv {
                    show(format.csv(input, result))
                } else {
                    show(format.text(input, prediction))
                }
            case .failure(let error):
                if json { show(try format.json(input, error)) }
                if csv { show(format.csv(input, result)) }
            }
            report.progress()
        }
        var first = AudioInputs(given) { _ in }
        if isOne, first.next()?.name == given[0] {
            // One file: all threads work on its segments, and the model is ready sooner.
            let predictor = try GenrePredictor(model: model, pool: ThreadPool(threads: jobs), batch: 16)
            if let input = wanted.next() { try take(input, Result { try predictor.predict(input.url) }) }
        } else {
            try CollectionPredictor(model: model, jobs: jobs).run(wanted, take)
        }
        try sink?.close()
        if !report.end() { throw ExitCode(1) }
    }

    private func modelName(of opened: TrainedModel) -> PredictionFormat.ModelName {
        let name = model.map { URL(fileURLWithPath: $0).lastPathComponent } ?? BuiltInModel.all[0].name
        let weights = BaseModel(opened, path: name, genres: opened.card.genres).weights
        return PredictionFormat.ModelName(name: name, weights: weights)
    }
}

/// The paths in a list, one a line.
private func listedPaths(_ list: String) throws -> [String] {
    let data: Data
    if list == "-" {
        data = FileHandle.standardInput.readDataToEndOfFile()
    } else {
        guard let read = FileManager.default.contents(atPath: list) else {
            throw ToolError.unreadable(path: list, what: "the list of --from")
        }
        data = read
    }
    return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
}
