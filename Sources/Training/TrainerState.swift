import Evaluation

/// Where a training stands, besides weights and moments: all that what comes next hangs on.
public struct TrainerState: Codable, Sendable, Hashable {
    /// Sums over the part of the epoch in progress that is done.
    public struct EpochSums: Codable, Sendable, Hashable {
        /// Cross-entropies, and the segments' weights in them.
        public var loss = 0.0
        public var weight = 0.0
        public var penalty = 0.0
        /// Segments that were right, and all.
        public var correct = 0
        public var segments = 0
        public var steps = 0
        public var seconds = 0.0
        /// Of the last step.
        public var learningRate = 0.0
    }

    /// Order, position in the epoch and its number; dropout and augmentation are drawn by the step's number.
    public var batches: TrainingBatches.State
    /// Updates done.
    public var steps: Int64
    public var sums: EpochSums
    /// Of all epochs done.
    public var history: [EpochRecord]
    /// Epochs at whose ends weights were taken for their mean; nil where no mean is asked for.
    public var averaged: Int?
    /// On the validation side, after the last epoch done.
    public var scores: Scores?
    /// Mean loss of the first batch, which the net met untrained; nil before it, and in older checkpoints.
    public var firstLoss: Double?
}

extension TrainerState {
    /// Checks all numbers of a state that was read, as far as they can be checked without the training's data.
    ///
    /// - Throws: `SenselessNumber` naming the first field that makes no sense.
    func check() throws(SenselessNumber) {
        func require(_ holds: Bool, _ field: String, _ problem: String) throws(SenselessNumber) {
            guard holds else { throw SenselessNumber(field: field, problem: problem) }
        }
        try NumberBounds.check(count: batches.epoch, from: 1, "batches.epoch")
        try NumberBounds.check(count: batches.position, "batches.position")
        try require(
            0...Int64(NumberBounds.greatestCount) * 1000 ~= steps, "steps", "is \(steps), beyond all measure")
        try sums.check()
        try NumberBounds.check(loss: firstLoss ?? 0, "firstLoss")
        for (index, record) in history.enumerated() {
            let name = "history[\(index)]"
            do { try record.check() } catch {
                throw SenselessNumber(field: "\(name).\(error.field)", problem: error.problem)
            }
            try require(
                record.epoch == index + 1, "\(name).epoch", "is \(record.epoch), and must be \(index + 1)")
        }
        if let averaged {
            try require(
                0...history.count ~= averaged, "averaged", "is \(averaged) after \(history.count) epochs")
        }
        if let scores { try scores.check(genres: scores.genres, "scores") }
    }
}

extension TrainerState.EpochSums {
    /// Checks all sums: after each step, and when they are read.
    ///
    /// - Throws: `SenselessNumber` naming the first field that makes no sense.
    func check() throws(SenselessNumber) {
        try NumberBounds.check(loss: loss, "sums.loss")
        try NumberBounds.check(amount: weight, "sums.weight")
        try NumberBounds.check(loss: penalty, "sums.penalty")
        try NumberBounds.check(count: segments, "sums.segments")
        guard 0...segments ~= correct else {
            throw SenselessNumber(field: "sums.correct", problem: "is \(correct) of \(segments) segments")
        }
        guard 0...segments ~= steps, (steps > 0) == (segments > 0) else {
            throw SenselessNumber(field: "sums.steps", problem: "is \(steps) with \(segments) segments")
        }
        try NumberBounds.check(seconds: seconds, "sums.seconds")
        try NumberBounds.check(amount: learningRate, "sums.learningRate")
    }
}
