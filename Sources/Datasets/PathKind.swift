import Features
import Foundation

extension DatasetLoader {
    /// What the features of data at some paths will be made of, told by names alone: nothing is decoded, and no folder is
    /// searched.
    ///
    /// - Returns: nil for segments that are ready made and of no recipe that audio could have, and for what cannot be
    ///   opened; opening it says why.
    package static func featureOrigin(of paths: [URL]) -> FeatureOrigin? {
        if paths.contains(where: { ["npz", "npy", "pkl"].contains($0.pathExtension.lowercased()) }) { return nil }
        for path in paths {
            guard (try? CourseworkPickles.isPresent(in: path)) == false, !CourseworkSamples.isPresent(in: path) else {
                return nil
            }
            if SegmentStore.isPresent(in: path) { return (try? SegmentStore(path)).map { .store($0.recipe) } }
        }
        return paths.isEmpty ? nil : .audio
    }
}

/// Where features come from.
package enum FeatureOrigin {
    /// From sound, by any recipe.
    case audio
    /// They are there, by this recipe.
    case store(FeatureRecipe)
}
