import ModelFile
import NeuralNetwork
import Testing

@testable import Datasets
@testable import Training

/// Norms' statistics after weights were averaged: as a plain pass over the training segments measures them.
@Suite struct AveragedNormTests {
    private let set = plainSet(tracksPerGenre: 4)
    private let split: TrackSplit
    /// The first norm measures the segments, the second what the averaged weights make of them.
    private let blueprint = Blueprint("norms", input: 80 × 80) {
        BatchNorm()
        Convolution(2, kernel: 1 × 1)
        BatchNorm()
        ReLU()
        MaxPool(40 × 40)
        Dense(3)
    }

    init() throws { split = try .random(set, seed: 0) }

    private func trained(batch: Int) throws -> ParameterStore {
        let configuration = TrainingConfiguration(
            net: "norms", epochs: 3, batch: batch, learningRate: 0.01, seed: 4, averagedEpochs: 2)
        let trainer = try Trainer(
            set: set, split: split, blueprint: blueprint, configuration: configuration, pool: ThreadPool(threads: 2))
        #expect(try trainer.run([]) == .completed)
        return trainer.parameters
    }

    private func values(_ name: String, _ parameters: ParameterStore) throws -> [Double] {
        let specification = try #require(parameters.plan.parameters.first { $0.name == name })
        return parameters.canonical(specification).map(Double.init)
    }

    private var segments: [Int] { split.segments(.training, of: set) }

    /// Mean and unbiased variance of all values of the training segments.
    private func statistics() throws -> (mean: Double, variance: Double) {
        var (sum, squares) = (0.0, 0.0)
        for index in segments {
            var segment = [Float](repeating: 0, count: 6400)
            try segment.withUnsafeMutableBufferPointer { try set.read(index, into: $0.baseAddress!) }
            for value in segment {
                sum += Double(value)
                squares += Double(value) * Double(value)
            }
        }
        let count = Double(segments.count * 6400)
        return (sum / count, (squares - sum * sum / count) / (count - 1))
    }

    private func expect(_ found: Double, near expected: Double, _ name: String) {
        #expect(abs(found - expected) <= 1e-4 * max(1, abs(expected)), "\(name): \(found), not \(expected)")
    }

    /// A batch that holds all segments: mean and variance are the data's own.
    @Test func theyAreThoseOfTheTrainingSegments() throws {
        let parameters = try trained(batch: 64)
        #expect(segments.count <= 64)
        let data = try statistics()
        try expect(values("norm1.running_mean", parameters)[0], near: data.mean, "input's mean")
        try expect(values("norm1.running_var", parameters)[0], near: data.variance, "input's variance")
        // What the first norm gives in training has its shift as mean, its scale as deviation, up to its epsilon.
        let (scale, shift) = (try values("norm1.weight", parameters)[0], try values("norm1.bias", parameters)[0])
        let weights = try values("convolution.1.weight", parameters)
        let biases = try values("convolution.1.bias", parameters)
        for channel in 0..<2 {
            try expect(
                values("norm2.running_mean", parameters)[channel], near: weights[channel] * shift + biases[channel],
                "mean of channel \(channel)")
            let variance = weights[channel] * weights[channel] * scale * scale * data.variance / (data.variance + 1e-5)
            try expect(values("norm2.running_var", parameters)[channel], near: variance, "variance of \(channel)")
        }
    }

    /// Batches of one size: the mean of their means is the data's, whatever their order.
    @Test func everyBatchWeighsTheSame() throws {
        #expect(segments.count == 45)
        let parameters = try trained(batch: 9)
        try expect(values("norm1.running_mean", parameters)[0], near: statistics().mean, "input's mean")
    }
}
