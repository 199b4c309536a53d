import Evaluation
import Foundation
import ModelFile
import Storage
import Training

/// Several runs beside each other: what can be said of each run and series, and of each pair; curves in common charts;
/// scores in one table.
///
/// Runs that are all members of a series, one after the other, are taken as that series.
public struct ComparisonReport {
    /// One at least.
    public let runs: [FinishedRun]
    /// Runs, and series of several.
    private let entries: [Entry]
    /// With intervals and tests; a fault where a run has no scores.
    private let comparison: Result<RunComparison, any Error>

    /// A run, or all members of a series.
    private struct Entry {
        let folder: URL
        let isSeries: Bool
        var runs: [FinishedRun]
    }

    public init(runs: [FinishedRun]) {
        precondition(!runs.isEmpty, "there is something to compare")
        self.runs = runs
        entries = Self.entries(of: runs)
        let entries = entries
        comparison = Result { try RunComparison(entries.map(\.folder.path)) }
    }

    private static func entries(of runs: [FinishedRun]) -> [Entry] {
        var entries: [Entry] = []
        var rest = runs[...]
        while let run = rest.first {
            let parent = run.folder.url.standardizedFileURL.deletingLastPathComponent()
            let members =
                SeriesFolder.isSeries(parent) ? (try? SeriesFolder.open(parent))?.folder.runs.map(\.folder.url) : nil
            let paths = (members ?? []).map(\.standardizedFileURL.path)
            if !paths.isEmpty, rest.prefix(paths.count).map(\.folder.url.standardizedFileURL.path) == paths {
                entries.append(Entry(folder: parent, isSeries: true, runs: Array(rest.prefix(paths.count))))
                rest = rest.dropFirst(paths.count)
            } else {
                entries.append(Entry(folder: run.folder.url, isSeries: false, runs: [run]))
                rest = rest.dropFirst()
            }
        }
        return entries
    }

    /// Each entry's name, told apart by the folders above where two are called the same.
    private var entryNames: [String] {
        let paths = entries.map { $0.folder.standardizedFileURL.pathComponents }
        for length in 1...max(paths.map(\.count).max() ?? 1, 1) {
            let names = paths.map { $0.suffix(length).joined(separator: "/") }
            if Set(names).count == names.count { return names }
        }
        return paths.map { $0.joined(separator: "/") }
    }

    /// Each run's name; a series' own stands before its members'.
    var names: [String] {
        zip(entryNames, entries).flatMap { name, entry in
            entry.isSeries ? entry.runs.map { "\(name)/\($0.name)" } : [name]
        }
    }

    // MARK: - Figures

    public var figures: [Figure] { intervals + means + curves }

    private static let measures: [Curves.Measure] = [.raw, .max, .validationLoss, .trainLoss]

    /// Each entry's accuracies with their intervals; nothing where a run has no scores.
    private var intervals: [Figure] {
        guard case .success(let comparison) = comparison else { return [] }
        let rows = zip(entryNames, comparison.entries).map { name, entry in
            IntervalChart.Row(
                name: name,
                dots: [entry.raw, entry.max, entry.maj].enumerated().map { kind, measure in
                    .init(
                        value: measure.value * 100,
                        interval: measure.interval.map { $0.low * 100...max($0.low, $0.high) * 100 }, kind: kind)
                })
        }
        return [
            IntervalChart(
                title: "Accuracy and 95% intervals", horizontalTitle: "accuracy (%)",
                groups: [.init(name: "", rows: rows)], kinds: ["raw", "max", "maj"]
            ).figure(
                name: "intervals",
                summary: "Dots of raw, max and maj of each run and series, with whiskers for their 95% intervals.")
        ]
    }

    /// Of all runs; one epoch is no curve.
    private var lines: [Curves.Run] { zip(names, runs).map { Curves.Run(name: $0, epochs: $1.epochs) } }
    private var haveCurves: Bool { runs.contains { $0.epochs.count > 1 } }

    private var curves: [Figure] {
        guard haveCurves else { return [] }
        let range = Curves.range(of: lines)
        return Self.measures.map { Curves.comparison(of: lines, by: $0, range: range) }
    }

    /// Where a series has several members: their means.
    private var means: [Figure] {
        guard haveCurves, entries.contains(where: { $0.runs.count > 1 }) else { return [] }
        let range = Curves.range(of: lines)
        let groups = zip(entryNames, entries).map { name, entry in
            (name: name, runs: entry.runs.map { Curves.Run(name: $0.name, epochs: $0.epochs) })
        }
        return Self.measures.map { Curves.comparison(ofGroups: groups, by: $0, name: "means", range: range) }
    }

