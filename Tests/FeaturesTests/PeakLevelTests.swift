import Foundation
import Testing

@testable import Features

/// The sound scaled to a peak of 1, block by block, and short sounds repeated: the recipe musicnn.
@Suite struct PeakLevelTests {
    private let recipe = FeatureRecipe.musicnn

    private func rows(_ samples: [Float], _ recipe: FeatureRecipe? = nil) throws -> TrackFeatures {
        try FeatureExtractor(recipe: recipe ?? self.recipe).rows(of: samples)
    }

    private func distance(_ first: [Float], _ second: [Float]) -> Float {
        zip(first, second).map { abs($0 - $1) }.max() ?? 0
    }

    /// Within one block: what the sound scaled beforehand gives.
    @Test func aSoundOfOneBlockIsScaledByItsPeak() throws {
        let sound = syntheticSignal(count: 10 * 16_000)
        let peak = sound.map(abs).max() ?? 1
        let wanted = try rows(sound.map { $0 / peak }, recipe.atOwnLevel)
        for factor: Float in [1, 0.1, 0.01] {
            let found = try rows(sound.map { $0 * factor })
            #expect(distance(found.values, wanted.values) < 1e-4)
        }
    }

    /// A peak in the second block changes nothing in the first; the factor never grows again.
    @Test func aLatePeakChangesWhatComesAfterAlone() throws {
        let block = 30 * 16_000
        let quiet = syntheticSignal(count: 3 * block).map { $0 * 0.1 }
        var late = quiet
        late[block + 5000] = 0.9
        let (before, after) = try (rows(quiet), rows(late))
        let size = try #require(recipe.peakRows) * recipe.mels
        // A frame reaches half its length into the next block.
        #expect(before.values[..<(size - recipe.mels)] == after.values[..<(size - recipe.mels)])
        let loud = try rows(quiet.map { $0 / 0.9 }, recipe.atOwnLevel)
        #expect(distance(Array(after.values[(2 * size)...]), Array(loud.values[(2 * size)...])) < 1e-4)
        #expect(distance(Array(before.values[(2 * size)...]), Array(after.values[(2 * size)...])) > 0.5)
    }

    @Test func noNoiseFloorBecomesMusic() throws {
        let faint = syntheticSignal(count: 64_000).map { $0 * 1e-6 }
        let wanted = try rows(faint.map { $0 * 1000 }, recipe.atOwnLevel)
        #expect(try distance(rows(faint).values, wanted.values) < 1e-5)
        #expect(try rows([Float](repeating: 0, count: 64_000)).values.allSatisfy { abs($0) < 1e-6 })
    }

    /// Bit for bit, in pieces of any size: short, within a block, at a block's very end, beyond it.
    @Test(arguments: [16_000, 40_000, 47_615, 47_616, 479_999, 480_000, 480_001, 480_256, 700_000, 960_000])
    func aStreamGivesTheSegmentsOfTheWhole(count: Int) throws {
        let extractor = try FeatureExtractor(recipe: recipe)
        var sound = syntheticSignal(count: count)
        for index in sound.indices { sound[index] *= 0.05 + Float(index) / Float(count) }
        let whole = try extractor.segments(of: sound)
        for piece in [977, 48_000, 1_000_000] {
            let stream = SegmentStream(extractor)
            var values: [Float] = []
            func take(_ segment: UnsafePointer<Float>, _ start: Double) {
                values += UnsafeBufferPointer(start: segment, count: recipe.mels * recipe.segmentFrames)
            }
            for start in stride(from: 0, to: count, by: piece) {
                try sound[start..<min(start + piece, count)].withUnsafeBufferPointer { try stream.append($0, take) }
            }
            try stream.finish(take)
            #expect(values == whole.values)
            #expect(stream.isPadded == (count < recipe.segmentSamples))
        }
    }

    @Test func aShortSoundIsRepeated() throws {
        let sound = syntheticSignal(count: 20_000)
        let long = sound + sound + sound
        let whole = try rows(Array(long[..<48_128]))
        let found = try rows(sound)
        #expect(found.rows == 187 && distance(found.values, Array(whole.values[..<(187 * 96)])) < 1e-6)
        #expect(throws: FeatureError.self) { try rows(Array(sound[..<15_999])) }
    }

    @Test func recipesThatCannotBeAreRefused() {
        var recipe = FeatureRecipe.coursework
        recipe.peakSeconds = 30
        #expect(throws: FeatureError.self) { try recipe.check() }
        for seconds in [0.0, -1, 0.01, .nan, .infinity] {
            var recipe = FeatureRecipe.musicnn
            recipe.peakSeconds = seconds
            #expect(throws: FeatureError.self) { try recipe.check() }
        }
    }
}
