import Foundation
import ModelFile
import Storage
import Training

/// Several runs beside each other: curves in common charts, scores in one table.
public struct ComparisonReport {
    /// One at least.
    public let runs: [FinishedRun]

    public init(runs: [FinishedRun]) {
        precondition(!runs.isEmpty, "there is something to compare")
        self.runs = runs
    }

    /// Each run's name, told apart by the folders above where two are called the same.
    var names: [String] {
        let paths = runs.map { $0.folder.url.standardizedFileURL.pathComponents }
        for length in 1...max(paths.map(\.count).max() ?? 1, 1) {
            let names = paths.map { $0.suffix(length).joined(separator: "/") }
            if Set(names).count == names.count { return names }
        }
        return paths.map { $0.joined(separator: "/") }
    }

    public var figures: [Figure] {
        let curves = zip(names, runs).map { Curves.Run(name: $0, epochs: $1.epochs) }
        return [.raw, .max, .validationLoss, .trainLoss].map { Curves.comparison(of: curves, by: $0) }
    }

    /// Writes the page, and every figure as SVG and PNG.
    public func write(page: URL, figures folder: URL?) throws {
        if let folder { try FigureFiles.write(figures, to: folder) }
        do { try AtomicFile.write(html(), to: page) } catch {
            throw ReportError.cannotWrite(file: page.path, problem: "\(error)")
        }
    }

    public func html() -> String {
        let head =
            "<tr><th>run</th><th>net</th><th class=\"n\">seed</th><th class=\"n\">epochs</th><th class=\"n\">raw</th>"
            + "<th class=\"n\">max</th><th class=\"n\">maj</th><th class=\"n\">raw, last 5</th><th class=\"n\">loss</th>"
            + "<th class=\"n\">tracks</th></tr>"
        let rows = zip(names, runs).map { name, run in
            let scores = run.card.scores
            let recent = Spread(run.epochs.suffix(5).map(\.raw))
            let cells: [String] = [
                String(run.settings.seed), String(run.epochs.last!.epoch), percent(scores?.raw),
                percent(scores?.max), percent(scores?.maj), percent(recent.mean),
                scores.map { decimal($0.loss, places: 3) } ?? "–",
                scores.map { "\($0.tracks) \(run.card.scoredSide)" } ?? "–",
            ]
            let numbers = cells.map { "<td class=\"n\">\(escaped($0))</td>" }.joined()
            return "<tr><td>\(escaped(name))</td><td>\(escaped(run.card.architecture))</td>\(numbers)</tr>"
        }
        var body =
            "<div class=\"scroll\"><table><thead>\(head)</thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n"
            + "</tbody></table></div>\n"
        if Set(runs.map(\.card.dataHash)).count > 1 || Set(runs.map(\.judgedTracks)).count > 1 {
            body +=
                "<p class=\"caution\">These runs were not all judged on the same tracks of the same data: their scores do "
                + "not compare one to one.</p>\n"
        }
        for caution in Set(runs.compactMap(\.card.blueprint.caution)).sorted() {
            body += "<p class=\"caution\">\(escaped(caution))</p>\n"
        }
        return Page(
            title: "\(runs.count) runs", subtitle: Set(runs.map(\.card.architecture)).sorted().joined(separator: ", "),
            sections: [
                .init(id: "scores", heading: "Scores", body: body),
                .init(
                    id: "curves", heading: "Training",
                    body: figureGrid(figures.map { $0.element() })
                        + "<p class=\"note\">raw counts segments, max tracks by summed probability. \"raw, last 5\" is the mean "
                        + "of the last five epochs on the held-out tracks.</p>"),
            ], foot: "Written by GenreKit."
        ).html()
    }
}
