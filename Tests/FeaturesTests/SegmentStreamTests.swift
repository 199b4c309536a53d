import Testing

@testable import Features

@Suite struct SegmentStreamTests {
    /// Values and starts of all segments of a sound that comes in pieces of `piece` samples.
    private func streamed(
        _ samples: [Float], _ recipe: FeatureRecipe, piece: Int
    ) throws -> (values: [Float], starts: [Double], stream: SegmentStream) {
        let stream = SegmentStream(try FeatureExtractor(recipe: recipe))
        var values: [Float] = []
        var starts: [Double] = []
        let receive: SegmentStream.Receiver = { segment, start in
            values += UnsafeBufferPointer(start: segment, count: recipe.mels * recipe.segmentFrames)
            starts.append(start)
        }
        try samples.withUnsafeBufferPointer { all in
            for first in stride(from: 0, to: all.count, by: piece) {
                try stream.append(UnsafeBufferPointer(rebasing: all[first..<min(first + piece, all.count)]), receive)
            }
        }
        try stream.finish(receive)
        return (values, starts, stream)
    }

    @Test(arguments: [FeatureRecipe.schindler, .coursework, .gtzanMel])
    func piecesGiveTheSegmentsOfTheWhole(recipe: FeatureRecipe) throws {
        for (count, piece) in [(60_000, 1152), (61_234, 4096), (22_050, 999), (140_001, 100_000)] {
            let samples = syntheticSignal(count: count)
            let whole = try FeatureExtractor(recipe: recipe).segments(of: samples)
            let (values, starts, stream) = try streamed(samples, recipe, piece: piece)
            #expect(values == whole.values)
            #expect(starts == whole.startTimes)
            #expect(stream.isPadded == (count < recipe.segmentSamples))
            #expect(stream.peak == samples.map(abs).max())
        }
    }

    @Test func blocksOfALongSoundAreThoseOfTheWhole() throws {
        let second = syntheticSignal(count: 22_050)
        for seconds in [44, 45, 74, 76, 90] {
            let samples = (0..<seconds).flatMap { index in second.map { $0 / Float(1 + index % 7) } }
            let whole = try FeatureExtractor(recipe: .gtzanMel).segments(of: samples)
            let (values, starts, _) = try streamed(samples, .gtzanMel, piece: 50_000)
            #expect(values == whole.values)
            #expect(starts == whole.startTimes)
        }
    }

    /// Whatever came before, even a louder sound that was broken off.
    @Test(arguments: [FeatureRecipe.schindler, .coursework, .gtzanMel, .musicnn])
    func aStreamBegunAgainKnowsNothingOfTheSoundBefore(recipe: FeatureRecipe) throws {
        let stream = SegmentStream(try FeatureExtractor(recipe: recipe))
        let samples = syntheticSignal(count: 100_001)
        let loud = samples.map { $0 * 3 }
        try loud.withUnsafeBufferPointer { try stream.append($0) { _, _ in } }
        for _ in 0..<2 {
            stream.reset()
            var values: [Float] = []
            var starts: [Double] = []
            let receive: SegmentStream.Receiver = { segment, start in
                values += UnsafeBufferPointer(start: segment, count: recipe.mels * recipe.segmentFrames)
                starts.append(start)
            }
            try samples.withUnsafeBufferPointer { try stream.append($0, receive) }
            try stream.finish(receive)
            let fresh = try streamed(samples, recipe, piece: 7000)
            #expect(values == fresh.values && starts == fresh.starts)
            #expect(stream.samples == samples.count && stream.segments == fresh.stream.segments)
            #expect(stream.peak == fresh.stream.peak && stream.silence() == fresh.stream.silence())
        }
    }

    @Test func faultsAreErrors() throws {
        #expect(throws: FeatureError.self) { try streamed([Float](repeating: 0, count: 5000), .schindler, piece: 1000) }
        var bad = syntheticSignal(count: 30_000)
        bad[20_001] = .nan
        #expect(throws: FeatureError.unusableSample(index: 20_001)) { try streamed(bad, .schindler, piece: 3000) }
    }
}
