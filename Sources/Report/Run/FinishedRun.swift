import Evaluation
import Foundation
import ModelFile
import Storage
import Training

/// A run's folder read back: what it was told, how it went, what came of it.
public struct FinishedRun {
    public let folder: RunFolder
    public let model: TrainedModel
    /// In their order; one at least.
    public let epochs: [EpochRecord]
    /// config.json, as it stands; an empty object where the file is missing.
    public let configuration: JSONValue

    /// What the training was told, from the model's card.
    public let settings: TrainingConfiguration

    public var card: ModelCard { model.card }
    /// Ids of the tracks that its scores are of.
    public var judgedTracks: Set<String> { Set(card.testTracks ?? card.heldOutTracks ?? []) }
    /// The folder's name.
    public var name: String { folder.url.standardizedFileURL.lastPathComponent }
    /// What the data was opened from.
    public var dataPaths: [String] { configuration["data"]?.strings ?? [] }

    /// How config.json may call what it records of where and how the run was made.
    private static let recordNames = [
        "date": ["date", "started"], "command": ["command", "command_line"], "processor": ["processor"],
        "system": ["system"], "commit": ["commit", "build"], "executable": ["executable"],
    ]

    /// Fields of config.json that ``record(_:)`` reads.
    static let recordFields = Set(recordNames.values.joined()).union(["provenance"])

    /// What config.json records of where and how the run was made, in words; nil where it does not.
    ///
    /// - Parameter name: "date", "command", "processor", "system", "commit" or "executable".
    func record(_ name: String) -> String? {
        let value = Self.recordNames[name]?.lazy.compactMap { field in
            configuration["provenance"]?[field] ?? configuration[field]
        }.first
        guard let value, value != .null else { return nil }
        let words = value.text ?? value.strings?.joined(separator: " ") ?? ""
        return words.isEmpty ? nil : words
    }

    /// The build that the run's bits depend on: its commit, or else the beginning of the program's digest.
    var build: String? {
        record("commit").map { "commit \($0)" } ?? record("executable").map { "program of SHA-256 \($0.prefix(16))…" }
    }

    /// No file of a run is nearly as long.
    private static let greatestFile = 256 << 20

    /// - Throws: ``ReportError/notARun(folder:problem:)``; `ModelFileError` where the model is damaged.
    public init(_ url: URL) throws {
        let folder = RunFolder(at: url)
        self.folder = folder
        let file: URL
        do { file = try folder.reportedModel() } catch TrainingError.notARun(_, let problem) {
            throw ReportError.notARun(folder: url.path, problem: problem)
        }
        model = try TrainedModel(contentsOf: file)
        guard let settings = model.card.configuration else {
            throw ReportError.notARun(
                folder: url.path, problem: "the weights in \(folder.model.lastPathComponent) came from another program")
        }
        self.settings = settings
        epochs = try Self.records(in: folder)
        configuration =
            FileManager.default.fileExists(atPath: folder.configuration.path)
            ? try Self.json(folder.configuration, folder: url) : .object([:])
    }

    private static func records(in folder: RunFolder) throws -> [EpochRecord] {
        let records = try folder.records(in: contents(of: folder.log, folder: folder.url))
        guard !records.isEmpty else {
            throw ReportError.notARun(
                folder: folder.url.path, problem: "\(folder.log.lastPathComponent) holds no epoch")
        }
        return records
    }

    /// Reads a JSON file.
    public static func json(_ file: URL, folder: URL) throws(ReportError) -> JSONValue {
        let data = try contents(of: file, folder: folder)
        do { return try JSONDecoder().decode(JSONValue.self, from: data) } catch {
            throw .badJSON(file: file.path)
        }
    }

    private static func contents(of file: URL, folder: URL) throws(ReportError) -> Data {
        do {
            return try WholeFile.read(file, atMost: greatestFile)
        } catch {
            throw .notARun(folder: folder.path, problem: "\(error)")
        }
    }
}
