import Features

/// What is done to training batches, and how their loss is weighed. Validation and prediction never see it.
public struct AugmentationConfiguration: Codable, Sendable, Hashable {
    /// Masks on both axes (SpecAugment, Park et al. 2019), widths and places drawn as torchaudio's `mask_along_axis`
    /// draws them: width floor(u m) below the maximum m, start floor(u' (size - u m)).
    public struct Masks: Codable, Sendable, Hashable {
        /// Masks on each axis.
        public var count: Int
        /// No mask is as wide: mel bands, frames.
        public var bands: Int
        public var frames: Int
        /// What a mask is filled with; nil for the segment's mean.
        public var value: Float?

        public init(count: Int = 1, bands: Int = 16, frames: Int = 16, value: Float? = nil) {
            self.count = count
            self.bands = bands
            self.frames = frames
            self.value = value
        }
    }

    /// Augmented segments that the data held beside the tracks' own.
    public var sound: SoundAugmentation?
    public var masks: Masks?
    /// Mixup (Zhang et al. 2018): alpha of Beta(alpha, alpha), from which one share a batch is drawn; segment n is mixed
    /// with segment count - 1 - n.
    public var mixup: Double?
    /// Each segment's gain is drawn evenly from -gain to gain dB.
    public var gain: Double?
    /// Each segment starts anywhere in its track, anew each time.
    public var crop: Bool
    /// The loss weighs genres by the inverse of their numbers of training segments, 1 on average over the segments.
    public var classWeights: Bool
    /// An epoch takes every genre equally often.
    public var balancedSampling: Bool

    public init(
        masks: Masks? = nil, mixup: Double? = nil, gain: Double? = nil, crop: Bool = false, classWeights: Bool = false,
        balancedSampling: Bool = false, sound: SoundAugmentation? = nil
    ) {
        self.sound = sound
        self.masks = masks
        self.mixup = mixup
        self.gain = gain
        self.crop = crop
        self.classWeights = classWeights
        self.balancedSampling = balancedSampling
    }

    private enum CodingKeys: String, CodingKey {
        case sound, masks, mixup, gain, crop
        case classWeights = "class_weights"
        case balancedSampling = "balanced_sampling"
    }
}
