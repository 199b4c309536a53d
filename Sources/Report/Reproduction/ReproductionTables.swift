import Datasets
import Foundation
import Training

/// The tables of a reproduction's page.
extension ReproductionReport {
    /// Mean and deviation of a measure over a row's runs after so many epochs; nil where a run is shorter.
    func spread(_ runs: [FinishedRun], after epochs: Int, _ measure: (EpochRecord) -> Double) -> Spread? {
        let values = runs.compactMap { run in run.epochs.first { $0.epoch == epochs }.map(measure) }
        return values.count == runs.count && !values.isEmpty ? Spread(values) : nil
    }

    /// "63.1 ± 0.7%".
    static func words(_ spread: Spread?) -> String { percentages(spread) + (spread == nil ? "" : "%") }

    /// "63.1 ± 0.7", in percent.
    private static func percentages(_ spread: Spread?) -> String {
        guard let spread else { return "–" }
        let deviation = spread.deviation.map { " ± " + decimal($0 * 100, places: 1) } ?? ""
        return decimal(spread.mean * 100, places: 1) + deviation
    }

    /// Whether the runs are on the paper's own data: the coursework's segments, by its own split, all of it.
    var isOnThePapersData: Bool {
        !runs.isEmpty
            && runs.allSatisfy { run in
                run.card.recipe.name == "coursework" && run.card.split?.hasPrefix("fixed") == true
                    && run.card.split?.hasSuffix(TrackSplit.tenthWords) == false
            }
    }

    func netTable() -> String {
        var rows: [[String]] = []
        for epochs in reproduction.milestones {
            for row in nets {
                let name = row.group.net.name
                let published = PublishedResult.find(name, epochs: epochs, in: PublishedResult.tableI)
                let paper = PublishedResult.find(name, epochs: epochs, in: PublishedResult.schindler)
                let raw = spread(row.runs, after: epochs, \.raw)
                var difference = "–"
                // On other data a difference would say nothing.
                if isOnThePapersData, let raw, let published {
                    let points = raw.mean * 100 - published.raw
                    difference = (points < 0 ? "−" : "+") + decimal(abs(points), places: 1)
                }
                let schindler = paper.map { result in
                    [result.raw, result.max, result.maj].compactMap { $0.map { decimal($0, places: 1) + "%" } }
                        .joined(separator: " / ")
                }
                rows.append([
                    escaped(name), String(epochs), String(row.runs.count), Self.words(raw),
                    published.map { decimal($0.raw, places: 2) + "%" } ?? "–", difference,
                    Self.words(spread(row.runs, after: epochs, \.max)),
                    Self.words(spread(row.runs, after: epochs, \.maj)),
                    meanOfFiveEpochs(row.runs, upTo: epochs, \.raw).map { percent($0) } ?? "–", schindler ?? "–",
                ])
            }
        }
        let heads = [
            "epochs", "runs", "raw", "published raw (the paper's Table\u{A0}I)", "difference (points)", "max", "maj",
            "raw, 5 epochs", "Schindler et\u{A0}al.: raw / max / maj",
        ]
        return Self.table(first: "net", heads: heads, rows: rows)
    }

    /// Whether any row has five epochs to mean.
    var hasMeansOfFive: Bool {
        reproduction.milestones.contains { epochs in
            nets.contains { meanOfFiveEpochs($0.runs, upTo: epochs, \.raw) != nil }
        }
    }

    func batchTable() -> String {
        let rows = reproduction.milestones.flatMap { epochs in
            batches.map { row in
                [
                    "\(escaped(row.group.net.name)), batch \(row.group.batch)", String(epochs), String(row.runs.count),
                    Self.words(spread(row.runs, after: epochs, \.raw)),
                    Self.words(spread(row.runs, after: epochs, \.max)),
                    Self.words(spread(row.runs, after: epochs, \.maj)),
                    spread(row.runs, after: epochs, \.validationLoss).map { decimal($0.mean, places: 3) } ?? "–",
                ]
            }
        }
        return Self.table(
            first: "net", heads: ["epochs", "runs", "raw", "max", "maj", "validation cross-entropy"], rows: rows)
    }

