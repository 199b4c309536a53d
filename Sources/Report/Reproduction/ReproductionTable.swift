import Evaluation
import Foundation
import Training

/// Table I of ours beside the published one, for a text: the same cells in three notations. Percent with two places, as
/// the paper has them.
public struct ReproductionTable {
    public enum Format: String, Sendable, CaseIterable {
        case latex, markdown, csv

        /// Of the file that is written beside results.json.
        public var fileName: String {
            switch self {
            case .latex: "table.tex"
            case .markdown: "table.md"
            case .csv: "table.csv"
            }
        }
    }

    /// A net after so many epochs.
    struct Row {
        let net: String
        let epochs: Int
        let runs: Int
        let raw: Spread
        let max: Spread
        let maj: Spread
        /// Table I's raw accuracy, in percent.
        let published: Double?
    }

    let rows: [Row]
    /// Whether the runs say nothing of accuracies.
    let isSmokeRun: Bool
    /// What the table is of, in a sentence.
    let caption: String

    init(_ report: ReproductionReport) {
        isSmokeRun = report.reproduction.isSmokeRun
        caption = report.caption
        rows = report.reproduction.milestones.flatMap { epochs in
            report.nets.compactMap { row in
                guard let raw = report.spread(row.runs, after: epochs, \.raw),
                    let max = report.spread(row.runs, after: epochs, \.max),
                    let maj = report.spread(row.runs, after: epochs, \.maj)
                else { return nil }
                let name = row.group.net.name
                return Row(
                    net: name, epochs: epochs, runs: row.runs.count, raw: raw, max: max, maj: maj,
                    published: PublishedResult.find(name, epochs: epochs, in: PublishedResult.tableI)?.raw)
            }
        }
    }

    public func text(_ format: Format) -> String {
        switch format {
        case .latex: latex
        case .markdown: markdown
        case .csv: csv
        }
    }

    private static let heads = ["Net", "Epochs", "Runs", "Raw (%)", "Published raw (%)", "Max (%)", "Maj (%)"]

    private static func number(_ share: Double) -> String { decimal(share * 100, places: 2) }

    private func cells(plusMinus: String) -> [[String]] {
        rows.map { row in
            func words(_ spread: Spread) -> String {
                Self.number(spread.mean) + (spread.deviation.map { plusMinus + Self.number($0) } ?? "")
            }
            return [
                row.net, String(row.epochs), String(row.runs), words(row.raw),
                row.published.map { decimal($0, places: 2) } ?? "–", words(row.max), words(row.maj),
            ]
        }
    }

    /// A table environment that needs the package booktabs.
    private var latex: String {
        Self.latex(
            heads: Self.heads, rows: cells(plusMinus: " \\pm "), columns: "lrrrrrr", caption: caption,
            label: "reproduction")
    }

    private static func latex(
        heads: [String], rows: [[String]], columns: String, caption: String, label: String
    ) -> String {
        func line(_ cells: [String]) -> String { "    " + cells.joined(separator: " & ") + " \\\\\n" }
        let body = rows.map { cells in
            line(cells.map { $0.contains("\\pm") ? "$\($0)$" : $0 == "–" ? "--" : latexText($0) })
        }
        return """
            % Needs \\usepackage{booktabs}.
            \\begin{table}
              \\centering
              \\caption{\(latexText(caption))}
              \\label{tab:\(label)}
              \\begin{tabular}{\(columns)}
                \\toprule
            \(line(heads.map(latexText)))    \\midrule
            \(body.joined())    \\bottomrule
              \\end{tabular}
            \\end{table}

            """
    }

    /// Any table in that notation.
    ///
    /// - Parameter label: by which a text refers to it.
    static func text(
        _ format: Format, heads: [String], rows: [[String]], caption: String, label: String
    ) -> String {
        switch format {
        case .latex:
            latex(
                heads: heads, rows: rows, columns: "l" + String(repeating: "r", count: heads.count - 1),
                caption: caption, label: label)
        case .markdown: markdown(heads: heads, rows: rows, caption: caption)
        case .csv: ([heads] + rows).map { $0.map(csvField).joined(separator: ",") + "\n" }.joined()
        }
    }

    private static func latexText(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\textbackslash{}"
            case "~": result += "\\textasciitilde{}"
            case "^": result += "\\textasciicircum{}"
            case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
            case "–": result += "--"
            case "±": result += "$\\pm$"
            default: result.append(character)
            }
        }
    }

    private var markdown: String {
        Self.markdown(heads: Self.heads, rows: cells(plusMinus: " ± "), caption: caption)
    }

    private static func markdown(heads: [String], rows: [[String]], caption: String) -> String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        return line(heads) + line(["---"] + heads.dropFirst().map { _ in "---:" })
            + rows.map { line($0.map { $0.replacing("|", with: "\\|") }) }.joined() + "\n" + caption + "\n"
    }

    private static func csvField(_ text: String) -> String {
        text.contains { ",\"\r\n".contains($0) } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }

    /// A column a number, with the ends of the 95% interval of the mean.
    private var csv: String {
        let measures = ["raw", "max", "maj"].flatMap { name in
            ["mean", "deviation", "low", "high"].map { "\(name)_\($0)_percent" }
        }
        let head = ["net", "epochs", "runs"] + measures + ["published_raw_percent"]
        let lines = rows.map { row in
            [row.net, String(row.epochs), String(row.runs)]
                + [row.raw, row.max, row.maj].flatMap { spread in
                    [spread.mean, spread.deviation, spread.interval?.low, spread.interval?.high].map {
                        $0.map(Self.number) ?? ""
                    }
                } + [row.published.map { decimal($0, places: 2) } ?? ""]
        }
        return ([head] + lines).map { $0.map(Self.csvField).joined(separator: ",") + "\n" }.joined()
    }
}

extension ReproductionReport {
    /// Table I in that notation.
    public func table(_ format: ReproductionTable.Format) -> String { ReproductionTable(self).text(format) }

    /// What the tables are of, in a sentence.
    var caption: String {
        let kind = reproduction.isSmokeRun ? "Smoke run, no result. " : ""
        return kind
            + "Accuracy on the validation data, mean ± standard deviation over the runs. Published: raw accuracy in "
            + "Table I of \(Paper.authors), means of 5 runs."
    }
}
