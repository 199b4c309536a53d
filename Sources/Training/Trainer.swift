import Datasets
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork

/// Trains a net as the report describes: each epoch takes all training segments once in a new order, the last partial
/// batch included, and judges the net on the validation segments.
public final class Trainer {
    public let configuration: TrainingConfiguration
    public let parameters: ParameterStore
    /// Of the last epoch.
    public private(set) var scores: Scores?

    private let set: SegmentSet
    private let labels: [Int]
    private let validationSegments: [Int]
    private let batches: TrainingBatches
    private let executor: Executor
    private let judge: Judge
    private let optimiser: Adam
    private let augmentation: BatchAugmentation?

    /// - Parameters:
    ///   - set: the segments; the split names its tracks.
    ///   - blueprint: as many classes as the set has genres, and its segment size.
    public init(
        set: SegmentSet, split: TrackSplit, blueprint: Blueprint, configuration: TrainingConfiguration,
        pool: ThreadPool
    ) throws {
        try configuration.check()
        let plan = try NetworkPlan(blueprint)
        guard plan.classes == set.genres.count else {
            throw TrainingError.dataDoesNotFit(
                "the net has \(plan.classes) classes, the data \(set.genres.count) genres")
        }
        guard blueprint.input.mels == set.mels, blueprint.input.frames == set.frames else {
            throw TrainingError.dataDoesNotFit(
                "the net takes segments of \(blueprint.input), the data has \(set.mels)x\(set.frames)")
        }
        self.set = set
        self.configuration = configuration
        labels = set.tracks.map(\.label)
        let trainingSegments = split.segments(.training, of: set)
        validationSegments = split.segments(.validation, of: set)
        guard !trainingSegments.isEmpty, !validationSegments.isEmpty else {
            throw TrainingError.dataDoesNotFit("the split '\(split.rule)' leaves one side without segments")
        }
        parameters = try ParameterStore(plan: plan)
        parameters.initialise(seed: configuration.seed)
        augmentation = try configuration.augmentation.map {
            try BatchAugmentation($0, seed: configuration.seed, set: set, segments: trainingSegments)
        }
        batches = TrainingBatches(
            set: set, segments: trainingSegments, labels: labels, batch: configuration.batch, seed: configuration.seed,
            isBalanced: configuration.augmentation?.balancedSampling == true, augmentation: augmentation)
        executor = try Executor(
            parameters: parameters, batch: batches.batch,
            mode: .training(dropoutSeed: configuration.seed), pool: pool)
        // The batch matters to nets that read across it: they are judged as they are trained.
        judge = try Judge(parameters: parameters, batch: configuration.batch, pool: pool)
        optimiser = try Adam(plan: plan, settings: configuration.adam)
    }

    /// Runs all epochs.
    ///
    /// - Parameter receive: called with every event, on this thread; what it throws ends the training.
    public func run(_ receive: (TrainingEvent) throws -> Void) throws {
        try receive(
            .started(
                trainingSegments: batches.segmentsPerEpoch, validationSegments: validationSegments.count,
                parameters: parameters.plan.parameterCount))
        let average = try configuration.averagedEpochs.map { _ in try WeightAverage(plan: parameters.plan) }
        for epoch in 1...configuration.epochs {
            let start = ContinuousClock.now
            var record = try train(epoch: epoch, receive)
            let scores = try judge.scores(
                of: set, segments: validationSegments, genres: set.genres, labels: labels)
            self.scores = scores
            record.validationLoss = scores.loss
            record.raw = scores.raw
            record.max = scores.max
            record.maj = scores.maj
            let taken = ContinuousClock.now - start
            record.seconds = Double(taken.components.seconds) + Double(taken.components.attoseconds) * 1e-18
            try receive(.epoch(record))
            if epoch > configuration.epochs - (configuration.averagedEpochs ?? 0) { average?.add(parameters) }
        }
        guard let average else { return }
        average.apply(to: parameters)
        scores = try judge.scores(of: set, segments: validationSegments, genres: set.genres, labels: labels)
    }

