import ArgumentParser
import Features
import ModelFile

/// Changes to the training batches: what a net's own settings say ('genre nets'), as far as the data allow it, and what is
/// given here, which comes first. Validation never sees any.
struct AugmentationOptions: ParsableArguments {
    @Flag(help: "Leave out what the net's own settings augment; what is given beside it holds.")
    var noAugmentation = false
    @Flag(inversion: .prefixedNo, help: "Mask random mel bands and frames of each segment (SpecAugment).")
    var specAugment: Bool?
    @Option(help: "Of SpecAugment: masks on each axis (1); 0 for none.", completion: .default) var masks: Int?
    @Option(help: "Of SpecAugment: masks of fewer mel bands than this (16).", completion: .default) var maskBands: Int?
    @Option(help: "Of SpecAugment: masks of fewer frames than this (16).", completion: .default) var maskFrames: Int?
    @Option(
        help: "Of SpecAugment: what masks are filled with; by default the segment's mean.", completion: .default)
    var maskValue: Float?
    @Option(
        help: "Mix segments and labels in pairs, one share a batch from Beta(ALPHA, ALPHA); say 0.2; 0 for none.",
        completion: .default)
    var mixup: Double?
    @Option(
        help: "Change each segment's loudness by up to so many dB, up or down; 0 for none.", completion: .default)
    var gain: Double?
    @Option(
        help: "Of gtzan-mel: stretch each segment's levels by up to this share, up or down; say 0.25; 0 for none.",
        completion: .default)
    var depth: Share?
    @Option(
        help: """
            Of gtzan-mel: silence half the segments above a band drawn between this share of all and all; say 0.7; 0 for \
            none.
            """,
        completion: .default)
    var lowPass: Share?
    @Flag(inversion: .prefixedNo, help: "Start each segment anywhere in its track, anew each epoch.") var crop: Bool?
    @Flag(help: "Weigh the loss by the inverse of a genre's number of training segments.") var classWeights = false
    @Flag(help: "Take every genre equally often in an epoch, whose length stays the number of training segments.")
    var balancedSampling = false

    /// Names of those that were given.
    var given: [String] {
        namesGiven([
            ("--no-augmentation", noAugmentation), ("--spec-augment", specAugment == true),
            ("--no-spec-augment", specAugment == false), ("--masks", masks), ("--mask-bands", maskBands),
            ("--mask-frames", maskFrames), ("--mask-value", maskValue), ("--mixup", mixup), ("--gain", gain),
            ("--depth", depth), ("--low-pass", lowPass), ("--crop", crop == true), ("--no-crop", crop == false),
            ("--class-weights", classWeights), ("--balanced-sampling", balancedSampling),
        ])
    }

    /// What the options make of what is usual for the net.
    ///
    /// - Parameter usual: as far as the data allow it; nil for nothing.
    /// - Returns: nil where nothing is left.
    func configuration(over usual: AugmentationConfiguration?) throws -> AugmentationConfiguration? {
        let none = AugmentationConfiguration()
        var result = noAugmentation ? none : usual ?? none
        let isAboutMasks = masks != nil || maskBands != nil || maskFrames != nil || maskValue != nil
        if specAugment == false || masks == 0 {
            guard specAugment != true, (masks ?? 0) == 0, maskBands == nil, maskFrames == nil, maskValue == nil else {
                throw ValidationError("There are to be no masks: leave what else is said of masks out.")
            }
            result.masks = nil
        } else if specAugment == true || isAboutMasks {
            guard specAugment == true || result.masks != nil else {
                throw ValidationError("--masks, --mask-bands, --mask-frames and --mask-value need --spec-augment.")
            }
            let before = result.masks ?? AugmentationConfiguration.Masks()
            result.masks = .init(
                count: masks ?? before.count, bands: maskBands ?? before.bands, frames: maskFrames ?? before.frames,
                value: maskValue ?? before.value)
        }
        func given(_ value: Double?, else usual: Double?) -> Double? { value == 0 ? nil : value ?? usual }
        result.mixup = given(mixup, else: result.mixup)
        result.gain = given(gain, else: result.gain)
        result.depth = given(depth?.value, else: result.depth)
        result.lowPass = given(lowPass?.value, else: result.lowPass)
        result.crop = crop ?? result.crop
        result.classWeights = classWeights
        result.balancedSampling = balancedSampling
        return result == none ? nil : result
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
