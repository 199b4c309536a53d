import Datasets
import Evaluation
import ModelFile
import NeuralNetwork

/// Runs a net over segments of a set and judges what it says.
public final class Judge {
    private let parameters: ParameterStore
    private let batch: Int
    private let pool: ThreadPool
    private let classes: Int
    /// Made when it is first needed, for no more segments than there are: a batch takes memory.
    private(set) var executor: Executor?

    /// - Parameter batch: segments a pass.
    public init(parameters: ParameterStore, batch: Int = 64, pool: ThreadPool) throws {
        precondition(batch >= 1, "a batch holds at least one segment")
        self.parameters = parameters
        self.batch = batch
        self.pool = pool
        classes = parameters.plan.classes
    }

    private func executor(for count: Int) throws -> Executor {
        let size = min(batch, max(count, 1))
        if let executor, executor.batch >= size { return executor }
        let made = try Executor(parameters: parameters, batch: size, mode: .inference, pool: pool)
        executor = made
        return made
    }

    /// What the net says of the segments at `indices`.
    ///
    /// - Parameters:
    ///   - labels: the class of each of the set's tracks.
    ///   - isStopped: asked before each batch whether to stop.
    /// - Throws: ``TrainingError/senselessVerdict(track:)`` where a loss or a probability is no number or beyond all
    ///   measure; ``TrainingError/judgingStopped``.
    public func judge(
        _ set: SegmentSet, segments indices: [Int], labels: [Int], isStopped: () -> Bool = { false }
    ) throws -> JudgedSegments {
        let executor = try executor(for: indices.count)
        var probabilities: [Float] = []
        probabilities.reserveCapacity(indices.count * classes)
        var loss = 0.0
        let area = set.mels * set.frames
        for start in stride(from: 0, to: indices.count, by: executor.batch) {
            if isStopped() { throw TrainingError.judgingStopped }
            let part = indices[start..<min(start + executor.batch, indices.count)]
            for (row, index) in part.enumerated() { try set.read(index, into: executor.inputs + row * area) }
            let batchLabels = part.map { Int32(labels[set.track(ofSegment: $0)]) }
            loss += executor.evaluate(count: part.count, labels: batchLabels).lossSum
            let said = executor.lastProbabilities(count: part.count)
            guard areFinite(said), abs(loss) <= NumberBounds.greatestValue else {
                let place = part.indices.first { row in
                    let first = (row - start) * classes
                    return !areFinite(UnsafeBufferPointer(rebasing: said[first..<first + classes]))
                }
                let track = set.track(ofSegment: indices[place ?? part.startIndex])
                throw TrainingError.senselessVerdict(track: set.tracks[track].id)
            }
            probabilities += said
        }
        return JudgedSegments(
            probabilities: probabilities, classes: classes, segmentTracks: indices.map(set.track), trackLabels: labels,
            meanLoss: loss / Double(max(indices.count, 1)))
    }
}

extension TrainedModel {
    /// The net that reads a set's segments: the whole, or the head alone where they are its backbone's outputs.
    ///
    /// - Throws: ``TrainingError/dataDoesNotFit(_:)`` where no part of it reads them.
    public func reader(of set: SegmentSet) throws -> ParameterStore {
        guard set.recipe.isOutputs else { return parameters }
        guard let head = try head, head.plan.blueprint.input == set.mels × 1 else {
            throw TrainingError.dataDoesNotFit(
                "the data hold \(set.mels) numbers a segment that another net gave; this model does not read such")
        }
        return head
    }
}
