import Foundation
import ModelFile
import NeuralNetwork

/// Predicts many files at once, a thread a file, and hands the results over in the files' order.
public final class CollectionPredictor {
    private let model: TrainedModel
    private let jobs: Int

    /// - Parameter jobs: files at once.
    public init(model: TrainedModel, jobs: Int) {
        self.model = model
        self.jobs = max(1, jobs)
    }

    /// - Parameter receive: gets every file's result, in order, on one thread at a time; what it throws ends the work.
    /// - Throws: what the model lacks for predictions, and what `receive` throws.
    public func run<Inputs: Sequence<AudioInputs.Input>>(
        _ inputs: Inputs, _ receive: @escaping (AudioInputs.Input, Result<TrackPrediction, any Error>) throws -> Void
    ) throws {
        // With one file at a time its segments share the threads.
        let predictors = try (0..<jobs).map { _ in
            try GenrePredictor(model: model, pool: ThreadPool(threads: 1), batch: 16)
        }
        let queue = OrderedResults(AnyIterator(inputs.makeIterator()), window: 4 * jobs, receive)
        let shared = Workers(queue: queue, predictors: predictors)
        DispatchQueue.concurrentPerform(iterations: jobs) { shared.work($0) }
        try queue.finish()
    }
}

/// What the workers share; each takes the predictor of its own number.
private struct Workers: @unchecked Sendable {
    let queue: OrderedResults
    let predictors: [GenrePredictor]

    func work(_ worker: Int) {
        while let (place, input) = queue.take() {
            let predictor = predictors[worker]
            queue.give(place, input, Result { try predictor.predict(input.url) })
        }
    }
}

/// Hands out inputs one by one, and results in the inputs' order.
private final class OrderedResults: @unchecked Sendable {  // everything under the lock
    typealias Outcome = Result<TrackPrediction, any Error>

    private let condition = NSCondition()
    private var inputs: AnyIterator<AudioInputs.Input>
    private let window: Int
    private let receive: (AudioInputs.Input, Outcome) throws -> Void
    private var taken = 0
    private var given = 0
    private var waiting: [Int: (AudioInputs.Input, Outcome)] = [:]
    private var failure: (any Error)?

    init(
        _ inputs: AnyIterator<AudioInputs.Input>, window: Int,
        _ receive: @escaping (AudioInputs.Input, Outcome) throws -> Void
    ) {
        self.inputs = inputs
        self.window = window
        self.receive = receive
    }

    /// The next input; nil at the end, or after a failure. Waits while results before it are too many.
    func take() -> (Int, AudioInputs.Input)? {
        condition.lock()
        defer { condition.unlock() }
        while taken - given >= window, failure == nil { condition.wait() }
        guard failure == nil, let input = inputs.next() else { return nil }
        defer { taken += 1 }
        return (taken, input)
    }

    func give(_ place: Int, _ input: AudioInputs.Input, _ outcome: Outcome) {
        condition.lock()
        defer { condition.unlock() }
        waiting[place] = (input, outcome)
        while failure == nil, let (input, outcome) = waiting.removeValue(forKey: given) {
            do { try receive(input, outcome) } catch { failure = error }
            given += 1
        }
        condition.broadcast()
    }

    func finish() throws {
        if let failure { throw failure }
    }
}
