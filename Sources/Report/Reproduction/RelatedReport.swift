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
            + "longer than \(counted(study.greatestEpochs, "epoch")), weights after the last epoch. raw: per segment; max: "
            + "the sum of a track's probabilities; maj: the majority of its segments. Published figures are of other data or "
            + "splits and do not compare."
    }

    private static let heads = [
        "Net", "Parameters", "Epochs", "s/epoch", "Raw (%)", "Max (%)", "95% interval", "Maj (%)", "Published",
        "Why it does not compare",
    ]

    private func cells(_ row: Row) -> [String] {
        let published = RelatedResult.of(row.net)
        return [
            row.net, grouped(row.parameters), String(row.epochs), decimal(row.secondsPerEpoch, places: 1),
            decimal(row.scores.raw * 100, places: 1), decimal(row.scores.max * 100, places: 1),
            row.interval.map { "\(decimal($0.low * 100, places: 1)) to \(decimal($0.high * 100, places: 1))" } ?? "–",
            decimal(row.scores.maj * 100, places: 1), published?.figure ?? "–", published?.reason ?? "–",
        ]
    }

    /// The table for a terminal of 80 columns.
    public func text() -> String {
        func line(_ cells: [String]) -> String {
            cells[0].left(24) + zip(cells.dropFirst(), [11, 7, 8, 7, 7, 7]).map { $0.right($1) }.joined()
        }
        var lines = [line(["net", "parameters", "epochs", "s/epoch", "raw", "max", "maj"])]
        lines += rows.map { row in
            line([
                row.net, grouped(row.parameters), String(row.epochs), decimal(row.secondsPerEpoch, places: 1),
                percent(row.scores.raw), percent(row.scores.max), percent(row.scores.maj),
            ])
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
            if study.folds == 1, FileManager.default.fileExists(atPath: row.runs[0].folder.report.path) {
                cells[0] = "<a href=\"\(cells[0])/report.html\">\(cells[0])</a>"
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
            let low: Double?
            let high: Double?
            let published: String?
            let whyNotComparable: String?
            let maxByEpoch: [[Double]]

            private enum CodingKeys: String, CodingKey {
                case net, source, parameters, epochs, scores, low, high, published
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
                    scores: row.scores, low: row.interval?.low, high: row.interval?.high,
                    published: published?.figure, whyNotComparable: published?.reason,
                    maxByEpoch: row.runs.map { $0.epochs.map { ($0.max * 1e5).rounded() / 1e5 } })
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(results) + Data("\n".utf8)
    }
}
