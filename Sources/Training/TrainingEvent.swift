/// What a training tells those who listen; every callback sees the same events.
public enum TrainingEvent: Sendable {
    /// Before the first step.
    case started(trainingSegments: Int, validationSegments: Int, parameters: Int)
    /// After each step: steps done and to do in all epochs, and the epoch in progress (from 1).
    case step(done: Int, of: Int, epoch: Int)
    /// After each epoch's validation.
    case epoch(EpochRecord)
}
