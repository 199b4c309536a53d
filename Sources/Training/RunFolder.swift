import Foundation
import ModelFile
import Storage

/// The folder of one training run: config.json, split.json, log.jsonl (a line an epoch), checkpoints, best.safetensors
/// (the best epoch's model), and at its end model.safetensors and verdicts.json.
public struct RunFolder: Sendable {
    public let url: URL

    public var configuration: URL { url.appendingPathComponent("config.json") }
    /// Which tracks are on which side.
    public var split: URL { url.appendingPathComponent("split.json") }
    public var log: URL { url.appendingPathComponent("log.jsonl") }
    /// The model after the last epoch; a run that has it is finished.
    public var model: URL { url.appendingPathComponent("model.safetensors") }
    /// The run's page, where one was written.
    public var report: URL { url.appendingPathComponent("report.html") }
    /// The page's figures.
    public var figures: URL { url.appendingPathComponent("figures") }
    /// What an audit of the run's music found, where someone put it here.
    public var audit: URL { url.appendingPathComponent("audit.json") }
    /// Each epoch for TensorBoard, where that was asked for.
    public var tensorboard: URL { url.appendingPathComponent("tensorboard") }
    /// The model of the best epoch by the watched measure.
    public var best: URL { url.appendingPathComponent("best.safetensors") }
    /// What the model said of each track that it was judged on.
    public var verdicts: URL { url.appendingPathComponent("verdicts.json") }
    public var checkpoints: URL { url.appendingPathComponent("checkpoints") }

    public var isFinished: Bool { FileManager.default.fileExists(atPath: model.path) }

    /// The model that reports and comparisons show: the last; of a run that diverged, the best before that.
    ///
    /// - Throws: ``TrainingError/notARun(folder:problem:)`` for a run that has not come to an end, and one that diverged
    ///   before it had a model.
    public func reportedModel() throws(TrainingError) -> URL {
        if isFinished { return model }
        let name = model.lastPathComponent
        guard FileManager.default.fileExists(atPath: configuration.path) else {
            throw .notARun(folder: url.path, problem: "it holds no \(name)")
        }
        guard let divergence = try record().divergence else {
            throw .notARun(
                folder: url.path,
                problem: "it holds no \(name): the run is not finished; go on with 'genre train --resume'")
        }
        guard FileManager.default.fileExists(atPath: best.path) else {
            throw .notARun(folder: url.path, problem: "it holds no model, since \(divergence)")
        }
        return best
    }

    /// Bytes: no file of a run but its models is nearly as long.
    private static let greatestLog = 256 << 20

    /// A folder that is there already.
    public init(at url: URL) { self.url = url }

    /// Makes the folder, its parents too.
    ///
    /// - Parameters:
    ///   - replacing: whether a run or a series that is there already may be replaced.
    ///   - needed: files that must not be replaced.
    /// - Throws: ``TrainingError``; then nothing was removed.
    public init(creating url: URL, replacing: Bool, needing needed: [URL] = []) throws {
        self.url = url
        try Replacement(of: url, allowed: replacing, needed: needed).remove()
        try make()
    }

    /// Whether a run or a series could be made there, as it stands now; nothing is changed.
    /// - Throws: ``TrainingError``, `StorageError`.
    public static func check(_ url: URL, replacing: Bool, needing needed: [URL] = []) throws {
        try OutputPlace.checkFolder(url)
        _ = try Replacement(of: url, allowed: replacing, needed: needed)
    }

