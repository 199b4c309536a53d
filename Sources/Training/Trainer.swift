import Datasets
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork

/// Trains a net as the paper describes: each epoch takes all training segments once in a new order, the last partial
/// batch included, and judges the net on the validation segments.
public final class Trainer {
    public let configuration: TrainingConfiguration
    public let parameters: ParameterStore
    /// A record of each epoch done.
    public private(set) var history: [EpochRecord] = []
    /// On the validation side, after the last epoch done.
    public private(set) var scores: Scores?
    /// The step size in the next step; only callbacks change it, before each step.
    public var learningRate: Double {
        get { optimiser.learningRate }
        set { optimiser.learningRate = newValue }
    }
    public var stepsDone: Int { Int(optimiser.steps) }
    public var stepsPerEpoch: Int { batches.stepsPerEpoch }
    /// Epochs still to be done.
    public var epochsLeft: Int { configuration.epochs - history.count }

    private let set: SegmentSet
    private let labels: [Int]
    private let validationSegments: [Int]
    private let batches: TrainingBatches
    private let executor: Executor
    private let judge: Judge
    private let optimiser: Optimiser
    private let augmentation: BatchAugmentation?
    private let average: WeightAverage?
    private var sums = TrainerState.EpochSums()
    private var clock = ContinuousClock.now
    private var ending: TrainingEnd?
    private var firstLoss: Double?
    private let slowDivergence: SlowDivergence
    /// Asked while there are no events.
    private var isStopWanted: () -> Bool = { false }

    /// - Parameters:
    ///   - set: the segments; the split names its tracks.
    ///   - blueprint: as many classes as the set has genres, and its segment size.
    ///   - base: a net of the same architecture whose weights the training begins with.
    ///   - renewsHead: draw the last layer by the seed all the same; it must be so where the classes differ.
    ///   - towers: nets whose layers towers begin with, by the towers' names.
    public init(
        set: SegmentSet, split: TrackSplit, blueprint: Blueprint, configuration: TrainingConfiguration,
        base: ParameterStore? = nil, renewsHead: Bool = false, towers: [String: ParameterStore] = [:], pool: ThreadPool
    ) throws {
        let setup = try TrainingSetup(
            set: set, split: split, blueprint: blueprint, configuration: configuration, renewsHead: renewsHead)
        let plan = setup.plan
        slowDivergence = SlowDivergence(classes: plan.classes)
        self.set = set
        self.configuration = configuration
        labels = set.tracks.map(\.label)
        validationSegments = setup.validationSegments
        parameters = try ParameterStore(plan: plan)
        parameters.initialise(seed: configuration.seed)
        if let base {
            let renewed = renewsHead ? plan.headParameters : []
            let own = Dictionary(uniqueKeysWithValues: base.plan.parameters.map { ($0.name, $0) })
            for specification in plan.parameters where !renewed.contains(specification.name) {
                guard let source = own[specification.name], source.shape == specification.shape else {
                    throw TrainingError.dataDoesNotFit(
                        "the model to begin with is another net: its '\(specification.name)' differs")
                }
                try parameters.set(specification, to: base.canonical(source))
            }
        } else if plan.standardisesInput {
            var statistics = InputStatistics(input: blueprint.input)
            var segment = [Float](repeating: 0, count: set.valueCount)
            for index in setup.trainingSegments {
                try segment.withUnsafeMutableBufferPointer { values in
                    try set.read(index, into: values.baseAddress!)
                    statistics.add(values.baseAddress!)
                }
            }
            try statistics.fit(parameters)
        }
        for (tower, net) in towers.sorted(by: { $0.key < $1.key }) { try parameters.setTower(tower, to: net) }
        augmentation = setup.augmentation
        batches = TrainingBatches(
            set: set, segments: setup.trainingSegments, labels: labels, batch: configuration.batch,
            seed: configuration.seed,
            isBalanced: configuration.augmentation?.balancedSampling == true, augmentation: augmentation)
        executor = try Executor(
            parameters: parameters, batch: batches.batch,
            mode: .training(dropoutSeed: configuration.seed), pool: pool)
        executor.skipGradients(of: setup.frozen)
        // The batch matters to nets that read across it: they are judged as they are trained.
        judge = try Judge(parameters: parameters, batch: configuration.batch, pool: pool)
        optimiser = try Optimiser(
            plan: plan, settings: configuration.optimiserSettings, frozen: setup.frozen)
        average = try configuration.averagedEpochs.map { _ in try WeightAverage(plan: plan) }
    }

