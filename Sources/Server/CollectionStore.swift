import Foundation
import Storage

/// A verdict as it is kept: the answer's JSON, and the genre that the file's tag names.
struct KeptVerdict: Sendable {
    let answer: Data
    let tag: String?
}

/// What is kept of a collection: verdicts.jsonl (a line a file; of two lines the later holds) and corrections.csv.
final class CollectionStore: @unchecked Sendable {  // what changes is behind the lock
    private struct Line: Codable {
        let name: String
        let size: Int
        let modified: Int
        /// Of the model's weights: another model's verdicts do not count.
        let weights: String
        let tag: String?
        /// JSON as text.
        let answer: String
    }

    private static let longest = 1 << 30
    let verdicts: URL
    let corrections: URL
    private let weights: String
    private let lock = NSLock()
    private var lines: [String: Line] = [:]
    private var corrected: [String: String] = [:]
    /// Held as long as the server runs.
    private let folderLock: FolderLock

    /// - Throws: `StorageError` where the folder cannot be written or its files cannot be read.
    init(_ folder: URL, model: String, weights: String) throws {
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw StorageError.cannotWrite(path: folder.path, reason: error.localizedDescription)
        }
        guard let lock = try FolderLock(ifFree: folder) else {
            throw StorageError.unwritable(path: folder.path, fault: "another server keeps its results there")
        }
        folderLock = lock
        verdicts = folder.appendingPathComponent("verdicts.jsonl")
        corrections = folder.appendingPathComponent("corrections.csv")
        self.weights = "\(model) \(weights)"
        readVerdicts()
        try readCorrections()
    }

    private func readVerdicts() {
        guard let data = try? WholeFile.read(verdicts, atMost: Self.longest) else { return }
        let decoder = JSONDecoder()
        for text in data.split(separator: UInt8(ascii: "\n")) {
            // A last line may be cut off.
            guard let line = try? decoder.decode(Line.self, from: text), line.weights == weights else { continue }
            lines[line.name] = line
        }
        // What is added must not go on where a line was cut off.
        if !data.isEmpty, data.last != UInt8(ascii: "\n") {
            try? AppendedFile.append(Data("\n".utf8), to: verdicts)
        }
    }

    private func readCorrections() throws {
        guard FileManager.default.fileExists(atPath: corrections.path) else { return }
        let data = try WholeFile.read(corrections, atMost: Self.longest)
        var rows: [[String]] = []
        try? DelimitedText.read(Array(data), delimiter: UInt8(ascii: ",")) { rows.append($0.fields) }
        guard rows.first == ["path", "genre"] else {
            throw StorageError.unwritable(
                path: corrections.path, fault: "it is no table of corrections (path,genre); move it away")
        }
        for row in rows.dropFirst() where row.count == 2 { corrected[row[0]] = row[1] }
    }

    func verdict(of name: String, stamp: FileStamp) -> KeptVerdict? {
        lock.withLock {
            guard let line = lines[name], line.size == stamp.size, line.modified == stamp.modified else { return nil }
            return KeptVerdict(answer: Data(line.answer.utf8), tag: line.tag)
        }
    }

    func keep(_ verdict: KeptVerdict, of name: String, stamp: FileStamp) throws {
        let line = Line(
            name: name, size: stamp.size, modified: stamp.modified, weights: weights, tag: verdict.tag,
            answer: String(decoding: verdict.answer, as: UTF8.self))
        let data = try Answer.line(line) + Data("\n".utf8)
        try lock.withLock { try AppendedFile.append(data, to: verdicts) }
    }

    func correction(of path: String) -> String? { lock.withLock { corrected[path] } }

    func correct(_ path: String, to genre: String?) throws {
        try lock.withLock {
            let before = corrected[path]
            corrected[path] = genre
            do { try AtomicFile.write(text, to: corrections) } catch {
                corrected[path] = before
                throw error
            }
        }
    }

    var table: Data { lock.withLock { text } }

    private var text: Data {
        let rows = [["path", "genre"]] + corrected.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
        let lines = rows.map { fields in
            fields.map { field in
                field.contains(where: { ",\"\r\n".contains($0) })
                    ? "\"\(field.replacingOccurrences(of: "\"", with: "\"\""))\"" : field
            }.joined(separator: ",") + "\n"
        }
        return Data(lines.joined().utf8)
    }
}
