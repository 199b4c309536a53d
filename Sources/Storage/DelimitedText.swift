import Foundation

/// Tables as text (RFC 4180): fields parted by commas or tabs; quotes around those that hold a delimiter, a quote or a line
/// end, doubled within. Reads and writes bytes, so that names come back as they were.
public enum DelimitedText {
    public struct Row: Sendable, Equatable {
        /// From 1, where the row starts.
        public var line: Int
        public var fields: [String]
        /// Where the row and its line end are over, from the text's beginning.
        public var end: Int
        /// Whether a line end follows it.
        public var isWhole: Bool
    }

    public struct Fault: Error, Equatable {
        public enum Problem: Sendable { case openQuote, textAfterQuote }
        /// From 1: where the row starts, or the text stands.
        public var line: Int
        public var problem: Problem
        /// Where the row begins, from the text's beginning.
        public var start: Int

        public init(line: Int, problem: Problem, start: Int) {
            self.line = line
            self.problem = problem
            self.start = start
        }
    }

    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let quote = UInt8(ascii: "\"")

    /// The rows of a text, empty lines left out.
    ///
    /// - Parameters:
    ///   - firstLine: the number of the text's first line.
    ///   - trimmingSpaces: whether spaces and tabs around bare fields are no part of them.
    ///   - decoding: makes a text of a field's bytes.
    ///   - take: gets the rows before the first fault, too.
    public static func read<Bytes: Collection<UInt8>>(
        _ bytes: Bytes, delimiter: UInt8, firstLine: Int = 1, trimmingSpaces: Bool = false,
        decoding: (ArraySlice<UInt8>) -> String = { String(decoding: $0, as: UTF8.self) }, _ take: (Row) -> Void
    ) throws(Fault) where Bytes.Index == Int {
        var fields: [String] = []
        var field: [UInt8] = []
        var (line, start, rowStart) = (firstLine, firstLine, bytes.startIndex)
        var isQuoted = false
        var place = bytes.startIndex

        func endField() {
            let text = decoding(field[...])
            fields.append(trimmingSpaces && !isQuoted ? text.trimmingCharacters(in: .whitespaces) : text)
            (field, isQuoted) = ([], false)
        }
        func endRow(isWhole: Bool) {
            endField()
            if fields.count > 1 || !fields[0].isEmpty {
                take(Row(line: start, fields: fields, end: place - bytes.startIndex, isWhole: isWhole))
            }
            fields = []
        }

        while place < bytes.endIndex {
            let byte = bytes[place]
            place += 1
            switch byte {
            case quote where field.isEmpty && !isQuoted:
                isQuoted = true
                var isClosed = false
                while place < bytes.endIndex, !isClosed {
                    let inner = bytes[place]
                    place += 1
                    if inner == quote, place < bytes.endIndex, bytes[place] == quote {
                        field.append(quote)
                        place += 1
                    } else if inner == quote {
                        isClosed = true
                    } else {
                        line += inner == newline ? 1 : 0
                        field.append(inner)
                    }
                }
                guard isClosed else {
                    throw Fault(line: start, problem: .openQuote, start: rowStart - bytes.startIndex)
                }
            case delimiter: endField()
            case newline, carriageReturn:
                if byte == carriageReturn, place < bytes.endIndex, bytes[place] == newline { place += 1 }
                endRow(isWhole: true)
                line += 1
                (start, rowStart) = (line, place)
            default:
                guard !isQuoted else {
                    throw Fault(line: line, problem: .textAfterQuote, start: rowStart - bytes.startIndex)
                }
                field.append(byte)
            }
        }
        if !field.isEmpty || !fields.isEmpty || isQuoted { endRow(isWhole: false) }
    }

    /// A row without its line end.
    public static func row(_ fields: [String], delimiter: UInt8) -> String {
        fields.map { quoted($0, delimiter) }.joined(separator: String(UnicodeScalar(delimiter)))
    }

    private static func quoted(_ field: String, _ delimiter: UInt8) -> String {
        // Spaces at the ends would not come back from readers that trim.
        let isBare = field.utf8.allSatisfy { $0 != delimiter && $0 != quote && $0 != newline && $0 != carriageReturn }
        let ends = [field.utf8.first, field.utf8.last]
        if isBare, !ends.contains(0x20), !ends.contains(0x09) { return field }
        // By bytes: a quote with a combining mark is a quote still.
        let doubled = field.utf8.flatMap { $0 == quote ? [$0, $0] : [$0] }
        return "\"" + String(decoding: doubled, as: UTF8.self) + "\""
    }
}
