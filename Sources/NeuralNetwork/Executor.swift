import CKernels
import Randomness

/// Runs a net on batches: plans kernels and memory once, then neither allocates nor decides anything in a step.
///
/// One executor is used by one thread at a time; executors of one net share its parameters.
public final class Executor {
    public enum Mode: Sendable, Hashable {
        /// Forward only, no dropout.
        case inference
        /// Forward and backward; `dropoutSeed` seeds the dropout's stream.
        case training(dropoutSeed: UInt64)
    }

    /// What one batch gave.
    public struct BatchResult: Sendable, Hashable {
        /// Sum (not mean) of the segments' cross-entropies.
        public var lossSum: Double
        /// Segments whose largest logit is at their label.
        public var correct: Int
        /// The L1 and L2 penalties of the weights before the update; 0 in evaluation.
        public var penalty: Double
        /// What the mean divides by: the segments, or the sum of their weights.
        public var weight: Double = 0
    }

    public let parameters: ParameterStore
    /// The largest batch.
    public let batch: Int
    /// Write the segments here, [batch][mels][frames], before a call.
    public let inputs: UnsafeMutablePointer<Float>

    private let plan: NetworkPlan
    private let pool: ThreadPool
    private let training: Bool
    private let arena: AlignedBuffer
    private let gradients: AlignedBuffer?
    private let steps: [any Step]
    /// For each step, whether it or one before it has trained parameters; the others' backward passes are left out.
    private var isTrained: [Bool]
    /// Names that begin each step's parameters' names, and the steps whose outputs it reads.
    private let owners: [(names: [String], before: [Int])]
    private let logits: BoundValue
    private let embeddingInputs: [BoundValue]
    private let probabilityBuffer: UnsafeMutablePointer<Float>
    private let labelBuffer: UnsafeMutablePointer<Int32>
    private var preparedVersion = 0
    private var recorder: ((String, Double) -> Void)?

    /// - Throws: ``NeuralNetworkError/outOfMemory(bytes:)``.
    public convenience init(
        parameters: ParameterStore, batch: Int, mode: Mode, pool: ThreadPool
    ) throws(NeuralNetworkError) {
        try self.init(parameters: parameters, batch: batch, mode: mode, pool: pool, fill: 0)
    }

    /// - Parameter fill: what memory holds at first, for tests of what relies on it.
    package init(
        parameters: ParameterStore, batch: Int, mode: Mode, pool: ThreadPool, fill: UInt8
    ) throws(NeuralNetworkError) {
        precondition(batch >= 1, "a batch holds at least one segment")
        let plan = parameters.plan
        self.parameters = parameters
        self.plan = plan
        self.batch = batch
        self.pool = pool
        var dropoutSeed: UInt64?
        if case .training(let seed) = mode { dropoutSeed = seed }
        training = dropoutSeed != nil

        // First every piece says what it needs and when, then one allocation serves them all.
        var layout = ExecutorLayout(plan.graph, batch: batch, dropoutSeed: dropoutSeed, pool: pool)
        let made = try layout.planStages()
        let probabilityPiece = layout.planning.memory.reserve(floats: batch * plan.classes)
        let labelPiece = layout.planning.memory.reserve(bytes: batch * MemoryLayout<Int32>.stride)
        layout.planning.memory.settle()
        let needed = layout.planning.memory.byteCount
        guard needed <= AlignedBuffer.largest else { throw .outOfMemory(bytes: needed) }
        arena = try AlignedBuffer(byteCount: needed)
        if fill != 0 { arena.bytes.initializeMemory(as: UInt8.self, repeating: fill) }
        gradients = training ? try AlignedBuffer(floats: plan.storedCount) : nil

        let memory = BoundMemory(plan: layout.planning.memory, base: arena.bytes.baseAddress!)
        probabilityBuffer = memory.floats(probabilityPiece)
        labelBuffer = memory.bytes(labelPiece).assumingMemoryBound(to: Int32.self)
        var locations: [String: ParameterLocation] = [:]
        for specification in plan.parameters {
            locations[specification.name] = ParameterLocation(
                values: parameters.values + specification.offset,
                gradient: gradients.map { $0.floats + specification.offset })
        }
        let bound = layout.bind(made, memory: memory, parameters: locations)
        steps = bound.steps
        owners = bound.owners
        isTrained = bound.steps.map { _ in true }
        inputs = bound.input.values
        logits = bound.logits
        embeddingInputs = bound.embedding
    }