    func make() throws {
        try write(url) { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    }

    /// Removes all that a run and its reports put here. The configuration last: a folder that was cleared in part is
    /// still a run.
    func removeAll() throws {
        try removeEnd(replacing: true)
        for old in earlierModels { try Self.remove(old) }
        for old in [best, log, audit] { try Self.remove(old) }
        Self.remove(from: checkpoints, where: CheckpointFolder.isOwn)
        Self.remove(from: tensorboard) { $0.hasPrefix("events") }
        for old in [split, configuration] { try Self.remove(old) }
    }

    /// Removes what is written after the last epoch, the model first: without it the run is not finished.
    ///
    /// - Parameter replacing: whether pictures go that are no figures of this package, too.
    func removeEnd(replacing: Bool = false) throws {
        for old in [model, verdicts] { try Self.remove(old) }
        let isEarlier = replacing || OutputPlace.isEarlier(report, .page(.run))
        if isEarlier { try Self.remove(report) }
        Self.removeFigures(in: figures, replacing: replacing)
    }

    static func removeFigures(in folder: URL, replacing: Bool) {
        remove(from: folder) { name in
            let file = folder.appendingPathComponent(name)
            return ["svg", "png", "pdf"].contains(file.pathExtension)
                && (replacing || OutputPlace.isEarlier(file, .figure(file)))
        }
    }

    /// Removes what a run put into a folder in its own, and the folder where nothing else is in it. A link stays.
    private static func remove(from folder: URL, where isOurs: (String) -> Bool) {
        guard (try? OutputPlace.checkInnerFolder(folder)) != nil else { return }
        AtomicFile.removeLeftovers(in: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where isOurs(name) { unlink(folder.appendingPathComponent(name).path) }
        rmdir(folder.path)
    }

    /// The models of earlier ends, after which the run went on.
    private var earlierModels: [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.filter { $0.wholeMatch(of: /model-epoch-[0-9]+\.safetensors/) != nil }
            .map { url.appendingPathComponent($0) }
    }

    /// Makes a finished run one that is not: its model gets a name of its own, as it may be all that is left should the run
    /// not come to another end; what was told of it goes.
    func putEndAside(epochs: Int) throws {
        let aside = url.appendingPathComponent("model-epoch-\(epochs).safetensors")
        try Self.remove(aside)
        try write(aside) { try FileManager.default.moveItem(at: model, to: aside) }
        try removeEnd()
    }

    /// Removes a file or a folder that may be there.
    static func remove(_ file: URL) throws(TrainingError) {
        do { try FileManager.default.removeItem(at: file) } catch CocoaError.fileNoSuchFile {
        } catch {
            throw .cannotWrite(file: file.path, problem: error.localizedDescription)
        }
    }

    /// What a training would write here, and nobody knows for a run's: none where a run is here.
    var foreignFiles: [URL] {
        guard !Self.isRun(url) else { return [] }
        return [split, log, best, verdicts, report, figures, checkpoints, tensorboard].filter { file in
            var status = stat()
            guard lstat(file.path, &status) == 0 else { return false }
            // What a run that was killed at its very beginning left is none of another's.
            return file != split || status.st_mode & S_IFMT != S_IFREG
                || (try? read(SplitRecord.self, from: split)) == nil
        }
    }

    /// Whether a folder holds a run, finished or not.
    static func isRun(_ url: URL) -> Bool {
        ["config.json", "model.safetensors"].contains {
            FileManager.default.fileExists(atPath: url.appendingPathComponent($0).path)
        }
    }

    /// Keeps other processes from training here, until the result goes away.
    ///
    /// - Throws: ``TrainingError/runInProgress(folder:)``.
    public func lock() throws -> FolderLock {
        guard let lock = try FolderLock(ifFree: url) else { throw TrainingError.runInProgress(folder: url.path) }
        return lock
    }

    /// Writes config.json: what the run was told, about what data, on what machine.
    public func write(configuration record: some Encodable) throws { try write(json: record, to: configuration) }

    /// Writes a value as JSON to read.
    func write(json value: some Encodable, to file: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(value) + Data("\n".utf8)
        try write(file) { try AtomicFile.write(data, to: file) }
    }

    /// - Throws: ``TrainingError/notARun(folder:problem:)`` where the file is missing or not what it should be.
    func read<Value: Decodable>(_ type: Value.Type, from file: URL) throws(TrainingError) -> Value {
        let name = file.lastPathComponent
        let data: Data
        do { data = try WholeFile.read(file, atMost: Self.greatestLog) } catch {
            throw .notARun(folder: url.path, problem: "it holds no readable \(name) (\(error))")
        }
        do { return try JSONDecoder().decode(type, from: data) } catch {
            throw .notARun(
                folder: url.path,
                problem: "its \(name) is damaged, or an earlier version wrote it (\(Self.words(error)))")
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "there is no '\(key.stringValue)'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            context.codingPath.map(\.stringValue).joined(separator: ".") + ": " + context.debugDescription
        default: "\(error)"
        }
    }

    /// Adds a line to log.jsonl.
    public func append(_ record: EpochRecord) throws {
        let line = try Self.line(record)
        try write(log) {
            try AppendedFile.append(line, to: log)
        }
    }

    /// Writes log.jsonl anew.
    func write(log records: [EpochRecord]) throws {
        let lines = try records.map(Self.line).reduce(Data(), +)
        try write(log) { try AtomicFile.write(lines, to: log) }
    }

    /// The log by epochs, in their order; none where there is no log. A last line that was cut short is left out, and of
    /// an epoch that was told twice the later line holds.
    ///
    /// - Throws: ``TrainingError/notARun(folder:problem:)`` where another line is damaged.
    public func records() throws -> [EpochRecord] {
        let data: Data
        do throws(StorageError) { data = try WholeFile.read(log, atMost: Self.greatestLog) } catch {
            if case .missing = error { return [] }
            throw TrainingError.notARun(folder: url.path, problem: "\(error)")
        }
        return try records(in: data)
    }

    /// The same of a log's bytes.
    public func records(in data: Data) throws -> [EpochRecord] {
        var records: [Int: EpochRecord] = [:]
        for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
            let place = "line \(index + 1) of \(log.lastPathComponent)"
            guard let record = try? JSONDecoder().decode(EpochRecord.self, from: line) else {
                if line.endIndex == data.endIndex { continue }
                throw TrainingError.notARun(folder: url.path, problem: "\(place) is no epoch's record")
            }
            do { try record.check() } catch {
                throw TrainingError.notARun(folder: url.path, problem: "\(place) makes no sense: \(error)")
            }
            records[record.epoch] = record
        }
        return records.values.sorted { $0.epoch < $1.epoch }
    }

    private static func line(_ record: EpochRecord) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return try encoder.encode(record) + Data("\n".utf8)
    }

    public func write(_ model: TrainedModel) throws {
        try write(self.model) { try model.write(to: self.model) }
    }

    func write(best model: TrainedModel) throws {
        try write(best) { try model.write(to: best) }
    }

    private func write(_ file: URL, _ body: () throws -> Void) throws {
        do { try body() } catch {
            throw TrainingError.cannotWrite(file: file.path, problem: "\(error.localizedDescription)")
        }
    }
}
