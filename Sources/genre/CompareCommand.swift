import ArgumentParser
import Evaluation
import Foundation
import Report
import Training

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare finished runs: scores, intervals, tests.",
        discussion: """
            RUN is a folder of 'genre train': of a run, of a cross-validation, or of several seeds. Intervals are of 95 %: \
            for a run and for the folds of a cross-validation, whose tracks count as one set, by bootstrap over the \
            tracks; for several seeds of the mean by Student's t. ± is the deviation of a series' members. Runs that judged \
            exactly the same tracks are tested in pairs (McNemar, exact, two-sided, by max). --json gives the curves of \
            every epoch, too; --page lays them over each other, on a page with the scores.

            Of three runs or more, p is also given as corrected for the number of pairs (Holm): a pair differs where that \
            is below 0.05.

            Examples:
              genre compare my-run other-run
              genre compare folds tuned --page comparison.html
              genre compare runs/* --json
            """)

    @Argument(help: "Run folders.", completion: .directory) var runs: [String]
    @Option(
        help: "Write an HTML file with all curves in common charts, and the charts as SVG and PNG.",
        completion: .file(extensions: ["html"]))
    var page: String?
    @Flag(help: "Print the result as a JSON object.") var json = false

    func run() throws {
        let comparison = try RunComparison(runs)
        if let page {
            let folders = try runs.map { URL(fileURLWithPath: $0) }.flatMap { folder in
                SeriesFolder.isSeries(folder) ? try SeriesFolder.open(folder).folder.runs.map(\.folder.url) : [folder]
            }
            let page = URL(fileURLWithPath: page)
            try ComparisonReport(runs: folders.map { try FinishedRun($0) })
                .write(page: page, figures: figuresFolder(beside: page))
        }
        if json { try printJSON(comparison) } else { show(table(of: comparison)) }
    }
}

/// A line an entry, then a line a pair.
func table(of comparison: RunComparison) -> String {
    let width = max(10, (comparison.entries.map(\.name.count).max() ?? 0) + 2)
    func cell(_ measure: RunComparison.Measure) -> String {
        let deviation = measure.deviation.map { " ± \(decimal($0 * 100, places: 1))" } ?? ""
        let interval = measure.interval.map {
            "  [\(decimal($0.low * 100, places: 1)), \(decimal($0.high * 100, places: 1))]"
        }
        return percent(measure.value) + deviation + (interval ?? "")
    }
    var lines = [
        "".left(width) + "net".left(16) + "epochs".right(6) + "runs".right(6) + "tracks".right(8) + "   "
            + ["raw", "max", "maj"].map { $0.left(30) }.joined()
    ]
    for entry in comparison.entries {
        lines.append(
            entry.name.left(width) + entry.net.left(16) + String(entry.epochs).right(6) + String(entry.runs).right(6)
                + String(entry.tracks).right(8) + "   "
                + [entry.raw, entry.max, entry.maj].map { cell($0).left(30) }.joined())
    }
    if !comparison.pairs.isEmpty { lines += ["", "tracks right by max, in one alone (McNemar's exact test)"] }
    for pair in comparison.pairs {
        let test = pair.max
        lines.append(
            "\(pair.first): \(test.onlyFirst)   \(pair.second): \(test.onlySecond)   of \(test.tracks) tracks   "
                + (test.p < 0.001 ? "p < 0.001" : "p = \(decimal(test.p, places: 3))")
                + (pair.isOfSameData ? "" : "   (their data differ)"))
    }
    if !comparison.cautions.isEmpty { lines.append("") }
    lines += comparison.cautions.map { "caution: \($0)" }
    return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
}