    /// Ends the training after the event in progress.
    public func stop(_ end: TrainingEnd) { ending = ending ?? end }

    /// Runs all epochs that are left, or until a callback stops it.
    ///
    /// - Returns: why it ended.
    @discardableResult
    public func run(_ callbacks: [any TrainingCallback]) throws -> TrainingEnd {
        func tell(_ event: TrainingEvent) throws {
            for callback in callbacks { try callback.receive(event, from: self) }
        }
        ending = nil
        isStopWanted = { callbacks.contains { $0.isStopWanted } }
        defer { isStopWanted = { false } }
        try tell(
            .started(
                trainingSegments: batches.segmentsPerEpoch, validationSegments: validationSegments.count,
                parameters: parameters.plan.parameterCount))
        while ending == nil, epochsLeft > 0 {
            clock = ContinuousClock.now
            try trainEpoch(tell)
            if ending != nil { break }
            do { try tell(.epoch(try finishEpoch())) } catch TrainingError.judgingStopped { stop(.interrupted) }
        }
        let end = epochsLeft == 0 ? .completed : ending ?? .completed
        try tell(.ended(end))
        if end != .interrupted { try takeAverage() }
        return end
    }

    /// Runs all epochs that are left.
    ///
    /// - Parameter receive: called with every event, on this thread; what it throws ends the training.
    public func run(_ receive: @escaping (TrainingEvent) throws -> Void) throws { try run([EventListener(receive)]) }

    /// The rest of the epoch in progress, or up to the step after which the training is to end.
    private func trainEpoch(_ tell: (TrainingEvent) throws -> Void) throws {
        while ending == nil, let batch = try batches.next(into: executor.inputs) {
            let targets = augmentation?.apply(to: executor, labels: batch.labels, step: batch.step)
            let result = executor.trainingStep(
                count: batch.count, labels: batch.labels, targets: targets, optimiser: optimiser)
            sums.loss += result.lossSum
            sums.weight += result.weight
            sums.penalty += result.penalty
            sums.correct += result.correct
            sums.segments += batch.count
            sums.steps += 1
            sums.learningRate = learningRate
            addTime()
            try checkSums(batchLoss: result.lossSum / result.weight)
            try tell(
                .step(
                    TrainingStep(
                        done: stepsDone, total: configuration.epochs * stepsPerEpoch, epoch: history.count + 1,
                        segments: batch.count, loss: result.lossSum / result.weight,
                        epochLoss: sums.loss / sums.weight,
                        epochAccuracy: Double(sums.correct) / Double(sums.segments), learningRate: learningRate)))
        }
    }

    private func diverged(_ finding: String) -> TrainingError {
        .diverged(
            Divergence(
                epoch: min(history.count + 1, configuration.epochs), finding: finding, configuration: configuration))
    }

    /// Stops a training that leads nowhere, by what the readers of its files would refuse and by ``SlowDivergence``.
    private func checkSums(batchLoss: Double) throws {
        do { try sums.check() } catch {
            // A duration or a count is not what diverges.
            let isPenalty = error.field == "sums.penalty"
            let value = isPenalty ? sums.penalty / Double(sums.steps) : sums.loss / sums.weight
            throw diverged("the \(isPenalty ? "penalty" : "loss") is \(value)")
        }
        firstLoss = firstLoss ?? (stepsDone == 1 ? batchLoss : nil)
        guard sums.steps >= SlowDivergence.steps || batches.isAtEndOfEpoch,
            let finding = slowDivergence.finding(
                mean: sums.loss / sums.weight, firstLoss: firstLoss, history: history)
        else { return }
        throw diverged(finding)
    }

    /// - Throws: ``TrainingError/diverged(_:)`` where the net's output is no number.
    private func judgeValidation() throws -> Scores {
        do {
            return try judge.judge(set, segments: validationSegments, labels: labels, isStopped: isStopWanted)
                .scores(genres: set.genres)
        } catch TrainingError.senselessVerdict {
            throw diverged("on validation tracks the net's output is no number")
        }
    }

