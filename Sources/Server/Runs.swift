import Foundation
import Storage
import Training

/// The trainings in a folder: those that the page began and those that were begun in a terminal alike. A training is a
/// process of its own, which outlives the server.
final class Runs: @unchecked Sendable {  // what was launched is behind the lock
    /// Why a training did not begin, or that it is about to.
    fileprivate struct Launch {
        let name: String
        let pid: pid_t
        let log: URL
        /// Nil while it goes on.
        var status: Int32?
    }

    struct Run: Sendable {
        let id: String
        let name: String
        let folder: RunFolder
    }

    let folder: URL
    let data: [(id: String, path: String)]
    /// The program that trains, with the words before its own options.
    private let program: [String]
    private let lock = NSLock()
    private var launches: [String: Launch] = [:]

    /// - Parameters:
    ///   - folder: holds the runs, and new ones.
    ///   - data: what new trainings may learn from.
    ///   - program: of `genre`.
    init(_ folder: URL, data: [String], program: String) throws {
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw StorageError.cannotWrite(path: folder.path, reason: error.localizedDescription)
        }
        self.folder = folder.standardizedFileURL
        self.data = data.map { (Self.id(of: $0), URL(fileURLWithPath: $0).standardizedFileURL.path) }
        self.program = [program, "train"]
    }

    static func id(of name: String) -> String {
        var hash = SHA256()
        hash.update(Data(name.utf8))
        return String(hash.hexDigest().prefix(16))
    }

    /// Runs in the folder, and in folders of series in it, by name.
    var all: [Run] {
        func names(_ url: URL) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).filter { !$0.hasPrefix(".") }
                .sorted()
        }
        func isRun(_ url: URL) -> Bool {
            FileManager.default.fileExists(atPath: url.appendingPathComponent("config.json").path)
        }
        return names(folder).flatMap { name -> [Run] in
            let url = folder.appendingPathComponent(name)
            if isRun(url) { return [Run(id: Self.id(of: name), name: name, folder: RunFolder(at: url))] }
            return names(url).compactMap { member in
                let inner = url.appendingPathComponent(member)
                guard isRun(inner) else { return nil }
                return Run(
                    id: Self.id(of: "\(name)/\(member)"), name: "\(name)/\(member)", folder: RunFolder(at: inner))
            }
        }
    }

    func run(_ id: String) throws(ServerError) -> Run {
        guard let run = all.first(where: { $0.id == id }) else { throw .unknown(kind: "run", id: id) }
        return run
    }

    // MARK: processes

    /// Begins a training.
    ///
    /// - Throws: ``ServerError`` for a name that is taken or none, data that is not offered, options that make no sense.
    func start(name: String, data id: String, options: [String: String]) throws -> String {
        guard name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,59}/) != nil else {
            throw ServerError.badBody(
                problem: "'name' must be 1 to 60 letters, digits, '.', '_' and '-', a letter or digit first")
        }
        guard let source = data.first(where: { $0.id == id }) else { throw ServerError.unknown(kind: "data", id: id) }
        let place = folder.appendingPathComponent(name)
        guard !FileManager.default.fileExists(atPath: place.path) else {
            throw ServerError.notPossible("There is a run '\(name)' already; choose another name.")
        }
        let arguments = try TrainingForm.arguments(options)
        try launch(name, [source.path, "-o", place.path] + arguments)
        return Self.id(of: name)
    }

    func resume(_ id: String) throws {
        let run = try run(id)
        guard TrainingProcess.holder(of: run.folder.url) == nil else {
            throw ServerError.notPossible("The training '\(run.name)' is under way.")
        }
        guard !run.folder.isFinished else { throw ServerError.notPossible("The training '\(run.name)' has ended.") }
        try launch(run.name, ["--resume", run.folder.url.path])
    }

    /// Asks a training to stop after the step in progress, with a checkpoint.
    func stop(_ id: String) throws {
        if let launch = lock.withLock({ launches[id] }), launch.status == nil {
            guard kill(launch.pid, SIGTERM) == 0 else {
                throw ServerError.notPossible("The training '\(launch.name)' has ended by itself.")
            }
            return
        }
        let run = try run(id)
        guard let pid = TrainingProcess.holder(of: run.folder.url) else {
            throw ServerError.notPossible("The training '\(run.name)' is not under way.")
        }
        guard kill(pid, SIGTERM) == 0 else {
            throw ServerError.notPossible("The training '\(run.name)' belongs to another user, who alone can stop it.")
        }
    }

    private func launch(_ name: String, _ arguments: [String]) throws {
        let id = Self.id(of: name)
        let logs = folder.appendingPathComponent(".genre-serve")
        try? FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
        let log = logs.appendingPathComponent("\(id).log")
        try lock.withLock {
            guard launches[id].map({ $0.status != nil }) ?? true else {
                throw ServerError.notPossible("The training '\(name)' is about to begin already.")
            }
            let pid = try TrainingProcess.spawn(program + arguments, log: log)
            launches[id] = Launch(name: name, pid: pid, log: log)
            Thread.detachNewThread { [self] in
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0, errno == EINTR {}
                lock.withLock { launches[id]?.status = status }
            }
        }
    }

    // MARK: what the page shows

    struct Summary: Encodable, Sendable {
        enum Status: String, Encodable, Sendable { case starting, training, stopped, finished, diverged, failed }

        let id: String
        let name: String
        let status: Status
        /// Why it did not begin, or was given up.
        var fault: String?
        var net: String?
        var epochs: Int?
        var plannedEpochs: Int?
        var genres: [String]?
        var split: String?
        var tracks: Int?
        /// The best epoch's, by the watched measure.
        var best: EpochRecord?
        var report = false

        private enum CodingKeys: String, CodingKey {
            case id, name, status, fault, net, epochs, genres, split, tracks, best, report
            case plannedEpochs = "planned_epochs"
        }
    }

    struct Detail: Encodable, Sendable {
        let run: Summary
        let epochs: [EpochRecord]
    }

    var summaries: [Summary] {
        let runs = all
        let known = Set(runs.map(\.id))
        let begun = lock.withLock { launches.filter { !known.contains($0.key) } }
        let starting = begun.sorted { $0.value.name < $1.value.name }.map { id, launch in
            Summary(
                id: id, name: launch.name, status: launch.status == nil ? .starting : .failed,
                fault: launch.status == nil ? nil : Self.lastWords(launch.log))
        }
        return starting + runs.map { detail(of: $0).run }
    }

    func detail(of run: Run) -> Detail {
        let record: RunRecord
        do { record = try run.folder.record() } catch {
            return Detail(run: Summary(id: run.id, name: run.name, status: .failed, fault: "\(error)"), epochs: [])
        }
        let epochs = (try? run.folder.records()) ?? []
        let launch = lock.withLock { launches[run.id] }
        let isUnderWay = TrainingProcess.holder(of: run.folder.url) != nil || launch.map { $0.status == nil } ?? false
        let status: Summary.Status =
            isUnderWay ? .training : run.folder.isFinished ? .finished : record.divergence != nil ? .diverged : .stopped
        var fault = record.divergence.map { "\($0)" }
        if status == .stopped, let launch, let code = launch.status, code != 0, launch.isFailure {
            fault = Self.lastWords(launch.log)
        }
        let configuration = record.configuration
        return Detail(
            run: Summary(
                id: run.id, name: run.name, status: status, fault: fault, net: configuration.net,
                epochs: epochs.count, plannedEpochs: configuration.epochs, genres: record.genres, split: record.split,
                tracks: record.trainingTracks + record.heldOutTracks + (record.testTracks ?? 0),
                best: (configuration.watched ?? .raw).best(epochs),
                report: FileManager.default.fileExists(atPath: run.folder.report.path)), epochs: epochs)
    }

    /// The end of what a training said.
    private static func lastWords(_ log: URL) -> String {
        let data = (try? WholeFile.read(log, atMost: 16 << 20)) ?? Data()
        let lines = String(decoding: data.suffix(4000), as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("see '") }
        return lines.suffix(3).joined(separator: " ")
    }
}

extension Runs.Launch {
    /// Whether it ended by a fault, and not because it was told to.
    fileprivate var isFailure: Bool {
        guard let status else { return false }
        let (signal, code) = (status & 0x7f, status >> 8 & 0xff)
        return signal == 0 && ![0, 130, 143].contains(code)
    }
}
