import Architectures
import ArgumentParser
import Benchmarks
import Datasets
import Features
import Foundation
import NeuralNetwork
import Report
import Training

struct ReproduceCommand: ParsableCommand {
    enum Plan: String, CaseIterable, ExpressibleByArgument {
        case table1, related
    }

    static let configuration = CommandConfiguration(
        commandName: "reproduce",
        abstract: "Reproduce the paper's Table I and put our accuracies beside the published ones.",
        discussion: """
            The paper is 'Implementation of Shallow and Deep Neural Network Architecture for Music Genre Classification' \
            by Pandey, Hossain & Bayraktar (University of Bristol).

            Each net is trained for 200 epochs under five seeds, as 'genre train DATA --net NET --seed SEED' does it; \
            accuracies are given after 100 and 200 epochs. Finished runs are kept and begun ones go on: the same command, \
            or one with more seeds, nets or epochs, goes on where the last one stopped. After every run the output folder \
            gets report.html, figures, results.json and the table for a text: table.tex, table.md, table.csv.

            Nets: \(Reproduction.usualNets.joined(separator: ", ")); --net chooses others, '--net deep:3' under three seeds.

            With --plan related, every net of 'genre nets' is trained once instead, by its authors' settings (no longer than \
            \(RelatedStudy.usualEpochs) epochs) and, on audio, by their recipe; one table shows raw, max and maj on the \
            tracks that no training saw, beside what the authors published and why that does not compare. --split may \
            name folds. Of Cheng et al. 2020, whom the paper cites, no layers are known; crnn stands in for their net.

            Examples:
              genre reproduce coursework --dry-run
              genre reproduce coursework --quick
              genre reproduce coursework -o table1
              genre reproduce coursework -o table1 --format latex > table.tex
              genre reproduce gtzan.npz --plan related --split filtered -o related
            """)

