import Architectures
import Features
import ModelFile
import Testing

@testable import Datasets
@testable import Training

@Suite struct FittedAugmentationTests {
    private func set(_ recipe: FeatureRecipe) -> SegmentSet {
        SegmentSet(
            genres: ["a", "b"], recipe: recipe, tracks: [.init(id: "a/1", label: 0), .init(id: "b/1", label: 1)],
            values: (0..<2).map { _ in [Float](repeating: 1, count: recipe.mels * recipe.segmentFrames) })
    }

    @Test func onlyOurNetHasOneAndItIsFittedToTheData() throws {
        func usual(_ net: Architecture) -> AugmentationConfiguration? {
            TrainingConfiguration(net: net.name, settings: net.training).augmentation
        }
        for net in Architecture.all { #expect((usual(net) != nil) == (net.name == "compact")) }
        let usual = try #require(Architecture.named("compact").flatMap(usual))
        #expect(usual.depth != nil && usual.lowPass != nil && usual.crop)
        let pictures = try #require(usual.fitted(to: set(.gtzanMel)))
        #expect(pictures.depth == usual.depth && !pictures.crop, "these segments can start nowhere else")
        let sound = try #require(usual.fitted(to: set(.schindler)))
        #expect(sound.depth == nil && sound.lowPass == nil && sound.mixup == usual.mixup)
        let small = try #require(usual.fitted(to: set(.precomputed(mels: 8, frames: 4))))
        #expect(small.masks?.bands == 8 && small.masks?.frames == 4)
    }

    @Test func everyNetsRecipeIsKnown() {
        for net in Architecture.all { #expect(FeatureRecipe.named(net.recipe)?.makesSegmentsFromAudio == true) }
    }
}
