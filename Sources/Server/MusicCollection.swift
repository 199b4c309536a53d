import Audio
import Foundation
import Prediction
import Storage

/// The music that the server was started with: what the model says of each file, and what the user says against it. All
/// of it is kept in a folder, so that nothing is judged twice.
final class MusicCollection: @unchecked Sendable {  // everything behind the lock
    struct Entry: Sendable {
        let id: String
        let input: AudioInputs.Input
        /// As results name the file, within what was given.
        let name: String
        var verdict: KeptVerdict?
        var error: String?
        var correction: String?
        /// Grows with every change of any entry.
        var revision: Int
    }

    let model: ServedModel
    private let lock = NSLock()
    private let words: [String]
    private let store: CollectionStore
    private var entries: [Entry] = []
    private var places: [String: Int] = [:]
    private var revision = 0
    private var isListed = false
    private var points: [String: [Float]] = [:]
    private var isMapping = false

    /// - Parameters:
    ///   - words: files, folders and playlists.
    ///   - folder: where results are kept.
    /// - Throws: `StorageError` where the folder cannot be used.
    init(_ words: [String], model: ServedModel, keptIn folder: URL) throws {
        self.words = words
        self.model = model
        store = try CollectionStore(folder, model: model.name, weights: model.digest)
    }

    // MARK: listening

    /// Lists the files, then judges those whose verdict is not kept. Ends when all is done, or the server ends.
    func listen(_ workers: Workers, log: @escaping @Sendable (String) -> Void) async {
        await list(log)
        await withTaskGroup(of: Void.self) { group in
            var inHand = 0
            for id in ids where !Task.isCancelled {
                guard let entry = entry(id), entry.verdict == nil, entry.error == nil else { continue }
                if inHand >= 2 * workers.threads {
                    await group.next()
                    inHand -= 1
                }
                inHand += 1
                group.addTask { [self] in await judge(entry, workers, log) }
            }
        }
    }

    private func list(_ log: @escaping @Sendable (String) -> Void) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                for input in AudioInputs(words, warning: log) { add(input) }
                lock.withLock {
                    isListed = true
                    revision += 1
                }
                continuation.resume()
            }
        }
    }

    private func add(_ input: AudioInputs.Input) {
        var hash = SHA256()
        hash.update(Data(input.name.utf8))
        let id = String(hash.hexDigest().prefix(16))
        let kept = FileStamp(input.url.path).flatMap { store.verdict(of: input.name, stamp: $0) }
        lock.withLock {
            guard places[id] == nil else { return }
            places[id] = entries.count
            revision += 1
            entries.append(
                Entry(
                    id: id, input: input, name: input.name, verdict: kept, error: input.fault,
                    correction: store.correction(of: Self.path(input)), revision: revision))
        }
    }

    private func judge(_ entry: Entry, _ workers: Workers, _ log: @Sendable (String) -> Void) async {
        let stamp = FileStamp(entry.input.url.path)
        do {
            let verdict = try await workers.run(isPatient: true) { [model] bench in
                let listener = try bench.listener(for: model)
                let prediction = try listener.predict(entry.input.url)
                let tags = (try? AudioDecoder.properties(of: entry.input.url).tags) ?? [:]
                return KeptVerdict(
                    answer: try Answer.line(
                        VerdictAnswer(prediction, file: entry.name, model: model.name, unsure: 0.4)),
                    tag: tags["genre"].map(Uploads.cleaned))
            }
            change(entry.id) { $0.verdict = verdict }
            if let stamp { try store.keep(verdict, of: entry.name, stamp: stamp) }
        } catch is CancellationError {
        } catch let error as StorageError {
            log("\(error)")
        } catch {
            change(entry.id) { $0.error = Sound(file: entry.input.url, name: entry.name).sentence(error) }
        }
    }

    private func change(_ id: String, _ body: (inout Entry) -> Void) {
        lock.withLock {
            guard let place = places[id] else { return }
            revision += 1
            body(&entries[place])
            entries[place].revision = revision
        }
    }

    // MARK: reading

    private var ids: [String] { lock.withLock { entries.map(\.id) } }

    func entry(_ id: String) -> Entry? { lock.withLock { places[id].map { entries[$0] } } }

    struct Progress: Encodable, Sendable {
        let model: String
        let total: Int
        let done: Int
        let failed: Int
        /// Whether all files are listed, and all are judged.
        let listed: Bool
        let finished: Bool
        let corrections: String
        let revision: Int
    }

    var progress: Progress {
        lock.withLock {
            let done = entries.count { $0.verdict != nil }
            let failed = entries.count { $0.verdict == nil && $0.error != nil }
            return Progress(
                model: model.name, total: entries.count, done: done, failed: failed, listed: isListed,
                finished: isListed && done + failed == entries.count, corrections: store.corrections.path,
                revision: revision)
        }
    }

    /// Entries that changed after a revision, the earliest change first.
    func changes(after revision: Int, atMost count: Int) -> [Entry] {
        lock.withLock {
            Array(entries.filter { $0.revision > revision }.sorted { $0.revision < $1.revision }.prefix(count))
        }
    }

    // MARK: corrections

    /// What a correction names the file by: from anywhere.
    private static func path(_ input: AudioInputs.Input) -> String { input.url.standardizedFileURL.path }

    /// Says the true genre of a file, or takes what was said back.
    ///
    /// - Throws: `StorageError`.
    func correct(_ id: String, to genre: String?) throws -> Entry {
        guard let entry = entry(id) else { throw ServerError.unknown(kind: "track", id: id) }
        try store.correct(Self.path(entry.input), to: genre)
        change(id) { $0.correction = genre }
        return self.entry(id) ?? entry
    }

    /// The table `path,genre`, as `genre train` takes it.
    var corrections: Data { store.table }

    // MARK: map

    struct Point: Encodable, Sendable {
        let id: String
        let x: Double
        let y: Double
    }

    struct Map: Encodable, Sendable {
        let done: Int
        let total: Int
        let points: [Point]
        /// Share of the vectors' variance along each axis.
        let explained: [Double]
    }

    /// Begins to take the embeddings of all files that have a verdict, where that is not under way.
    func beginMap(_ workers: Workers) {
        let isFirst = lock.withLock {
            defer { isMapping = true }
            return !isMapping
        }
        guard isFirst else { return }
        Task { [self] in
            for id in ids {
                guard let entry = entry(id), entry.verdict != nil, lock.withLock({ points[id] == nil }) else {
                    continue
                }
                let vector = try? await workers.run(isPatient: true) { [model] bench in
                    try bench.listener(for: model).embed(entry.input.url).mean
                }
                if let vector { lock.withLock { points[id] = vector } }
            }
            lock.withLock { isMapping = false }
        }
    }

    var map: Map {
        let (vectors, total): ([(key: String, value: [Float])], Int) = lock.withLock {
            (points.sorted { $0.key < $1.key }, entries.count { $0.verdict != nil })
        }
        guard vectors.count > 2, let components = PrincipalComponents(vectors.map(\.value), count: 2) else {
            return Map(done: vectors.count, total: total, points: [], explained: [])
        }
        let placed: [Point] = vectors.indices.map { row in
            Point(id: vectors[row].key, x: components.places[2 * row], y: components.places[2 * row + 1])
        }
        return Map(done: vectors.count, total: total, points: placed, explained: components.shares)
    }
}
