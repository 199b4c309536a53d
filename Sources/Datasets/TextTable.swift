import Foundation
import Storage

/// A table in a text file, as RFC 4180 has it: fields parted by commas, or by tabs where the first line has one; quotes
/// around fields, doubled within; a header first. UTF-8, any kind of line end.
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

    static func text(of url: URL) throws(DatasetError) -> String {
        let file: MappedFile
        do { file = try MappedFile(url) } catch {
            if case .missing = error { throw .missing(path: url.path) }
            throw .unreadable(path: url.path, reason: "\(error)")
        }
        guard file.count <= greatest else {
            throw .badTable(path: url.path, line: 1, problem: "\(file.count) bytes are too many for a table")
        }
        var bytes = file.bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        let text = withExtendedLifetime(file) {
            String(validating: UnsafeRawBufferPointer(rebasing: bytes).bindMemory(to: UInt8.self), as: UTF8.self)
        }
        guard let text, !text.utf8.contains(0) else {
            throw .badTable(path: url.path, line: 1, problem: "it is no UTF-8 text")
        }
        return text
    }

    private static func parse(_ url: URL) throws(DatasetError) -> [Row] {
        let bytes = Array(try text(of: url).utf8)
        func fault(_ line: Int, _ problem: String) -> DatasetError {
            .badTable(path: url.path, line: line, problem: problem)
        }
        let newline = UInt8(ascii: "\n")
        let carriageReturn = UInt8(ascii: "\r")
        let quote = UInt8(ascii: "\"")
        let firstLine = bytes.prefix { $0 != newline && $0 != carriageReturn }
        let delimiter = firstLine.contains(UInt8(ascii: "\t")) ? UInt8(ascii: "\t") : UInt8(ascii: ",")

        var rows: [Row] = []
        var fields: [String] = []
        var field: [UInt8] = []
        var line = 1
        var start = 1
        var quoted = false
        func trimmed() -> String {
            let text = String(decoding: field, as: UTF8.self)
            return quoted ? text : text.trimmingCharacters(in: .whitespaces)
        }
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case quote where field.isEmpty && !quoted:
                quoted = true
                var closed = false
                while place < bytes.count, !closed {
                    if bytes[place] == quote, place + 1 < bytes.count, bytes[place + 1] == quote {
                        field.append(quote)
                        place += 2
                    } else if bytes[place] == quote {
                        closed = true
                        place += 1
                    } else {
                        line += bytes[place] == newline ? 1 : 0
                        field.append(bytes[place])
                        place += 1
                    }
                }
                guard closed else { throw fault(start, "a quoted field has no end") }
            case delimiter:
                fields.append(trimmed())
                (field, quoted) = ([], false)
            case newline, carriageReturn:
                if byte == carriageReturn, place < bytes.count, bytes[place] == newline { place += 1 }
                fields.append(trimmed())
                if fields.count > 1 || !fields[0].isEmpty { rows.append(Row(line: start, fields: fields)) }
                (fields, field, quoted) = ([], [], false)
                line += 1
                start = line
            default:
                guard !quoted else { throw fault(line, "text follows a quoted field") }
                field.append(byte)
            }
        }
        fields.append(trimmed())
        if fields.count > 1 || !fields[0].isEmpty { rows.append(Row(line: start, fields: fields)) }
        return rows
    }
}
