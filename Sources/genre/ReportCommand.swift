import ArgumentParser
import Datasets
import Features
import Foundation
import NeuralNetwork
import Report
import Storage
import Training

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a run's report: one HTML file, and its figures as SVG, PDF and PNG.",
        discussion: """
            The report holds accuracies, curves, confusion matrices, measures of each genre, spectrograms of misclassified \
            and correct segments, the net, the configuration and the verdict on each track. It needs no network and opens \
            in any browser. 'genre train' writes it at the end of a run.

            Of several runs, curves and scores are put beside each other instead.

            For spectrograms and tracks the run's data is opened again where config.json says it lay, or at --data.

            Examples:
              genre report my-run
              genre report my-run --data my-music -o report.html
              genre report my-run other-run -o comparison.html
            """)

    @Argument(help: "The folder of a finished run; several are compared.", completion: .directory) var runs: [String]
    @Option(
        name: [.short, .long],
        help: "The HTML file; by default report.html in the run's folder, or comparison.html here for several.",
        completion: .file(extensions: ["html"]))
    var output: String?
    @Option(parsing: .upToNextOption, help: "Where the run's data lies now.", completion: Completions.data) var data:
        [String] = []
    @Flag(help: "Leave out what needs the run's data.") var noData = false
    @Option(
        help: "JSON of a data set's audit, to be shown too; by default audit.json in the run's folder, if any.",
        completion: .file(extensions: ["json"]))
    var audit: String?
    @Flag(help: "Write the HTML file only, no folder 'figures' beside it.") var noFigures = false
    @OptionGroup var replacing: ReplacingOption
    @Option(help: "Write the run for TensorBoard, too: a folder for its event file.", completion: .directory)
    var tensorboard: String?
    @OptionGroup(title: "Figures") var figureOptions: FigureOptions
    @Option(help: "Number of threads; by default one per core.", completion: .default) var threads: Int?
    @OptionGroup(title: "Cache of features") var cacheOptions: CacheOptions

    func validate() throws {
        guard !noFigures || figureOptions.given.isEmpty else {
            throw ValidationError("\(figureOptions.given[0]) is for figures, which --no-figures leaves out.")
        }
        guard data.isEmpty || !noData else { throw ValidationError("--data and --no-data exclude each other.") }
        guard runs.count > 1 else { return }
        let ofOneRun = [
            ("--data", !data.isEmpty), ("--no-data", noData), ("--audit", audit != nil),
            ("--tensorboard", tensorboard != nil),
        ]
        if let (name, _) = ofOneRun.first(where: \.1) { throw ValidationError("\(name) is for the report of one run.") }
    }

    func run() throws {
        let threads = try checked(threads: threads)
        let options = try figureOptions.checked()
        let given = try output.map(pagePlace)
        if runs.count > 1 {
            try OutputPlace.check(
                given ?? URL(fileURLWithPath: "comparison.html"), .page(.comparison), replacing: replacing.force)
        } else {
            try OutputPlace.check(
                given ?? RunFolder(at: URL(fileURLWithPath: runs[0])).report, .page(.run), replacing: replacing.force)
        }
        let all = try runs.map { try FinishedRun(URL(fileURLWithPath: $0)) }
        let finished = all[0]
        if all.count > 1 {
            let page = given ?? URL(fileURLWithPath: "comparison.html")
            let files = try ComparisonReport(runs: all).write(
                page: page, figures: noFigures ? nil : figuresFolder(beside: page), options,
                replacing: replacing.force)
            show("report: \(page.relativePath)")
            sayFigures(files)
            noteNext([("open the report", fileLink(page))])
            return
        }
        let page = given ?? finished.folder.report
        if !noFigures {
            // Those of single segments are known later; all are checked once more before the first is written.
            try FigureFiles.check(
                RunReport(run: finished, assessment: nil).figures, in: figuresFolder(beside: page), options,
                replacing: replacing.force)
        }
        let assessment = try noData ? nil : assessment(of: finished, threads: threads)
        let report = RunReport(run: finished, assessment: assessment, audit: try readAudit(for: finished, given: audit))
        let files = try report.write(
            page: page, figures: noFigures ? nil : figuresFolder(beside: page), options, replacing: replacing.force)
        if let tensorboard {
            try RunEvents.write(finished, figures: report.figures, to: URL(fileURLWithPath: tensorboard))
        }
        show("report: \(page.relativePath)")
        sayFigures(files)
        noteNext([("open the report", fileLink(page))])
    }

    private func assessment(of run: FinishedRun, threads: Int?) throws -> Assessment? {
        // Where every track trained, folds inside judged, by other heads than this one.
        if run.judgedTracks.isEmpty { return nil }
        // Of folders that an earlier version wrote it cannot be read.
        let record = try? run.folder.record()
        let paths = data.isEmpty ? record?.paths ?? run.dataPaths : data
        let lost = paths.first { !FileManager.default.fileExists(atPath: $0) }
        if data.isEmpty, paths.isEmpty || lost != nil {
            note(
                "genre: the run's data \(lost.map { "is not at \($0) any more" } ?? "is not known"): the report goes without "
                    + "spectrograms and tracks; --data tells where it is")
            return nil
        }
        let configuration = run.settings
        let set = try openData(
            paths, for: run.card.recipe,
            segments: configuration.segmentsPerTrack.map { SegmentChoice.random(count: $0) } ?? .all,
            seed: record?.dataSeed ?? configuration.seed, threads: threads, cache: cacheOptions.cache(),
            genres: .only(run.card.genres)
        ).set
        return try Assessment(of: run.model, on: set, pool: ThreadPool(threads: threads))
    }
}

/// Says where the figures of a page are.
func sayFigures(_ files: [URL]) {
    guard let first = files.first else { return }
    show(
        "figures: \(counted(files.count, "file")) (SVG, PDF, PNG) in \(first.deletingLastPathComponent().relativePath)")
}
