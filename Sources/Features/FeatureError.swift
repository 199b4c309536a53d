import Foundation

/// Why no features could be made.
public enum FeatureError: Error, Equatable, Sendable {
    /// The recipe has no way from sound to segments.
    case noAudioRecipe(name: String)
    /// A recipe, perhaps read from a file, with a parameter out of its range.
    case invalidRecipe(name: String, reason: String)
    /// Changes to the sound that cannot be made, perhaps read from a file.
    case invalidAugmentation(String)
    case tooShort(seconds: Double, needed: Double)
    /// A sample is NaN, infinite or far beyond full scale.
    case unusableSample(index: Int)
    case noSuchSegment(index: Int, count: Int)
    case outOfMemory
}

extension FeatureError: CustomStringConvertible, LocalizedError {
    public var description: String {
        switch self {
        case .noAudioRecipe(let name):
            "the recipe '\(name)' cannot be made from audio; use one of "
                + FeatureRecipe.all.filter(\.makesSegmentsFromAudio).map(\.name).joined(separator: ", ")
        case .invalidRecipe(let name, let reason):
            "the feature recipe '\(name)' cannot be used: \(reason)"
        case .invalidAugmentation(let problem):
            "the augmentation of sound cannot be used: \(problem)"
        case .tooShort(let seconds, let needed):
            String(format: "only %.2f s of sound; at least %.2f s are needed", seconds, needed)
        case .unusableSample(let index):
            "sample \(index) is no number, or a million times beyond full scale; the sound is damaged"
        case .noSuchSegment(let index, let count):
            "there is no segment \(index) among \(count)"
        case .outOfMemory:
            "not enough memory to compute features"
        }
    }

    public var errorDescription: String? { description }
}
