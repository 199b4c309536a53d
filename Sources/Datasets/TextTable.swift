import Foundation
import Storage

/// A table in a text file, as RFC 4180 has it: fields parted by commas, or by tabs or semicolons where the header is; quotes
/// around fields, doubled within; a header first. UTF-8, UTF-16 or Windows-1252, any kind of line end.
struct TextTable {
    struct Row {
        /// From 1, where the row starts.
        var line: Int
        /// As many as the header's.
        var fields: [String]
    }

    /// Bytes; more is no table that a person made.
    static let greatest = 1 << 28

    let url: URL
    /// In lower case.
    let header: [String]
    /// Rows with as many fields as the header; empty lines are left out.
    let rows: [Row]
    /// Rows with another number of fields: line and number.
    let oddRows: [(line: Int, fields: Int)]

    /// - Throws: `DatasetError.missing`, `.unreadable`, `.badTable`.
    init(_ url: URL) throws(DatasetError) {
        self.url = url
        let all = try Self.parse(url)
        guard let first = all.first else { throw .badTable(path: url.path, line: 1, problem: "the table is empty") }
        header = first.fields.map { $0.lowercased() }
        var rows: [Row] = []
        var odd: [(line: Int, fields: Int)] = []
        for row in all.dropFirst() {
            if row.fields.count == first.fields.count {
                rows.append(row)
            } else {
                odd.append((row.line, row.fields.count))
            }
        }
        self.rows = rows
        oddRows = odd
    }

    /// The place of the column that has one of these names.
    /// - Throws: `DatasetError.badTable` where there is none, or several.
    func column(_ names: String...) throws(DatasetError) -> Int {
        let found = header.indices.filter { names.contains(header[$0]) }
        guard let only = found.first, found.count == 1 else {
            if found.isEmpty, header.count(where: { $0 == "track" }) > 1, header.contains("album") {
                throw .badTable(
                    path: url.path, line: 1,
                    problem:
                        "it looks like the tracks.csv of the FMA data set, which has three lines of header and no paths;"
                        + " write a table with the columns path and genre (genre_top there) from it")
            }
            throw .badTable(
                path: url.path, line: 1,
                problem: found.isEmpty
                    ? "there is no column '\(names[0])'; the header has \(header.joined(separator: ", "))"
                    : "several columns could be '\(names[0])': \(found.map { header[$0] }.joined(separator: ", "))")
        }
        return only
    }

    /// As `column`, nil where there is none.
    func optionalColumn(_ names: String...) -> Int? { header.firstIndex { names.contains($0) } }

    /// - Throws: `DatasetError.missing`, `.unreadable`, `.badTable` where it is no text.
    static func text(of url: URL) throws(DatasetError) -> ListText {
        let text: ListText
        do { text = try ListText(contentsOf: url.path, limit: greatest, format: "table") } catch {
            switch error {
            case .missing: throw .missing(path: url.path)
            case .malformed(_, _, let fault): throw .badTable(path: url.path, line: 1, problem: fault)
            case .unreadable(let path, let reason): throw .unreadable(path: path, reason: reason)
            default: throw .unreadable(path: url.path, reason: "it is not a regular file")
            }
        }
        guard !text.bytes.contains(0) else {
            throw .badTable(path: url.path, line: 1, problem: "it is no UTF-8 text: it holds zero bytes")
        }
        return text
    }

    /// Tabs, semicolons (as spreadsheets write them where the comma is the decimal mark) or commas, as the header has
    /// them outside of quotes.
    private static func delimiter(of header: ArraySlice<UInt8>) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var quoted = false
        for byte in header {
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            if !quoted { counts[byte, default: 0] += 1 }
        }
        let (tab, semicolon, comma) = (UInt8(ascii: "\t"), UInt8(ascii: ";"), UInt8(ascii: ","))
        if counts[tab, default: 0] > 0 { return tab }
        return counts[semicolon, default: 0] > counts[comma, default: 0] ? semicolon : comma
    }

    private static func parse(_ url: URL) throws(DatasetError) -> [Row] {
        var bytes = try text(of: url).bytes
        // A field that is valid UTF-8 is read as such even where another is not.
        let isText = String(validating: bytes, as: UTF8.self) != nil
        func fault(_ line: Int, _ problem: String) -> DatasetError {
            .badTable(path: url.path, line: line, problem: problem)
        }
        let newline = UInt8(ascii: "\n")
        let carriageReturn = UInt8(ascii: "\r")
        var firstLine = bytes.prefix { $0 != newline && $0 != carriageReturn }
        var line = 1
        var delimiter = Self.delimiter(of: firstLine)
        if firstLine.count == 5, firstLine.starts(with: Array("sep=".utf8)) {
            // A spreadsheet's own line, before the header.
            delimiter = bytes[4]
            bytes.removeFirst(5)
            bytes.removeFirst(bytes.starts(with: [carriageReturn, newline]) ? 2 : min(1, bytes.count))
            line = 2
        } else if firstLine.allSatisfy({ $0 == UInt8(ascii: " ") }), let start = bytes.firstIndex(where: { $0 > 32 }) {
            firstLine = bytes[start...].prefix { $0 != newline && $0 != carriageReturn }
            delimiter = Self.delimiter(of: firstLine)
        }

        var rows: [Row] = []
        do throws(DelimitedText.Fault) {
            try DelimitedText.read(
                bytes, delimiter: delimiter, firstLine: line, trimmingSpaces: true,
                decoding: { isText ? String(decoding: $0, as: UTF8.self) : ListText.text($0) }
            ) { row in rows.append(Row(line: row.line, fields: row.fields)) }
        } catch {
            switch error.problem {
            case .openQuote: throw fault(error.line, "a quoted field has no end")
            case .textAfterQuote: throw fault(error.line, "text follows a quoted field")
            }
        }
        return rows
    }
}
