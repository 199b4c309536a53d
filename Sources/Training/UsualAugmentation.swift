import Architectures
import Datasets
import ModelFile

extension Architecture {
    /// What is done to the training batches of a net of ours where nothing else is asked for; nil for the others, whose
    /// authors' settings are kept.
    public var usualAugmentation: AugmentationConfiguration? {
        guard name == Architecture.compactName else { return nil }
        return AugmentationConfiguration(
            masks: .init(count: 2, bands: 25, frames: 16), mixup: 0.4, depth: 0.25, lowPass: 0.7, crop: true)
    }
}

extension AugmentationConfiguration {
    /// The part of it that a set's features allow; nil where nothing is left.
    public func fitted(to set: SegmentSet) -> AugmentationConfiguration? {
        var result = self
        if set.recipe.picture == nil { (result.depth, result.lowPass) = (nil, nil) }
        if !set.recipe.makesSegmentsFromAudio || set.recipe.picture != nil { result.gain = nil }
        if (0..<set.count).allSatisfy({ set.shifts(ofSegment: $0) == 0...0 }) { result.crop = false }
        if var masks = result.masks {
            masks.bands = min(masks.bands, set.mels)
            masks.frames = min(masks.frames, set.frames)
            result.masks = masks
        }
        return result == AugmentationConfiguration() ? nil : result
    }
}
