import Foundation
import Prediction

/// A file that results are appended to, line by line, so that a broken-off run loses nothing but its last line.
final class PredictionSink {
    private let url: URL
    private let file: FileHandle
    private let isCSV: Bool
    private var done: Set<String> = []

    /// - Parameter resuming: keep what is there, but for a line that was cut off; else a file that holds anything is an
    ///   error.
    init(_ url: URL, genres: [String], top: Int, resuming: Bool) throws {
        self.url = url
        isCSV = url.pathExtension.lowercased() == "csv"
        let header = PredictionFormat(genres: genres, top: top, unsure: 0, timeline: false, width: 0).csvHeader
        var kept = Data()
        if let old = FileManager.default.contents(atPath: url.path), !old.isEmpty {
            guard resuming else { throw ToolError.alreadyThere(path: url.path) }
            kept = old.prefix(upTo: (old.lastIndex(of: UInt8(ascii: "\n")) ?? old.startIndex - 1) + 1)
            var lines = kept.split(separator: UInt8(ascii: "\n"))[...]
            if isCSV, let first = lines.popFirst(), String(decoding: first, as: UTF8.self) != header {
                throw ToolError.otherResults(path: url.path)
            }
            for line in lines {
                guard let name = Self.name(in: Data(line), isCSV: isCSV) else {
                    throw ToolError.otherResults(path: url.path)
                }
                done.insert(name)
            }
        } else if !FileManager.default.createFile(atPath: url.path, contents: nil) {
            throw ToolError.unwritable(path: url.path)
        }
        guard let file = FileHandle(forUpdatingAtPath: url.path) else { throw ToolError.unwritable(path: url.path) }
        self.file = file
        try file.truncate(atOffset: UInt64(kept.count))
        try file.seekToEnd()
        if isCSV, kept.isEmpty { try append(header) }
    }

    func contains(_ name: String) -> Bool { done.contains(name) }

    func write(
        _ format: PredictionFormat, _ input: AudioInputs.Input, _ result: Result<TrackPrediction, any Error>
    ) throws {
        if isCSV { return try append(format.csv(input, result)) }
        switch result {
        case .success(let prediction): try append(try format.json(input, prediction))
        case .failure(let error): try append(try format.json(input, error))
        }
    }

    func close() throws { try file.close() }

    private func append(_ line: String) throws {
        // A line is a line: names and errors may hold breaks.
        let flat = line.replacingOccurrences(of: "\n", with: " ") + "\n"
        do { try file.write(contentsOf: Data(flat.utf8)) } catch { throw ToolError.unwritable(path: url.path) }
    }

    private static func name(in line: Data, isCSV: Bool) -> String? {
        guard isCSV else {
            return (try? JSONSerialization.jsonObject(with: line) as? [String: Any])?["file"] as? String
        }
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix("\"") else { return text.split(separator: ",", maxSplits: 1).first.map(String.init) }
        var name = ""
        var rest = text.dropFirst()
        while let quote = rest.firstIndex(of: "\"") {
            name += rest[..<quote]
            rest = rest[rest.index(after: quote)...]
            guard rest.first == "\"" else { return name }
            name += "\""
            rest = rest.dropFirst()
        }
        return nil
    }
}
