import Architectures
import Datasets
import Evaluation
import Foundation
import NeuralNetwork
import Storage
import Training

/// What a reproduction's finished runs say together, beside the published figures.
public struct ReproductionReport {
    /// Finished runs of one row, in the order of the seeds; one at least.
    public struct Row {
        public let group: Reproduction.Group
        public let runs: [FinishedRun]
    }

    public let reproduction: Reproduction
    /// Rows of Table I.
    public let nets: [Row]
    /// Rows of the study of batch sizes.
    public let batches: [Row]
    /// What the first run of the first net says of single segments; nil where the data is not at hand.
    public let assessment: Assessment?

    /// - Parameter assessment: of the run that ``example(of:)`` names.
    public init(_ reproduction: Reproduction, assessment: Assessment? = nil) throws {
        func rows(_ groups: [Reproduction.Group]) throws -> [Row] {
            try groups.compactMap { group in
                let runs = try reproduction.members(of: group).compactMap(reproduction.finishedRun)
                return runs.isEmpty ? nil : Row(group: group, runs: runs)
            }
        }
        self.reproduction = reproduction
        nets = try rows(reproduction.nets)
        batches = try rows(reproduction.batches)
        self.assessment = assessment
    }

    /// The run whose segments are shown; nil where the first net has none yet.
    public static func example(of reproduction: Reproduction) throws -> FinishedRun? {
        for member in reproduction.members(of: reproduction.nets[0]) {
            if let run = try reproduction.finishedRun(of: member) { return run }
        }
        return nil
    }

    /// What the paper's figures 5 to 7 show: a true genre and what it was called. (The caption of figure 7 says pop, the
    /// text metal.)
    public static let shownConfusions = [("rock", "country"), ("jazz", "blues"), ("metal", "metal")]

    /// All finished runs, each once.
    var runs: [FinishedRun] {
        var seen: Set<String> = []
        return (nets + batches).flatMap(\.runs).filter { seen.insert($0.folder.url.path).inserted }
    }

    /// Holds the rule of outputs for the page, and results.json and the tables beside it.
    ///
    /// - Parameter replacing: whether files of other kinds may be replaced.
    public static func check(page: URL, figures folder: URL?, replacing: Bool = false) throws {
        try ReproductionFiles.check(page: page, figures: folder, replacing: replacing)
    }

    /// Writes the page, the figures, and beside the page results.json and the table for texts.
    ///
    /// - Returns: the page, results.json and the tables, and apart from them the figures' files.
    @discardableResult
    public func write(
        page: URL, figures folder: URL?, _ options: FigureFiles.Options = FigureFiles.Options(), replacing: Bool = false
    ) throws -> (files: [URL], figures: [URL]) {
        let table = ReproductionTable(self)
        return try ReproductionFiles.write(
            page: page, html: html(besides: page.deletingLastPathComponent()), json: json(), table: table.text,
            figures: figures, to: folder, options, replacing: replacing)
    }

    // MARK: - Figures

    public var figures: [Figure] {
        published + curves.flatMap(\.figures) + comparisons + studyCurves + confusions + spectrograms + architectures
    }

    /// Ours beside the published raw accuracies; nothing where no run is finished.
    private var published: [Figure] {
        let groups = reproduction.milestones.compactMap { epochs -> IntervalChart.Group? in
            let rows = nets.compactMap { row -> IntervalChart.Row? in
                guard let raw = spread(row.runs, after: epochs, \.raw) else { return nil }
                let interval = raw.interval.map { $0.low * 100...max($0.low, $0.high) * 100 }
                let published = PublishedResult.find(row.group.net.name, epochs: epochs, in: PublishedResult.tableI)
                return IntervalChart.Row(
                    name: row.group.net.name, dots: [.init(value: raw.mean * 100, interval: interval, kind: 0)],
                    marks: published.map { [$0.raw] } ?? [])
            }
            return rows.isEmpty ? nil : IntervalChart.Group(name: "after \(counted(epochs, "epoch"))", rows: rows)
        }
        guard !groups.isEmpty else { return [] }
        let hasPublished = groups.contains { $0.rows.contains { !$0.marks.isEmpty } }
        let hasIntervals = groups.contains { $0.rows.contains { $0.dots.contains { $0.interval != nil } } }
        return [
            IntervalChart(
                title: "Raw accuracy, ours and published", horizontalTitle: "raw accuracy (%)", groups: groups,
                kinds: [hasIntervals ? "ours: mean and 95% CI over the runs" : "ours"],
                markKind: hasPublished ? "published: Table I of the paper" : nil
            ).figure(
                name: "published",
                summary:
                    "Dots of our mean raw accuracy of each net after each number of epochs, with whiskers for the 95% "
                    + "interval of the mean over the runs, and diamonds at the paper's values.")
        ]
    }

