import Architectures
import Evaluation
import Foundation
import NeuralNetwork
import Storage
import Training

/// What a reproduction's finished runs say together, beside the published figures.
public struct ReproductionReport {
    public let reproduction: Reproduction
    /// Finished runs by net, in the order of the seeds; nets without any are left out.
    public let groups: [(net: Architecture, runs: [FinishedRun])]

    public init(_ reproduction: Reproduction) throws {
        self.reproduction = reproduction
        let members = reproduction.members
        groups = try reproduction.nets.compactMap { net in
            let runs = try members.filter { $0.net == net.name }.compactMap { try reproduction.finishedRun(of: $0) }
            return runs.isEmpty ? nil : (net, runs)
        }
    }

    private var runs: [FinishedRun] { groups.flatMap(\.runs) }

    public var figures: [Figure] { curves + confusions + architectures }

    private var curves: [Figure] {
        guard !groups.isEmpty else { return [] }
        let lines = groups.map { group in
            (
                name: group.net.name,
                runs: group.runs.map { Curves.Run(name: $0.name, epochs: $0.epochs) }
            )
        }
        return [.raw, .max, .validationLoss, .trainLoss].map { Curves.comparison(ofGroups: lines, by: $0) }
    }

    /// Of each net, all its runs' segments together.
    private var confusions: [Figure] {
        groups.compactMap { group in
            let scores = group.runs.compactMap(\.card.scores)
            guard let first = scores.first, scores.allSatisfy({ $0.genres == first.genres }),
                first.genres.count <= ConfusionFigure.greatestGenres
            else { return nil }
            let pooled = Scores(pooling: scores)
            return ConfusionFigure.figure(
                genres: pooled.genres, counts: pooled.confusion, unit: "segments",
                title: "\(group.net.name), \(counted(scores.count, "run"))", name: "confusion-\(group.net.name)")
        }
    }

    private var architectures: [Figure] {
        groups.map {
            ArchitectureFigure.figure(
                of: $0.runs[0].model.parameters.plan, name: "architecture-\($0.net.name)")
        }
    }

    public func write(page: URL, figures folder: URL?) throws {
        if let folder { try FigureFiles.write(figures, to: folder) }
        do { try AtomicFile.write(html(), to: page) } catch {
            throw ReportError.cannotWrite(file: page.path, problem: "\(error)")
        }
    }

    // MARK: - Figures of the table

    /// Mean and deviation of a measure over a net's runs after so many epochs; nil where a run is shorter.
    func spread(_ runs: [FinishedRun], after epochs: Int, _ measure: (EpochRecord) -> Double) -> Spread? {
        let values = runs.compactMap { run in run.epochs.first { $0.epoch == epochs }.map(measure) }
        return values.count == runs.count && !values.isEmpty ? Spread(values) : nil
    }

    /// "63.1 ± 0.7 %".
    static func words(_ spread: Spread?) -> String {
        guard let spread else { return "–" }
        let deviation = spread.deviation.map { " ± " + decimal($0 * 100, places: 1) } ?? ""
        return decimal(spread.mean * 100, places: 1) + deviation + " %"
    }

    private func table() -> String {
        var rows: [String] = []
        for epochs in reproduction.milestones {
            for group in groups {
                let published = PublishedResult.find(group.net.name, epochs: epochs, in: PublishedResult.tableI)
                let paper = PublishedResult.find(group.net.name, epochs: epochs, in: PublishedResult.schindler)
                let raw = spread(group.runs, after: epochs, \.raw)
                var difference = "–"
                if let raw, let published {
                    let points = raw.mean * 100 - published.raw
                    difference = (points < 0 ? "−" : "+") + decimal(abs(points), places: 1)
                }
                let schindler = paper.map { result in
                    [result.raw, result.max, result.maj].compactMap { $0.map { decimal($0, places: 1) } }
                        .joined(separator: " / ")
                }
                let cells = [
                    String(epochs), String(group.runs.count), Self.words(raw),
                    published.map { decimal($0.raw, places: 2) + " %" } ?? "–", difference,
                    Self.words(spread(group.runs, after: epochs, \.max)),
                    Self.words(spread(group.runs, after: epochs, \.maj)), schindler ?? "–",
                ]
                rows.append(
                    "<tr><td>\(escaped(group.net.name))</td>"
                        + cells.map { "<td class=\"n\">\($0)</td>" }.joined() + "</tr>")
            }
        }
        let heads = [
            "epochs", "runs", "raw", "Table I, raw", "points apart", "max", "maj", "Schindler et al.: raw / max / maj",
        ]
        return "<div class=\"scroll\"><table><thead><tr><th>net</th>"
            + heads.map { "<th class=\"n\">\($0)</th>" }.joined() + "</tr></thead>\n<tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table></div>\n"
    }

