/// How a net is trained by its authors, or as near to that as the parts here come: optimiser, penalties, batch, schedule,
/// length, changes of the batches. How features and splits are made is not part of it.
public struct TrainingSettings: Sendable, Hashable {
    public var optimiser: OptimiserSettings
    /// Segments per step.
    public var batch: Int
    /// At most.
    public var epochs: Int
    /// Nil for a constant learning rate.
    public var schedule: LearningRateSchedule?
    /// Stop after so many epochs without improvement; nil for never.
    public var patience: Int?
    /// What plateaus, early stop and the best model go by.
    public var watched: WatchedMeasure
    /// As far as the data allow it.
    public var augmentation: AugmentationSettings
    /// What in these settings is a choice of ours, and what the authors do besides; nil for nothing.
    public var remark: String?

    /// The defaults are the paper's (section V).
    public init(
        _ optimiser: OptimiserSettings = .adam(), batch: Int = 64, epochs: Int = 100,
        schedule: LearningRateSchedule.Shape? = nil, warmupEpochs: Double = 0, patience: Int? = nil,
        watched: WatchedMeasure = .raw, augmentation: AugmentationSettings = AugmentationSettings(),
        remark: String? = nil
    ) {
        self.optimiser = optimiser
        self.batch = batch
        self.epochs = epochs
        self.schedule = schedule.map { LearningRateSchedule($0, warmupEpochs: warmupEpochs) }
        self.patience = patience
        self.watched = watched
        self.augmentation = augmentation
        self.remark = remark
    }
}
