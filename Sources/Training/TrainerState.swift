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
}
