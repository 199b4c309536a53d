import Testing

@testable import Features

@Suite struct BlockPicturesTests {
    private let recipe = FeatureRecipe.gtzanMel

    @Test func blocksCoverATrackWithoutAShortRest() {
        let second = 22_050
        #expect(recipe.blocks(ofSamples: second - 1).isEmpty)
        #expect(recipe.blocks(ofSamples: second) == [0..<recipe.segmentSamples])
        #expect(recipe.blocks(ofSamples: 30 * second) == [0..<30 * second])
        #expect(recipe.blocks(ofSamples: 44 * second) == [0..<44 * second])
        #expect(recipe.blocks(ofSamples: 45 * second) == [0..<30 * second, 30 * second..<45 * second])
        let long = recipe.blocks(ofSamples: 10_000_000)
        #expect(long.first?.lowerBound == 0)
        #expect(long.last?.upperBound == 10_000_000)
        #expect(zip(long, long.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    }

    @Test func aTrackOfThirtySecondsGives387Columns() {
        for samples in [660_000, 661_500, 661_794, 675_808] { #expect(recipe.rowCount(samples: samples) == 387) }
        #expect(recipe.segmentCount(samples: 661_500) == 8)
        #expect(recipe.rowCount(samples: recipe.segmentSamples) == 80)
        #expect(recipe.rowCount(samples: 20_000) == 0)
    }

    @Test func loudnessDoesNotMatter() throws {
        let samples = syntheticSignal(count: 48_510)
        let extractor = try FeatureExtractor(recipe: recipe)
        let quiet = try extractor.segments(of: samples.map { $0 * 0.1 })
        let loud = try extractor.segments(of: samples)
        for (a, b) in zip(quiet.values, loud.values) { #expect(abs(a - b) < 1e-3) }
    }

    @Test func silenceGivesTheLeastLevel() throws {
        let batch = try FeatureExtractor(recipe: recipe).segments(of: [Float](repeating: 0, count: 40_000))
        #expect(batch.count == 1)
        #expect(Set(batch.values) == [batch.values[0]])
        #expect(batch.values[0] < 5)
    }

    @Test func aPictureOfTooFewSamplesIsRefused() {
        var bad = recipe
        bad.segmentSamples = 10_000
        #expect(throws: FeatureError.self) { try FeatureExtractor(recipe: bad) }
        bad = recipe
        bad.picture = nil
        #expect(throws: FeatureError.self) { try FeatureExtractor(recipe: bad) }
    }
}
