import Datasets
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork

/// A head that was fitted, and what is known of it.
struct FittedHead {
    let parameters: ParameterStore
    /// With what was chosen.
    let configuration: HeadConfiguration
    /// What heads of the same kind, each without a fold of the training tracks, said of that fold; nil without folds.
    let crossValidated: JudgedSegments?
}

/// Where heads are fitted: the backbone's outputs, and the folds inside the training tracks that choices are made by.
struct HeadData {
    /// What the backbone gives.
    let segments: SegmentSet
    let split: TrackSplit
    /// The head alone.
    let blueprint: Blueprint
    let seed: UInt64
    let pool: ThreadPool
    /// Tracks to learn from, and tracks to judge by: every training track is judged once. None of too few.
    let parts: [(learned: [Int], judged: [Int])]
    let isStopped: () -> Bool

    var labels: [Int] { segments.tracks.map(\.label) }

    /// What a head says of tracks' segments.
    func said(_ head: ParameterStore, of tracks: [Int]) throws -> JudgedSegments {
        try Judge(parameters: head, batch: 256, pool: pool).judge(
            segments,
            segments: TrackSplit(training: [], validation: tracks, rule: "").segments(.validation, of: segments),
            labels: labels, isStopped: isStopped)
    }

    /// What each part's head said of its tracks, as one.
    func joined(_ parts: [JudgedSegments]) -> JudgedSegments? {
        guard !parts.isEmpty else { return nil }
        return JudgedSegments(
            probabilities: parts.flatMap(\.probabilities), classes: segments.genres.count,
            segmentTracks: parts.flatMap(\.segmentTracks), trackLabels: labels)
    }
}

extension TrainingRun {
    /// Fits the head and writes the folder as a training of one epoch does.
    ///
    /// The backbone runs once over every segment; heads are fitted on what it gives, and judged on it. What is open about
    /// the head (a penalty, a number of epochs) is what loses least over folds inside the training tracks, artists whole.
    /// The same folds calibrate it, and judge it where the split holds nothing out.
    func fit(_ head: HeadConfiguration, pool: ThreadPool, isStopped: @escaping () -> Bool) throws -> TrainedModel {
        let start = ContinuousClock.now
        let (data, backbone) = try headData(head, pool: pool, isStopped: isStopped)
        let fitted = try head.units == nil ? data.logisticHead(head) : data.denseHead(head)
        var run = self
        run.configuration.head = fitted.configuration

        let parameters = fitted.parameters
        let genres = data.segments.genres
        let said: Said
        if split.validation.isEmpty {
            guard let judged = fitted.crossValidated else {
                throw TrainingError.dataDoesNotFit(
                    "there are too few tracks to judge a head by folds of them: --split random holds some out")
            }
            said = (judged, judged)
        } else {
            said = try judge(parameters, on: data.segments, pool: pool, isStopped: isStopped)
        }
        let validation = said.validation.scores(genres: genres)
        let own = try data.said(parameters, of: split.training).scores(genres: genres)
        let taken = (ContinuousClock.now - start).components
        try folder.write(log: [
            EpochRecord(
                epoch: 1, trainLoss: own.loss, penalty: 0, trainAccuracy: own.raw,
                validationLoss: validation.loss, raw: validation.raw, max: validation.max, maj: validation.maj,
                learningRate: nil, seconds: Double(taken.seconds) + Double(taken.attoseconds) * 1e-18)
        ])
        try write(verdicts: said)
        var model = run.model(
            of: try whole(backbone, with: parameters), epoch: 1, validation,
            test: split.test.isEmpty ? nil : said.last.scores(genres: genres))
        model.card.calibration = fitted.crossValidated?.calibration ?? said.validation.calibration
        try folder.write(best: model)
        try folder.write(model)
        return model
    }

