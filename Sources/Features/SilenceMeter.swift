/// How much of a sound of any rate is silent, by stretches of a second, told as ``SegmentLevels`` tells it.
public struct SilenceMeter: Sendable {
    private let stretches: FeatureRecipe
    private var levels: SegmentLevels
    private var samples = 0

    /// - Parameter sampleRate: Hz.
    public init(sampleRate: Double) {
        // Of a recipe only its lengths matter here.
        var recipe = FeatureRecipe.schindler
        recipe.sampleRate = sampleRate
        recipe.segmentSamples = max(1, Int(sampleRate))
        recipe.segmentStride = recipe.segmentSamples
        stretches = recipe
        levels = SegmentLevels(recipe)
    }

    /// Takes the next samples: mono, full scale ±1, finite.
    public mutating func add(_ piece: UnsafeBufferPointer<Float>) {
        levels.append(piece)
        samples += piece.count
    }

    private var silence: SegmentSilence {
        levels.silence(ofSegments: max(1, samples / stretches.segmentSamples))
    }

    /// Whether there is nothing to hear in the sound so far.
    public var isWhole: Bool { silence.isWhole }
    /// Whole seconds with nothing to hear.
    public var silentSeconds: Int { silence.isSilent.count { $0 } }
}
