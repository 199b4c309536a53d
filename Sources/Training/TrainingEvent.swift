/// What a training tells those who listen; every callback sees the same events.
public enum TrainingEvent: Sendable {
    /// Before the first step of this process, whether the training begins or goes on.
    case started(trainingSegments: Int, validationSegments: Int, parameters: Int)
    case step(TrainingStep)
    /// After each epoch's validation.
    case epoch(EpochRecord)
    /// After the last event of another kind.
    case ended(TrainingEnd)
}

/// What one step gave, and where the training stands after it.
public struct TrainingStep: Sendable, Hashable {
    /// Steps done and to do, in all epochs.
    public var done: Int
    public var total: Int
    /// In progress, from 1.
    public var epoch: Int
    /// Segments of this step.
    public var segments: Int
    /// Mean cross-entropy of this step's segments, in nats.
    public var loss: Double
    /// Since the epoch began: mean cross-entropy, and the share of segments that were right.
    public var epochLoss: Double
    public var epochAccuracy: Double
    public var learningRate: Double
}

/// Why a training ended.
public enum TrainingEnd: Sendable, Hashable {
    /// All epochs are done.
    case completed
    /// The watched measure has not improved since the best epoch.
    case stoppedEarly(best: Int)
    /// It was asked to stop, and can go on from a checkpoint.
    case interrupted
}

/// Listens to a training, and may steer it: set the learning rate, stop it, keep its state.
///
/// A callback that decides anything decides from the trainer's ``Trainer/history`` and position alone, so that a resumed
/// training decides the same.
public protocol TrainingCallback {
    /// Called with every event, on the training's thread, in the callbacks' order; what it throws ends the training.
    func receive(_ event: TrainingEvent, from trainer: Trainer) throws

    /// Whether the training is to be interrupted: asked while a net is judged, when there are no events.
    var isStopWanted: Bool { get }
}

extension TrainingCallback {
    public var isStopWanted: Bool { false }
}

/// A closure as a callback.
public struct EventListener: TrainingCallback {
    private let body: (TrainingEvent) throws -> Void

    public init(_ body: @escaping (TrainingEvent) throws -> Void) { self.body = body }

    public func receive(_ event: TrainingEvent, from trainer: Trainer) throws { try body(event) }
}