    /// Of each net the curves of both sides: of the first net after every milestone, of the others after the last.
    /// One epoch is no curve. All accuracies have one vertical axis.
    private var curves: [(net: String, figures: [Figure])] {
        let range = accuracyRange
        return nets.enumerated().map { index, row in
            let name = row.group.net.name
            let milestones = index == 0 ? reproduction.milestones : [reproduction.milestones.last!]
            return (
                name,
                milestones.filter { $0 > 1 }.flatMap { milestone in
                    let epochs = row.runs.map { run in run.epochs.filter { $0.epoch <= milestone } }
                    return [
                        Curves.accuracy(
                            of: epochs, title: "Accuracy, \(name), \(counted(milestone, "epoch"))",
                            name: "accuracy-\(name)-\(milestone)", range: range),
                        Curves.loss(
                            of: epochs, title: "Cross-entropy, \(name), \(counted(milestone, "epoch"))",
                            name: "loss-\(name)-\(milestone)"),
                    ]
                }
            )
        }
    }

    private var accuracyRange: ClosedRange<Double> {
        Curves.accuracyRange(of: nets.map { $0.runs.map(\.epochs) })
    }

    private var comparisons: [Figure] {
        guard nets.count > 1, reproduction.milestones.last! > 1 else { return [] }
        let lines = nets.map { (name: $0.group.net.name, runs: Self.lines($0)) }
        let range = accuracyRange
        return [.raw, .max, .validationLoss, .trainLoss].map {
            Curves.comparison(ofGroups: lines, by: $0, range: range)
        }
    }

    private var studyCurves: [Figure] {
        guard batches.count > 1, reproduction.milestones.last! > 1 else { return [] }
        let lines = batches.map { (name: "batch \($0.group.batch)", runs: Self.lines($0)) }
        return [.raw, .validationLoss].map { Curves.comparison(ofGroups: lines, by: $0, name: "batches") }
    }

    private static func lines(_ row: Row) -> [Curves.Run] {
        row.runs.map { Curves.Run(name: $0.name, epochs: $0.epochs) }
    }

    /// Of each net, all its runs' segments together.
    private var confusions: [Figure] {
        nets.compactMap { row in
            guard let pooled = Self.pooled(row), pooled.genres.count <= ConfusionFigure.greatestGenres else {
                return nil
            }
            let name = row.group.net.name
            return ConfusionFigure.figure(
                genres: pooled.genres, counts: pooled.confusion, unit: "segments",
                title: "\(name), segments, \(counted(row.runs.count, "run"))", name: "confusion-\(name)")
        }
    }

    static func pooled(_ row: Row) -> Scores? {
        let scores = row.runs.compactMap(\.card.scores)
        guard let first = scores.first, scores.allSatisfy({ $0.genres == first.genres }) else { return nil }
        return Scores(pooling: scores)
    }

    private var spectrograms: [Figure] { assessment?.spectrograms ?? [] }

    private var architectures: [Figure] {
        nets.map {
            ArchitectureFigure.figure(
                of: $0.runs[0].model.parameters.plan, name: "architecture-\($0.group.net.name)")
        }
    }

    // MARK: - The page

    public func html() -> String { html(besides: reproduction.folder) }

    /// - Parameter folder: of the page, from which it links to the runs' own.
    private func html(besides folder: URL) -> String {
        let confusions = confusions
        var sections = [Page.Section(id: "table", heading: "Accuracies", body: summary)]
        if !batches.isEmpty {
            sections.append(
                .init(
                    id: "batches", heading: "Batch sizes",
                    body: batchTable() + curveGrid(studyCurves)
                        + "<p class=\"note\">The paper tried batches of "
                        + Reproduction.studiedBatches.map(String.init).joined(separator: ", ")
                        + " segments and found 64 the most accurate.</p>\n"))
        }
        sections += [
            .init(id: "curves", heading: "Curves", body: curveSection),
            .init(
                id: "confusions", heading: "Confusion matrices",
                body: figureGrid(
                    zip(confusions, confusions.indices).map { figure, index in
                        figure.element(
                            caption: index == 0 && nets[0].group.net.name == "shallow"
                                ? "Figure 2 of the paper shows one run of this net." : "")
                    })),
        ]
        if let assessment {
            sections.append(
                .init(
                    id: "segments", heading: "Segments",
                    body: "<p>Validation segments of <span class=\"name\">\(escaped(nets[0].group.net.name))</span>, "
                        + "<span class=\"name\">\(escaped(nets[0].runs[0].name))</span>, as in the paper's figures 5 to 7 "
                        + "(rock classified as country, jazz as blues, metal as metal) where the net says the same of some; "
                        + "else the misclassified segments with the highest confidence.</p>\n"
                        + figureGrid(assessment.exampleElements, kind: "segments")))
        }
        sections += [
            .init(id: "runs", heading: "Runs", body: runTable(besides: folder)),
            .init(
                id: "nets", heading: "Nets",
                body: figureGrid(
                    zip(architectures, nets).map { figure, row in
                        let number = ["shallow": 1, "deep": 8, "crnn": 9][row.group.net.name]
                        return figure.element(caption: number.map { "Figure \($0) of the paper." } ?? "")
                    })),
        ]
        return Page(
            title: title,
            subtitle: "The paper: \(Paper.authors), \(Paper.title), \(Paper.place). \(runs.count) of "
                + "\(counted(reproduction.members.count, "run")) finished" + dataWords + ".",
            sections: sections, foot: "Written by GenreKit.", kind: .reproduction
        ).html()
    }

