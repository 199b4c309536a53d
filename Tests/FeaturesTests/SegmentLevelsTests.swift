import Foundation
import Testing

@testable import Features

/// Which segments are silent.
@Suite struct SegmentLevelsTests {
    private static let recipes: [FeatureRecipe] = [.schindler, .coursework, .coursework2018, .gtzanMel]

    private func music(seconds: Double, gain: Float = 1) -> [Float] {
        let second = syntheticSignal(count: 22_050)
        return (0..<Int(seconds * 22_050)).map { gain * second[$0 % second.count] }
    }

    private func hiss(seconds: Double, gain: Float) -> [Float] {
        var state: UInt32 = 5
        return (0..<Int(seconds * 22_050)).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return gain * (Float(state >> 8) / Float(1 << 23) - 1)
        }
    }

    private func zeros(seconds: Double) -> [Float] { [Float](repeating: 0, count: Int(seconds * 22_050)) }

    private func silence(_ samples: [Float], _ recipe: FeatureRecipe = .schindler, piece: Int? = nil) -> SegmentSilence
    {
        var levels = SegmentLevels(recipe)
        samples.withUnsafeBufferPointer { all in
            for first in stride(from: 0, to: all.count, by: piece ?? all.count) {
                levels.append(UnsafeBufferPointer(rebasing: all[first..<min(first + (piece ?? all.count), all.count)]))
            }
        }
        return levels.silence(ofSegments: recipe.segmentCount(samples: samples.count))
    }

    /// The silent segments lie in the pause, and all that lie wholly in it are silent.
    private func expect(
        _ samples: [Float], pause: ClosedRange<Double>, _ recipe: FeatureRecipe,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let result = silence(samples, recipe)
        for (index, isSilent) in result.isSilent.enumerated() {
            let start = recipe.startTime(ofSegment: index)
            let end = start + recipe.segmentSeconds
            // Segments of pictures drift by a few milliseconds against their names' times.
            if pause.lowerBound + 0.3 < start, end < pause.upperBound - 0.3 {
                #expect(isSilent, "\(recipe.name) \(start)", sourceLocation: sourceLocation)
            }
            let heard = max(0, pause.lowerBound - start) + max(0, end - pause.upperBound)
            if heard > 0.6 * recipe.segmentSeconds {
                #expect(!isSilent, "\(recipe.name) \(start)", sourceLocation: sourceLocation)
            }
        }
    }

    @Test(arguments: recipes) func pausesAreSilentAndMusicIsNot(recipe: FeatureRecipe) {
        let song = music(seconds: 20)
        // Digital silence, hiss 66 dB below, a constant; inside, before and after.
        for pause in [zeros(seconds: 40), hiss(seconds: 40, gain: 2e-4), zeros(seconds: 40).map { _ in 0.3 }] {
            expect(song + pause + song, pause: 20...60, recipe)
            expect(pause + song, pause: 0...40, recipe)
            expect(song + pause, pause: 20...60, recipe)
        }
    }

    @Test(arguments: recipes) func quietMusicIsHeard(recipe: FeatureRecipe) {
        let song = music(seconds: 15)
        for decibels in [20, 40, 50, 58] as [Float] {
            let passage = song.map { $0 * pow(10, -decibels / 20) }
            #expect(silence(song + passage, recipe).runs.isEmpty, "\(decibels) dB below")
        }
        #expect(!silence(song + song.map { $0 * pow(10, -62 / 20) }, recipe).runs.isEmpty)
        // Quiet all over; beside an offset.
        #expect(silence(music(seconds: 15, gain: 1e-3), recipe).runs.isEmpty)
        #expect(silence(music(seconds: 15, gain: 0.2).map { $0 + 0.5 }, recipe).runs.isEmpty)
    }

    @Test(arguments: recipes) func nothingButAConstantIsSilence(recipe: FeatureRecipe) {
        let constant = zeros(seconds: 12).map { _ in Float(0.5) }
        #expect(silence(constant, recipe).isWhole)
        #expect(silence(zeros(seconds: 12), recipe).isWhole)
        #expect(silence(hiss(seconds: 12, gain: 1e-6), recipe).isWhole)
        #expect(silence(constant + constant.map { $0 - 0.8 }, recipe).isWhole, "a step is no sound")
        #expect(silence(zip(constant, hiss(seconds: 12, gain: 1e-4)).map { $0 + $1 }, recipe).isWhole)
        var click = zeros(seconds: 12)
        click[100_000] = 0.9
        #expect(silence(click, recipe).isWhole, "a click alone is no sound")
    }

    /// At the edge of a pause what is mostly silent goes with it; where there is nothing else it is heard.
    @Test func halvesOfSegments() {
        let recipe = FeatureRecipe.schindler
        let all = recipe.segmentSamples
        for (share, isHeard) in [(0.4, false), (0.6, true)] {
            var samples = [Float](repeating: 0, count: 6 * recipe.segmentStride + all)
            let loud = music(seconds: 3)
            let heard = Int(share * Double(all))
            samples.replaceSubrange(0..<heard, with: loud[..<heard])
            samples += loud
            #expect(silence(samples).isSilent[0] == !isHeard)
            #expect(silence(samples).isSilent[2])
        }
        // Every segment is half silent.
        var gated = music(seconds: 10)
        for index in gated.indices where index / 5000 % 2 == 1 { gated[index] = 0 }
        #expect(silence(gated).runs.isEmpty)
        // One short sound.
        var short = zeros(seconds: 10)
        short.replaceSubrange(100_000..<104_000, with: music(seconds: 1)[..<4000])
        let heard = silence(short).audible
        #expect(!heard.isEmpty && heard.count <= 3)
    }

    @Test(arguments: recipes) func piecesChangeNothing(recipe: FeatureRecipe) {
        let samples = music(seconds: 33) + zeros(seconds: 41) + music(seconds: 20, gain: 0.01)
        let whole = silence(samples, recipe)
        #expect(!whole.runs.isEmpty && !whole.isWhole)
        for piece in [1152, 441, 440, 7, 100_003] { #expect(silence(samples, recipe, piece: piece) == whole) }
    }

    @Test func chosenSegmentsAreAudibleAndTheSameWhereAllAre() {
        let choice = SegmentChoice.random(count: 15)
        let all = Array(0..<63)
        #expect(choice.indices(among: all, seed: 3, track: "a") == choice.indices(of: 63, seed: 3, track: "a"))
        let some = all.filter { $0 % 3 != 0 }
        let chosen = choice.indices(among: some, seed: 3, track: "a")
        #expect(chosen.count == 15 && Set(chosen).isSubset(of: some) && chosen == chosen.sorted())
        #expect(choice.indices(among: [4, 9], seed: 3, track: "a") == [4, 9])
    }
}
