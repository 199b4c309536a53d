import Foundation

/// What a broken-off run left in a file of results.
struct EarlierResults {
    /// Bytes of its whole lines; behind them may be a line that was cut off.
    let wholeBytes: Int
    /// Names, as bytes, since a file system tells names apart that Swift calls equal: of files with a verdict, and of
    /// those that only failed.
    private(set) var heard: Set<[UInt8]> = []
    private(set) var failed: Set<[UInt8]> = []

    /// - Returns: nil where the bytes are not the beginning of results of this format and origin.
    init?(_ data: Data, format: PredictionFormat, isCSV: Bool) {
        let newline = UInt8(ascii: "\n")
        let end = data.lastIndex(of: newline).map { $0 + 1 } ?? data.startIndex
        wholeBytes = end - data.startIndex
        var lines = data[..<end].split(separator: newline, omittingEmptySubsequences: false).dropLast()
        if isCSV, let first = lines.popFirst(), Array(first) != Array(format.csvHeader.utf8) { return nil }
        for line in lines {
            guard let text = String(validating: line, as: UTF8.self),
                let result = isCSV ? format.csvResult(in: text) : format.jsonResult(in: text)
            else { return nil }
            let name = Array(result.name.utf8)
            if result.isVerdict { heard.insert(name) } else { failed.insert(name) }
        }
        let cut = Array(data[end...])
        if !cut.isEmpty, wholeBytes == 0 || !isCSV {
            let beginnings = isCSV ? [format.csvHeader] : PredictionFormat.jsonBeginnings
            guard beginnings.contains(where: { zip($0.utf8, cut).allSatisfy { $0 == $1 } }) else { return nil }
        }
    }
}