    /// A line a run, with a link to its own page where it has one. What is the same of all is said once.
    ///
    /// - Parameter folder: of the page.
    func runTable(besides folder: URL) -> String {
        let rows = runs.map { run in
            [Self.link(run, besides: folder), String(run.settings.batch), String(run.settings.seed)]
                + reproduction.milestones.map { epochs in percent(run.epochs.first { $0.epoch == epochs }?.raw) }
                + [duration(run.epochs.reduce(0) { $0 + $1.seconds }), escaped(run.card.split ?? "")]
        }
        let heads =
            ["net", "batch", "seed"] + reproduction.milestones.map { "raw, epoch\u{A0}\($0)" } + ["time", "split"]
        // Only what was told before a training may be said once for all.
        let told = ["batch", "seed", "split"]
        let common = heads.indices.filter { place in
            rows.count > 1 && told.contains(heads[place]) && Set(rows.map { $0[place] }).count == 1
                && !rows[0][place].isEmpty
        }
        let note = common.map { "\(heads[$0]) \(rows[0][$0])" }.joined(separator: "; ")
        let kept = heads.indices.filter { !common.contains($0) }
        return (note.isEmpty ? "" : "<p class=\"note\">The same of all: \(note).</p>\n")
            + Self.table(
                first: "net", heads: kept.dropFirst().map { heads[$0] }.filter { $0 != "split" },
                last: kept.contains(heads.count - 1) ? "split" : nil, rows: rows.map { row in kept.map { row[$0] } })
    }

    /// The net's name, as a link to the run's own page where it lies somewhere below the folder.
    private static func link(_ run: FinishedRun, besides folder: URL) -> String {
        let name = "\(escaped(run.card.architecture))"
        let parts = run.folder.report.standardizedFileURL.pathComponents
        let base = folder.standardizedFileURL.pathComponents
        guard parts.starts(with: base), FileManager.default.fileExists(atPath: run.folder.report.path) else {
            return name
        }
        let address = parts.dropFirst(base.count).map {
            $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-_."))) ?? $0
        }
        return "<a href=\"\(escaped(address.joined(separator: "/")))\">\(name)</a>"
    }

    /// The tables for a terminal of 80 columns: a line a row and milestone, deviations over the runs.
    public func text() -> String {
        let rows =
            nets.map { ($0, $0.group.net.name) } + batches.map { ($0, "\($0.group.net.name), batch \($0.group.batch)") }
        var lines = [Self.line("net", "epochs", "runs", ["raw", "published", "max", "maj"])]
        for epochs in reproduction.milestones {
            for (row, name) in rows {
                let published = PublishedResult.find(row.group.net.name, epochs: epochs, in: PublishedResult.tableI)
                let cells = [
                    Self.words(spread(row.runs, after: epochs, \.raw)),
                    published.map { decimal($0.raw, places: 2) + "%" } ?? "–",
                    Self.words(spread(row.runs, after: epochs, \.max)),
                    Self.words(spread(row.runs, after: epochs, \.maj)),
                ]
                lines.append(Self.line(name, String(epochs), String(row.runs.count), cells))
            }
        }
        lines += ["", "published: raw accuracy in Table I of \(Paper.authors)"]
        if reproduction.isSmokeRun { lines.append("a smoke run: its accuracies are no reproduction of Table I") }
        return lines.joined(separator: "\n")
    }

    /// Mean over the runs of each run's mean of the five epochs that end there; nil where a run lacks one
    /// of them.
    func meanOfFiveEpochs(_ runs: [FinishedRun], upTo epochs: Int, _ measure: (EpochRecord) -> Double) -> Double? {
        let last = runs.map { run in run.epochs.filter { epochs - 4...epochs ~= $0.epoch } }
        guard !last.isEmpty, last.allSatisfy({ $0.count == 5 }) else { return nil }
        return Spread(last.map { Spread($0.map(measure)).mean }).mean
    }

    private static func line(_ name: String, _ epochs: String, _ runs: String, _ cells: [String]) -> String {
        name.left(20) + epochs.right(6) + runs.right(5) + cells.map { $0.right(12) }.joined()
    }

    /// - Parameters:
    ///   - first, last: heads of columns of words, at the left and the right; `heads` are of numbers.
    ///   - rows: cells as HTML. Columns that are empty in all rows are left out.
    private static func table(first: String, heads: [String], last: String? = nil, rows: [[String]]) -> String {
        let all = [first] + heads + [last].compactMap { $0 }
        let shown = all.indices.filter { place in
            rows.isEmpty || rows.contains { !["–", ""].contains($0[place]) }
        }
        func cell(_ tag: String, _ place: Int, _ content: String) -> String {
            "<\(tag)\(1...heads.count ~= place ? " class=\"n\"" : "")>\(content)</\(tag)>"
        }
        let lines = rows.map { cells in "<tr>" + shown.map { cell("td", $0, cells[$0]) }.joined() + "</tr>" }
        return "<div class=\"scroll\"><table><thead><tr>" + shown.map { cell("th", $0, all[$0]) }.joined()
            + "</tr></thead>\n<tbody>\n" + lines.joined(separator: "\n") + "\n</tbody></table></div>\n"
    }
}