    private func runTable() -> String {
        let rows = groups.flatMap { group in
            group.runs.map { run in
                let seconds = run.epochs.reduce(0) { $0 + $1.seconds }
                let marks = reproduction.milestones.map { epochs in
                    percent(run.epochs.first { $0.epoch == epochs }?.raw)
                }
                let cells = [String(run.settings.seed)] + marks + [duration(seconds)]
                return "<tr><td>\(escaped(group.net.name))</td>"
                    + cells.map { "<td class=\"n\">\($0)</td>" }.joined()
                    + "<td>\(escaped(run.card.split ?? ""))</td></tr>"
            }
        }
        let heads = ["seed"] + reproduction.milestones.map { "raw, epoch \($0)" } + ["time"]
        return "<div class=\"scroll\"><table><thead><tr><th>net</th>"
            + heads.map { "<th class=\"n\">\($0)</th>" }.joined() + "<th>split</th></tr></thead>\n<tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table></div>\n"
    }

    // MARK: - The page

    public func html() -> String {
        let total = reproduction.members.count
        let done = runs.count
        var summary = ""
        if done < total {
            summary += "<p class=\"caution\">\(done) of \(total) runs are finished; the figures are of those.</p>\n"
        }
        if reproduction.milestones.last! < 100 {
            summary +=
                "<p class=\"caution\">A smoke run of \(counted(reproduction.milestones.last!, "epoch")): it shows that "
                + "everything works and says nothing about accuracies.</p>\n"
        }
        for caution in Set(runs.compactMap(\.card.blueprint.caution)).sorted() {
            summary += "<p class=\"caution\">\(escaped(caution))</p>\n"
        }
        summary +=
            table()
            + "<p class=\"note\">Means of the runs and their standard deviations (n − 1) on the held-out tracks after the "
            + "epoch named; the learning rate is constant, so that longer trainings hold the shorter ones. Table I is that "
            + "of Pandey, Hossain &amp; Bayraktar (five runs, the coursework's split and segments); Schindler, Lidy &amp; "
            + "Rauber 2016 judged four folds. On other data, splits or segments the figures do not compare one to one."
            + "</p>\n"
        let paths = Set(runs.flatMap(\.dataPaths)).sorted().map { URL(fileURLWithPath: $0).lastPathComponent }
        let recipes = Set(runs.map(\.card.recipe.name)).sorted()
        return Page(
            title: "Table I, reproduced",
            subtitle:
                "\(done) of \(total) runs on \(paths.joined(separator: ", ")), features \(recipes.joined(separator: ", ")).",
            sections: [
                .init(id: "table", heading: "Accuracies", body: summary),
                .init(
                    id: "curves", heading: "Training",
                    body: figureGrid(curves.map { $0.element() })
                        + "<p class=\"note\">Means over a net's runs; the bands are a standard deviation to both sides.</p>"
                ),
                .init(id: "confusions", heading: "Confusions", body: figureGrid(confusions.map { $0.element() })),
                .init(id: "runs", heading: "Runs", body: runTable()),
                .init(id: "nets", heading: "Nets", body: figureGrid(architectures.map { $0.element() })),
            ], foot: "Written by GenreKit."
        ).html()
    }
}
