import Datasets
import Evaluation
import ModelFile
import NeuralNetwork

extension HeadData {
    private static let greatestEpochs = 200
    private static let patience = 10

    /// A small dense net on segments, by Adam. Each fold inside the training tracks says after how many epochs its loss is
    /// least; then all of them train for the mean of these numbers.
    func denseHead(_ head: HeadConfiguration) throws -> FittedHead {
        guard !parts.isEmpty else {
            throw TrainingError.dataDoesNotFit(
                "there are too few tracks to choose a dense head's epochs by folds of them; --head logistic needs none")
        }
        var epochs: [Int] = []
        var said: [JudgedSegments] = []
        for part in parts {
            let trained = try train(part, epochs: Self.greatestEpochs, stopsEarly: true)
            epochs.append(trained.epoch)
            said.append(try self.said(trained.parameters, of: part.judged))
        }
        var told = head
        told.epochs = head.epochs ?? max(1, (epochs.reduce(0, +) + epochs.count / 2) / epochs.count)
        // The judged side has no say here; a training must have one.
        let whole = (learned: split.training, judged: parts[0].judged)
        let trained = try train(whole, epochs: told.epochs ?? 1, stopsEarly: false)
        return FittedHead(parameters: trained.parameters, configuration: told, crossValidated: joined(said))
    }

    /// Trains on outputs standardised over the learned tracks; the first layer takes the scale into its weights then.
    ///
    /// - Returns: the head after the epoch of the least loss, where the training stops early; else after the last.
    private func train(
        _ part: (learned: [Int], judged: [Int]), epochs: Int, stopsEarly: Bool
    ) throws -> (parameters: ParameterStore, epoch: Int) {
        let split = TrackSplit(training: part.learned, validation: part.judged, rule: "inside")
        let learned = split.segments(.training, of: segments)
        // Few segments make several steps an epoch, too.
        let configuration = TrainingConfiguration(
            net: blueprint.name, epochs: epochs, batch: min(64, max(8, learned.count / 8)), learningRate: 1e-3, l1: 0,
            seed: seed, segmentsPerTrack: nil, blueprint: blueprint)
        let scale = try OutputScale(segments, of: learned)
        let trainer = try Trainer(
            set: scale.applied(to: segments), split: split, blueprint: blueprint, configuration: configuration,
            pool: pool)
        var best: (stored: [Float], epoch: Int)?
        var callbacks: [any TrainingCallback] = [Watch(isStopped: isStopped)]
        if stopsEarly {
            callbacks.append(
                BestModel(watched: .loss) { best = ($0.parameters.stored, $0.history.count) })
            callbacks.append(EarlyStop(patience: Self.patience, watched: .loss))
        }
        if try trainer.run(callbacks) == .interrupted { throw TrainingError.judgingStopped }
        if let best { try trainer.parameters.restore(stored: best.stored) }
        try scale.fold(into: trainer.parameters)
        return (trainer.parameters, best?.epoch ?? epochs)
    }

    /// Stops a training when the run is to stop.
    private struct Watch: TrainingCallback {
        let isStopped: () -> Bool

        func receive(_ event: TrainingEvent, from trainer: Trainer) {
            if isStopped() { trainer.stop(.interrupted) }
        }
    }
}

/// Mean and deviation of each of a backbone's outputs.
private struct OutputScale {
    private let means: [Double]
    private let deviations: [Double]

    init(_ set: SegmentSet, of segments: [Int]) throws {
        var means = [Double](repeating: 0, count: set.valueCount)
        var squares = means
        for index in segments {
            for (place, value) in try Self.values(set, index).enumerated() {
                means[place] += Double(value) / Double(segments.count)
                squares[place] += Double(value) * Double(value) / Double(segments.count)
            }
        }
        self.means = means
        // What never changes counts nothing.
        deviations = zip(means, squares).map { mean, square in
            let variance = square - mean * mean
            return variance > 1e-12 ? variance.squareRoot() : 1
        }
    }

    private static func values(_ set: SegmentSet, _ index: Int) throws -> [Float] {
        var values = [Float](repeating: 0, count: set.valueCount)
        try values.withUnsafeMutableBufferPointer { try set.read(index, into: $0.baseAddress!) }
        return values
    }

    func applied(to set: SegmentSet) throws -> SegmentSet {
        var all: [Float] = []
        all.reserveCapacity(set.count * set.valueCount)
        for index in 0..<set.count {
            for (place, value) in try Self.values(set, index).enumerated() {
                all.append(Float((Double(value) - means[place]) / deviations[place]))
            }
        }
        return set.replacing(values: all, outputs: set.valueCount)
    }

    /// Makes a net that was trained on standardised outputs one for the outputs as they are.
    func fold(into parameters: ParameterStore) throws {
        guard let weight = parameters.plan.parameters.first(where: { $0.name == "dense1.weight" }),
            let bias = parameters.plan.parameters.first(where: { $0.name == "dense1.bias" })
        else { preconditionFailure("a dense head begins with a dense layer") }
        let old = parameters.canonical(weight)
        var (weights, biases) = (old, parameters.canonical(bias))
        for row in biases.indices {
            var shift = 0.0
            for place in means.indices {
                let value = Double(old[row * means.count + place]) / deviations[place]
                weights[row * means.count + place] = Float(value)
                shift += value * means[place]
            }
            biases[row] = Float(Double(biases[row]) - shift)
        }
        try parameters.set(weight, to: weights)
        try parameters.set(bias, to: biases)
    }
}
