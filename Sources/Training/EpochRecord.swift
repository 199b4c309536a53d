import Evaluation
import ModelFile
import NeuralNetwork

/// What one epoch gave: a line of log.jsonl. Accuracies are fractions; losses are means a segment, in nats.
public struct EpochRecord: Codable, Sendable, Hashable {
    /// From 1.
    public var epoch: Int
    /// Mean cross-entropy over the batches as they were trained, dropout on.
    public var trainLoss: Double
    /// Mean L1 penalty over the epoch's steps, apart from the loss.
    public var penalty: Double
    /// Right among the segments as they were trained, dropout on.
    public var trainAccuracy: Double
    public var validationLoss: Double
    public var raw: Double
    public var max: Double
    public var maj: Double
    /// Of the epoch's last step; nil in older logs.
    public var learningRate: Double?
    /// Time that the epoch took, validation included.
    public var seconds: Double

    private enum CodingKeys: String, CodingKey {
        case epoch, penalty, raw, max, maj, seconds
        case trainLoss = "train_loss"
        case trainAccuracy = "train_accuracy"
        case learningRate = "learning_rate"
        case validationLoss = "validation_loss"
    }
}

extension WatchedMeasure {
    /// The measure turned so that the smaller is the better.
    public func cost(_ record: EpochRecord) -> Double {
        switch self {
        case .loss: record.validationLoss
        case .raw: -record.raw
        case .max: -record.max
        case .maj: -record.maj
        }
    }

    /// The best epoch, the first of equals; nil where there is none.
    public func best(_ records: [EpochRecord]) -> EpochRecord? {
        records.min { (cost($0), $0.epoch) < (cost($1), $1.epoch) }
    }
}

extension LearningRateSchedule {
    /// After each epoch done, what a plateau goes by; the smaller the better.
    func costs(_ records: [EpochRecord], watched: WatchedMeasure) -> [Double] {
        guard case .plateau(_, _, let measure?) = shape else { return records.map(watched.cost) }
        return records.map { record in
            WatchedMeasure(rawValue: measure.rawValue)?.cost(record) ?? record.trainLoss
        }
    }
}

extension EpochRecord {
    /// Checks all its numbers: before it is written, and when it is read.
    ///
    /// - Throws: `SenselessNumber` naming the first field that makes no sense.
    package func check() throws(SenselessNumber) {
        try NumberBounds.check(count: epoch, from: 1, "epoch")
        try NumberBounds.check(loss: trainLoss, "train_loss")
        try NumberBounds.check(loss: penalty, "penalty")
        try NumberBounds.check(share: trainAccuracy, "train_accuracy")
        try NumberBounds.check(loss: validationLoss, "validation_loss")
        try NumberBounds.check(share: raw, "raw")
        try NumberBounds.check(share: max, "max")
        try NumberBounds.check(share: maj, "maj")
        try NumberBounds.check(amount: learningRate ?? 0, "learning_rate")
        try NumberBounds.check(seconds: seconds, "seconds")
    }
}
