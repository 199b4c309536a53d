import Foundation
import ModelFile
import NeuralNetwork

/// Hears many files at once, a thread a file, and hands the results over in the files' order.
public final class CollectionPredictor {
    private let model: GenreModel
    private let jobs: Int

    /// - Parameter jobs: files at once; more than cores are of use where files come slowly.
    public convenience init(model: TrainedModel, jobs: Int) { self.init(model: .single(model), jobs: jobs) }

    /// - Parameter jobs: files at once.
    public init(model: GenreModel, jobs: Int) {
        self.model = model
        self.jobs = max(1, jobs)
    }

    /// - Parameters:
    ///   - work: what is to be told of a file: ``GenrePredictor/predict(_:)``, say.
    ///   - receive: gets every file's result, in order, on one thread at a time; what it throws ends the work.
    /// - Throws: what the model lacks for predictions, and what `receive` throws.
    public func run<Inputs: Sequence<AudioInputs.Input>, Value>(
        _ inputs: Inputs, _ work: @escaping (GenrePredictor, URL) throws -> Value,
        _ receive: @escaping (AudioInputs.Input, Result<Value, any Error>) throws -> Void
    ) throws {
        let queue = OrderedResults(AnyIterator(inputs.makeIterator()), window: 4 * jobs, receive)
        let workers = Workers(model: model, queue: queue, first: try Workers<Value>.predictor(of: model), work: work)
        let group = DispatchGroup()
        for number in 0..<jobs {
            group.enter()
            let thread = Thread {
                workers.run(number)
                group.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        group.wait()
        try queue.finish()
    }
}

/// What the threads share.
private struct Workers<Value>: @unchecked Sendable {
    let model: GenreModel
    let queue: OrderedResults<Value>
    /// The first thread's; the others make theirs when they have something to hear.
    let first: GenrePredictor
    let work: (GenrePredictor, URL) throws -> Value

    static func predictor(of model: GenreModel) throws -> GenrePredictor {
        try GenrePredictor(model: model, pool: ThreadPool(threads: 1), batch: 16)
    }

    func run(_ number: Int) {
        var predictor = number == 0 ? first : nil
        while let (place, input) = queue.take() {
            let outcome = Result {
                try input.check()
                let own = try predictor ?? Self.predictor(of: model)
                predictor = own
                return try work(own, input.url)
            }
            queue.give(place, input, outcome)
        }
    }
}

/// Hands out inputs one by one, and results in the inputs' order.
private final class OrderedResults<Value>: @unchecked Sendable {  // everything under the lock
    typealias Outcome = Result<Value, any Error>

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
