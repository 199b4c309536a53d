import Datasets
import ModelFile

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
