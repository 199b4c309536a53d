import Foundation
import Storage

/// How results stand in a file: told by its name's ending.
enum ResultsLayout: Equatable {
    case lines
    case table(TableLayout)

    /// - Throws: ``ToolError/unknownEnding(path:known:)``.
    init(_ url: URL, forSpreadsheets: Bool) throws {
        switch url.pathExtension.lowercased() {
        case "jsonl": self = .lines
        case "csv": self = .table(TableLayout(delimiter: UInt8(ascii: ","), forSpreadsheets: forSpreadsheets))
        case "tsv": self = .table(TableLayout(delimiter: UInt8(ascii: "\t"), forSpreadsheets: forSpreadsheets))
        default:
            throw ToolError.unknownEnding(
                path: url.path,
                known: ".jsonl (a JSON object a line), .csv or .tsv; --json and --csv print to standard output")
        }
    }
}

/// A table's rows as CSV or TSV (RFC 4180). Names stand in it as they are, so that a program that reads it can open the
/// files; or in a form that spreadsheets do not take for formulas.
struct TableLayout: Equatable {
    var delimiter = UInt8(ascii: ",")
    /// Whether fields that a spreadsheet would compute begin with an apostrophe, and the table with a UTF-8 mark.
    var forSpreadsheets = false

    /// What the table begins with.
    var mark: String { forSpreadsheets ? "\u{FEFF}" : "" }

    /// A row without its line end.
    func row(_ fields: [String]) -> String {
        DelimitedText.row(forSpreadsheets ? fields.map(Self.guarded) : fields, delimiter: delimiter)
    }

    /// A field that no spreadsheet computes. One apostrophe at its beginning, if any, is not the field's own.
    static func guarded(_ field: String) -> String { isGuarded(field) ? "'" + field : field }

    /// What stood in the field before it was guarded.
    static func unguarded(_ field: String) -> String {
        let rest = field.unicodeScalars.dropFirst()
        guard field.unicodeScalars.first == "'", isGuarded(String(rest)) else { return field }
        return String(rest)
    }

    private static func isGuarded(_ field: String) -> Bool {
        guard let first = field.unicodeScalars.first else { return false }
        // The wide forms are signs to some spreadsheets, too.
        return "=+-@\t\r\n'\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains(first)
    }
}
