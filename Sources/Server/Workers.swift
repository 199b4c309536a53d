import Foundation
import ModelFile
import NeuralNetwork
import Prediction

/// The one place that knows how a model is asked: what serves one thread at a time.
final class Listener {
    let predictor: GenrePredictor
    /// A fusion has no vectors of its own: those of its first net are taken.
    private let embedder: GenrePredictor

    init(_ model: GenreModel) throws {
        let pool = try ThreadPool(threads: 1)
        predictor = try GenrePredictor(model: model, pool: pool, batch: 16)
        embedder =
            model.nets.count == 1 ? predictor : try GenrePredictor(model: model.nets[0], pool: pool, batch: 16)
    }

    func predict(_ file: URL) throws -> TrackPrediction { try predictor.predict(file) }
    func embed(_ file: URL) throws -> TrackEmbedding { try embedder.embed(file) }
    func live() throws -> LiveClassifier { try LiveClassifier(predictor: predictor) }
}

/// Threads that do the server's long work, so that its event loops never wait. Work waits in one queue, the first come
/// first.
final class Workers: @unchecked Sendable {  // everything under the condition's lock
    /// What a thread keeps from one piece of work to the next: listeners of the models used last.
    final class Bench {
        private var listeners: [(model: ServedModel, listener: Listener)] = []
        private static let kept = 3

        func listener(for model: ServedModel) throws -> Listener {
            if let place = listeners.firstIndex(where: { $0.model === model }) {
                let found = listeners.remove(at: place)
                listeners.append(found)
                return found.listener
            }
            let made = try model.makeListener()
            if listeners.count >= Self.kept { listeners.removeFirst() }
            listeners.append((model, made))
            return made
        }
    }

    private struct Job {
        let work: (Bench) -> Void
        let abandon: () -> Void
    }

    private let condition = NSCondition()
    private var queue: [Job] = []
    /// Done only where nothing else waits: a collection's files.
    private var later: [Job] = []
    private var isClosed = false
    private var alive = 0
    let threads: Int

    init(threads: Int) {
        self.threads = max(1, threads)
        for _ in 0..<self.threads {
            let thread = Thread { [self] in serve() }
            thread.stackSize = 8 << 20
            thread.name = "genre-worker"
            alive += 1
            thread.start()
        }
    }

    /// Does a piece of work on one of the threads.
    ///
    /// - Parameter isPatient: whether all other work goes before it.
    /// - Throws: `CancellationError` where the server ends before it is begun, or the caller's task was cancelled.
    func run<Value: Sendable>(
        isPatient: Bool = false, _ work: @escaping @Sendable (Bench) throws -> Value
    ) async throws -> Value {
        let ticket = Ticket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
                let job = Job(
                    work: { bench in
                        guard !ticket.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                        continuation.resume(with: Result { try work(bench) })
                    }, abandon: { continuation.resume(throwing: CancellationError()) })
                if !add(job, isPatient: isPatient) { job.abandon() }
            }
        } onCancel: {
            ticket.cancel()
        }
    }

    /// False where the server ends.
    private func add(_ job: Job, isPatient: Bool) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed else { return false }
        if isPatient { later.append(job) } else { queue.append(job) }
        condition.signal()
        return true
    }

    private func serve() {
        let bench = Bench()
        while let job = next() { autoreleasing { job.work(bench) } }
        condition.lock()
        alive -= 1
        condition.broadcast()
        condition.unlock()
    }

    private func next() -> Job? {
        condition.lock()
        defer { condition.unlock() }
        while queue.isEmpty, later.isEmpty, !isClosed { condition.wait() }
        if isClosed { return nil }
        return queue.isEmpty ? later.removeFirst() : queue.removeFirst()
    }

    /// Ends the threads after what they are at; what waits is abandoned.
    func close() {
        condition.lock()
        let left = queue + later
        queue = []
        later = []
        isClosed = true
        condition.broadcast()
        condition.unlock()
        for job in left { job.abandon() }
    }

    /// Waits until the threads have ended, after ``close()``.
    func wait() {
        condition.lock()
        while alive > 0 { condition.wait() }
        condition.unlock()
    }

    private final class Ticket: @unchecked Sendable {  // behind the lock
        private let lock = NSLock()
        private var cancelled = false
        var isCancelled: Bool { lock.withLock { cancelled } }
        func cancel() { lock.withLock { cancelled = true } }
    }
}

private func autoreleasing(_ body: () -> Void) {
    #if canImport(ObjectiveC)
        autoreleasepool(invoking: body)
    #else
        body()
    #endif
}

/// How many uploads there may be at once, whether they still come or wait for a thread.
final class Admission: @unchecked Sendable {  // behind the lock
    private let lock = NSLock()
    private let limit: Int
    private var count = 0

    init(limit: Int) { self.limit = limit }

    /// - Throws: ``ServerError/tooMany(limit:)``.
    func enter() throws(ServerError) {
        let isIn = lock.withLock {
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isIn else { throw .tooMany(limit: limit) }
    }

    func leave() { lock.withLock { count -= 1 } }

    /// Uploads in hand now.
    var inHand: Int { lock.withLock { count } }
}
