import ArgumentParser
import Evaluation
import Foundation
import Report
import Storage
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
            every epoch, too; --page lays them over each other, on a page with the scores. Settings are shown where they \
            are not the same: optimiser, learning rate and its schedule, penalties, augmentation, seed.

            Of three runs or more, p is also given as corrected for the number of pairs (Holm): a pair differs where that \
            is below 0.05.

            Examples:
              genre compare my-run other-run
              genre compare folds tuned --page comparison.html
              genre compare runs/* --json
            """)

    @Argument(help: "Run folders.", completion: .directory) var runs: [String]
    @Option(
        help: "Write an HTML file with all curves in common charts, and the charts as SVG, PDF and PNG.",
        completion: .file(extensions: ["html"]))
    var page: String?
    @OptionGroup var replacing: ReplacingOption
    @Flag(help: "Print the result as a JSON object.") var json = false

    func run() throws {
        let place = try page.map(pagePlace)
        if let place { try OutputPlace.check(place, .page(.comparison), replacing: replacing.force) }
        let comparison = try RunComparison(runs)
        if let place {
            let folders = try runs.map { URL(fileURLWithPath: $0) }.flatMap { folder in
                SeriesFolder.isSeries(folder) ? try SeriesFolder.open(folder).folder.runs.map(\.folder.url) : [folder]
            }
            try ComparisonReport(runs: folders.map { try FinishedRun($0) })
                .write(page: place, figures: figuresFolder(beside: place), replacing: replacing.force)
        }
        if json { try printJSON(comparison) } else { showText(table(of: comparison)) }
    }
}

/// A block for each measure's column where the columns allow it, else a line for each run and measure; then a line for each
/// pair.
func table(of comparison: RunComparison, columns: Int = Terminal.columns(of: STDOUT_FILENO)) -> String {
    let width = max(10, (comparison.entries.map(\.name.displayWidth).max() ?? 0) + 2)
    func cell(_ measure: RunComparison.Measure) -> String {
        let deviation = measure.deviation.map { " ± \(decimal($0 * 100, places: 1))" } ?? ""
        let interval = measure.interval.map {
            "  [\(decimal($0.low * 100, places: 1)), \(decimal($0.high * 100, places: 1))]"
        }
        return percent(measure.value) + deviation + (interval ?? "")
    }
    let cells = comparison.entries.map { [cell($0.raw), cell($0.max), cell($0.maj)] }
    let cellWidth = (cells.joined().map(\.displayWidth).max() ?? 0) + 2
    let names = ["raw", "max", "maj"]
    let netWidth = max(5, (comparison.entries.map(\.net.displayWidth).max() ?? 0) + 1)
    let facts = "".left(width) + "net".left(netWidth) + "epochs".right(6) + "runs".right(6) + "tracks".right(8)
    func factsRow(_ entry: RunComparison.Entry) -> String {
        StandardStreams.oneLine(entry.name).left(width) + entry.net.left(netWidth) + String(entry.epochs).right(6)
            + String(entry.runs).right(6) + String(entry.tracks).right(8)
    }
    var lines: [String] = []
    if facts.displayWidth + 3 + 3 * cellWidth <= columns {
        lines.append(facts + "   " + names.map { $0.left(cellWidth) }.joined())
        for (entry, cells) in zip(comparison.entries, cells) {
            lines.append(factsRow(entry) + "   " + cells.map { $0.left(cellWidth) }.joined())
        }
    } else {
        lines += [facts] + comparison.entries.map(factsRow) + [""]
        if width + 3 * cellWidth <= columns {
            lines.append("".left(width) + names.map { $0.left(cellWidth) }.joined())
            lines += zip(comparison.entries, cells).map { entry, cells in
                entry.name.left(width) + cells.map { $0.left(cellWidth) }.joined()
            }
        } else {
            for (entry, cells) in zip(comparison.entries, cells) {
                lines += [entry.name] + zip(names, cells).map { "  \($0)  \($1)" }
            }
        }
    }
    if comparison.entries.contains(where: { $0.raw.interval != nil }) { lines += ["", "[…] is a 95% interval"] }
    let settings = SettingsDifferences(comparison).rows
    if !settings.isEmpty { lines += ["", "settings, where they are not the same"] }
    for row in settings {
        lines.append(row.name)
        for (entry, value) in zip(comparison.entries, row.values) {
            lines.append("  \(StandardStreams.oneLine(entry.name)): \(value)")
        }
    }
    if !comparison.pairs.isEmpty {
        lines += ["", "tracks correct by max in one run alone (McNemar's exact test)"]
        let corrected = holm(comparison.pairs.map(\.max.p))
        for (pair, holm) in zip(comparison.pairs, corrected) {
            let test = pair.max
            lines.append(
                "\(pair.first): \(test.onlyFirst)   \(pair.second): \(test.onlySecond)   of "
                    + "\(counted(test.tracks, "track"))   \(words(p: test.p))"
                    + (comparison.pairs.count > 1 ? ", \(words(p: holm)) corrected" : "")
                    + (pair.isOfSameData ? "" : "   (their data differ)"))
        }
        if comparison.pairs.count > 1 {
            lines.append(
                "corrected: for \(comparison.pairs.count) tests at once (Holm); a pair differs where that is below 0.05"
            )
        }
    }
    if !comparison.cautions.isEmpty { lines.append("") }
    lines += comparison.cautions.map { "caution: \($0)" }
    return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
}

private func words(p: Double) -> String { p < 0.001 ? "p < 0.001" : "p = \(decimal(p, places: 3))" }

/// Holm's correction of several tests' p, in their order: the chance that any of them errs stays below the bound.
func holm(_ values: [Double]) -> [Double] {
    var result = values
    var greatest = 0.0
    for (rank, index) in values.indices.sorted(by: { (values[$0], $0) < (values[$1], $1) }).enumerated() {
        greatest = max(greatest, min(1, values[index] * Double(values.count - rank)))
        result[index] = greatest
    }
    return result
}
