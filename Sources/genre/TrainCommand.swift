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
            A training on audio begins with the built-in model \(Transfer.modelName), of which only the dense layers are \
            trained (\(Transfer.epochs) epochs, learning rate \(Transfer.learningRate)), unless --net, --recipe or --from \
            ask for something else; --from none trains a net from scratch. All other trainings use the hyperparameters of the \
            net's authors ('genre nets' lists them). The run folder gets config.json, split.json, log.jsonl (a line an epoch), \
            checkpoints, best.safetensors (the best epoch's model), and at the end model.safetensors, verdicts.json, and \
            what 'genre report' writes: report.html and figures/.

            With --backbone, DATA may also be what the backbone says of each segment, in place of sound: an .npz file of X \
            [segments, tags], Y (genres) and IDS (tracks), as musicnn's authors publish it. Its columns are taken to be \
            the backbone's tags in their order.

            Ctrl-C stops after the step in progress. 'genre train --resume RUN' goes on after that, or after a crash, and \
            ends with the same bits as if nothing had happened; with more --epochs it goes on beyond a run's end.

            Examples:
              genre train my-music -o my-run
              genre train my-music --split artist-kfold:5 -o folds
              genre train coursework-folder --net deep --epochs 100
              genre train --resume my-run

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
            pickles; with --resume none, or where they lie now.
            """), completion: Completions.data)
    var data: [String] = []
    @OptionGroup(title: "Hyperparameters") var hyperparameters: HyperparameterOptions
    @OptionGroup(title: "The loop") var loop: LoopOptions
    @OptionGroup(title: "A head on an installed model") var headOptions: HeadOptions
    @OptionGroup(title: "Split") var splitOptions: SplitOptions
    @OptionGroup(title: "Augmentation and class balance (training only)") var augmentation: AugmentationOptions
    @OptionGroup(title: "Augmentation of sound (training only)") var sound: SoundAugmentationOptions
    @Option(
        help: """
            Recipe that makes features from audio: \(recipeNames); NAME:FRAMES for segments of another length. By default \
            the net's own, which 'genre nets' shows (schindler for the paper's).
            """,
        completion: Completions.recipe)
    var recipe: String?
    @OptionGroup var damaged: DamagedOption
    @OptionGroup var length: LengthOption
    @Option(help: "Number of threads; by default one per core. The result does not depend on it.", completion: .default)
    var threads: Int?
    @Option(
        name: [.short, .long], help: "The run folder; by default runs/<net>-<date>-<time>.", completion: .directory)
    var output: String?
    @Option(help: "Go on with the training in this run folder, or the trainings of a series.", completion: .directory)
    var resume: String?
    @OptionGroup(title: "Checkpoints") var checkpointOptions: CheckpointOptions
    @OptionGroup(title: "Cache of features") var cacheOptions: CacheOptions
    @Flag(help: "Write each epoch for TensorBoard, into the run folder's 'tensorboard', as it goes.")
    var tensorboard = false
    @Flag(help: "Write no report.html and no figures at the end.") var noReport = false
    @Flag(help: "Replace the run or the series that is in the run folder, with all that belongs to it.") var force =
        false
    @Flag(help: "Print the result as a JSON object.") var json = false

    func validate() throws {
        try refuseNetworkAddresses(data)
        let meaningless = headOptions.givenWithoutBackbone
        guard meaningless.isEmpty else {
            throw ValidationError("\(meaningless.joined(separator: ", ")) goes with --backbone.")
        }
        if headOptions.backbone != nil, headOptions.unfreeze {
            let others = namesGiven([("--recipe", recipe), ("--net", hyperparameters.net), ("--from", loop.from)])
            guard others.isEmpty else {
                throw ValidationError(
                    "--backbone names the net and its recipe: leave \(others.joined(separator: ", ")) out.")
            }
        } else if headOptions.backbone != nil {
            let others =
                hyperparameters.given.filter { !["--seed", "--segments"].contains($0) }
                + loop.given.filter { $0 != "--runs" } + augmentation.given + sound.given
                + namesGiven([("--recipe", recipe), ("--epochs", hyperparameters.epochs), ("--resume", resume)])
            guard others.isEmpty else {
                throw ValidationError(
                    "--backbone fits a head, of which nothing else is trained: leave \(others.joined(separator: ", ")) out."
                )
            }
        }
        guard resume != nil else {
            if data.isEmpty { throw ValidationError("Name the data to train on, or a run to --resume.") }
            return
        }
        // What was told when the run began is in its folder, and cannot be told again.
        let given =
            hyperparameters.given + loop.given + splitOptions.given + augmentation.given + sound.given
            + namesGiven([
                ("--recipe", recipe), ("--output", output), ("--force", force),
                ("--allow-damaged", damaged.allowDamaged),
            ])
        if !given.isEmpty {
            throw ValidationError(
                "--resume goes on as the run was told: leave \(given.joined(separator: ", ")) out. Beside it only --epochs, "
                    + "--threads, --json, --tensorboard, --no-report and what is said of checkpoints and the cache have a "
                    + "meaning.")
        }
    }

    func run() throws {
        let threads = try checked(threads: threads)
        if let resume { return try goOn(RunFolder(at: URL(fileURLWithPath: resume)), threads: threads) }
        let head = try HeadChoice(headOptions)
        let transfer =
            loop.from == nil && loop.tower.isEmpty && head == nil
            ? try Transfer(for: data, net: hyperparameters.net, recipe: recipe) : nil
        let base = try transfer?.model ?? loop.baseName.map { try openModel($0) }
        // Of a run's folder its model's file, so that the run can go on without another choice.
        let baseName =
            try transfer == nil ? loop.baseName.map { try modelFile($0)?.path ?? $0 } : Transfer.modelName
        var configuration = try hyperparameters.configuration(
            net: base?.card.architecture, change: { if transfer != nil { Transfer.change(&$0) } })
        let usual = configuration.augmentation
        configuration.augmentation = try augmentation.configuration(over: usual)
        try loop.apply(to: &configuration)
        let towers = try loop.towers(of: configuration.net)
        if let head { head.apply(to: &configuration, hyperparameters) }
        if let transfer {
            configuration.frozen = configuration.frozen ?? Transfer.frozen
            note(transfer.words(configuration))
        }
        let folder = URL(fileURLWithPath: output ?? "runs/\(configuration.net)-\(timestamp())")
        let choice = configuration.segmentsPerTrack.map { SegmentChoice.random(count: $0) } ?? .all
        let own = base == nil && head == nil ? ownRecipe : nil
        let recipeNeeded = base?.card.recipe ?? head?.model.card.recipe
        let request = splitOptions.request(seed: configuration.seed)
        let needed = ((transfer == nil ? baseName.map { [$0] } : nil) ?? towers.map(\.path)).map {
            URL(fileURLWithPath: $0)
        }
        try RunFolder.check(folder, replacing: force, needing: needed)
        let opened = try openData(
            data, recipe: recipe ?? own, for: recipeNeeded, segments: choice, seed: configuration.seed,
            threads: threads,
            augmentation: sound.augmentation(), allowsDamaged: damaged.allowDamaged, cache: cacheOptions.cache(),
            genres: .atLeast(request.leastTracks), split: request)
        let dataset = try request.usable(opened) { note("genre: \($0)") }
        configuration.augmentation =
            head == nil || headOptions.unfreeze
            ? try augmentation.configuration(over: head == nil ? usual?.fitted(to: dataset.set) : nil) : nil
        noteRemarks(on: dataset)
        let requested = recipe ?? own ?? (dataset.set.recipe.isOutputs ? nil : recipeNeeded?.name)
        let drawn = try request.draw(dataset)
        for warning in drawn.warnings { note("genre: \(warning)") }
        guard !(drawn.areFolds && (loop.runs ?? 1) > 1) else {
            throw ValidationError("--runs goes with one split, and '\(drawn.rule)' makes \(drawn.splits.count).")
        }

        // A run that cannot be is told before a folder is made, or cleared.
        let cache = try cacheOptions.cache()
        func planned(_ configuration: TrainingConfiguration, _ split: TrackSplit) throws -> TrainingRun {
            var run = try TrainingRun(
                configuration: configuration, data: dataset, split: split, paths: data,
                folder: RunFolder(at: folder), base: base.map { (model: $0, path: baseName!) },
                towers: towers, toolVersion: toolVersion)
            run.cache = cache
            return run
        }
        func placed(_ run: TrainingRun, in folder: RunFolder) -> TrainingRun {
            run.recorded(in: folder, recipe: requested, dataSeed: configuration.seed)
        }
        let runs = loop.runs ?? 1
        if !drawn.areFolds && runs == 1 {
            let run = try planned(configuration, drawn.splits[0])
            let (model, page) = try trainAndReport(
                placed(run, in: RunFolder(creating: folder, replacing: force, needing: needed)), threads: threads)
            return try showResult(RunFolder(at: folder), model.card, report: page)
        }

        let seeds = TrainingSeries.seeds(runs, from: configuration.seed)
        let names =
            drawn.areFolds ? drawn.splits.indices.map { "fold-\($0 + 1)" } : seeds.indices.map { "run-\($0 + 1)" }
        let plan = SeriesPlan(kind: drawn.areFolds ? .folds : .seeds, rule: drawn.rule, members: names)
        let runsPlanned = try names.indices.map { index in
            var own = configuration
            if !drawn.areFolds { own.seed = seeds[index] }
            return try planned(own, drawn.splits[drawn.areFolds ? index : 0])
        }
        let series = try SeriesFolder(creating: folder, members: names, replacing: force, needing: needed)
        let members = zip(runsPlanned, series.runs).map { placed($0, in: $1.folder) }
        let count = threads ?? UsableCores.count
        for member in members { try member.prepare(threads: count, checkpoints: checkpointOptions.rule) }
        try series.write(plan)
        try trainSeries(plan, members, in: series, threads: threads)
    }

    /// The recipe that the net was made for, where sound is to be turned into features; nil for ready-made ones.
    private var ownRecipe: String? {
        guard let net = hyperparameters.net.flatMap(Architecture.named),
            case .audio? = DatasetLoader.featureOrigin(of: data.map { URL(fileURLWithPath: $0) })
        else { return nil }
        return net.recipe
    }

    // MARK: - Going on

    /// Goes on with a run or a series as its folder says.
    private func goOn(_ folder: RunFolder, threads: Int?) throws {
        if SeriesFolder.isSeries(folder.url) {
            guard hyperparameters.epochs == nil else {
                throw ValidationError("A series goes on as it was told: leave --epochs out.")
            }
            let (series, plan) = try SeriesFolder.open(folder.url)
            let records = try series.runs.map { try $0.folder.record() }
            guard let first = records.first else { return }
            let dataset = try open(first, threads: threads)
            let members = try zip(series.runs, records).map { run, record in
                var run = try TrainingRun(resuming: run.folder, moved(record), data: dataset, toolVersion: toolVersion)
                run.cache = try cacheOptions.cache()
                return run
            }
            return try trainSeries(plan, members, in: series, threads: threads)
        }
        let told = try folder.record()
        let record = try hyperparameters.epochs.map { try told.extended(to: $0) } ?? told
        if folder.isFinished && record == told {
            let card = try TrainedModel(contentsOf: folder.model).card
            note("the run is finished; with more --epochs it goes on")
            return try showResult(folder, card, report: missingReport(of: folder, record, threads: threads))
        }
        var run = try TrainingRun(
            resuming: folder, moved(record), data: open(record, threads: threads), toolVersion: toolVersion)
        run.cache = try cacheOptions.cache()
        let (model, page) = try trainAndReport(run, threads: threads, resuming: true)
        try showResult(folder, model.card, report: page)
    }

    /// Writes the page of a finished run that was ended before it had one.
    private func missingReport(of folder: RunFolder, _ record: RunRecord, threads: Int?) -> URL? {
        guard lacksReport(folder) else { return nil }
        note("its report is missing, and is written now")
        do {
            let run = try TrainingRun(
                resuming: folder, moved(record), data: open(record, threads: threads), toolVersion: toolVersion)
            return reportAfterTraining(run, threads: threads)
        } catch {
            note("genre: no report was written: \(error)")
            return nil
        }
    }

    private func lacksReport(_ folder: RunFolder) -> Bool {
        !noReport && !FileManager.default.fileExists(atPath: folder.report.path)
    }

    /// The record with the place where the data are said to lie now.
    private func moved(_ record: RunRecord) -> RunRecord { data.isEmpty ? record : record.moved(to: data) }

    /// Trains, then writes what the flags ask for.
    private func trainAndReport(
        _ run: TrainingRun, threads: Int?, resuming: Bool = false, interruption: Interruption? = nil, laterRuns: Int = 0
    ) throws -> (model: TrainedModel, page: URL?) {
        // A run that was told to keeps writing.
        let isKept = resuming && FileManager.default.fileExists(atPath: run.folder.tensorboard.path)
        let log = tensorboard || isKept ? TensorBoardLog(run) : nil
        let model = try train(
            run, threads: threads, checkpoints: checkpointOptions.rule, resuming: resuming,
            interruption: interruption ?? Interruption(), laterRuns: laterRuns, callbacks: log.map { [$0] } ?? [])
        if noReport && log == nil { return (model, nil) }
        return (model, reportAfterTraining(run, page: !noReport, events: log?.events, threads: threads))
    }

    /// The data of a run, where it lay when the run began, or where it is said to lie now.
    private func open(_ record: RunRecord, threads: Int?) throws -> LoadedDataset {
        if record.toolVersion != toolVersion || record.instructionSet != activeInstructionSet {
            note(
                "genre: warning: the run began with version \(record.toolVersion) on \(record.instructionSet) kernels; "
                    + "its bits will not be the same on \(toolVersion), \(activeInstructionSet)")
        }
        let choice = record.configuration.segmentsPerTrack.map { SegmentChoice.random(count: $0) } ?? .all
        return try openData(
            data.isEmpty ? record.paths : data, recipe: record.requestedRecipe, segments: choice, seed: record.dataSeed,
            threads: threads, augmentation: record.configuration.augmentation?.sound,
            allowsDamaged: record.allowsDamaged ?? true, cache: cacheOptions.cache(),
            genres: .only(record.genres))
    }

    // MARK: - Series

    /// A run a member, each in a folder of its own, then what they say together. Finished members are left as they are,
    /// begun ones go on.
    private func trainSeries(
        _ plan: SeriesPlan, _ members: [TrainingRun], in folder: SeriesFolder, threads: Int?
    ) throws {
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        let interruption = Interruption()
        var series = TrainingSeries(kind: plan.kind, rule: plan.rule)
        var open = members.filter { !$0.folder.isFinished }.count
        for (name, run) in zip(plan.members, members) {
            let card: ModelCard
            if run.folder.isFinished {
                card = try TrainedModel(contentsOf: run.folder.model).card
                if lacksReport(run.folder) { reportAfterTraining(run, threads: threads) }
            } else {
                try interruption.check()
                note("\(name) of \(members.count)")
                open -= 1
                card = try trainAndReport(
                    run, threads: threads, resuming: true, interruption: interruption, laterRuns: open
                ).model.card
            }
            guard let scores = card.scores else { continue }
            series.add(.init(name: name, seed: run.configuration.seed, scores: scores))
        }
        try folder.write(series)
        let page = noReport ? nil : comparisonAfterTraining(folder)
        let epochs = members[0].configuration.epochs
        if json {
            try printJSON(SeriesResult(series, folder: folder, epochs: epochs))
        } else {
            showText("split: \(plan.rule)\n")
            show(table(of: series))
            show(
                "\nruns: \(folder.url.relativePath)\nsummary: \(folder.summary.relativePath)"
                    + (page.map { "\ncomparison: \($0.relativePath)" } ?? ""))
            let name = shellWord(folder.url.relativePath)
            noteNext(
                (page.map { [("open the comparison", fileLink($0))] } ?? [])
                    + [
                        ("compare with others", "genre compare \(name) OTHER-RUN"),
                        ("look into one run", "genre inspect \(name)/\(plan.members[0])"),
                    ])
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
