import ArgumentParser
import Foundation
import ModelFile
import NeuralNetwork
import Prediction
import Storage
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

            A collection: -o results.jsonl (or .csv, which has every genre) keeps the results, each with the model's name \
            and a digest of the model and of the options --top, --unsure and --timeline; --resume goes on where a \
            broken-off run of the same digest ended, and tries again what failed (where a file has two lines, the later \
            one holds); --shard 2/5 takes one of five parts, told by the files' names alone.
            """)

    @Option(
        help: """
            A model that 'genre train' or 'genre import' wrote, or the name of a built-in one \
            (\(BuiltInModel.all.map(\.name).joined(separator: ", "))).
            """)
    var model: String?
    @OptionGroup var audio: AudioArguments
    @Option(name: [.short, .long], help: "Write the results to a file too, as JSON lines or, if it ends in .csv, CSV.")
    var output: String?
    @Flag(help: "With -o: keep the verdicts that are there, and do what is missing or failed.") var resume = false
    @Option(help: "Genres to show of each track (3).") var top: Int?
    @Option(help: "Confidence, 0 to 1, under which a verdict is marked unsure.") var unsure = 0.4
    @Flag(help: "Show how the genre goes through each track.") var timeline = false
    @Flag(help: "Print one JSON object a file.") var json = false
    @Flag(help: "Print CSV: a line a file, a column a genre.") var csv = false
    @Option(help: ArgumentHelp("Take part I of N of the files.", valueName: "i/n")) var shard: String?

    func validate() throws {
        guard !(json && csv) else { throw ValidationError("--json and --csv exclude each other.") }
        guard !csv || (top == nil && !timeline) else {
            throw ValidationError(
                "--csv has every genre of the whole track: --top and --timeline are for text and --json.")
        }
        guard top ?? 1 >= 1 else { throw ValidationError("--top must be at least 1.") }
        guard (0...1).contains(unsure) else { throw ValidationError("--unsure must be 0 to 1, not \(unsure).") }
        guard !resume || output != nil else { throw ValidationError("--resume needs -o, the file to go on with.") }
        if let shard, Shard(shard) == nil { throw ValidationError("--shard must be I/N, say 2/5, not '\(shard)'.") }
    }

    func run() throws {
        let model = try openModel(model)
        let collection = try audio.open()
        let part = shard.flatMap(Shard.init)
        let report = CollectionReport(
            count: InputCount(of: collection.given) { part?.contains($0) ?? true },
            failuresAreKept: output != nil || json || csv)
        let format = PredictionFormat(
            genres: model.card.genres, top: top ?? 3, unsure: unsure, timeline: timeline,
            width: collection.given.map(\.count).max() ?? 0)
        let sink = try output.map {
            let url = URL(fileURLWithPath: $0)
            var kept = format
            kept.origin = try origin(model, isCSV: PredictionSink.isCSV(url))
            return try PredictionSink(url, format: kept, resuming: resume)
        }
        if csv { show(format.csvHeader) }
        var files = collection.files { [report] in report.warn($0) }.makeIterator()
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
        try collection.hear(wanted, with: model, { try $0.predict($1) }) { input, result in
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
        try sink?.close()
        if !report.end() { throw ExitCode(1) }
    }

    /// What the results come from: all of the model that they hang on, and the options that shape a line.
    private func origin(_ opened: TrainedModel, isCSV: Bool) throws -> PredictionFormat.Origin {
        let name = model.map { URL(fileURLWithPath: $0).lastPathComponent } ?? BuiltInModel.all[0].name
        let weights = BaseModel.digest(opened.parameters)
        let options = isCSV ? "\(unsure)" : "\(unsure) \(top ?? 3) \(timeline)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var hash = SHA256()
        hash.update(Data("\(weights) \(options) ".utf8))
        hash.update(try encoder.encode(opened.card.genres))
        hash.update(try encoder.encode(opened.card.recipe))
        hash.update(try encoder.encode(opened.card.calibration))
        return PredictionFormat.Origin(model: name, digest: hash.hexDigest())
    }
}
