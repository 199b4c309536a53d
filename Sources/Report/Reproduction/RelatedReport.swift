import Evaluation
import Foundation
import NeuralNetwork
import Storage
import Training

/// What a study's finished trainings say together: one table of nets, on the tracks that no training saw.
public struct RelatedReport {
    /// A net whose trainings have all ended.
    struct Row {
        let net: String
        let source: String
        let runs: [FinishedRun]
        /// Of all folds together.
        let scores: Scores

        /// "41.2", and of folds "41.2 ± 1.3": the value of all folds' tracks together, the deviation of the folds.
        func words(_ measure: KeyPath<Scores, Double>) -> String {
            let value = decimal(scores[keyPath: measure] * 100, places: 1)
            return value + (deviation(measure).map { " ± \(decimal($0 * 100, places: 1))" } ?? "")
        }

        /// Over the folds; nil of one.
        func deviation(_ measure: KeyPath<Scores, Double>) -> Double? {
            let own = runs.compactMap { $0.card.scores?[keyPath: measure] }
            return own.count > 1 ? Spread(own).deviation : nil
        }

        var parameters: Int { runs[0].model.parameters.plan.parameterCount }
        var multiplyAdds: Int { runs[0].model.parameters.plan.multiplyAdds }
        /// Of the first fold's run.
        var epochs: Int { runs[0].epochs.count }
        var secondsPerEpoch: Double {
            let seconds = runs.flatMap { $0.epochs.map(\.seconds) }
            return seconds.reduce(0, +) / Double(seconds.count)
        }
        /// 95%, by Wilson's formula over the tracks.
        var interval: Interval? {
            Interval(ofShare: Int((scores.max * Double(scores.tracks)).rounded()), of: scores.tracks)
        }
    }

    public let study: RelatedStudy
    /// By max, the highest first.
    let rows: [Row]
    /// Trainings that have not ended.
    let open: Int

    public init(_ study: RelatedStudy) throws {
        self.study = study
        let ended = try study.nets.map { net in try study.members(of: net).map(study.finishedRun) }
        open = ended.joined().count { $0 == nil }
        rows = zip(study.nets, ended).compactMap { net, members -> Row? in
            let runs = members.compactMap(\.self)
            let scores = runs.compactMap(\.card.scores)
            guard runs.count == members.count, scores.count == runs.count,
                scores.allSatisfy({ $0.genres == scores[0].genres })
            else { return nil }
            return Row(net: net.name, source: net.source, runs: runs, scores: Scores(pooling: scores))
        }.sorted { $0.scores.max > $1.scores.max }
    }

    /// Holds the rule of outputs for the page, results.json and the tables.
    public static func check(page: URL, figures folder: URL?, replacing: Bool = false) throws {
        try ReproductionFiles.check(page: page, figures: folder, replacing: replacing)
    }

    /// Writes the page, the figures, and beside the page results.json and the tables.
    ///
    /// - Returns: the files, the page first, and apart from them the figures' files.
    @discardableResult
    public func write(
        page: URL, figures folder: URL?, _ options: FigureFiles.Options = FigureFiles.Options(), replacing: Bool = false
    ) throws -> (files: [URL], figures: [URL]) {
        try ReproductionFiles.write(
            page: page, html: html, json: json(), table: table, figures: figures, to: folder, options,
            replacing: replacing)
    }

    // MARK: - Figures

    public var figures: [Figure] { accuracies + curves }

    private var accuracies: [Figure] {
        guard !rows.isEmpty else { return [] }
        let chart = IntervalChart(
            title: "Accuracy per track (max)", horizontalTitle: "accuracy (%)",
            groups: [
                .init(
                    name: "",
                    rows: rows.map { row in
                        let interval = row.interval.map { $0.low * 100...max($0.low, $0.high) * 100 }
                        return .init(
                            name: row.net, dots: [.init(value: row.scores.max * 100, interval: interval, kind: 0)])
                    })
            ], kinds: ["95% interval over the tracks"])
        return [
            chart.figure(
                name: "accuracies",
                summary:
                    "Dots at each net's accuracy on tracks, with whiskers for the 95% interval over the tracks; the "
                    + "highest is \(rows[0].net) at \(percent(rows[0].scores.max)).")
        ]
    }

    /// The best nets' curves, as many as one chart can show.
    private var curves: [Figure] {
        let shown = rows.prefix(6).filter { $0.epochs > 1 }
        guard !shown.isEmpty else { return [] }
        let lines = shown.map { row in
            (name: row.net, runs: row.runs.map { Curves.Run(name: $0.name, epochs: $0.epochs) })
        }
        return [.max, .validationLoss, .trainLoss].map { Curves.comparison(ofGroups: lines, by: $0) }
    }

