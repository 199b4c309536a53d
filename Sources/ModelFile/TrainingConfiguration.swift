import NeuralNetwork

/// Everything that a training run was told; with the data and the build it determines the result bit for bit.
public struct TrainingConfiguration: Codable, Sendable, Hashable {
    /// Name of the architecture.
    public var net: String
    public var epochs: Int
    public var batch: Int
    public var learningRate: Double
    /// Nil for Adam, as in older files.
    public var optimiser: OptimiserSettings.Name?
    /// SGD's; nil for none.
    public var momentum: Double?
    /// SGD's step of Nesterov's kind; nil for the plain one.
    public var nesterov: Bool?
    /// Adadelta's; nil for its default.
    public var rho: Double?
    /// Of all learned parameters, as PyTorch applies it; nil for none.
    public var weightDecay: Double?
    /// Adam's and AdamW's, without a meaning for other optimisers.
    public var beta1: Double
    public var beta2: Double
    /// Adam's, AdamW's and Adadelta's.
    public var epsilon: Double
    /// Factor of the sum of the weights' absolute values in the loss.
    public var l1: Double
    /// Factors of the sums of weights' squares in the loss; nil for none.
    public var l2: L2Penalty?
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
    /// Digests of the nets whose layers towers begin with, by the towers' names; nil for none.
    public var towers: [String: String]?
    /// Only a head is fitted, on what an installed model says of each track; nil for a training of a net.
    public var head: HeadConfiguration?
    /// A net of one's own; nil where ``net`` names a known one.
    public var blueprint: Blueprint?

    /// The report's hyperparameters (section V).
    public init(
        net: String = "shallow", epochs: Int = 100, batch: Int = 64, learningRate: Double = 5e-5, beta1: Double = 0.9,
        beta2: Double = 0.999, epsilon: Double = 1e-8, l1: Double = 1e-4, seed: UInt64 = 0,
        segmentsPerTrack: Int? = 15, averagedEpochs: Int? = nil, augmentation: AugmentationConfiguration? = nil,
        schedule: LearningRateSchedule? = nil, patience: Int? = nil, watched: WatchedMeasure? = nil,
        frozen: [String]? = nil, base: String? = nil, blueprint: Blueprint? = nil,
        optimiser: OptimiserSettings.Name? = nil, momentum: Double? = nil, nesterov: Bool? = nil, rho: Double? = nil,
        weightDecay: Double? = nil, l2: L2Penalty? = nil, towers: [String: String]? = nil
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
        self.optimiser = optimiser
        self.momentum = momentum
        self.nesterov = nesterov
        self.rho = rho
        self.weightDecay = weightDecay
        self.l2 = l2
        self.towers = towers
    }

    /// A training as a net's authors do it; their augmentation must be fitted to the data. Of fewer epochs than they warm up,
    /// all are warm-up.
    public init(
        net: String, settings: TrainingSettings, seed: UInt64 = 0, segmentsPerTrack: Int? = 15,
        blueprint: Blueprint? = nil
    ) {
        self.init(
            net: net, epochs: settings.epochs, batch: settings.batch, seed: seed, segmentsPerTrack: segmentsPerTrack,
            augmentation: AugmentationConfiguration(settings.augmentation), schedule: settings.schedule,
            patience: settings.patience,
            watched: settings.watched == .raw ? nil : settings.watched, blueprint: blueprint)
        optimiserSettings = settings.optimiser
        if let schedule { self.schedule?.warmupEpochs = min(schedule.warmupEpochs, Double(epochs)) }
    }

    /// What the optimiser is told, gathered from the fields. What a method has no use for is kept at its usual value, so
    /// that files say nothing of it that could be taken for an effect.
    public var optimiserSettings: OptimiserSettings {
        get {
            let method: OptimiserSettings.Method =
                switch optimiser ?? .adam {
                case .sgd: .sgd(momentum: momentum ?? 0, nesterov: nesterov ?? false)
                case .adam: .adam(beta1: beta1, beta2: beta2, epsilon: epsilon)
                case .adamW: .adamW(beta1: beta1, beta2: beta2, epsilon: epsilon)
                case .adadelta: .adadelta(rho: rho ?? 0.9, epsilon: epsilon)
                }
            return OptimiserSettings(
                method, learningRate: learningRate, weightDecay: weightDecay ?? 0, l1: l1, l2: l2 ?? .none)
        }
        set {
            optimiser = newValue.name == .adam ? nil : newValue.name
            learningRate = newValue.learningRate
            weightDecay = newValue.weightDecay == 0 ? nil : newValue.weightDecay
            l1 = newValue.l1
            l2 = newValue.l2.isNone ? nil : newValue.l2
            (momentum, nesterov, rho) = (nil, nil, nil)
            (beta1, beta2, epsilon) = (0.9, 0.999, newValue.name.usualEpsilon)
            switch newValue.method {
            case .sgd(let momentum, let nesterov):
                self.momentum = momentum == 0 ? nil : momentum
                self.nesterov = nesterov ? true : nil
            case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
                (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
            case .adadelta(let rho, let epsilon): (self.rho, self.epsilon) = (rho, epsilon)
            }
        }
    }

    private enum CodingKeys: String, CodingKey {
        case net, epochs, batch, beta1, beta2, epsilon, l1, l2, momentum, nesterov, rho, seed, augmentation, schedule,
            patience, watched, frozen,
            base, towers, head, blueprint
        case optimiser = "optimizer"
        case learningRate = "learning_rate"
        case weightDecay = "weight_decay"
        case segmentsPerTrack = "segments_per_track"
        case averagedEpochs = "averaged_epochs"
    }
}
