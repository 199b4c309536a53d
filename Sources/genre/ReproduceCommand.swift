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
    static let configuration = CommandConfiguration(
        commandName: "reproduce",
        abstract: "Train the nets of the report's Table I and lay the results beside the published ones.",
        discussion: """
            Each net is trained for 200 epochs under five seeds, as 'genre train DATA --net NET --seed SEED' does it; \
            accuracies are told after 100 and 200 epochs. The tool says first how long it will take. What is finished is \
            kept, what is begun goes on: the same command, or one with more seeds, nets or epochs, goes on where the last \
            one was stopped. report.html and results.json of the output folder are written anew after every run.

            Nets: \(Reproduction.usualNets.joined(separator: ", ")); --net chooses others, '--net deep:3' under three seeds.

            Examples:
              genre reproduce coursework-folder --dry-run
              genre reproduce coursework-folder --quick
              genre reproduce coursework-folder --net shallow:5 --net deep:3
            """)

    @Argument(
        help: "As for 'genre train': for the report's own figures the folder with train.pkl and val.pkl.",
        completion: Completions.data)
    var data: [String]
    @Option(
        name: [.short, .long], help: "The folder of runs and report; by default reproduction or reproduction-quick.",
        completion: .directory)
    var output: String?
    @Option(
        help: ArgumentHelp("Nets to train, with seeds of their own. Repeat for several.", valueName: "net[:seeds]"),
        completion: Completions.net)
    var net: [String] = []
    @Option(help: "Seeds, from 0; by default 5.", completion: .default) var seeds: Int?
    @Option(help: "Epochs of each training; half-way figures are told, too. By default 200.", completion: .default)
    var epochs: Int?
    @Flag(
        help:
            "Train the first net by batches of \(Reproduction.studiedBatches.map(String.init).joined(separator: ", ")), too."
    )
    var batchStudy = false
    @Flag(help: "A smoke run: two seeds, two epochs.") var quick = false
    @Flag(help: "Only say what there is to do and how long it takes.") var dryRun = false
    @OptionGroup var replacing: ReplacingOption
    @Flag(help: "Print the figures as a JSON object, as in results.json.") var json = false
    @OptionGroup(title: "Split") var splitOptions: SplitOptions
    @OptionGroup var damaged: DamagedOption
    @OptionGroup var length: LengthOption
    @Option(help: "Number of threads; by default one per core. The result does not depend on it.", completion: .default)
    var threads: Int?
    @OptionGroup(title: "Cache of features") var cacheOptions: CacheOptions

    func run() throws {
        let threads = try checked(threads: threads)
        var reproduction = try plan()
        let place = reproduction.folder.appendingPathComponent("report.html")
        try ReproductionReport.check(page: place, figures: figuresFolder(beside: place), replacing: replacing.force)
        let drawn = DrawnData { seed in try draw(seed: seed, threads: threads) }
        // Every seed draws segments of its own; the first ones tell by what rule tracks are divided, and how many there are.
        let first = try drawn(reproduction.members[0].seed)
        reproduction.split = first.split.rule
        let open = try reproduction.members.filter { try reproduction.finishedRun(of: $0) == nil }
        note("\(reproduction.members.count - open.count) of \(reproduction.members.count) runs are finished")
        if !open.isEmpty {
            try sayTime(of: open, reproduction, first, threads: threads)
            if dryRun { return }
            try train(open, reproduction, drawn, threads: threads)
        }
        if dryRun { return }
        let (report, page) = try writePage(reproduction, drawn, threads: threads)
        if json {
            let text = String(decoding: try report.json(), as: UTF8.self)
            showData(JSONText.safe(text.trimmingCharacters(in: .newlines)))
        } else {
            show("\(report.text())\n\nreport: \(page.path)")
        }
    }

    private func plan() throws -> Reproduction {
        let usual = seeds ?? (quick ? 2 : 5)
        let epochs = epochs ?? (quick ? 2 : 200)
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
            milestones: epochs > 1 ? [epochs / 2, epochs] : [epochs])
    }

    private typealias Drawn = (data: LoadedDataset, split: TrackSplit, warnings: [String])

    /// The data and split of one seed, as 'genre train' draws them.
    private func draw(seed: UInt64, threads: Int?) throws -> Drawn {
        let data = try openData(
            data, segments: .random(count: 15), seed: seed, threads: threads,
            allowsDamaged: damaged.allowDamaged, cache: cacheOptions.cache())
        let drawn = try splitOptions.request(seed: seed).draw(data)
        guard !drawn.areFolds else { throw ValidationError("Choose a split of one fold: --split names several.") }
        return (data, drawn.splits[0], drawn.warnings)
    }

    /// Times a step of each net and says what all of them will take.
    private func sayTime(
        of members: [Reproduction.Member], _ reproduction: Reproduction, _ drawn: Drawn, threads: Int?
    ) throws {
        let pool = try ThreadPool(threads: threads)
        let training = drawn.split.segments(.training, of: drawn.data.set).count
        let validation = drawn.split.segments(.validation, of: drawn.data.set).count
        var total = 0.0
        let rows = reproduction.nets + reproduction.batches.filter { $0.batch != $0.net.defaultBatch }
        for row in rows {
            let own = members.filter { $0.net == row.net.name && $0.batch == row.batch }
            guard !own.isEmpty else { continue }
            let last = reproduction.milestones.last!
            let done = try own.map { try reproduction.begunRun(of: $0)?.folder.records().count ?? 0 }
            func seconds(_ phase: NetBenchmark.Phase, segments: Int) throws -> Double {
                let result = try NetBenchmark(architecture: row.net, phase: phase, batch: row.batch)
                    .run(passes: 5, pool: pool, peak: 1)
                return Double(segments) / Double(row.batch) * result.msMedian * 1e-3
            }
            let epoch = try seconds(.train, segments: training) + seconds(.inference, segments: validation)
            total += epoch * Double(own.count * last - done.reduce(0, +))
            let name = row.net.name + (row.batch == row.net.defaultBatch ? "" : ", batch \(row.batch)")
            let begun = done.filter { $0 > 0 }
            note(
                "\(name.left(18)) \(counted(own.count, "run")) of \(counted(last, "epoch")), "
                    + "\(duration(epoch * Double(last))) each"
                    + (begun.isEmpty
                        ? ""
                        : "; \(begun.count) begun (\(begun.map(String.init).joined(separator: ", ")) epochs are done)"))
        }
        note(
            "about \(duration(total)) in all, by \(training) segments to train and \(validation) held out on "
                + counted(pool.threads, "thread"))
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
        _ members: [Reproduction.Member], _ reproduction: Reproduction, _ drawn: DrawnData, threads: Int?
    ) throws {
        let interruption = Interruption()
        var warned: UInt64?
        for (index, member) in members.enumerated() {
            try interruption.check()
            let value = try drawn(member.seed)
            if warned != member.seed {
                warned = member.seed
                for warning in value.warnings { note("genre: \(warning)") }
            }
            note("run \(index + 1) of \(members.count): \(member.net), batch \(member.batch), seed \(member.seed)")
            let run: TrainingRun
            let begun = try reproduction.begunRun(of: member)
            if let begun {
                run = try TrainingRun(
                    resuming: begun.folder, begun.record, data: value.data, toolVersion: toolVersion)
            } else {
                run = try TrainingRun(
                    configuration: reproduction.configuration(of: member), data: value.data, split: value.split,
                    paths: data, folder: RunFolder(creating: member.folder, replacing: true), toolVersion: toolVersion)
            }
            _ = try genre.train(run, threads: threads, resuming: begun != nil, interruption: interruption)
            reportAfterTraining(run, threads: threads)
            if index + 1 < members.count { _ = try writePage(reproduction, drawn, threads: threads) }
        }
    }

    /// Writes page, figures and results.json of what is finished.
    private func writePage(
        _ reproduction: Reproduction, _ drawn: DrawnData, threads: Int?
    ) throws -> (report: ReproductionReport, page: URL) {
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
        try report.write(page: page, figures: figuresFolder(beside: page), replacing: replacing.force)
        return (report, page)
    }
}