    // MARK: - Words

    private var side: String { rows.first?.runs[0].card.scoredSide ?? "held-out" }

    private var splits: [String] {
        Set(
            rows.flatMap { $0.runs.compactMap(\.card.split) }.map {
                $0.replacing(#/, fold [0-9]+ of [0-9]+/#, with: "")
            }
        )
        .sorted()
    }

    private var recipes: [String] { Set(rows.flatMap { $0.runs.map(\.card.recipe.name) }).sorted() }

    /// What the table is of, in a sentence or two.
    private var caption: String {
        let kind = study.isSmokeRun ? "Smoke run, no result. " : ""
        let tracks = rows.first.map { "the \(counted($0.scores.tracks, "\(side) track"))" } ?? "the held-out tracks"
        return kind
            + "Accuracy on \(tracks), one training a net\(study.folds > 1 ? " and fold" : "") by its authors' settings, no "
            + "longer than \(counted(study.greatestEpochs, "epoch")), weights after the last epoch. \(foldWords)raw: per segment; max: "
            + "the sum of a track's probabilities; maj: the majority of its segments. Published figures are of other data or "
            + "splits and do not compare."
    }

    /// What ± is, where it stands.
    private var foldWords: String {
        study.folds > 1
            ? "All folds' tracks count as one set; ± is the standard deviation of the \(study.folds) folds. " : ""
    }

    private static let heads = [
        "Net", "Parameters", "Epochs", "s/epoch", "Raw (%)", "Max (%)", "95% interval", "Maj (%)", "Published",
        "Why it does not compare",
    ]

    private func cells(_ row: Row) -> [String] {
        let published = RelatedResult.of(row.net)
        return [
            row.net, grouped(row.parameters), String(row.epochs), decimal(row.secondsPerEpoch, places: 1),
            row.words(\.raw), row.words(\.max),
            row.interval.map { "\(decimal($0.low * 100, places: 1)) to \(decimal($0.high * 100, places: 1))" } ?? "–",
            row.words(\.maj), published?.figure ?? "–", published?.reason ?? "–",
        ]
    }

    /// The table for a terminal of 80 columns.
    public func text() -> String {
        let isOfFolds = study.folds > 1
        // Deviations take the places of what is of one training alone.
        let widths = isOfFolds ? [11, 15, 15, 15] : [11, 7, 8, 7, 7, 7]
        func line(_ cells: [String]) -> String {
            cells[0].left(24) + zip(cells.dropFirst(), widths).map { $0.right($1) }.joined()
        }
        let single = isOfFolds ? [] : ["epochs", "s/epoch"]
        var lines = [line(["net", "parameters"] + single + ["raw", "max", "maj"])]
        lines += rows.map { row in
            let single = isOfFolds ? [] : [String(row.epochs), decimal(row.secondsPerEpoch, places: 1)]
            return line(
                [row.net, grouped(row.parameters)] + single
                    + [row.words(\.raw), row.words(\.max), row.words(\.maj)].map { $0 + "%" })
        }
        if isOfFolds, !rows.isEmpty {
            lines += ["", "all folds' tracks together; ± is the standard deviation of the \(study.folds) folds"]
        }
        if let best = rows.first, let interval = best.interval {
            lines += [
                "",
                "\(best.net): 95% interval of max \(decimal(interval.low * 100, places: 1)) to "
                    + "\(decimal(interval.high * 100, places: 1))% (\(counted(best.scores.tracks, "\(side) track")))",
            ]
        }
        if study.isSmokeRun { lines.append("a smoke run: its accuracies are no result") }
        return lines.joined(separator: "\n")
    }

    public func table(_ format: ReproductionTable.Format) -> String {
        ReproductionTable.text(format, heads: Self.heads, rows: rows.map(cells), caption: caption, label: "related")
    }

    private var html: String {
        let wordColumns: Set = [0, 8, 9]
        func line(_ tag: String, _ cells: [String]) -> String {
            "<tr>"
                + cells.enumerated().map { place, cell in
                    "<\(tag)\(wordColumns.contains(place) ? "" : " class=\"n\"")>\(cell)</\(tag)>"
                }.joined() + "</tr>"
        }
        let body = rows.map { row in
            var cells = cells(row).map(escaped)
            let net = cells[0]
            let pages = row.runs.map { FileManager.default.fileExists(atPath: $0.folder.report.path) }
            if study.folds == 1, pages[0] {
                cells[0] = "<a href=\"\(net)/report.html\">\(net)</a>"
            } else if study.folds > 1 {
                let folds = pages.indices.filter { pages[$0] }.map {
                    "<a href=\"\(net)/fold-\($0 + 1)/report.html\">\($0 + 1)</a>"
                }
                if !folds.isEmpty { cells[0] += " (fold \(folds.joined(separator: ", ")))" }
            }
            return line("td", cells)
        }
        let table =
            "<div class=\"scroll\"><table><thead>\(line("th", Self.heads.map(escaped)))</thead>\n<tbody>\n"
            + body.joined(separator: "\n") + "\n</tbody></table></div>\n"
        var summary = ""
        if study.isSmokeRun {
            summary += Page.caution("A smoke run: it shows that everything works. Its accuracies are no result.")
        }
        if let caution = SplitCaution.words(rows.flatMap { $0.runs.map(\.card.split) }) {
            summary += Page.caution(caution)
        }
        summary += accuracies.map { $0.element() }.joined() + table
        if open > 0 {
            summary += Page.remark(
                "\(open) of \(counted(study.members.count, "training")) \(open == 1 ? "has" : "have") not ended yet.")
        }
        for words in Set(rows.compactMap { $0.runs[0].card.blueprint.caution }).sorted() {
            summary += Page.remark(words)
        }
        summary += "<p class=\"note\">\(escaped(caption))</p>\n"
        let remarks = study.nets.filter { net in rows.contains { $0.net == net.name } }.compactMap { net in
            net.training.remark.map {
                "<li><span class=\"name\">\(escaped(net.name))</span> (\(escaped(net.source))): \(escaped($0))</li>\n"
            }
        }
        var sections = [Page.Section(id: "table", heading: "Accuracies", body: summary)]
        if !curves.isEmpty {
            sections.append(.init(id: "curves", heading: "Curves of the best", body: curveGrid(curves)))
        }
        if !remarks.isEmpty {
            sections.append(
                .init(
                    id: "settings", heading: "Settings",
                    body: "<p>What is ours in the nets' settings, and what their authors do besides:</p>\n<ul>\n"
                        + remarks.joined() + "</ul>\n"))
        }
        return Page(
            title: "The paper's nets and those of the field, each by its authors' settings",
            subtitle: "\(counted(rows.count, "net")); split: \(splits.joined(separator: "; ")); features: "
                + recipes.joined(separator: ", "),
            sections: sections, foot: "Written by GenreKit.", kind: .reproduction
        ).html()
    }

