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
        abstract: "Classify music by genre: files, folders, playlists, standard input.",
        discussion: """
            Prints a line for each track: genre, confidence, the file, and the other genres above 5%. Any format that \
            FFmpeg's libraries can read will do, and any length: files are streamed. Folders are searched at any depth; \
            playlists are .m3u, .m3u8 and .pls; '-' is a sound on standard input.

            Examples:
              genre predict song.mp3
              genre predict MUSIC --unsure 60% -o genres.csv
              genre predict --model my-run --timeline song.mp3
              genre predict mix.m3u8 --json

            A file that cannot be heard is reported at the end and the rest goes on; the exit code is then 1. A verdict \
            with a confidence below --unsure is marked so. Tracks shorter than the model's segment are padded and marked \
            'short'. Silence has no part in a verdict: segments 60 dB below the track's loudest, or with nothing but a \
            constant, are left out, and their time is shown. Files with corrupt packets are marked 'damaged'.

            A collection: -o results.jsonl (or .csv or .tsv, which have every genre) keeps the results, each with the model's name \
            and a digest of the model and of the options --top, --unsure and --timeline; --resume goes on where a \
            broken-off run of the same digest ended, and tries again what failed (where a file has two lines, the later \
            one holds); --shard 2/5 takes one of five parts, told by the files' names alone.

            Without --model the best model is taken that can be: a fusion of GenreKit's own net with one on musicnn, if \
            'genre fetch musicnn' has installed that, else the net alone. --json names the model, and what each member of \
            a fusion says.
            """)

    @Option(
        help: """
            A model file, a run folder of 'genre train', or a built-in model (\(builtInModelNames)); by default the best \
            that can be used here.
            """, completion: Completions.model)
    var model: String?
    @OptionGroup var audio: AudioArguments
    @Option(
        name: [.short, .long],
        help: "Write the results to a file too: .jsonl (a JSON object a line), .csv or .tsv; '-' stands for --json.",
        completion: .file(extensions: ["jsonl", "csv", "tsv"]))
    var output: String?
    @Flag(help: "With -o: keep the verdicts that are there, and do what is missing or failed.") var resume = false
    @Flag(help: "With -o: replace a file that is there, whatever it holds.") var force = false
    @Option(help: "Show at most this many genres of each track (3).", completion: .default) var top: Int?
    @Option(help: "Mark a verdict as unsure below this confidence: 0.4 or 40%.", completion: .default)
    var unsure = Share(0.4)
    @Flag(help: "Show the genre of each part of a track.") var timeline = false
    @Flag(help: "Print one JSON object per file.") var json = false
    @Flag(help: "Print CSV: a row per file, a column per genre.") var csv = false
    @Flag(
        help: """
            In CSV and TSV: begin with a UTF-8 mark, and put an apostrophe before text that a spreadsheet takes for a \
            formula (=, +, -, @, a tab or a line end at its start) and before one that begins with an apostrophe.
            """)
    var spreadsheet = false
    @Option(help: ArgumentHelp("Take part I of N of the files.", valueName: "i/n"), completion: .default) var shard:
        String?

    func validate() throws {
        guard !(json && csv) else { throw ValidationError("--json and --csv exclude each other.") }
        guard !csv || (top == nil && !timeline) else {
            throw ValidationError(
                "--csv has every genre of the whole track: --top and --timeline are for text and --json.")
        }
        guard top ?? 1 >= 1 else { throw ValidationError("--top must be at least 1.") }
        _ = try unsure.checked("--unsure")
        try AudioArguments.refuseModels(audio.inputs)
        let isKept = output.map { !StandardStreams.isOutput($0) } ?? false
        guard !resume || isKept else { throw ValidationError("--resume needs -o, the file to go on with.") }
        guard !force || isKept else { throw ValidationError("--force needs -o, the file to replace.") }
        guard !(force && resume) else { throw ValidationError("--force and --resume exclude each other.") }
        let endings = ["csv", "tsv"]
        guard !spreadsheet || csv || endings.contains(output.map { ($0 as NSString).pathExtension.lowercased() } ?? "")
        else { throw ValidationError("--spreadsheet is for tables: --csv, or -o with a name in .csv or .tsv.") }
        if let shard, Shard(shard) == nil { throw ValidationError("--shard must be I/N, say 2/5, not '\(shard)'.") }
    }

    func run() throws {
        let place = output.flatMap { StandardStreams.isOutput($0) ? nil : URL(fileURLWithPath: $0) }
        let layout = try place.map { try ResultsLayout($0, forSpreadsheets: spreadsheet) }
        let printed = TableLayout(forSpreadsheets: spreadsheet)
        let json = json || (output.map(StandardStreams.isOutput) ?? false) && !csv
        let named = try NamedModel(model)
        let model = named.model
        let collection = try audio.open()
        let part = shard.flatMap(Shard.init)
        let report = CollectionReport(
            count: InputCount(of: collection.given) { part?.contains($0) ?? true },
            failuresAreKept: place != nil || json || csv)
        let format = PredictionFormat(
            model: named.name, genres: model.genres, top: top ?? 3, unsure: unsure.value, timeline: timeline,
            columns: Terminal.isTerminal(STDOUT_FILENO) ? Terminal.columns(of: STDOUT_FILENO) : nil)
        let sink = try place.map {
            var kept = format
            kept.origin = PredictionFormat.Origin(
                model: named.name, digest: try digest(of: model, isTable: layout != .lines))
            return try PredictionSink(
                $0, format: kept, layout: layout ?? .lines, earlier: force ? .replaced : resume ? .kept : .none)
        }
        if csv { showData(format.csvHeader(printed)) }
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
                report.add(prediction, isUnsure: prediction.confidence < unsure.value)
                report.clear()
                if json {
                    showData(try format.json(input, prediction))
                } else if csv {
                    showData(format.csv(input, result, printed))
                } else {
                    show(format.text(input, prediction))
                }
            case .failure(let error):
                if json { showData(try format.json(input, error)) }
                if csv { showData(format.csv(input, result, printed)) }
            }
            report.progress()
        }
        try sink?.close()
        let isWell = report.end()
        // Whoever named no model is told which it was, where somebody watches; programs find it in the results.
        if self.model == nil, !json, !csv {
            if Terminal.isTerminal(STDERR_FILENO) { note("model: \(named.name)\(words(for: model))") }
            named.better.map { FetchHint.standard()?.show($0, insteadOf: named.name) }
        }
        if !isWell { throw ExitCode(1) }
    }

    /// " (gtzan-compact and gtzan-musicnn)" of a fusion.
    private func words(for model: GenreModel) -> String {
        guard case .fused(let fusion) = model else { return "" }
        return " (\(fusion.members.map(\.name).joined(separator: " and ")))"
    }

    /// Of all of the model that the results depend on, and of the options that shape a line.
    private func digest(of model: GenreModel, isTable: Bool) throws -> String {
        // A number for what a line says and how it comes about: results of before silence was left out do not mix.
        let options = "2 " + (isTable ? "\(unsure.value)" : "\(unsure.value) \(top ?? 3) \(timeline)")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        func bytes(of net: TrainedModel, _ text: String) throws -> Data {
            try Data("\(BaseModel.digest(net.parameters)) \(text) ".utf8) + encoder.encode(net.card.genres)
                + encoder.encode(net.card.recipe) + encoder.encode(net.card.calibration)
        }
        var hash = SHA256()
        switch model {
        case .single(let net): hash.update(try bytes(of: net, options))
        case .fused(let fusion):
            hash.update(Data("fusion \(options) ".utf8))
            for member in fusion.members {
                hash.update(try bytes(of: member.model, "\(member.weight) \(member.every)"))
            }
            hash.update(try encoder.encode(fusion.calibration))
        }
        return hash.hexDigest()
    }
}
