import Evaluation
import Foundation
import ModelFile
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

    /// No file of a run is nearly as long.
    private static let greatestFile = 256 << 20

    /// - Throws: ``ReportError/notARun(folder:problem:)``; `ModelFileError` where the model is damaged.
    public init(_ url: URL) throws {
        let folder = RunFolder(at: url)
        self.folder = folder
        guard FileManager.default.fileExists(atPath: folder.model.path) else {
            throw ReportError.notARun(folder: url.path, problem: "it holds no \(folder.model.lastPathComponent)")
        }
        model = try TrainedModel(contentsOf: folder.model)
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

    private static func records(in folder: RunFolder) throws(ReportError) -> [EpochRecord] {
        let data = try contents(of: folder.log, folder: folder.url)
        var records: [Int: EpochRecord] = [:]
        for (number, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
            let place = "line \(number + 1) of \(folder.log.lastPathComponent)"
            guard let record = try? JSONDecoder().decode(EpochRecord.self, from: Data(line)) else {
                throw .notARun(folder: folder.url.path, problem: "\(place) is no epoch's record")
            }
            guard record.isSound else {
                throw .notARun(folder: folder.url.path, problem: "\(place) holds senseless numbers")
            }
            // A run that went on after a break may tell an epoch twice: the later line holds.
            records[record.epoch] = record
        }
        guard !records.isEmpty else {
            throw .notARun(folder: folder.url.path, problem: "\(folder.log.lastPathComponent) holds no epoch")
        }
        return records.values.sorted { $0.epoch < $1.epoch }
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
            let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            guard size <= greatestFile else {
                throw ReportError.notARun(
                    folder: folder.path, problem: "\(file.lastPathComponent) is longer than any file of a run")
            }
            return try Data(contentsOf: file)
        } catch let error as ReportError {
            throw error
        } catch {
            throw .notARun(
                folder: folder.path, problem: "\(file.lastPathComponent) cannot be read (\(error.localizedDescription))"
            )
        }
    }
}

extension EpochRecord {
    /// Whether it can be drawn: no epoch and no number is beyond what trainings have.
    fileprivate var isSound: Bool {
        let numbers = [trainLoss, penalty, trainAccuracy, validationLoss, raw, max, maj, learningRate ?? 0, seconds]
        return 1...1_000_000_000 ~= epoch && numbers.allSatisfy { abs($0) <= 1e30 }
    }
}