    /// The whole net with a fitted head, as its training begins.
    func beginning(
        _ head: HeadConfiguration, pool: ThreadPool, isStopped: @escaping () -> Bool
    ) throws -> ParameterStore {
        let (data, backbone) = try headData(head, pool: pool, isStopped: isStopped)
        return try whole(
            backbone, with: (head.units == nil ? data.logisticHead(head) : data.denseHead(head)).parameters)
    }

    /// The backbone's outputs, and the folds.
    private func headData(
        _ head: HeadConfiguration, pool: ThreadPool, isStopped: @escaping () -> Bool
    ) throws -> (HeadData, backbone: TrainedModel) {
        guard let backbone, let net = try blueprint.head(on: head.backbone) else {
            preconditionFailure("a run of a head has its backbone")
        }
        let set = try outputs(of: backbone, pool: pool, isStopped: isStopped)
        let training = Set(split.training)
        let folds = SplitRequest(seed: configuration.seed).foldsInside(data.set, count: head.folds).folds
            .map { $0.filter(training.contains) }
        let parts = folds.map { judged in
            let judgedSet = Set(judged)
            return (learned: split.training.filter { !judgedSet.contains($0) }, judged: judged)
        }
        let genres = Set(split.training.map { set.tracks[$0].label })
        // A fold whose rest lacks a genre says nothing of it.
        let whole = parts.filter { !$0.judged.isEmpty && Set($0.learned.map { set.tracks[$0].label }) == genres }
        return (
            HeadData(
                segments: set, split: split, blueprint: net, seed: configuration.seed, pool: pool,
                parts: whole, isStopped: isStopped), backbone
        )
    }

    /// Of every segment what the head reads: the data's own where they hold it, else what the backbone gives.
    private func outputs(of backbone: TrainedModel, pool: ThreadPool, isStopped: () -> Bool) throws -> SegmentSet {
        let set = data.set
        guard !set.recipe.isOutputs, let head = configuration.head else { return set }
        let stem = try NetworkPlan(blueprint.stem(head.backbone.layers ?? blueprint.layers.count - 1))
        func compute() throws -> [Float] {
            let parameters = try ParameterStore(plan: stem)
            try take(from: backbone, into: parameters, besides: Array(stem.headParameters))
            let executor = try Executor(
                parameters: parameters, batch: min(configuration.batch, max(set.count, 1)), mode: .inference,
                pool: pool)
            let area = set.mels * set.frames
            var values: [Float] = []
            values.reserveCapacity(set.count * stem.embeddingSize)
            for start in stride(from: 0, to: set.count, by: executor.batch) {
                if isStopped() { throw TrainingError.judgingStopped }
                let part = start..<min(start + executor.batch, set.count)
                for (row, index) in part.enumerated() { try set.read(index, into: executor.inputs + row * area) }
                _ = executor.probabilities(count: part.count)
                values += executor.lastEmbeddings(count: part.count)
            }
            return values
        }
        // Other kernels round otherwise.
        let name =
            "\(set.contentHash) \(head.backbone.weights) \((head.features ?? .tags).rawValue) \(activeInstructionSet)"
        let values =
            try cache?.outputs(named: name, count: set.count * stem.embeddingSize, make: compute) ?? compute()
        return set.replacing(values: values, outputs: stem.embeddingSize)
    }

    /// The backbone and a head as one net.
    private func whole(_ backbone: TrainedModel, with head: ParameterStore) throws -> ParameterStore {
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        let own = parameters.plan.parameters.suffix(head.plan.parameters.count)
        try take(from: backbone, into: parameters, besides: own.map(\.name))
        for (place, source) in zip(own, head.plan.parameters) { try parameters.set(place, to: head.canonical(source)) }
        return parameters
    }

    private func take(from backbone: TrainedModel, into parameters: ParameterStore, besides own: [String]) throws {
        guard let missing = try parameters.take(from: backbone.parameters, besides: own) else { return }
        throw TrainingError.badConfiguration(
            "the backbone '\(configuration.head?.backbone.name ?? "")' has no tensor '\(missing)'")
    }
}
