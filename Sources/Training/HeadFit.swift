import Datasets
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork

extension TrainingRun {
    /// Fits the head and writes the folder as a training of one epoch does.
    ///
    /// Features of a track are the means over its segments of what the last layer reads. The penalty is the one with the
    /// least mean log loss over folds inside the training tracks, artists whole.
    func fit(_ head: HeadConfiguration, pool: ThreadPool, isStopped: () -> Bool) throws -> TrainedModel {
        let start = ContinuousClock.now
        guard let backbone, let net = try blueprint.head(on: head.backbone) else {
            preconditionFailure("a run of a head has its backbone")
        }
        let set = try outputs(of: backbone, pool: pool, isStopped: isStopped)
        let features = try trackMeans(set)
        let tracks = split.training.filter { features[$0] != nil }
        func rows(_ tracks: [Int]) -> [Double] { tracks.flatMap { features[$0] ?? [] } }
        func labels(_ tracks: [Int]) -> [Int32] { tracks.map { Int32(set.tracks[$0].label) } }
        func fitted(_ tracks: [Int], _ strength: Double) -> LogisticRegression {
            LogisticRegression(
                features: rows(tracks), labels: labels(tracks), classes: set.genres.count, strength: strength)
        }
        var run = self
        let strength =
            head.strength
            ?? choice(among: tracks, folds: innerFolds(head.folds)) { learned, judged, strength in
                let said = fitted(learned, strength).logProbabilities(rows(judged))
                return zip(judged.indices, labels(judged)).reduce(0) { sum, row in
                    sum - said[row.0 * set.genres.count + Int(row.1)]
                }
            }
        run.configuration.head?.strength = strength
        let regression = fitted(tracks, strength)
        let dense = regression.dense
        let parameters = try ParameterStore(plan: NetworkPlan(net))
        for specification in parameters.plan.parameters {
            try parameters.set(specification, to: specification.name.hasSuffix(".bias") ? dense.bias : dense.weight)
        }

        let said = try judge(parameters, on: set, pool: pool, isStopped: isStopped)
        let genres = set.genres
        let validation = said.validation.scores(genres: genres)
        let trained = regression.logProbabilities(rows(tracks))
        let own = labels(tracks)
        func place(_ row: Int) -> Range<Int> { row * genres.count..<(row + 1) * genres.count }
        let loss = own.indices.reduce(0) { $0 - trained[$1 * genres.count + Int(own[$1])] } / Double(own.count)
        let right = own.indices.count { mostProbable(Array(trained[place($0)])) == Int(own[$0]) }
        let taken = (ContinuousClock.now - start).components
        try folder.write(log: [
            EpochRecord(
                epoch: 1, trainLoss: loss, penalty: 0, trainAccuracy: Double(right) / Double(own.count),
                validationLoss: validation.loss, raw: validation.raw, max: validation.max, maj: validation.maj,
                learningRate: nil, seconds: Double(taken.seconds) + Double(taken.attoseconds) * 1e-18)
        ])
        try write(verdicts: said)
        var model = run.model(
            of: try whole(backbone, with: parameters), epoch: 1, validation,
            test: split.test.isEmpty ? nil : said.last.scores(genres: genres))
        model.card.calibration = said.validation.calibration
        model.card.imported = backbone.card.imported
        try folder.write(best: model)
        try folder.write(model)
        return model
    }

    /// Of every segment what the head reads: the data's own where they hold it, else what the backbone gives.
    private func outputs(of backbone: TrainedModel, pool: ThreadPool, isStopped: () -> Bool) throws -> SegmentSet {
        let set = data.set
        guard !set.recipe.isOutputs, let head = configuration.head else { return set }
        let stem = try NetworkPlan(blueprint.stem(head.backbone.layers ?? blueprint.layers.count - 1))
        let parameters = try ParameterStore(plan: stem)
        try take(from: backbone, into: parameters, besides: Array(stem.headParameters))
        let executor = try Executor(
            parameters: parameters, batch: min(configuration.batch, max(set.count, 1)), mode: .inference, pool: pool)
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

    /// The mean over each training track's segments; nil of the others.
    private func trackMeans(_ set: SegmentSet) throws -> [[Double]?] {
        let size = set.valueCount
        var sums = [[Double]?](repeating: nil, count: set.tracks.count)
        var counts = [Int](repeating: 0, count: set.tracks.count)
        var values = [Float](repeating: 0, count: size)
        for index in split.segments(.training, of: set) where !set.isAugmented(index) {
            try values.withUnsafeMutableBufferPointer { try set.read(index, into: $0.baseAddress!) }
            let track = set.track(ofSegment: index)
            var sum = sums[track] ?? [Double](repeating: 0, count: size)
            for place in 0..<size { sum[place] += Double(values[place]) }
            sums[track] = sum
            counts[track] += 1
        }
        return zip(sums, counts).map { sum, count in sum.map { $0.map { $0 / Double(count) } } }
    }

    /// Parts of all tracks with their artists whole, where artists are known; else with copies together. None of too few.
    private func innerFolds(_ count: Int) -> [[Int]] {
        for rule in [SplitRule.artistFolds(count), .folds(count)] {
            if let drawn = try? SplitRequest(rule: rule, seed: configuration.seed).draw(data) {
                return drawn.splits.map(\.validation)
            }
        }
        return []
    }

    /// The candidate with the least loss over folds; a middle one where there are none.
    private func choice(
        among tracks: [Int], folds: [[Int]], loss: ([Int], [Int], Double) -> Double
    ) -> Double {
        let parts = folds.map { fold in
            let judged = Set(fold)
            return (learned: tracks.filter { !judged.contains($0) }, judged: tracks.filter(judged.contains))
        }.filter { !$0.learned.isEmpty && !$0.judged.isEmpty }
        guard !parts.isEmpty else { return 0.1 }
        let losses = HeadConfiguration.candidates.map { strength in
            parts.reduce(0) { $0 + loss($1.learned, $1.judged, strength) }
        }
        let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
        return HeadConfiguration.candidates[best]
    }
}