    private func train(epoch: Int, _ receive: (TrainingEvent) throws -> Void) throws -> EpochRecord {
        var loss = 0.0
        var weight = 0.0
        var penalty = 0.0
        var correct = 0
        var step = 0
        while let batch = try batches.next(into: executor.inputs) {
            let targets = augmentation?.apply(to: executor, labels: batch.labels, step: batch.step)
            let result = executor.trainingStep(
                count: batch.count, labels: batch.labels, targets: targets, optimiser: optimiser)
            guard result.lossSum.isFinite else {
                throw TrainingError.diverged(epoch: epoch, learningRate: configuration.learningRate)
            }
            loss += result.lossSum
            weight += result.weight
            penalty += result.penalty
            correct += result.correct
            step += 1
            try receive(
                .step(
                    done: (epoch - 1) * batches.stepsPerEpoch + step,
                    of: configuration.epochs * batches.stepsPerEpoch, epoch: epoch))
        }
        batches.beginEpoch()
        let segments = Double(batches.segmentsPerEpoch)
        return EpochRecord(
            epoch: epoch, trainLoss: loss / weight, penalty: penalty / Double(batches.stepsPerEpoch),
            trainAccuracy: Double(correct) / segments, validationLoss: 0, raw: 0, max: 0, maj: 0,
            seconds: 0)
    }
}

extension TrainingConfiguration {
    var adam: AdamSettings {
        AdamSettings(learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, l1: l1)
    }

    /// - Throws: ``TrainingError/badConfiguration(_:)`` naming the first value that is out of range.
    public func check() throws(TrainingError) {
        func require(_ holds: Bool, _ problem: String) throws(TrainingError) {
            guard holds else { throw .badConfiguration(problem) }
        }
        try require(1...100_000 ~= epochs, "--epochs must be 1 to 100000, not \(epochs)")
        try require(1...65_536 ~= batch, "--batch must be 1 to 65536, not \(batch)")
        try require(learningRate.isFinite && learningRate > 0, "--learning-rate must be above 0, not \(learningRate)")
        try require(beta1 >= 0 && beta1 < 1, "--beta1 must be 0 to below 1, not \(beta1)")
        try require(beta2 >= 0 && beta2 < 1, "--beta2 must be 0 to below 1, not \(beta2)")
        try require(epsilon.isFinite && epsilon > 0, "--epsilon must be above 0, not \(epsilon)")
        try require(l1.isFinite && l1 >= 0, "--l1 must not be negative, not \(l1)")
        try require(segmentsPerTrack.map { $0 >= 1 } ?? true, "--segments must be at least 1")
        try require(
            averagedEpochs.map { 1...epochs ~= $0 } ?? true, "--average-last must be 1 to the number of epochs")
        guard let augmentation else { return }
        if let masks = augmentation.masks {
            try require(1...100 ~= masks.count, "--masks must be 1 to 100, not \(masks.count)")
            try require(1...65_536 ~= masks.bands, "--mask-bands must be at least 1, not \(masks.bands)")
            try require(1...65_536 ~= masks.frames, "--mask-frames must be at least 1, not \(masks.frames)")
            try require(masks.value?.isFinite ?? true, "--mask-value must be a finite number")
        }
        if let alpha = augmentation.mixup {
            try require((1e-3...1000).contains(alpha), "--mixup must be 0.001 to 1000, not \(alpha)")
        }
        if let gain = augmentation.gain {
            try require(gain > 0 && gain <= 60, "--gain must be above 0 and at most 60 dB, not \(gain)")
        }
        if let depth = augmentation.depth {
            try require(depth > 0 && depth < 1, "--depth must be above 0 and below 1, not \(depth)")
        }
        if let lowPass = augmentation.lowPass {
            try require(lowPass > 0 && lowPass < 1, "--low-pass must be above 0 and below 1, not \(lowPass)")
        }
        try require(
            !(augmentation.classWeights && augmentation.balancedSampling),
            "--class-weights and --balanced-sampling would correct the same thing twice: choose one")
    }
}
