import Foundation
import Storage

/// What a broken-off run left in a file of results.
struct EarlierResults {
    /// Bytes of its whole lines or rows; behind them may be one that was cut off.
    private(set) var wholeBytes = 0
    /// Names, as bytes, since a file system tells names apart that Swift calls equal: of files with a verdict, and of
    /// those that only failed.
    private(set) var heard: Set<[UInt8]> = []
    private(set) var failed: Set<[UInt8]> = []

    /// - Returns: nil where the bytes are not the beginning of results of this format and origin.
    init?(_ data: Data, format: PredictionFormat, layout: ResultsLayout) {
        switch layout {
        case .lines: guard readLines(data, format) else { return nil }
        case .table(let table): guard readRows([UInt8](data), format, table) else { return nil }
        }
    }

    private mutating func add(_ result: (name: String, isVerdict: Bool)) {
        let name = Array(result.name.utf8)
        if result.isVerdict { heard.insert(name) } else { failed.insert(name) }
    }

    private mutating func readLines(_ data: Data, _ format: PredictionFormat) -> Bool {
        let newline = UInt8(ascii: "\n")
        let end = data.lastIndex(of: newline).map { $0 + 1 } ?? data.startIndex
        wholeBytes = end - data.startIndex
        for line in data[..<end].split(separator: newline, omittingEmptySubsequences: false).dropLast() {
            guard let text = String(validating: line, as: UTF8.self), let result = format.jsonResult(in: text) else {
                return false
            }
            add(result)
        }
        return data[end...].isEmpty || Self.begins(data[end...], as: PredictionFormat.jsonBeginnings)
    }

    private mutating func readRows(_ bytes: [UInt8], _ format: PredictionFormat, _ table: TableLayout) -> Bool {
        let header = Array((format.csvHeader(table) + "\n").utf8)
        guard bytes.starts(with: header) else {
            return bytes.count < header.count && header.starts(with: bytes)
        }
        let body = bytes[header.count...]
        wholeBytes = header.count
        // Behind the last line end may be a part of a scalar.
        let lines = body.lastIndex(of: UInt8(ascii: "\n")).map { body[...$0] } ?? []
        guard String(validating: lines, as: UTF8.self) != nil else { return false }
        var isSound = true
        var end = 0
        do throws(DelimitedText.Fault) {
            try DelimitedText.read(body, delimiter: table.delimiter) { row in
                guard row.isWhole else { return }
                end = row.end
                guard let result = format.csvResult(in: row.fields, table) else { return isSound = false }
                add(result)
            }
        } catch {
            // A row that was cut within quotes; one that ends later is no cut, but damage.
            let tail = body[(body.startIndex + error.start)...]
            guard error.problem == .openQuote, !format.holdsRowEnd(tail) else { return false }
        }
        wholeBytes += end
        return isSound
    }

    private static func begins(_ cut: some Sequence<UInt8>, as beginnings: [String]) -> Bool {
        let cut = Array(cut)
        return beginnings.contains { zip($0.utf8, cut).allSatisfy { $0 == $1 } }
    }
}
