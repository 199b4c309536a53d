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
        /// The L1 penalty of the weights before the update; 0 in evaluation.
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
    private let groups: [BlockGroup]
    private let recurrent: RecurrentRunner?
    private let stages: [DenseRunner]
    private let embeddingInputs: [Activation]
    private let probabilityBuffer: UnsafeMutablePointer<Float>
    private let labelBuffer: UnsafeMutablePointer<Int32>
    private var preparedVersion = 0
    /// Groups below it, and the recurrent stage where it is nil, need no gradients.
    private var lowestTrainedGroup: Int? = 0
    private var recorder: ((String, Double) -> Void)?

    /// - Throws: ``NeuralNetworkError/outOfMemory(bytes:)``.
    public init(parameters: ParameterStore, batch: Int, mode: Mode, pool: ThreadPool) throws(NeuralNetworkError) {
        precondition(batch >= 1, "a batch holds at least one segment")
        let plan = parameters.plan
        self.parameters = parameters
        self.plan = plan
        self.batch = batch
        self.pool = pool
        var dropoutSeed: UInt64?
        if case .training(let seed) = mode { dropoutSeed = seed }
        let training = dropoutSeed != nil
        self.training = training

        // First every piece reserves its place, then one allocation serves them all.
        var layout = ArenaPlan()
        let inputOffset = layout.reserve(floats: batch * plan.blueprint.input.area)
        let depth = plan.towers.map(\.blocks.count).max() ?? 0
        var groupPlans: [BlockGroup.Layout] = []
        for level in 0..<depth {
            groupPlans.append(
                try BlockGroup.Layout(
                    plan: plan, level: level, batch: batch, training: training, pool: pool, arena: &layout))
        }
        let recurrentLayout = plan.recurrent.map {
            RecurrentRunner.Layout(stage: $0, batch: batch, training: training, arena: &layout)
        }
        let stageOffsets = plan.dense.map { stage in
            (
                output: layout.reserve(floats: batch * stage.units.stored),
                gradient: layout.reserve(floats: training ? batch * stage.units.stored : 0)
            )
        }
        let probabilityOffset = layout.reserve(floats: batch * plan.classes)
        let labelOffset = layout.reserve(bytes: batch * MemoryLayout<Int32>.stride)

        arena = try AlignedBuffer(byteCount: layout.byteCount)
        gradients = training ? try AlignedBuffer(floats: plan.storedCount) : nil
        let base = arena.bytes.baseAddress!
        func floats(_ offset: Int) -> UnsafeMutablePointer<Float> {
            (base + offset).assumingMemoryBound(to: Float.self)
        }
        let inputs = floats(inputOffset)
        self.inputs = inputs
        probabilityBuffer = floats(probabilityOffset)
        labelBuffer = (base + labelOffset).assumingMemoryBound(to: Int32.self)

        var locations: [String: ParameterLocation] = [:]
        for specification in plan.parameters {
            locations[specification.name] = ParameterLocation(
                values: parameters.values + specification.offset,
                gradient: gradients.map { $0.floats + specification.offset })
        }

        let image = Activation(
            values: UnsafePointer(inputs), gradient: nil, count: plan.blueprint.input.area)
        var activations = plan.towers.map { _ in image }
        var built: [BlockGroup] = []
        for group in groupPlans {
            built.append(BlockGroup(layout: group, base: base, parameters: locations, activations: &activations))
        }
        groups = built

        recurrent = recurrentLayout.map { layout in
            RecurrentRunner(
                layout: layout, base: base, inputs: activations, dropoutSeed: dropoutSeed, parameters: locations)
        }

        var inputsOfStage = recurrent.map { [$0.output] } ?? (plan.towers.isEmpty ? [image] : activations)
        var inputsOfLastStage = inputsOfStage
        var runners: [DenseRunner] = []
        for (stage, offsets) in zip(plan.dense, stageOffsets) {
            let output = Activation(
                values: UnsafePointer(floats(offsets.output)), gradient: training ? floats(offsets.gradient) : nil,
                count: stage.units.stored)
            let key = dropoutSeed.map { seed in
                var stream = RandomStream(seed: seed, purpose: "dropout of \(stage.name)")
                return stream.next()
            }
            runners.append(
                DenseRunner(
                    stage: stage, inputs: inputsOfStage, output: output, dropoutKey: key, parameters: locations))
            inputsOfLastStage = inputsOfStage
            inputsOfStage = [output]
        }
        stages = runners
        embeddingInputs = inputsOfLastStage
    }

    // MARK: - Inference

    /// Class probabilities of the first `count` segments in ``inputs``: [count][classes], valid until the next call.
    public func probabilities(count: Int) -> UnsafeBufferPointer<Float> {
        forward(count: count, step: 0)
        _ = softmax(count: count, labels: nil, gradient: nil)
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
        let stored = plan.dense.last!.units.stored
        let output = stages.last!.output.values
        return (0..<count).flatMap { row in (0..<plan.classes).map { output[row * stored + $0] } }
    }

    /// What the last dense layer read in the last call, in canonical order: [count][``NetworkPlan/embeddingSize``]. In an
    /// inference executor that is the layer before it after its activation, without dropout.
    public func lastEmbeddings(count: Int) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(count * plan.embeddingSize)
        for row in 0..<count {
            var rest = plan.dense.last!.segments[...]
            for input in embeddingInputs {
                // One activation holds one part or, of a recurrent layer, one a direction.
                var parts: [StoredFeatures] = []
                while let part = rest.first, parts.reduce(part.storedCount, { $0 + $1.storedCount }) <= input.count {
                    parts.append(rest.removeFirst())
                }
                let start = input.values + row * input.count
                parts.forEachStoredFeature { result.append(start[$0]) }
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
        count: Int, labels: [Int32], targets: LossTargets? = nil, optimiser: Adam
    ) -> BatchResult {
        var result = gradientStep(count: count, labels: labels, targets: targets, step: UInt64(optimiser.steps))
        result.penalty = part("Adam and L1") {
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
            softmax(count: count, labels: labels, targets: targets, gradient: stages.last!.output.gradient)
        }
        for (index, stage) in stages.enumerated().reversed() {
            part("dense \(index + 1) backward") { stage.backward(count: count, step: step, pool: pool) }
        }
        guard let lowestTrainedGroup else { return result }
        if let recurrent { part("LSTM backward") { recurrent.backward(count: count, step: step, pool: pool) } }
        for (index, group) in groups.enumerated().reversed() where index >= lowestTrainedGroup {
            part("blocks \(index + 1) backward") { group.backward(count: count, pool: pool) }
        }
        return result
    }

    /// Leaves out the part of the backward pass that only frozen parameters would need; their gradients are then void.
    ///
    /// - Parameter frozen: names of the parameters that no optimiser will update.
    public func skipGradients(of frozen: Set<String>) {
        func isTrained(_ prefixes: [String]) -> Bool {
            plan.parameters.contains { parameter in
                !frozen.contains(parameter.name) && prefixes.contains { parameter.name.hasPrefix($0 + ".") }
            }
        }
        lowestTrainedGroup = groups.indices.first { level in
            isTrained(plan.towers.compactMap { level < $0.blocks.count ? $0.blocks[level].name : nil })
        }
        if lowestTrainedGroup == nil, let stage = plan.recurrent, isTrained([stage.name]) {
            lowestTrainedGroup = groups.count
        }
    }

    /// The canonical gradient of a parameter after ``gradientStep(count:labels:targets:step:)`` or a training step.
    public func gradient(of specification: ParameterSpecification) -> [Float] {
        specification.canonical(in: gradients!.floats)
    }

    /// A training step whose parts are timed: each part's name and seconds, in the order in which they run.
    public func profiledTrainingStep(
        count: Int, labels: [Int32], optimiser: Adam
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
            part("spectra of the weights") { for group in groups { group.prepare(pool: pool) } }
            preparedVersion = parameters.version
        }
        for (index, group) in groups.enumerated() {
            part("blocks \(index + 1) forward") { group.forward(count: count, pool: pool) }
        }
        if let recurrent { part("LSTM forward") { recurrent.forward(count: count, step: step, pool: pool) } }
        for (index, stage) in stages.enumerated() {
            part("dense \(index + 1) forward") { stage.forward(count: count, step: step, pool: pool) }
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
        let stored = Int32(plan.dense.last!.units.stored)
        if let targets, labels != nil {
            targets.check(count: count, classes: plan.classes)
            var weight = 0.0
            let loss = targets.withKernelTargets(labels: labelBuffer) { targets in
                gk_softmax_cross_entropy_targets(
                    Int32(count), Int32(plan.classes), stored, stages.last!.output.values, targets, probabilityBuffer,
                    gradient, &correct, &weight)
            }
            return BatchResult(lossSum: loss, correct: Int(correct), penalty: 0, weight: weight)
        }
        let loss = gk_softmax_cross_entropy(
            Int32(count), Int32(plan.classes), stored, stages.last!.output.values,
            labels == nil ? nil : labelBuffer, probabilityBuffer, gradient, &correct)
        return BatchResult(lossSum: loss, correct: Int(correct), penalty: 0, weight: Double(count))
    }
}

/// Where a parameter and its gradient begin.
struct ParameterLocation {
    let values: UnsafeMutablePointer<Float>
    let gradient: UnsafeMutablePointer<Float>?
}

/// A layer's output, the gradient with respect to it (the input segments have none), and its floats a segment.
struct Activation {
    let values: UnsafePointer<Float>
    let gradient: UnsafeMutablePointer<Float>?
    let count: Int
}