    // MARK: - Inference

    /// Class probabilities of the first `count` segments in ``inputs``: [count][classes], valid until the next call.
    public func probabilities(count: Int) -> UnsafeBufferPointer<Float> {
        forward(count: count, step: 0)
        _ = softmax(count: count, labels: nil, gradient: nil)
        return UnsafeBufferPointer(start: probabilityBuffer, count: count * plan.classes)
    }

    /// The same where each class holds or not by itself: the logits' sigmoids in place of their softmax.
    public func independentProbabilities(count: Int) -> UnsafeBufferPointer<Float> {
        forward(count: count, step: 0)
        gk_sigmoid_probabilities(
            Int32(count), Int32(plan.classes), Int32(logits.count), logits.values, probabilityBuffer)
        return UnsafeBufferPointer(start: probabilityBuffer, count: count * plan.classes)
    }

    /// Loss and accuracy of the first `count` segments, without dropout in an inference executor; the probabilities are
    /// in ``lastProbabilities(count:)`` afterwards.
    public func evaluate(count: Int, labels: [Int32]) -> BatchResult {
        forward(count: count, step: 0)
        return softmax(count: count, labels: labels, gradient: nil)
    }

    /// The probabilities of the last call: [count][classes].
    public func lastProbabilities(count: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: probabilityBuffer, count: count * plan.classes)
    }

    /// The logits of the last call, without the spare columns: [count][classes].
    public func lastLogits(count: Int) -> [Float] {
        (0..<count).flatMap { row in (0..<plan.classes).map { logits.values[row * logits.count + $0] } }
    }

    /// What the last dense layer read in the last call, in canonical order: [count][``NetworkPlan/embeddingSize``]. In an
    /// inference executor that is the layer before it after its activation, without dropout.
    public func lastEmbeddings(count: Int) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(count * plan.embeddingSize)
        for row in 0..<count {
            for input in embeddingInputs {
                let start = input.values + row * input.count
                input.parts.forEachStoredFeature { result.append(start[$0]) }
            }
        }
        return result
    }

    // MARK: - Training

    /// One step on the first `count` segments: forward, loss, backward, update.
    ///
    /// - Parameters:
    ///   - count: segments in ``inputs``, up to ``batch``; the loss is their mean.
    ///   - labels: class index of each.
    ///   - targets: weights and second labels; nil for the plain loss.
    public func trainingStep(
        count: Int, labels: [Int32], targets: LossTargets? = nil, optimiser: Optimiser
    ) -> BatchResult {
        var result = gradientStep(count: count, labels: labels, targets: targets, step: UInt64(optimiser.steps))
        result.penalty = part(optimiser.settings.title) {
            parameters.update { optimiser.update($0, gradients: gradients!.floats, pool: pool) }
        }
        return result
    }

    /// Forward, loss and backward without an update; `step` numbers the dropout's draws. The gradients (of the mean
    /// cross-entropy, without the penalty) are read by ``gradient(of:)``.
    @discardableResult
    public func gradientStep(
        count: Int, labels: [Int32], targets: LossTargets? = nil, step: UInt64
    ) -> BatchResult {
        precondition(training, "an inference executor has no backward pass")
        forward(count: count, step: step)
        let result = part("softmax and loss") {
            softmax(count: count, labels: labels, targets: targets, gradient: logits.gradient)
        }
        let call = StepCall(count: count, step: step, pool: pool)
        for (index, stage) in steps.enumerated().reversed() where isTrained[index] {
            part("\(stage.name) backward") { stage.backward(call) }
        }
        return result
    }

    /// Whether the net has statistics of batches that a training moves.
    public var measuresBatches: Bool { training && steps.contains(where: \.measuresBatches) }

    /// Forward in training, for the norms' running statistics alone: they become the mean of the statistics of batches 1 to
    /// `number`, each weighing the same, as PyTorch's `update_bn` makes them anew for averaged weights.
    ///
    /// - Parameters:
    ///   - number: of the batch, from 1; with 1 they begin anew.
    ///   - step: numbers the dropout's draws.
    public func renewStatistics(count: Int, number: Int, step: UInt64) {
        precondition(training && number >= 1, "only a training executor measures batches, from the first on")
        for stage in steps { stage.weighBatch(as: number) }
        forward(count: count, step: step)
        for stage in steps { stage.weighBatch(as: nil) }
        // Inference executors fold the statistics into their weights.
        parameters.update { _ in }
    }

    /// Leaves out the part of the backward pass that only frozen parameters would need; their gradients are then void.
    /// Norms whose parameters are all frozen keep to their running statistics.
    ///
    /// - Parameter frozen: names of the parameters that no optimiser will update.
    public func skipGradients(of frozen: Set<String>) {
        for (index, owner) in owners.enumerated() {
            let own = plan.parameters.filter { parameter in
                parameter.role != .statistic && owner.names.contains { parameter.name.hasPrefix($0 + ".") }
            }
            let isOwn = own.contains { !frozen.contains($0.name) }
            steps[index].setTrained(isOwn)
            isTrained[index] = isOwn || owner.before.contains { isTrained[$0] }
        }
    }

    /// The canonical gradient of a parameter after ``gradientStep(count:labels:targets:step:)`` or a training step.
    public func gradient(of specification: ParameterSpecification) -> [Float] {
        specification.canonical(in: gradients!.floats)
    }

    /// A training step whose parts are timed: each part's name and seconds, in the order in which they run.
    public func profiledTrainingStep(
        count: Int, labels: [Int32], optimiser: Optimiser
    ) -> [(part: String, seconds: Double)] {
        var parts: [(part: String, seconds: Double)] = []
        recorder = { parts.append(($0, $1)) }
        defer { recorder = nil }
        _ = trainingStep(count: count, labels: labels, optimiser: optimiser)
        return parts
    }

    // MARK: - Parts of a step

    /// Runs a part of a step, and times it where a profile is wanted.
    private func part<Result>(_ name: @autoclosure () -> String, _ body: () -> Result) -> Result {
        guard let recorder else { return body() }
        let start = ContinuousClock.now
        let result = body()
        let taken = (ContinuousClock.now - start).components
        recorder(name(), Double(taken.seconds) + Double(taken.attoseconds) * 1e-18)
        return result
    }

    private func forward(count: Int, step: UInt64) {
        precondition(1...batch ~= count, "the executor is planned for 1 to \(batch) segments")
        if preparedVersion != parameters.version {
            part("spectra of the weights") { for stage in steps { stage.prepare(pool: pool) } }
            preparedVersion = parameters.version
        }
        let call = StepCall(count: count, step: step, pool: pool)
        for stage in steps where !(stage is ForkStep) {
            part("\(stage.name) forward") { stage.forward(call) }
        }
    }

    private func softmax(
        count: Int, labels: [Int32]?, targets: LossTargets? = nil, gradient: UnsafeMutablePointer<Float>?
    ) -> BatchResult {
        if let labels {
            precondition(labels.count >= count, "every segment needs a label")
            precondition(labels.allSatisfy { 0..<Int32(plan.classes) ~= $0 }, "a label is out of range")
            for index in 0..<count { labelBuffer[index] = labels[index] }
        }
        var correct: Int32 = 0
        let stored = Int32(logits.count)
        if let targets, labels != nil {
            targets.check(count: count, classes: plan.classes)
            var weight = 0.0
            let loss = targets.withKernelTargets(labels: labelBuffer) { targets in
                gk_softmax_cross_entropy_targets(
                    Int32(count), Int32(plan.classes), stored, logits.values, targets, probabilityBuffer,
                    gradient, &correct, &weight)
            }
            return BatchResult(lossSum: loss, correct: Int(correct), penalty: 0, weight: weight)
        }
        let loss = gk_softmax_cross_entropy(
            Int32(count), Int32(plan.classes), stored, logits.values,
            labels == nil ? nil : labelBuffer, probabilityBuffer, gradient, &correct)
        return BatchResult(lossSum: loss, correct: Int(correct), penalty: 0, weight: Double(count))
    }
}