    /// What was done, and no more than that.
    private var title: String {
        if reproduction.isSmokeRun { return "Smoke run: Table I of \(Paper.authors)" }
        guard runs.isEmpty || isOnThePapersData else { return "The nets of \(Paper.authors) on other data" }
        let isWhole = runs.count == reproduction.members.count && reproduction.milestones.last! >= 100
        return isWhole
            ? "Table I of \(Paper.authors), reproduced" : "Table I of \(Paper.authors): a reproduction under way"
    }

    private var dataWords: String {
        guard !runs.isEmpty else { return "" }
        let paths = Set(runs.flatMap(\.dataPaths)).sorted().map { URL(fileURLWithPath: $0).lastPathComponent }
        let recipes = Set(runs.map(\.card.recipe.name)).sorted()
        return (paths.isEmpty ? "" : ", on " + paths.joined(separator: ", "))
            + ", features \(recipes.joined(separator: ", "))"
    }

    private var summary: String {
        let total = reproduction.members.count
        var summary = ""
        if reproduction.isSmokeRun {
            let tenth = runs.contains { $0.card.split?.hasSuffix(TrackSplit.tenthWords) == true }
            summary += Page.caution(
                "A smoke run of \(counted(reproduction.milestones.last!, "epoch"))"
                    + "\(tenth ? " on a tenth of the tracks" : ""): it shows that everything works. Its accuracies are no "
                    + "reproduction of Table I.")
        }
        if let caution = SplitCaution.words(runs.map(\.card.split)) { summary += Page.caution(caution) }
        for warning in assessment?.warnings ?? [] { summary += Page.caution(warning) }
        let chart = published.map { $0.element() }
        // The chart answers the question; beside it there is room for what it stands on.
        summary +=
            chart.isEmpty
            ? netTable()
            : "<div class=\"columns\">\n<div>\n\(netTable())</div>\n<div class=\"chart\">\n\(chart.joined())</div>\n</div>\n"
        if runs.count < total {
            summary += Page.remark(
                "\(runs.count) of \(counted(total, "run")) \(runs.count == 1 ? "is" : "are") finished; the values are of "
                    + "\(runs.count == 1 ? "that one" : "those").")
        }
        if !runs.isEmpty, !isOnThePapersData, !reproduction.isSmokeRun {
            let recipes = Set(runs.map(\.card.recipe.name)).sorted().joined(separator: ", ")
            summary += Page.remark(
                "This is not the paper's own data (features: \(recipes)): its values stand beside these for orientation and "
                    + "do not compare one to one.")
        }
        for caution in Set(runs.compactMap(\.card.blueprint.caution)).sorted() { summary += Page.remark(caution) }
        let five =
            hasMeansOfFive ? " “raw, 5 epochs” is the mean of the five epochs that end there." : ""
        return summary
            + "<p class=\"note\">Means of the runs ± standard deviation (n − 1) on the validation tracks after the epoch "
            + "named.\(five) The learning rate is constant, so that longer trainings hold the shorter ones. Published: Table I "
            + "of \(escaped(Paper.authors)), means of five runs on the coursework's split and segments. Schindler, Lidy &amp; "
            + "Rauber 2016 judged four folds. For a text: table.tex, table.md and table.csv beside this page.</p>\n"
    }

    private var curveSection: String {
        let curves = curves
        var body = ""
        for (index, part) in curves.enumerated() where !part.figures.isEmpty {
            let isPapers = index == 0 && part.net == "shallow" && reproduction.milestones == [100, 200]
            body += curveGrid(part.figures) { isPapers ? "Figure \(3 + $0 / 2) of the paper." : "" }
        }
        if !comparisons.isEmpty {
            body += "<h3>All nets</h3>\n" + curveGrid(comparisons)
        }
        guard !body.isEmpty else { return "<p>There are no curves yet.</p>\n" }
        return body
            + "<p class=\"note\">Means over a net's runs; the bands are a standard deviation to both sides. Training values are "
            + "taken during the epoch, with dropout; validation values after it.</p>\n"
    }
}