    // MARK: - For programs

    private struct Results: Encodable {
        struct Row: Encodable {
            let net: String
            let source: String
            let parameters: Int
            let multiplyAdds: Int
            let epochs: Int
            let secondsPerEpoch: Double
            let scores: Scores
            /// Over the folds: raw, max, maj; nil of one.
            let deviations: [String: Double]?
            let low: Double?
            let high: Double?
            let published: String?
            let whyNotComparable: String?
            let maxByEpoch: [[Double]]

            private enum CodingKeys: String, CodingKey {
                case net, source, parameters, epochs, scores, deviations, low, high, published
                case multiplyAdds = "multiply_adds"
                case secondsPerEpoch = "seconds_per_epoch"
                case whyNotComparable = "why_not_comparable"
                case maxByEpoch = "max_by_epoch"
            }
        }

        let smokeRun: Bool
        let side: String
        let recipes: [String]
        let splits: [String]
        let toolVersions: [String]
        let nets: [Row]

        private enum CodingKeys: String, CodingKey {
            case side, recipes, splits, nets
            case smokeRun = "smoke_run"
            case toolVersions = "tool_versions"
        }
    }

    private func deviations(_ row: Row) -> [String: Double]? {
        guard study.folds > 1 else { return nil }
        return ["raw": row.deviation(\.raw), "max": row.deviation(\.max), "maj": row.deviation(\.maj)]
            .compactMapValues { $0 }
    }

    /// The figures as JSON; accuracies are shares of 1.
    public func json() throws -> Data {
        let results = Results(
            smokeRun: study.isSmokeRun, side: side, recipes: recipes, splits: splits,
            toolVersions: Set(rows.flatMap { $0.runs.map(\.card.toolVersion) }).sorted(),
            nets: rows.map { row in
                let published = RelatedResult.of(row.net)
                return .init(
                    net: row.net, source: row.source, parameters: row.parameters, multiplyAdds: row.multiplyAdds,
                    epochs: row.epochs, secondsPerEpoch: (row.secondsPerEpoch * 100).rounded() / 100,
                    scores: row.scores, deviations: deviations(row), low: row.interval?.low, high: row.interval?.high,
                    published: published?.figure, whyNotComparable: published?.reason,
                    maxByEpoch: row.runs.map { $0.epochs.map { ($0.max * 1e5).rounded() / 1e5 } })
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(results) + Data("\n".utf8)
    }
}