    /// Writes the page, and every figure as files.
    ///
    /// - Parameter replacing: whether files of other kinds may be replaced.
    /// - Returns: the figures' files.
    @discardableResult
    public func write(
        page: URL, figures folder: URL?, _ options: FigureFiles.Options = FigureFiles.Options(), replacing: Bool = false
    ) throws -> [URL] {
        try OutputPlace.check(page, .page(.comparison), replacing: replacing)
        let files = try folder.map { try FigureFiles.write(figures, to: $0, options, replacing: replacing) } ?? []
        do { try AtomicFile.write(html(), to: page) } catch { throw ReportError.cannotWrite(page, error) }
        return files
    }

    // MARK: - The page

    public func html() -> String {
        var sections = [Page.Section(id: "scores", heading: "Scores", body: scores)]
        if haveCurves { sections.append(.init(id: "curves", heading: "Curves", body: curveSection)) }
        if let settingTable { sections.append(.init(id: "settings", heading: "Settings", body: settingTable)) }
        sections.append(.init(id: "runs", heading: "Single runs", body: runTable))
        let series = entries.count(where: \.isSeries)
        let words = [
            series > 0 ? "\(series) series" : nil,
            series < entries.count ? counted(entries.count - series, "run") : nil,
        ]
        let members = series > 0 ? ", \(counted(runs.count, "run")) in all" : ""
        return Page(
            title: title,
            subtitle: "A comparison of \(words.compactMap { $0 }.joined(separator: " and "))\(members); nets: "
                + Set(runs.map(\.card.architecture)).sorted().joined(separator: ", ") + ".",
            sections: sections, foot: "Written by GenreKit.", kind: .comparison
        ).html()
    }

    /// The names, as far as they are few.
    private var title: String {
        let names = entryNames
        return names.count <= 3
            ? names.joined(separator: names.count == 2 ? " and " : ", ")
            : "\(names[0]), \(names[1]) and \(names.count - 2) more"
    }

    /// Where a series has means, its members' own lines are there to be unfolded.
    private var curveSection: String {
        let single = curveGrid(curves)
        let note =
            "<p class=\"note\">raw counts segments, max tracks by mean probability, both on the validation tracks.</p>\n"
        guard !means.isEmpty else { return single + note }
        return curveGrid(means)
            + "<p class=\"note\">Means; the bands are a standard deviation of a series' members to both sides.</p>\n"
            + note
            + "<details><summary>The curves of each run</summary>\n\(single)</details>\n"
    }

    private var scores: String {
        var body = ""
        switch comparison {
        case .success(let comparison): body = entryTable(comparison) + pairTable(comparison)
        case .failure(let error): body = Page.caution("There are no intervals and tests: \(error)")
        }
        var cautions = Set(runs.compactMap(\.card.blueprint.caution)).sorted()
        if let caution = SplitCaution.words(runs.map(\.card.split)) { cautions.append(caution) }
        return body + cautions.map(Page.caution).joined()
    }

    /// A line an entry: mean, deviation, interval.
    private func entryTable(_ comparison: RunComparison) -> String {
        let measures: [KeyPath<RunComparison.Entry, RunComparison.Measure>] = [\.raw, \.max, \.maj]
        let best = measures.map { measure in comparison.entries.map { $0[keyPath: measure].value }.max() }
        func cell(_ entry: RunComparison.Entry, _ place: Int) -> String {
            let measure = entry[keyPath: measures[place]]
            let deviation = measure.deviation.map { " ± \(decimal($0 * 100, places: 1))" } ?? ""
            let words = decimal(measure.value * 100, places: 1) + deviation + "%"
            let isBest = comparison.entries.count > 1 && measure.value == best[place]
            let title = measure.interval.map { " title=\"95% CI \(Tables.words($0))\"" } ?? ""
            return "<td class=\"n\"\(title)>\(isBest ? "<b>\(words)</b>" : words)</td>"
        }
        let rows = zip(entryNames, comparison.entries).map { name, entry in
            "<tr><td>\(escaped(name))</td><td>\(escaped(entry.net))</td><td class=\"n\">\(grouped(entry.epochs))</td>"
                + "<td class=\"n\">\(grouped(entry.runs))</td><td class=\"n\">\(grouped(entry.tracks))</td>"
                + measures.indices.map { cell(entry, $0) }.joined() + "</tr>"
        }
        let heads = ["raw", "max", "maj"].map { "<th class=\"n\">\($0)</th>" }
        let cautions = comparison.cautions.map { caution in
            Page.caution(caution.prefix(1).uppercased() + caution.dropFirst() + ".")
        }
        return "<div class=\"scroll\"><table><thead><tr><th>name</th><th>net</th><th class=\"n\">epochs</th>"
            + "<th class=\"n\">runs</th><th class=\"n\">tracks</th>\(heads.joined())</tr></thead>\n<tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table></div>\n"
            + "<div class=\"chart\">\n\(intervals.map { $0.element() }.joined())</div>\n"
            + "<p class=\"note\">The greatest of each measure is bold. ± is the standard deviation of a series' members. The "
            + "whiskers are 95% confidence intervals: of a run, and of folds, whose tracks count as one set, by bootstrap over "
            + "the tracks; of the mean of several seeds by Student's t.</p>\n"
            + cautions.joined()
    }

