import ArgumentParser
import Foundation
import ModelFile
import NeuralNetwork
import Prediction

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

            A collection: -o results.jsonl (or .csv) keeps the results; --resume goes on where a broken-off run ended; \
            --shard 2/5 takes one of five parts, told by the files' names alone.
            """)

    @Option(
        help: "A model that 'genre train' or 'genre import' wrote, or the name of a built-in one (see 'genre models').")
    var model: String?
    @Argument(help: "Audio files, folders, playlists, or '-'.") var inputs: [String] = []
    @Option(help: "Read paths from a file, one a line; '-' for standard input.") var from: String?
    @Option(name: [.short, .long], help: "Write the results to a file too, as JSON lines or, if it ends in .csv, CSV.")
    var output: String?
    @Flag(help: "With -o: keep the results that are there, and do what is missing.") var resume = false
    @Option(help: "Genres to show of each track.") var top = 3
    @Option(help: "Confidence, 0 to 1, under which a verdict is marked unsure.") var unsure = 0.4
    @Flag(help: "Show how the genre goes through each track.") var timeline = false
    @Flag(help: "Print one JSON object a file.") var json = false
    @Flag(help: "Print CSV: a line a file, a column a genre.") var csv = false
    @Option(help: "Files at once; by default one a core.") var jobs: Int?
    @Option(help: ArgumentHelp("Take part I of N of the files.", valueName: "i/n")) var shard: String?
    @Option(help: ArgumentHelp("The same as --jobs.", visibility: .hidden)) var threads: Int?

    func validate() throws {
        guard !(json && csv) else { throw ValidationError("--json and --csv exclude each other.") }
        guard top >= 1 else { throw ValidationError("--top must be at least 1.") }
        guard (0...1).contains(unsure) else { throw ValidationError("--unsure must be 0 to 1, not \(unsure).") }
        guard !resume || output != nil else { throw ValidationError("--resume needs -o, the file to go on with.") }
        guard !inputs.isEmpty || from != nil else {
            throw ValidationError("Name audio files, folders or playlists, '-' for standard input, or --from a list.")
        }
        guard !(from == "-" && inputs.contains("-")) else {
            throw ValidationError("Standard input cannot be both a sound and a list.")
        }
        if let shard, Shard(shard) == nil { throw ValidationError("--shard must be I/N, say 2/5, not '\(shard)'.") }
        _ = try checked(threads: jobs ?? threads)
    }

    func run() throws {
        let model = try openModel(model)
        let given = try inputs + (from.map(listedPaths) ?? [])
        let isOne = given.count == 1 && !inputs.isEmpty
        let standardInput = try given.contains("-") ? StandardInputFile() : nil
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let report = CollectionReport(total: given.count)
        let sink = try output.map {
            try PredictionSink(URL(fileURLWithPath: $0), genres: model.card.genres, top: top, resuming: resume)
        }
        let format = PredictionFormat(
            genres: model.card.genres, top: top, unsure: unsure, timeline: timeline,
            width: given.map(\.count).max() ?? 0)
        if csv { show(format.csvHeader) }
        var files = AudioInputs(given) { [report] in report.warn($0) }.lazy.map { input in
            input.name == "-" && standardInput != nil
                ? AudioInputs.Input(url: standardInput?.url ?? input.url, name: "-") : input
        }.makeIterator()
        let part = shard.flatMap(Shard.init)
        let wanted = AnyIterator {
            while let input = files.next() {
                if part?.contains(input) == false { continue }
                if sink?.contains(input.name) == true {
                    report.alreadyDone += 1
                    continue
                }
                return input
            }
            return nil
        }
        let take: (AudioInputs.Input, Result<TrackPrediction, any Error>) throws -> Void = { input, result in
            report.count(input, result)
            if let sink { try sink.write(format, input, result) }
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
            let predictor = try GenrePredictor(
                model: model, pool: ThreadPool(threads: jobs ?? threads ?? cores), batch: 16)
            if let input = wanted.next() { try take(input, Result { try predictor.predict(input.url) }) }
        } else {
            try CollectionPredictor(model: model, jobs: jobs ?? threads ?? cores).run(wanted, take)
        }
        try sink?.close()
        if report.end() { throw ExitCode(1) }
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

/// A sound on standard input, kept in a file while it is heard: some formats are read back and forth.
private final class StandardInputFile {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("genre-stdin-\(ProcessInfo.processInfo.processIdentifier)")
        guard FileManager.default.createFile(atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: url.path)
        else { throw ToolError.unwritable(path: url.path) }
        while let piece = try FileHandle.standardInput.read(upToCount: 1 << 20), !piece.isEmpty {
            try file.write(contentsOf: piece)
        }
        try file.close()
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
