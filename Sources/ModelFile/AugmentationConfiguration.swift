import Features
import NeuralNetwork

/// What is done to training batches, and how their loss is weighed. Validation and prediction never see it.
public struct AugmentationConfiguration: Codable, Sendable, Hashable {
    public typealias Masks = AugmentationSettings.Masks

    /// Augmented segments that the data held beside the tracks' own.
    public var sound: SoundAugmentation?
    // As ``AugmentationSettings`` has them.
    public var masks: Masks?
    public var mixup: Double?
    public var gain: Double?
    public var depth: Double?
    public var lowPass: Double?
    public var crop: Bool
    /// The loss weighs genres by the inverse of their numbers of training segments, 1 on average over the segments.
    public var classWeights: Bool
    /// An epoch takes every genre equally often.
    public var balancedSampling: Bool

    public init(
        masks: Masks? = nil, mixup: Double? = nil, gain: Double? = nil, depth: Double? = nil, lowPass: Double? = nil,
        crop: Bool = false, classWeights: Bool = false, balancedSampling: Bool = false, sound: SoundAugmentation? = nil
    ) {
        self.sound = sound
        self.masks = masks
        self.mixup = mixup
        self.gain = gain
        self.depth = depth
        self.lowPass = lowPass
        self.crop = crop
        self.classWeights = classWeights
        self.balancedSampling = balancedSampling
    }

    /// What a net's makers do; nil where they do nothing.
    public init?(_ settings: AugmentationSettings) {
        guard settings != AugmentationSettings() else { return nil }
        self.init(
            masks: settings.masks, mixup: settings.mixup, gain: settings.gain, depth: settings.depth,
            lowPass: settings.lowPass, crop: settings.crop)
    }

    private enum CodingKeys: String, CodingKey {
        case sound, masks, mixup, gain, depth, crop
        case lowPass = "low_pass"
        case classWeights = "class_weights"
        case balancedSampling = "balanced_sampling"
    }
}
