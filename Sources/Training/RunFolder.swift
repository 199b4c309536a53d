import Foundation
import ModelFile
import Storage

/// The folder of one training run: config.json, log.jsonl (a line an epoch) and model.safetensors.
public struct RunFolder: Sendable {
    public let url: URL

    public var configuration: URL { url.appendingPathComponent("config.json") }
    public var log: URL { url.appendingPathComponent("log.jsonl") }
    public var model: URL { url.appendingPathComponent("model.safetensors") }
    /// The run's page, where one was written.
    public var report: URL { url.appendingPathComponent("report.html") }

    /// A folder that is there already.
    public init(at url: URL) { self.url = url }

    /// Makes the folder, its parents too.
    ///
    /// - Parameter replacing: whether a run that is there already may be replaced.
    public init(creating url: URL, replacing: Bool) throws {
        self.url = url
        let files = FileManager.default
        if Self.isRun(url) {
            guard replacing else { throw TrainingError.runExists(folder: url.path) }
            for old in [configuration, log, model, report] where files.fileExists(atPath: old.path) {
                try write(old) { try files.removeItem(at: old) }
            }
        }
        try write(url) { try files.createDirectory(at: url, withIntermediateDirectories: true) }
    }

    /// Whether a folder holds a run, finished or not.
    static func isRun(_ url: URL) -> Bool {
        ["config.json", "model.safetensors"].contains {
            FileManager.default.fileExists(atPath: url.appendingPathComponent($0).path)
        }
    }

    /// Writes config.json: what the run was told, about what data, on what machine.
    public func write(configuration record: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(record) + Data("\n".utf8)
        try write(configuration) { try AtomicFile.write(data, to: configuration) }
    }

    /// Adds a line to log.jsonl.
    public func append(_ record: EpochRecord) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let line = try encoder.encode(record) + Data("\n".utf8)
        try write(log) {
            if !FileManager.default.fileExists(atPath: log.path) { try AtomicFile.write(Data(), to: log) }
            let handle = try FileHandle(forWritingTo: log)
            defer { try? handle.close() }
            try handle.seekToEnd()
            try handle.write(contentsOf: line)
        }
    }

    public func write(_ model: TrainedModel) throws {
        try write(self.model) { try model.write(to: self.model) }
    }

    private func write(_ file: URL, _ body: () throws -> Void) throws {
        do { try body() } catch {
            throw TrainingError.cannotWrite(file: file.path, problem: "\(error.localizedDescription)")
        }
    }
}
