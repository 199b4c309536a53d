import NeuralNetwork

/// Everything that a training run was told; with the data and the build it determines the result bit for bit.
public struct TrainingConfiguration: Codable, Sendable, Hashable {
    /// Name of the architecture.
    public var net: String
    public var epochs: Int
    public var batch: Int
    public var learningRate: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    /// Factor of the sum of the weights' absolute values in the loss.
    public var l1: Double
    public var seed: UInt64
    /// Segments drawn from each track; nil for all of them.
    public var segmentsPerTrack: Int?
    /// Epochs at whose ends weights are taken for the mean that becomes the model's, the last ones; nil for the weights
    /// after the last epoch.
    public var averagedEpochs: Int?
    /// Nil where nothing is augmented or weighed, as in older files.
    public var augmentation: AugmentationConfiguration?
    /// Nil for a constant learning rate.
    public var schedule: LearningRateSchedule?
    /// Stop after so many epochs in which the watched measure has not improved; nil for never.
    public var patience: Int?
    /// Nil for raw accuracy.
    public var watched: WatchedMeasure?
    /// Patterns of parameters that are not trained, as `NetworkPlan.parameters(matching:)` reads them; nil for none.
    public var frozen: [String]?
    /// Digest of the weights that the training begins with, hexadecimal; nil where they are drawn by the seed.
    public var base: String?
    /// A net of one's own; nil where ``net`` names a known one.
    public var blueprint: Blueprint?

    /// The report's hyperparameters (section V).
    public init(
        net: String = "shallow", epochs: Int = 100, batch: Int = 64, learningRate: Double = 5e-5, beta1: Double = 0.9,
        beta2: Double = 0.999, epsilon: Double = 1e-8, l1: Double = 1e-4, seed: UInt64 = 0,
        segmentsPerTrack: Int? = 15, averagedEpochs: Int? = nil, augmentation: AugmentationConfiguration? = nil,
        schedule: LearningRateSchedule? = nil, patience: Int? = nil, watched: WatchedMeasure? = nil,
        frozen: [String]? = nil, base: String? = nil, blueprint: Blueprint? = nil
    ) {
        self.net = net
        self.epochs = epochs
        self.batch = batch
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.l1 = l1
        self.seed = seed
        self.segmentsPerTrack = segmentsPerTrack
        self.averagedEpochs = averagedEpochs
        self.augmentation = augmentation
        self.schedule = schedule
        self.patience = patience
        self.watched = watched
        self.frozen = frozen
        self.base = base
        self.blueprint = blueprint
    }

    private enum CodingKeys: String, CodingKey {
        case net, epochs, batch, beta1, beta2, epsilon, l1, seed, augmentation, schedule, patience, watched, frozen,
            base, blueprint
        case learningRate = "learning_rate"
        case segmentsPerTrack = "segments_per_track"
        case averagedEpochs = "averaged_epochs"
    }
}
