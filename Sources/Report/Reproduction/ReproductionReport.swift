import Architectures
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

    /// What the report's figures 5 to 7 show: a true genre and what it was called. (The caption of figure 7 says pop, the
    /// text metal.)
    public static let shownConfusions = [("rock", "country"), ("jazz", "blues"), ("metal", "metal")]

    /// All finished runs, each once.
    var runs: [FinishedRun] {
        var seen: Set<String> = []
        return (nets + batches).flatMap(\.runs).filter { seen.insert($0.folder.url.path).inserted }
    }

    /// Holds the rule of outputs for the page and results.json beside it.
    ///
    /// - Parameter replacing: whether files of other kinds may be replaced.
    public static func check(page: URL, figures folder: URL?, replacing: Bool = false) throws {
        if let folder { try OutputPlace.checkInnerFolder(folder) }
        try OutputPlace.check([page], makingFolder: true, replacing: replacing) { _ in .page(.reproduction) }
        let results = page.deletingLastPathComponent().appendingPathComponent("results.json")
        try OutputPlace.check([results], makingFolder: true, replacing: replacing) { _ in .reproductionResults }
    }

    public func write(page: URL, figures folder: URL?, replacing: Bool = false) throws {
        try Self.check(page: page, figures: folder, replacing: replacing)
        if let folder { try FigureFiles.write(figures, to: folder, replacing: replacing) }
        do {
            try AtomicFile.write(html(besides: page.deletingLastPathComponent()), to: page)
            try AtomicFile.write(json(), to: page.deletingLastPathComponent().appendingPathComponent("results.json"))
        } catch {
            throw ReportError.cannotWrite(page, error)
        }
    }

    // MARK: - Figures

    public var figures: [Figure] {
        curves.flatMap(\.figures) + comparisons + studyCurves + confusions + spectrograms + architectures
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
                            of: epochs, title: "\(name): accuracy, \(counted(milestone, "epoch"))",
                            name: "accuracy-\(name)-\(milestone)", range: range),
                        Curves.loss(
                            of: epochs, title: "\(name): loss, \(counted(milestone, "epoch"))",
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
                title: "\(name), \(counted(row.runs.count, "run"))", name: "confusion-\(name)")
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
        let paths = Set(runs.flatMap(\.dataPaths)).sorted().map { URL(fileURLWithPath: $0).lastPathComponent }
        let recipes = Set(runs.map(\.card.recipe.name)).sorted()
        let confusions = confusions
        var sections = [Page.Section(id: "table", heading: "Accuracies", body: summary)]
        if !batches.isEmpty {
            sections.append(
                .init(
                    id: "batches", heading: "Batch sizes",
                    body: batchTable() + curveGrid(studyCurves)
                        + "<p class=\"note\">The report tried batches of "
                        + Reproduction.studiedBatches.map(String.init).joined(separator: ", ")
                        + " segments and found 64 the most accurate.</p>\n"))
        }
        sections += [
            .init(id: "curves", heading: "Training", body: curveSection),
            .init(
                id: "confusions", heading: "Confusions",
                body: figureGrid(
                    zip(confusions, confusions.indices).map { figure, index in
                        figure.element(
                            caption: index == 0 && nets[0].group.net.name == "shallow"
                                ? "Figure 2 of the report shows one run of this net." : "")
                    })),
        ]
        if let assessment {
            sections.append(
                .init(
                    id: "segments", heading: "Segments",
                    body: "<p>Segments held out from <span class=\"name\">\(escaped(nets[0].group.net.name))</span>, "
                        + "<span class=\"name\">\(escaped(nets[0].runs[0].name))</span>, as in the report's figures 5 to 7 (rock called country, jazz "
                        + "called blues, metal called metal) where the net says the same of some; else the wrong verdicts "
                        + "that it was surest of.</p>\n" + figureGrid(assessment.exampleElements)))
        }
        sections += [
            .init(id: "runs", heading: "Runs", body: runTable(besides: folder)),
            .init(
                id: "nets", heading: "Nets",
                body: figureGrid(
                    zip(architectures, nets).map { figure, row in
                        let number = ["shallow": 1, "deep": 8, "crnn": 9][row.group.net.name]
                        return figure.element(caption: number.map { "Figure \($0) of the report." } ?? "")
                    })),
        ]
        return Page(
            title: "Table I, reproduced",
            subtitle:
                "\(runs.count) of \(counted(reproduction.members.count, "run")) on \(paths.joined(separator: ", ")), features "
                + "\(recipes.joined(separator: ", ")).",
            sections: sections, foot: "Written by GenreKit.", kind: .reproduction
        ).html()
    }

    private var summary: String {
        let total = reproduction.members.count
        var summary = ""
        if runs.count < total {
            summary +=
                "<p class=\"caution\">\(runs.count) of \(counted(total, "run")) \(runs.count == 1 ? "is" : "are") finished; the "
                + "figures are of \(runs.count == 1 ? "that one" : "those").</p>\n"
        }
        if reproduction.milestones.last! < 10 {
            summary +=
                "<p class=\"caution\">A smoke run of \(counted(reproduction.milestones.last!, "epoch")): it shows that "
                + "everything works and says nothing about accuracies.</p>\n"
        }
        if let caution = SplitCaution.words(runs.map(\.card.split)) {
            summary += "<p class=\"caution\">\(escaped(caution))</p>\n"
        }
        if !runs.isEmpty, !isOnTheReportsData {
            let recipes = Set(runs.map(\.card.recipe.name)).sorted().joined(separator: ", ")
            summary +=
                "<p class=\"caution\">This is not the report's own data (features: \(escaped(recipes))): its figures stand beside "
                + "these for orientation and do not compare one to one.</p>\n"
        }
        for caution in Set(runs.compactMap(\.card.blueprint.caution)).sorted() {
            summary += "<p class=\"caution\">\(escaped(caution))</p>\n"
        }
        for warning in assessment?.warnings ?? [] { summary += "<p class=\"caution\">\(escaped(warning))</p>\n" }
        return summary + netTable()
            + "<p class=\"note\">Means of the runs and their standard deviations (n − 1) on the held-out tracks after the "
            + "epoch named; “raw, 5 epochs” is the mean of the five epochs that end there. The learning rate is constant, so "
            + "that longer trainings hold the shorter ones. Table I is that of Pandey, Hossain &amp; Bayraktar (five runs, the "
            + "coursework's split and segments); Schindler, Lidy &amp; Rauber 2016 judged four folds.</p>\n"
    }

    private var curveSection: String {
        let curves = curves
        var body = ""
        for (index, part) in curves.enumerated() where !part.figures.isEmpty {
            let isReports = index == 0 && part.net == "shallow" && reproduction.milestones == [100, 200]
            body +=
                "<h3>\(escaped(part.net))</h3>\n"
                + curveGrid(part.figures) { isReports ? "Figure \(3 + $0 / 2) of the report." : "" }
        }
        if !comparisons.isEmpty {
            body += "<h3>All nets</h3>\n" + curveGrid(comparisons)
        }
        guard !body.isEmpty else { return "<p>There are no curves yet.</p>\n" }
        return body
            + "<p class=\"note\">Means over a net's runs; the bands are a standard deviation to both sides. Training "
            + "figures are taken while it trains, with dropout.</p>\n"
    }
}
