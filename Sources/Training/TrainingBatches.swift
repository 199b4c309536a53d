import Datasets
import Randomness

/// The training segments, batch after batch: all that the loop knows of their order and of how they are read.
///
/// Each epoch takes every segment once in a new order, or every genre equally often; its last batch may be smaller. Whatever is random here has a
/// stream of its own in ``State``, so that a training that stops anywhere can go on with the same bits.
public final class TrainingBatches {
    /// A batch whose segments lie where they were read to.
    public struct Batch: Sendable {
        public let count: Int
        /// Class index of each segment.
        public let labels: [Int32]
        /// Batches given before it, in all epochs.
        public let step: Int64
    }

    /// Where the reading stands. All that ``next(into:)`` will give hangs on it and on the data alone.
    public struct State: Codable, Sendable, Hashable {
        /// The stream of the order as it was before the epoch in progress was shuffled.
        public var order: RandomStream
        /// Segments of the epoch that were given already.
        public var position: Int
        /// The epoch in progress, from 1.
        public var epoch: Int
    }

    public private(set) var state: State
    /// Segments a batch, but for the last of an epoch.
    public let batch: Int
    public var segmentsPerEpoch: Int { segments.count }
    public var stepsPerEpoch: Int { (segments.count + batch - 1) / batch }

    private let set: SegmentSet
    private let segments: [Int]
    private let labels: [Int]
    private let balance: BalancedOrder?
    private let augmentation: BatchAugmentation?
    /// The epoch's segments in their order, and the stream behind it.
    private var shuffled: [Int] = []
    private var nextOrder: RandomStream

    /// Ready for the first epoch.
    ///
    /// - Parameters:
    ///   - segments: those to train on, as indices into the set; at least one.
    ///   - labels: the class of each of the set's tracks.
    ///   - batch: segments a batch; no more than there are.
    ///   - isBalanced: an epoch takes every genre equally often.
    ///   - augmentation: says where each segment starts.
    init(
        set: SegmentSet, segments: [Int], labels: [Int], batch: Int, seed: UInt64, isBalanced: Bool = false,
        augmentation: BatchAugmentation? = nil
    ) {
        precondition(!segments.isEmpty && batch >= 1, "there is something to train on")
        self.set = set
        self.segments = segments
        self.labels = labels
        self.batch = min(batch, segments.count)
        balance = isBalanced ? BalancedOrder(set: set, segments: segments, seed: seed) : nil
        self.augmentation = augmentation
        nextOrder = RandomStream(seed: seed, purpose: "order of the training segments")
        state = State(order: nextOrder, position: 0, epoch: 1)
        shuffle()
    }

    /// Whether all of the epoch's segments were given.
    var isAtEndOfEpoch: Bool { state.position >= shuffled.count }

    /// Begins a new epoch.
    public func beginEpoch() {
        state = State(order: nextOrder, position: 0, epoch: state.epoch + 1)
        shuffle()
    }

    /// Goes to where another reading of the same data stood.
    ///
    /// - Throws: ``TrainingError/dataDoesNotFit(_:)`` where the data has fewer segments.
    public func restore(_ state: State) throws(TrainingError) {
        guard 0...segments.count ~= state.position, state.epoch >= 1 else {
            throw .dataDoesNotFit(
                "segment \(state.position) of epoch \(state.epoch), with \(segments.count) segments each, cannot come next"
            )
        }
        self.state = state
        shuffle()
    }

    /// Reads the epoch's next batch; nil at its end.
    ///
    /// - Parameter inputs: room for ``batch`` segments, [batch][mels][frames].
    public func next(into inputs: UnsafeMutablePointer<Float>) throws -> Batch? {
        guard state.position < shuffled.count else { return nil }
        let part = shuffled[state.position..<min(state.position + batch, shuffled.count)]
        let step = Int64(state.epoch - 1) * Int64(stepsPerEpoch) + Int64(state.position / batch)
        let shifts = augmentation?.shifts(of: part, step: step)
        for (row, index) in part.enumerated() {
            try set.read(index, shiftedBy: shifts?[row] ?? 0, into: inputs + row * set.valueCount)
        }
        state.position = part.endIndex
        return Batch(
            count: part.count, labels: part.map { Int32(labels[set.track(ofSegment: $0)]) }, step: step)
    }

    private func shuffle() {
        nextOrder = state.order
        shuffled = nextOrder.shuffled(segments)
        if let balance { shuffled = balance.segments(ofEpoch: state.epoch) }
    }
}
