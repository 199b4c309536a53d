import ArgumentParser
import Features
import ModelFile

/// Changes to the training batches; all are off by default, and validation never sees any.
struct AugmentationOptions: ParsableArguments {
    @Flag(help: "Mask random mel bands and frames of each segment (SpecAugment).") var specAugment = false
    @Option(help: "With --spec-augment: masks on each axis (1).", completion: .default) var masks: Int?
    @Option(help: "With --spec-augment: masks of fewer mel bands than this (16).", completion: .default) var maskBands:
        Int?
    @Option(help: "With --spec-augment: masks of fewer frames than this (16).", completion: .default) var maskFrames:
        Int?
    @Option(
        help: "With --spec-augment: what masks are filled with; by default the segment's mean.", completion: .default)
    var maskValue: Float?
    @Option(
        help: "Mix segments and labels in pairs, one share a batch from Beta(ALPHA, ALPHA); say 0.2.",
        completion: .default)
    var mixup: Double?
    @Option(help: "Change each segment's loudness by up to so many dB, up or down.", completion: .default) var gain:
        Double?
    @Option(
        help: "Of gtzan-mel: stretch each segment's levels by up to this share, up or down; say 0.25.",
        completion: .default)
    var depth: Share?
    @Option(
        help: "Of gtzan-mel: silence half the segments above a band drawn between this share of all and all; say 0.7.",
        completion: .default)
    var lowPass: Share?
    @Flag(help: "Start each segment anywhere in its track, anew each epoch.") var crop = false
    @Flag(help: "Weigh the loss by the inverse of a genre's number of training segments.") var classWeights = false
    @Flag(help: "Take every genre equally often in an epoch, whose length stays the number of training segments.")
    var balancedSampling = false

    /// Names of those that were given.
    var given: [String] {
        namesGiven([
            ("--spec-augment", specAugment), ("--masks", masks), ("--mask-bands", maskBands),
            ("--mask-frames", maskFrames), ("--mask-value", maskValue), ("--mixup", mixup), ("--gain", gain),
            ("--depth", depth), ("--low-pass", lowPass), ("--crop", crop), ("--class-weights", classWeights),
            ("--balanced-sampling", balancedSampling),
        ])
    }

    /// Nil where nothing is asked for.
    func configuration() throws -> AugmentationConfiguration? {
        var result = AugmentationConfiguration(
            mixup: mixup, gain: gain, depth: depth?.value, lowPass: lowPass?.value, crop: crop,
            classWeights: classWeights,
            balancedSampling: balancedSampling)
        if specAugment {
            let usual = AugmentationConfiguration.Masks()
            result.masks = .init(
                count: masks ?? usual.count, bands: maskBands ?? usual.bands, frames: maskFrames ?? usual.frames,
                value: maskValue)
        } else if masks != nil || maskBands != nil || maskFrames != nil || maskValue != nil {
            throw ValidationError("--masks, --mask-bands, --mask-frames and --mask-value need --spec-augment.")
        }
        return result == AugmentationConfiguration() ? nil : result
    }
}

/// Segments made from changed sound, for `genre features` and `genre train`.
struct SoundAugmentationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Add segments stretched in time by each factor, say 0.2,0.5,1.2,1.5: phase vocoder, pitch kept.",
            valueName: "factors"), completion: .default)
    var stretch: String?
    @Option(
        help: """
            What a factor of --stretch is of: rate (the speed: 0.5 lasts twice as long; the default) or duration (0.5 \
            lasts half as long).
            """)
    var stretchFactor: SoundAugmentation.Factor?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Add segments shifted in pitch by each number of semitones, say -5,-2,2,5; with --stretch, every pair of both.
            """, valueName: "semitones"), completion: .default)
    var pitch: String?
    @Option(help: "With --stretch or --pitch: segments of each track that are changed (3).", completion: .default)
    var augmentedSegments: Int?

    /// Names of those that were given.
    var given: [String] {
        namesGiven([
            ("--stretch", stretch), ("--stretch-factor", stretchFactor), ("--pitch", pitch),
            ("--augmented-segments", augmentedSegments),
        ])
    }

    /// Nil where nothing is asked for.
    func augmentation() throws -> SoundAugmentation? {
        func numbers(_ text: String?, _ option: String) throws -> [Double] {
            guard let text else { return [] }
            return try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                guard let number = Double(part.trimmingCharacters(in: .whitespaces)), number.isFinite else {
                    throw ValidationError("\(option) takes numbers with commas between, not '\(text)'.")
                }
                return number
            }
        }
        guard stretchFactor == nil || stretch != nil else {
            throw ValidationError("--stretch-factor needs --stretch.")
        }
        guard stretch != nil || pitch != nil else {
            guard augmentedSegments == nil else {
                throw ValidationError("--augmented-segments needs --stretch or --pitch.")
            }
            return nil
        }
        var result = SoundAugmentation(
            stretch: try numbers(stretch, "--stretch"), factor: stretchFactor ?? .rate,
            pitch: try numbers(pitch, "--pitch"))
        if let augmentedSegments { result.segments = augmentedSegments }
        do { try result.check() } catch { throw ValidationError("\(error)") }
        return result
    }
}

extension SoundAugmentation.Factor: ExpressibleByArgument {}

/// "masks 1 x (16 bands, 16 frames), mixup 0.2": what a model was trained with.
func words(for augmentation: AugmentationConfiguration) -> String {
    [
        augmentation.sound.map { "\($0)" },
        augmentation.masks.map { "masks \($0.count) x (\($0.bands) bands, \($0.frames) frames)" },
        augmentation.mixup.map { "mixup \($0)" }, augmentation.gain.map { "gain \($0) dB" },
        augmentation.depth.map { "depth \($0)" }, augmentation.lowPass.map { "low pass \($0)" },
        augmentation.crop ? "crop" : nil, augmentation.classWeights ? "class weights" : nil,
        augmentation.balancedSampling ? "balanced sampling" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
}