    @Argument(
        help: "As for 'genre train': for the paper's own data the folder with train.pkl and val.pkl.",
        completion: Completions.data)
    var data: [String]
    @Option(
        name: [.short, .long], help: "The folder of runs and page; by default reproduction or reproduction-quick.",
        completion: .directory)
    var output: String?
    @Option(
        help: ArgumentHelp("Nets to train, with seeds of their own. Repeat for several.", valueName: "net[:seeds]"),
        completion: Completions.net)
    var net: [String] = []
    @Option(
        help: "What is trained: table1 (the paper's Table I) or related (every net once).", completion: .default)
    var plan: Plan = .table1
    @Option(
        help: "With --plan related: the recipe, as for 'genre train'; by default each net's own on audio.",
        completion: Completions.recipe)
    var recipe: String?
    @Option(help: "Seeds, from 0; by default 5.", completion: .default) var seeds: Int?
    @Option(help: "Epochs of each training; half-way accuracies are given, too. By default 200.", completion: .default)
    var epochs: Int?
    @Flag(
        help:
            "Train the first net by batches of \(Reproduction.studiedBatches.map(String.init).joined(separator: ", ")), too."
    )
    var batchStudy = false
    @Flag(help: "A smoke run of minutes: a tenth of the tracks, one seed, four epochs. Its accuracies are no result.")
    var quick = false
    @Flag(help: "Only list the trainings and estimate their time, from a second's work; --json lists each of them.")
    var dryRun = false
    @OptionGroup var replacing: ReplacingOption
    @Flag(help: "Print the results as a JSON object, as in results.json.") var json = false
    @Option(
        help: ArgumentHelp(
            "Print the table as \(ReproductionTable.Format.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "notation"))
    var format: ReproductionTable.Format?
    @OptionGroup(title: "Figures") var figureOptions: FigureOptions
    @OptionGroup(title: "Split") var splitOptions: SplitOptions
    @OptionGroup var damaged: DamagedOption
    @OptionGroup var length: LengthOption
    @Option(help: "Number of threads; by default one per core. The result does not depend on it.", completion: .default)
    var threads: Int?
    @OptionGroup(title: "Cache of features") var cacheOptions: CacheOptions

    func validate() throws {
        guard format == nil || !json else { throw ValidationError("--format and --json exclude each other.") }
        guard format == nil || !dryRun else { throw ValidationError("--format and --dry-run exclude each other.") }
        switch plan {
        case .table1:
            guard recipe == nil else { throw ValidationError("--recipe goes with --plan related.") }
        case .related:
            guard seeds == nil, !batchStudy else {
                throw ValidationError("--plan related trains each net once: leave --seeds and --batch-study out.")
            }
        }
    }

    func run() throws {
        let threads = try checked(threads: threads)
        let figures = try figureOptions.checked()
        if plan == .related { return try runRelated(figures, threads: threads) }
        var reproduction = try tableOne()
        if dryRun { return try showPlan(reproduction, threads: threads) }
        let place = reproduction.folder.appendingPathComponent("report.html")
        try ReproductionReport.check(page: place, figures: figuresFolder(beside: place), replacing: replacing.force)
        let drawn = DrawnData { seed in try draw(seed: seed, threads: threads) }
        // Every seed draws segments of its own; the first ones tell by what rule tracks are divided, and how many there are.
        let first = try drawn(reproduction.members[0].seed)
        reproduction.split = first.split.rule
        let open = try reproduction.members.filter { try reproduction.finishedRun(of: $0) == nil }
        note(
            "\(reproduction.members.count - open.count) of \(counted(reproduction.members.count, "run")) "
                + "\(reproduction.members.count == 1 ? "is" : "are") finished")
        if !open.isEmpty {
            let estimate = try ReproductionEstimate(
                of: open, reproduction, training: first.split.segments(.training, of: first.data.set).count,
                validation: first.split.segments(.validation, of: first.data.set).count,
                pool: ThreadPool(threads: threads))
            for line in lines(of: estimate, reproduction) { note(line) }
            try train(open, reproduction, drawn, OverallTime(estimate), figures, threads: threads)
        }
        let (report, files) = try writePage(reproduction, drawn, figures, threads: threads)
        try showResults(text: report.text(), json: report.json(), table: report.table, files)
    }

    /// Prints what a plan came to, in the form that was asked for.
    func showResults(
        text: String, json data: @autoclosure () throws -> Data, table: (ReproductionTable.Format) -> String,
        _ files: (files: [URL], figures: [URL])
    ) throws {
        if json {
            let text = String(decoding: try data(), as: UTF8.self)
            showData(JSONText.safe(text.trimmingCharacters(in: .newlines)))
        } else if let format {
            show(table(format).trimmingCharacters(in: .newlines))
        } else {
            show("\(text)\n\nreport: \(files.files[0].path)")
            show("tables: \(files.files.dropFirst().map(\.lastPathComponent).joined(separator: ", ")) beside it")
            sayFigures(files.figures)
        }
    }

    // MARK: - The plan

    /// A line of `--dry-run --json`.
    private struct PlanWords: Encodable {
        struct Member: Encodable {
            let net: String
            let batch: Int
            let seed: UInt64
            let folder: String
            let epochs: Int
            let epochsDone: Int
            let estimatedSeconds: Double

            private enum CodingKeys: String, CodingKey {
                case net, batch, seed, folder, epochs
                case epochsDone = "epochs_done"
                case estimatedSeconds = "estimated_seconds"
            }
        }

        let members: [Member]
        let estimatedSeconds: Double
        let trainingSegments: Int
        let validationSegments: Int
        /// How the numbers of segments are known: "counted", "assumed".
        let segments: String
        let threads: Int

        private enum CodingKeys: String, CodingKey {
            case members, segments, threads
            case estimatedSeconds = "estimated_seconds"
            case trainingSegments = "training_segments"
            case validationSegments = "validation_segments"
        }
    }

    /// Says what there is to do; nothing is decoded or trained.
    private func showPlan(_ reproduction: Reproduction, threads: Int?) throws {
        let open = try reproduction.members.filter { try reproduction.finishedRun(of: $0) == nil }
        let size = try segmentCounts()
        let pool = try ThreadPool(threads: threads)
        let estimate = try ReproductionEstimate(
            of: open, reproduction, training: size.training, validation: size.validation, pool: pool)
        guard !json else {
            let members = reproduction.members.map { member in
                let own = estimate.members.first { $0.member == member }
                let last = reproduction.milestones.last!
                return PlanWords.Member(
                    net: member.net, batch: member.batch, seed: member.seed, folder: member.folder.path, epochs: last,
                    epochsDone: own?.done ?? last, estimatedSeconds: (own?.seconds ?? 0).rounded())
            }
            return try printJSON(
                PlanWords(
                    members: members, estimatedSeconds: estimate.seconds.rounded(), trainingSegments: size.training,
                    validationSegments: size.validation, segments: size.isAssumed ? "assumed" : "counted",
                    threads: pool.threads))
        }
        let finished = reproduction.members.count - open.count
        show("\(finished) of \(counted(reproduction.members.count, "run")) \(finished == 1 ? "is" : "are") finished")
        for line in lines(of: estimate, reproduction) { show(line) }
        show(
            """
            Estimated from a few steps on \(counted(pool.threads, "thread")): it may be wrong by half, and other work
            on the machine adds to it. Segments (\(size.isAssumed ? "assumed from the files" : "counted")): \
            \(grouped(size.training)) training, \(grouped(size.validation)) validation.
            """)
    }

    /// The segments of each side, or what they probably are where counting would take long.
    private func segmentCounts() throws -> (training: Int, validation: Int, isAssumed: Bool) {
        let paths = data.map { URL(fileURLWithPath: $0) }
        let share = quick ? 10 : 1
        if let tracks = try DatasetLoader.audioFileCount(paths) {
            // Three quarters of the tracks train by the usual split; 15 segments are drawn of each.
            return (tracks * 3 / 4 * 15 / share, (tracks - tracks * 3 / 4) * 15 / share, true)
        }
        let bytes = paths.reduce(0) { sum, path in
            let files =
                (try? FileManager.default.contentsOfDirectory(at: path, includingPropertiesForKeys: [.fileSizeKey]))
                ?? [path]
            return sum + files.reduce(0) { $0 + ((try? $1.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0) }
        }
        // As many as the paper has.
        if bytes > 400 << 20 { return (11_250 / share, 3_750 / share, true) }
        let first = try draw(seed: 0, threads: threads)
        return (
            first.split.segments(.training, of: first.data.set).count,
            first.split.segments(.validation, of: first.data.set).count, false
        )
    }

    /// A line a row, and the sum.
    private func lines(of estimate: ReproductionEstimate, _ reproduction: Reproduction) -> [String] {
        let rows = reproduction.nets + reproduction.batches.filter { $0.batch != $0.net.defaultBatch }
        let lines = rows.compactMap { row -> String? in
            let own = estimate.members.filter { $0.member.net == row.net.name && $0.member.batch == row.batch }
            guard let first = own.first else { return nil }
            let name = row.net.name + (row.batch == row.net.defaultBatch ? "" : ", batch \(row.batch)")
            let begun = own.filter { $0.done > 0 }
            return "\(name.left(20)) \(counted(own.count, "run")) of \(counted(first.epochs, "epoch")), about "
                + "\(duration(first.secondsPerEpoch * Double(first.epochs))) each"
                + (begun.isEmpty ? "" : "; \(begun.count) begun")
        }
        return lines + ["about \(duration(estimate.seconds)) in all"]
    }

    private func tableOne() throws -> Reproduction {
        let usual = seeds ?? (quick ? 1 : 5)
        let epochs = epochs ?? (quick ? 4 : 200)
        func checked(_ count: Int) throws -> [UInt64] {
            guard 1...1000 ~= count else { throw ValidationError("Seeds must be 1 to 1000.") }
            return (0..<count).map(UInt64.init)
        }
        let groups = try (net.isEmpty ? Reproduction.usualNets : net).map { words in
            let parts = words.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let count = parts.count > 1 ? Int(parts[1]) : usual else {
                throw ValidationError("--net \(words): after the colon stands a number of seeds, as in deep:3.")
            }
            return Reproduction.Group(net: try architecture(named: String(parts[0])), seeds: try checked(count))
        }
        guard 1...100_000 ~= epochs else { throw ValidationError("--epochs must be 1 to 100000.") }
        guard Set(groups.map(\.net.name)).count == groups.count else {
            throw ValidationError("--net names a net twice.")
        }
        return Reproduction(
            folder: URL(fileURLWithPath: output ?? (quick ? "reproduction-quick" : "reproduction")), nets: groups,
            batches: batchStudy ? Reproduction.studiedBatches : [],
            milestones: epochs > 1 ? [epochs / 2, epochs] : [epochs], isSmokeRun: quick)
    }

    private typealias Drawn = (data: LoadedDataset, split: TrackSplit, warnings: [String])

    /// The data and split of one seed, as 'genre train' draws them.
    private func draw(seed: UInt64, threads: Int?) throws -> Drawn {
        let drawn = try drawSplits(segments: .random(count: 15), seed: seed, threads: threads)
        guard !drawn.areFolds else { throw ValidationError("Choose a split of one fold: --split names several.") }
        return (drawn.data, drawn.splits[0], drawn.warnings)
    }

    /// The data, and the splits that are asked for; a tenth of their tracks in a smoke run.
    func drawSplits(
        recipe: String? = nil, segments: SegmentChoice, seed: UInt64, threads: Int?
    ) throws -> (data: LoadedDataset, splits: [TrackSplit], areFolds: Bool, warnings: [String]) {
        let data = try openData(
            data, recipe: recipe, segments: segments, seed: seed, threads: threads,
            allowsDamaged: damaged.allowDamaged, cache: cacheOptions.cache())
        let drawn = try splitOptions.request(seed: seed).draw(data)
        let splits = quick ? drawn.splits.map { $0.tenth(of: data.set) } : drawn.splits
        return (data, splits, drawn.areFolds, drawn.warnings)
    }

    /// The data of one seed at a time.
    private final class DrawnData {
        private let draw: (UInt64) throws -> Drawn
        private var last: (seed: UInt64, value: Drawn)?

        init(_ draw: @escaping (UInt64) throws -> Drawn) { self.draw = draw }

        func callAsFunction(_ seed: UInt64) throws -> Drawn {
            if let last, last.seed == seed { return last.value }
            last = nil  // the old data goes before the new comes
            let value = try draw(seed)
            last = (seed, value)
            return value
        }
    }

    /// Trains all of them, and writes the page after each but the last.
    private func train(
        _ members: [Reproduction.Member], _ reproduction: Reproduction, _ drawn: DrawnData, _ time: OverallTime,
        _ figures: FigureFiles.Options, threads: Int?
    ) throws {
        var warned: UInt64?
        let trainings = PlannedTrainings<Reproduction.Member>(
            threads: threads, callbacks: [time], words: { "\($0.net), batch \($0.batch), seed \($0.seed)" }
        ) { member in
            let value = try drawn(member.seed)
            if warned != member.seed {
                warned = member.seed
                for warning in value.warnings { note("genre: \(warning)") }
            }
            let begun = try reproduction.begunRun(of: member)
            time.begin(member, done: try begun?.folder.records().count ?? 0)
            if let begun {
                let run = try TrainingRun(
                    resuming: begun.folder, begun.record, data: value.data, toolVersion: toolVersion)
                return (run, true)
            }
            let run = try TrainingRun(
                configuration: reproduction.configuration(of: member), data: value.data, split: value.split,
                paths: data, folder: RunFolder(creating: member.folder, replacing: replacing.force),
                toolVersion: toolVersion)
            return (run, false)
        }
        try trainings.train(members) { _ = try writePage(reproduction, drawn, figures, threads: threads) }
    }

    /// Writes page, figures, results.json and tables of what is finished.
    private func writePage(
        _ reproduction: Reproduction, _ drawn: DrawnData, _ options: FigureFiles.Options, threads: Int?
    ) throws -> (report: ReproductionReport, files: (files: [URL], figures: [URL])) {
        var assessment: Assessment?
        if let example = try ReproductionReport.example(of: reproduction) {
            let data = try drawn(example.settings.seed).data
            guard data.set.contentHash == example.card.dataHash else {
                throw TrainingError.dataDoesNotFit(
                    "\(example.folder.url.path) was trained on other data: name another folder with -o")
            }
            assessment = try Assessment(
                of: example.model, on: data.set, shown: ReproductionReport.shownConfusions,
                pool: ThreadPool(threads: threads))
        }
        let page = reproduction.folder.appendingPathComponent("report.html")
        let report = try ReproductionReport(reproduction, assessment: assessment)
        return (
            report,
            try report.write(
                page: page, figures: figuresFolder(beside: page), options, replacing: replacing.force)
        )
    }
}

extension ReproductionTable.Format: ExpressibleByArgument {}
