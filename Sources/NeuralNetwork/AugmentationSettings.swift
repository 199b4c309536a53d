/// How a net's makers change the segments of its training batches; nothing of it by default.
public struct AugmentationSettings: Sendable, Hashable {
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

    public var masks: Masks?
    /// Mixup (Zhang et al. 2018): alpha of Beta(alpha, alpha), from which one share a batch is drawn; segment n is mixed
    /// with segment count - 1 - n.
    public var mixup: Double?
    /// Each segment's gain is drawn evenly from -gain to gain dB.
    public var gain: Double?
    /// Of pictures: the levels of each segment are stretched away from the greatest by a factor drawn evenly from 1 - depth
    /// to 1 + depth. A recording's own depth depends on its noise floor, which every re-encoding moves.
    public var depth: Double?
    /// Of pictures: in every second segment, drawn, the bands above an edge fall silent, which is drawn evenly between this
    /// share of the bands and all; as encoders at low rates do.
    public var lowPass: Double?
    /// Each segment starts anywhere in its track, anew each time.
    public var crop: Bool

    public init(
        masks: Masks? = nil, mixup: Double? = nil, gain: Double? = nil, depth: Double? = nil, lowPass: Double? = nil,
        crop: Bool = false
    ) {
        self.masks = masks
        self.mixup = mixup
        self.gain = gain
        self.depth = depth
        self.lowPass = lowPass
        self.crop = crop
    }
}