    /// Judges the net, and makes ready for the next epoch.
    private func finishEpoch() throws -> EpochRecord {
        let judged = try judgeValidation()
        scores = judged
        addTime()
        let record = EpochRecord(
            epoch: history.count + 1, trainLoss: sums.loss / sums.weight, penalty: sums.penalty / Double(sums.steps),
            trainAccuracy: Double(sums.correct) / Double(sums.segments), validationLoss: judged.loss, raw: judged.raw,
            max: judged.max, maj: judged.maj, learningRate: sums.learningRate, seconds: sums.seconds)
        do { try record.check() } catch { throw diverged("\(error)") }
        guard parameters.isFinite else { throw diverged("a weight is no number") }
        history.append(record)
        if record.epoch > configuration.epochs - (configuration.averagedEpochs ?? 0) { average?.add(parameters) }
        sums = TrainerState.EpochSums()
        batches.beginEpoch()
        return record
    }

    /// Makes the mean of the weights the parameters, where one is asked for. No training goes on from there.
    private func takeAverage() throws {
        guard let average, average.count > 0 else { return }
        average.apply(to: parameters)
        try renewStatistics()
        scores = try judgeValidation()
    }

    /// Measures the norms' statistics for the parameters as they are, on one pass over the training segments in the order
    /// of the epoch that would come next, augmented as in training.
    ///
    /// - Throws: ``TrainingError/judgingStopped``; a checkpoint from before still has all that this begins with.
    private func renewStatistics() throws {
        guard executor.measuresBatches else { return }
        let start = batches.state
        defer { try? batches.restore(start) }
        if start.position > 0 { batches.beginEpoch() }
        var number = 0
        while let batch = try batches.next(into: executor.inputs) {
            if isStopWanted() { throw TrainingError.judgingStopped }
            _ = augmentation?.apply(to: executor, labels: batch.labels, step: batch.step)
            number += 1
            executor.renewStatistics(count: batch.count, number: number, step: UInt64(batch.step))
        }
        guard parameters.isFinite else { throw diverged("a norm's statistic is no number") }
    }

    private func addTime() {
        let taken = (ContinuousClock.now - clock).components
        sums.seconds += Double(taken.seconds) + Double(taken.attoseconds) * 1e-18
        clock = ContinuousClock.now
    }

    // MARK: - State

    /// All that a checkpoint keeps. Between events it is whole.
    ///
    /// - Throws: ``TrainingError/diverged(_:)`` where it holds what could not be restored.
    public func checkpoint() throws -> TrainingCheckpoint {
        guard parameters.isFinite, optimiser.isFinite else { throw diverged("a weight or a moment is no number") }
        let updates = optimiser.state
        return TrainingCheckpoint(
            state: TrainerState(
                batches: batches.state, steps: updates.steps, sums: sums, history: history, averaged: average?.count,
                scores: scores, firstLoss: firstLoss),
            parameters: parameters.stored, moments: updates.moments, average: average?.stored ?? [])
    }

    /// Goes to where a training of the same configuration, data and net stood.
    ///
    /// - Throws: ``NeuralNetworkError/badParameter(name:problem:)`` or ``TrainingError/dataDoesNotFit(_:)`` where the
    ///   checkpoint is another training's; this trainer must not be used then.
    public func restore(_ checkpoint: TrainingCheckpoint) throws {
        let state = checkpoint.state
        let expected = Int64(state.history.count) * Int64(stepsPerEpoch) &+ Int64(state.sums.steps)
        guard state.steps == expected, state.batches.epoch == state.history.count + 1,
            state.history.count <= configuration.epochs, state.sums.steps <= stepsPerEpoch,
            state.batches.position == state.sums.segments
        else {
            throw TrainingError.dataDoesNotFit(
                "\(state.steps) steps do not make \(state.history.count) epochs and \(state.sums.steps) steps")
        }
        guard state.scores.map({ $0.genres == set.genres }) ?? true else {
            throw TrainingError.dataDoesNotFit("its scores are of other genres")
        }
        try batches.restore(state.batches)
        try parameters.restore(stored: checkpoint.parameters)
        try optimiser.restore(Optimiser.State(steps: state.steps, moments: checkpoint.moments))
        if let average {
            let due = max(0, state.history.count - configuration.epochs + (configuration.averagedEpochs ?? 0))
            guard let count = state.averaged, count == due else {
                throw TrainingError.dataDoesNotFit(
                    "its mean of the weights is of \(state.averaged ?? 0) epochs, and must be of \(due)")
            }
            try average.restore(count: count, stored: checkpoint.average)
        }
        sums = state.sums
        history = state.history
        scores = state.scores
        firstLoss = state.firstLoss
    }
}
