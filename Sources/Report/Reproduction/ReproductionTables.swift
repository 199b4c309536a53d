import Foundation
import Training

/// The tables of a reproduction's page.
extension ReproductionReport {
    /// Mean and deviation of a measure over a row's runs after so many epochs; nil where a run is shorter.
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

    func netTable() -> String {
        var rows: [[String]] = []
        for epochs in reproduction.milestones {
            for row in nets {
                let name = row.group.net.name
                let published = PublishedResult.find(name, epochs: epochs, in: PublishedResult.tableI)
                let paper = PublishedResult.find(name, epochs: epochs, in: PublishedResult.schindler)
                let raw = spread(row.runs, after: epochs, \.raw)
                var difference = "–"
                if let raw, let published {
                    let points = raw.mean * 100 - published.raw
                    difference = (points < 0 ? "−" : "+") + decimal(abs(points), places: 1)
                }
                let schindler = paper.map { result in
                    [result.raw, result.max, result.maj].compactMap { $0.map { decimal($0, places: 1) } }
                        .joined(separator: " / ")
                }
                rows.append([
                    escaped(name), String(epochs), String(row.runs.count), Self.words(raw),
                    published.map { decimal($0.raw, places: 2) + " %" } ?? "–", difference,
                    Self.words(spread(row.runs, after: epochs, \.max)),
                    Self.words(spread(row.runs, after: epochs, \.maj)), schindler ?? "–",
                ])
            }
        }
        let heads = [
            "epochs", "runs", "raw", "Table I, raw", "points apart", "max", "maj", "Schindler et al.: raw / max / maj",
        ]
        return Self.table(first: "net", heads: heads, rows: rows)
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
        return Self.table(first: "net", heads: ["epochs", "runs", "raw", "max", "maj", "held-out loss"], rows: rows)
    }

    func runTable() -> String {
        let rows = runs.map { run in
            [escaped(run.card.architecture), String(run.settings.batch), String(run.settings.seed)]
                + reproduction.milestones.map { epochs in percent(run.epochs.first { $0.epoch == epochs }?.raw) }
                + [duration(run.epochs.reduce(0) { $0 + $1.seconds }), escaped(run.card.split ?? "")]
        }
        let heads = ["batch", "seed"] + reproduction.milestones.map { "raw, epoch \($0)" } + ["time"]
        return Self.table(first: "net", heads: heads, last: "split", rows: rows)
    }

    /// The tables for a terminal: a line a row and milestone, deviations over the runs.
    public func text() -> String {
        let rows =
            nets.map { ($0, $0.group.net.name) } + batches.map { ($0, "\($0.group.net.name), batch \($0.group.batch)") }
        var lines = [Self.line("net", "epochs", "runs", ["raw", "raw, 5 epochs", "max", "maj", "Table I, raw"])]
        for epochs in reproduction.milestones {
            for (row, name) in rows {
                let published = PublishedResult.find(row.group.net.name, epochs: epochs, in: PublishedResult.tableI)
                let cells = [
                    Self.words(spread(row.runs, after: epochs, \.raw)),
                    meanOfFiveEpochs(row.runs, upTo: epochs, \.raw).map { percent($0) } ?? "–",
                    Self.words(spread(row.runs, after: epochs, \.max)),
                    Self.words(spread(row.runs, after: epochs, \.maj)),
                    published.map { decimal($0.raw, places: 2) + " %" } ?? "–",
                ]
                lines.append(Self.line(name, String(epochs), String(row.runs.count), cells))
            }
        }
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
        name.left(20) + epochs.right(7) + runs.right(6) + cells.map { $0.right(15) }.joined()
    }

    /// - Parameters:
    ///   - first, last: heads of columns of words, at the left and the right; `heads` are of numbers.
    ///   - rows: cells as HTML.
    private static func table(first: String, heads: [String], last: String? = nil, rows: [[String]]) -> String {
        let lines = rows.map { cells in
            "<tr>"
                + cells.enumerated().map { place, cell in
                    1...heads.count ~= place ? "<td class=\"n\">\(cell)</td>" : "<td>\(cell)</td>"
                }.joined() + "</tr>"
        }
        return "<div class=\"scroll\"><table><thead><tr><th>\(first)</th>"
            + heads.map { "<th class=\"n\">\($0)</th>" }.joined() + (last.map { "<th>\($0)</th>" } ?? "")
            + "</tr></thead>\n<tbody>\n" + lines.joined(separator: "\n") + "\n</tbody></table></div>\n"
    }
}