    /// A line a pair that judged the same tracks.
    private func pairTable(_ comparison: RunComparison) -> String {
        guard !comparison.pairs.isEmpty else { return "" }
        let names = Dictionary(zip(entries.map(\.folder.path), entryNames)) { first, _ in first }
        let rows = comparison.pairs.map { pair in
            let test = pair.max
            let p = test.p < 0.001 ? "&lt; 0.001" : decimal(test.p, places: 3)
            return
                "<tr><td>\(escaped(names[pair.first] ?? pair.first))</td><td class=\"n\">\(grouped(test.onlyFirst))</td>"
                + "<td>\(escaped(names[pair.second] ?? pair.second))</td><td class=\"n\">\(grouped(test.onlySecond))</td>"
                + "<td class=\"n\">\(grouped(test.tracks))</td><td class=\"n\">\(p)</td>"
                + "<td>\(pair.isOfSameData ? "" : "their data differ")</td></tr>"
        }
        return "<h3>In pairs</h3>\n<div class=\"scroll\"><table><thead><tr><th>first</th>"
            + "<th class=\"n\">it alone correct</th><th>second</th><th class=\"n\">it alone correct</th>"
            + "<th class=\"n\">of tracks</th><th class=\"n\">p</th><th></th></tr></thead>\n<tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table></div>\n"
            + "<p class=\"note\">McNemar's exact test, two-sided, by max: the chance of a difference at least so great, were "
            + "both equally good. Only runs and folds that judged the same tracks are tested.</p>\n"
    }

    /// A line a setting that is not the same for all; nil for none.
    private var settingTable: String? {
        let rows = SettingsDifferences(entries.map { $0.runs[0].settings }).rows
        guard !rows.isEmpty else { return nil }
        let heads = entryNames.map { "<th>\(escaped($0))</th>" }.joined()
        let lines = rows.map { row in
            "<tr><td>\(escaped(row.name))</td>\(row.values.map { "<td>\(escaped($0))</td>" }.joined())</tr>"
        }
        return "<div class=\"scroll\"><table><thead><tr><th>setting</th>\(heads)</tr></thead>\n<tbody>\n"
            + lines.joined(separator: "\n") + "\n</tbody></table></div>\n"
            + "<p class=\"note\">Settings that are the same for all are left out. Of a series the first member's.</p>\n"
    }

    private var runTable: String {
        let head =
            "<tr><th>run</th><th>net</th><th class=\"n\">seed</th><th class=\"n\">epochs</th><th class=\"n\">raw</th>"
            + "<th class=\"n\">max</th><th class=\"n\">maj</th><th class=\"n\">raw, 5 epochs</th><th class=\"n\">cross-entropy</th>"
            + "<th class=\"n\">tracks</th></tr>"
        let rows = zip(names, runs).map { name, run in
            let scores = run.card.scores
            let recent = run.epochs.count < 5 ? nil : Spread(run.epochs.suffix(5).map(\.raw))
            let cells: [String] = [
                String(run.settings.seed), String(run.epochs.last!.epoch), percent(scores?.raw),
                percent(scores?.max), percent(scores?.maj), percent(recent?.mean),
                scores.map { decimal($0.loss, places: 3) } ?? "–",
                scores.map { "\($0.tracks) \(run.card.side)" } ?? "–",
            ]
            let numbers = cells.map { "<td class=\"n\">\(escaped($0))</td>" }.joined()
            return "<tr><td>\(escaped(name))</td><td>\(escaped(run.card.architecture))</td>\(numbers)</tr>"
        }
        return "<div class=\"scroll\"><table><thead>\(head)</thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n"
            + "</tbody></table></div>\n<p class=\"note\">“raw, 5 epochs” is the mean of the last five epochs on the "
            + "validation tracks.</p>\n"
    }
}
