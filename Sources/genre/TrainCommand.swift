import ArgumentParser
import Architectures
import Datasets
import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Report
import Training

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a net on folders or tables of music, spectrograms, or the coursework pickles.",
        discussion: """
            DATA is one or more folders of genre folders (blues/, jazz/ …; any audio format inside; several are joined by \
            genre), one folder that holds train.pkl and val.pkl, or a segment store that 'genre features' wrote. It may also \
            be one file: a table of audio files (.csv, .tsv: path,genre and perhaps artist,split), spectrograms with labels \
            (.npz, or .npy with labels beside it), or the coursework's music_genres_dataset.pkl of 2018. Features of audio \
            are computed once and kept in a cache. \
            Hyperparameters are the report's. The run folder gets config.json, log.jsonl (a line an epoch), \
            model.safetensors, and what 'genre report' writes: report.html and figures/.

            Splits (--split), all by track:
            \(splitRuleList)

            Nets:
            \(netList)

            \(netCautions)
            """)

    @Argument(
        help: ArgumentHelp(
            """
            Folders of genre folders, a table (.csv, .tsv), spectrograms (.npz, .npy), a segment store, or coursework \
            pickles.
            """))
    var data: [String]
    @OptionGroup(title: "Hyperparameters") var hyperparameters: HyperparameterOptions
    @OptionGroup(title: "Split") var splitOptions: SplitOptions
    @OptionGroup(title: "Augmentation and class balance (training only)") var augmentation: AugmentationOptions
    @OptionGroup(title: "Augmentation of sound (training only)") var sound: SoundAugmentationOptions
    @Option(help: "Recipe that makes features from audio: \(recipeNames). By default schindler.") var recipe: String?
    @Option(help: "Number of threads; by default one a core. The result does not depend on it.") var threads: Int?
    @Option(name: [.short, .long], help: "The run folder; by default runs/<net>-<date>-<time>.") var output: String?
    @OptionGroup(title: "Cache of features") var cacheOptions: CacheOptions
    @Flag(help: "Write each epoch for TensorBoard, into the run folder's 'tensorboard', as it goes.")
    var tensorboard = false
    @Flag(help: "Write no report.html and no figures at the end.") var noReport = false
    @Flag(help: "Replace a run that is in the run folder.") var force = false
    @Flag(help: "Print the result as a JSON object.") var json = false

    func run() throws {
        let configuration = try hyperparameters.configuration(augmentation: augmentation.configuration())
        let folder = URL(fileURLWithPath: output ?? "runs/\(configuration.net)-\(timestamp())")
        let threads = try checked(threads: threads)
        let choice = configuration.segmentsPerTrack.map { SegmentChoice.random(count: $0) } ?? .all
        let dataset = try openData(
            data, recipe: recipe, segments: choice, seed: configuration.seed, threads: threads,
            augmentation: sound.augmentation(), cache: cacheOptions.cache())
        let drawn = try splitOptions.request(seed: configuration.seed).draw(dataset)
        for warning in drawn.warnings { note("genre: \(warning)") }
        if drawn.areFolds { return try trainFolds(drawn, dataset, configuration, in: folder, threads: threads) }
        let run = try TrainingRun(
            configuration: configuration, data: dataset, split: drawn.splits[0], paths: data,
            folder: RunFolder(creating: folder, replacing: force), toolVersion: toolVersion)
        let (model, report) = try trainAndReport(run, threads: threads)
        let card = model.card
        let scores = card.scores!
        if json {
            try printJSON(TrainingResult(run: run.folder, epochs: configuration.epochs, card: card))
        } else {
            show("split: \(card.split ?? drawn.rule)")
            show(
                "\(configuration.net) after epoch \(configuration.epochs), on the \(card.scoredSide) tracks: "
                    + table(of: scores))
            if let held = card.validationScores { show("\non the held-out tracks: " + line(of: held)) }
            show(
                "\nrun: \(run.folder.url.path)\nmodel: \(run.folder.model.path)"
                    + (report.map { "\nreport: \($0.path)" } ?? ""))
        }
    }

    /// Trains, then writes what the flags ask for.
    private func trainAndReport(_ run: TrainingRun, threads: Int?) throws -> (model: TrainedModel, page: URL?) {
        let events = try tensorboard ? RunEvents(of: run) : nil
        let model = try train(run, threads: threads) { event in
            if case .epoch(let record) = event { try events?.add(record) }
        }
        if noReport && events == nil { return (model, nil) }
        return (model, reportAfterTraining(run, page: !noReport, events: events, threads: threads))
    }

    /// A run a fold, each in a folder of its own, then what they say together.
    private func trainFolds(
        _ drawn: DrawnSplits, _ dataset: LoadedDataset, _ configuration: TrainingConfiguration, in folder: URL,
        threads: Int?
    ) throws {
        let names = drawn.splits.indices.map { "fold-\($0 + 1)" }
        let seriesFolder = try SeriesFolder(creating: folder, members: names, replacing: force)
        var series = TrainingSeries(kind: .folds, rule: drawn.rule)
        for ((name, runFolder), split) in zip(seriesFolder.runs, drawn.splits) {
            note("\(name) of \(names.count)")
            let run = try TrainingRun(
                configuration: configuration, data: dataset, split: split, paths: data, folder: runFolder,
                toolVersion: toolVersion)
            let card = try trainAndReport(run, threads: threads).model.card
            series.add(.init(name: name, seed: configuration.seed, scores: card.scores!))
        }
        try seriesFolder.write(series)
        let report = noReport ? nil : comparisonAfterTraining(seriesFolder)
        if json {
            try printJSON(SeriesResult(series, folder: seriesFolder, epochs: configuration.epochs))
        } else {
            show("split: \(drawn.rule)\n")
            show(table(of: series))
            show(
                "\nruns: \(folder.path)\nsummary: \(seriesFolder.summary.path)"
                    + (report.map { "\nreport: \($0.path)" } ?? ""))
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
    let split: String
    /// Whose the scores are: "held-out" or "test".
    let scored: String
    let scores: ScoresObject
    let validation: ScoresObject?

    init(run: RunFolder, epochs: Int, card: ModelCard) {
        let scores = card.scores!
        split = card.split ?? "unknown"
        scored = card.scoredSide
        validation = card.validationScores.map(ScoresObject.init)
        self.run = run.url.path
        model = run.model.path
        self.epochs = epochs
        raw = scores.raw
        max = scores.max
        maj = scores.maj
        self.scores = ScoresObject(scores)
    }
}
