import Audio
import Foundation
import Testing

@testable import Features

@Suite struct FeatureExtractorTests {
    struct Fixture: Decodable {
        var segments: Int
        var mels: Int
        var frames: Int
        var step: Int
        var values: [Double]
    }

    /// Recipes with other parameters than any of ours, to match the fixtures of the same name.
    static let slaney = FeatureRecipe(
        name: "slaney", sampleRate: 16_000, sampleScale: 32_768, frameLength: 600, windowLength: 400, hop: 160,
        spectrum: .power, mels: 40, melScale: .slaney, melNormalisation: .slaney, lowestFrequency: 50,
        highestFrequency: 7600, logFloor: 1e-6, precision: .single, scope: .track, segmentFrames: 20,
        segmentSamples: 19 * 160, segmentStride: 30 * 160)
    static let odd = FeatureRecipe(
        name: "odd", sampleRate: 16_000, sampleScale: 32_768, frameLength: 405, windowLength: 405, hop: 200,
        spectrum: .magnitude, mels: 24, melScale: .htk, melNormalisation: .none, lowestFrequency: 0,
        highestFrequency: 8000, logFloor: 1e-6, precision: .double, scope: .track, segmentFrames: 20,
        segmentSamples: 19 * 200, segmentStride: 50 * 200)

    @Test(arguments: [FeatureRecipe.coursework, .schindler, .gtzanMel, slaney, odd])
    func segmentsMatchLibrosa(recipe: FeatureRecipe) throws {
        try expectFixture(recipe, within: recipe.precision == .double ? 2e-6 : 1e-5)
    }

    /// Decibels are 4.3 nepers, so that single precision is as much farther off. Essentia computes in single precision
    /// throughout.
    @Test(arguments: [
        ("pons", 2e-4), ("dong", 1e-5), ("choi", 5e-5), ("short-chunk", 5e-5), ("musicnn", 1e-5), ("bbnn", 5e-5),
    ])
    func theFieldsRecipesMatchTheirLibraries(name: String, bound: Double) throws {
        try expectFixture(#require(FeatureRecipe.named("\(name):20")).atOwnLevel, within: bound)
    }

    @Test func aRecipeIsCutIntoSegmentsOfAnotherLength() throws {
        let long = try #require(FeatureRecipe.named("gtzan-mel:320"))
        #expect(long.segmentFrames == 320 && long.segmentStride == 4 * FeatureRecipe.gtzanMel.segmentStride)
        #expect(throws: Never.self) { try FeatureExtractor(recipe: long) }
        #expect(FeatureRecipe.gtzanMel.cut(frames: 81)?.cut(frames: 80)?.segmentSamples == 268 * 512)
        let sound = syntheticSignal(count: 30 * 22_050)
        let whole = try FeatureExtractor(recipe: long).segments(of: sound)
        let parts = try FeatureExtractor(recipe: .gtzanMel).segments(of: sound)
        #expect(whole.count == 1 && whole.values[..<80].elementsEqual(parts.values[..<80]))
        for name in [
            "coursework:40", "precomputed:40", "schindler:1", "schindler:0", "schindler:-5", "schindler:080",
            "schindler:70000", "schindler:", "schindler:80:80", ":80", "nothing:80",
        ] {
            #expect(FeatureRecipe.named(name) == nil, "\(name)")
        }
    }

    private func expectFixture(_ recipe: FeatureRecipe, within bound: Double) throws {
        let url = try #require(
            Bundle.module.url(forResource: "librosa", withExtension: "json", subdirectory: "Fixtures"))
        let fixtures = try JSONDecoder().decode([String: Fixture].self, from: Data(contentsOf: url))
        let fixture = try #require(fixtures[recipe.name])
        let batch = try FeatureExtractor(recipe: recipe).segments(of: syntheticSignal(count: 48_510))
        #expect(batch.count == fixture.segments)
        #expect(batch.mels == fixture.mels)
        #expect(batch.frames == fixture.frames)
        try #require(batch.values.count == fixture.segments * fixture.mels * fixture.frames)
        for (place, wanted) in fixture.values.enumerated() {
            #expect(abs(Double(batch.values[place * fixture.step]) - wanted) < bound, "value \(place)")
        }
    }

    /// Values of two genuine rows of the coursework whose sound is in the data.
    @Test(
        .enabled(if: SharedData.isPresent, "needs the shared data"),
        arguments: [
            (
                "disco.00000", 11, [11.575303, 12.858151, 11.175351, 11.945061, 11.945061],
                [9.553112, 15.551758, 12.397708]
            ),
            ("metal.00006", 22, [11.580949, 11.740355, 12.108624, 11.228837, 11.228837], [4.970072, 14.280947, .nan]),
        ])
    func courseworkMatchesGenuineRows(track: String, chunk: Int, values: [Double], statistics: [Double]) throws {
        let genre = track.prefix { $0 != "." }
        let url = try #require(SharedData.folder).appendingPathComponent("data/gtzan/\(genre)/\(track).flac")
        let sound = try AudioDecoder.decode(url, sampleRate: 22_050)
        let batch = try FeatureExtractor(recipe: .coursework).segments(of: sound.samples) { count in
            #expect(count == 63 || count == 64)
            return [chunk]
        }
        #expect(batch.startTimes == [Double(chunk * 10_252) / 22_050])
        for ((mel, frame), value) in zip([(0, 0), (10, 5), (40, 20), (79, 40), (79, 79)], values) {
            #expect(abs(Double(batch.values[mel * 80 + frame]) - value) < 2e-6)
        }
        #expect(abs(Double(try #require(batch.values.min())) - statistics[0]) < 2e-6)
        #expect(abs(Double(try #require(batch.values.max())) - statistics[1]) < 2e-6)
        if !statistics[2].isNaN {
            let mean = batch.values.reduce(0) { $0 + Double($1) } / Double(batch.values.count)
            #expect(abs(mean - statistics[2]) < 2e-6)
        }
    }

    @Test(arguments: [FeatureRecipe.schindler, .coursework])
    func chosenSegmentsEqualThoseOfAll(recipe: FeatureRecipe) throws {
        let extractor = try FeatureExtractor(recipe: recipe)
        let samples = syntheticSignal(count: 80_000)
        let all = try extractor.segments(of: samples)
        let size = 80 * 80
        let chosen = [4, 2]
        let batch = try extractor.segments(of: samples) { _ in chosen }
        #expect(batch.startTimes == chosen.map { all.startTimes[$0] })
        for (place, index) in chosen.enumerated() {
            for value in 0..<size {
                #expect(abs(batch.values[place * size + value] - all.values[index * size + value]) == 0)
            }
        }
        #expect(try extractor.segments(of: samples) { _ in [] }.values.isEmpty)
        #expect(throws: FeatureError.noSuchSegment(index: all.count, count: all.count)) {
            try extractor.segments(of: samples) { [$0] }
        }
    }

    @Test func thirtySecondsHaveSixtyThreeSegments() {
        #expect(FeatureRecipe.coursework.segmentCount(samples: 661_500) == 63)
        #expect(FeatureRecipe.schindler.segmentCount(samples: 661_500) == 63)
        #expect(FeatureRecipe.schindler.segmentCount(samples: 20_224 + 10_239) == 1)
        #expect(FeatureRecipe.schindler.segmentCount(samples: 20_224 + 10_240) == 2)
    }

    @Test(arguments: [FeatureRecipe.schindler, .coursework])
    func shortTracksArePaddedOrRefused(recipe: FeatureRecipe) throws {
        let extractor = try FeatureExtractor(recipe: recipe)
        let half = (recipe.segmentSamples + 1) / 2
        let sound = syntheticSignal(count: half)
        let padded = sound + [Float](repeating: 0, count: recipe.segmentSamples - half)
        let batch = try extractor.segments(of: sound)
        #expect(batch.count == 1)
        #expect(batch.values == (try extractor.segments(of: padded).values))
        let silence = Float(log(1e-6))
        #expect(abs(batch.values[79] - (recipe.name == "schindler" ? silence : batch.values[40])) < 1e-5)
        for count in [0, 1, half - 1] {
            #expect(
                throws: FeatureError.tooShort(
                    seconds: Double(count) / 22_050, needed: Double(recipe.segmentSamples) / 22_050 / 2)
            ) {
                try extractor.segments(of: Array(sound.prefix(count)))
            }
        }
    }

    /// A recipe may come from a file: one whose transforms take minutes or whose bank takes gigabytes is refused.
    @Test func recipesThatAreTooDearAreRefused() throws {
        func refusal(frame: Int, mels: Int) -> String? {
            var recipe = FeatureRecipe.schindler
            recipe.frameLength = frame
            recipe.mels = mels
            do { _ = try FeatureExtractor(recipe: recipe) } catch { return "\(error)" }
            return nil
        }
        for frame in [65_521, 64_646, 2 * 1031] { #expect(refusal(frame: frame, mels: 40)?.contains("prime") == true) }
        for frame in [2048, 65_344, 65_536, 1021 * 3] { #expect(refusal(frame: frame, mels: 40) == nil) }
        #expect(refusal(frame: 65_536, mels: 1024)?.contains("mel bands times") == true)
        #expect(refusal(frame: 8192, mels: 1024) == nil)
    }

    @Test func samplesThatAreNoSoundAreRefused() throws {
        let extractor = try FeatureExtractor(recipe: .schindler)
        for fault in [Float.nan, .infinity, -.infinity, 1e7, -1e30] {
            var samples = syntheticSignal(count: 30_000)
            samples[21_999] = fault
            #expect(throws: FeatureError.unusableSample(index: 21_999)) { try extractor.segments(of: samples) }
        }
    }

    @Test func recipesHaveNames() {
        for recipe in FeatureRecipe.all { #expect(FeatureRecipe.named(recipe.name) == recipe) }
        #expect(FeatureRecipe.named("gtzan") == nil)
        #expect(throws: FeatureError.noAudioRecipe(name: "precomputed")) { try FeatureExtractor(recipe: .precomputed) }
    }

    /// A recipe may come from a file that anyone could have written.
    @Test func absurdRecipesAreRefused() {
        let changes: [(inout FeatureRecipe) -> Void] = [
            { $0.frameLength = .max }, { $0.frameLength = 0 }, { $0.hop = 0 }, { $0.hop = -5 }, { $0.mels = 1 << 40 },
            { $0.windowLength = 4096 }, { $0.windowLength = 0 }, { $0.sampleRate = .nan },
            { $0.sampleScale = .infinity }, { $0.sampleScale = 1e300 },
            { $0.logFloor = 0 }, { $0.highestFrequency = -1 },
            { $0.highestFrequency = $0.lowestFrequency.nextUp }, { $0.highestFrequency = .nan },
            { $0.segmentFrames = 0 },
            { $0.segmentSamples = .max }, { $0.segmentStride = 0 }, { $0.segmentStride = 300 },
        ]
        for change in changes {
            var recipe = FeatureRecipe.schindler
            change(&recipe)
            #expect(throws: FeatureError.self, "\(recipe)") { try FeatureExtractor(recipe: recipe) }
        }
        let changesOfPictures: [(inout FeatureRecipe) -> Void] = [
            // A frame from one segment to the next of none, a hop beyond the block, no column, too many.
            { $0.segmentFrames = 1 }, { ($0.sampleRate, $0.hop, $0.picture!.blockSeconds) = (100, 60_000, 1) },
            { $0.picture!.columns = 0 }, { $0.picture!.columns = .max },
        ]
        for change in changesOfPictures {
            var recipe = FeatureRecipe.gtzanMel
            change(&recipe)
            #expect(throws: FeatureError.self, "\(recipe)") { try FeatureExtractor(recipe: recipe) }
            #expect(recipe.rowStride >= 1)
        }
    }

    @Test func recipesSurviveCoding() throws {
        for recipe in FeatureRecipe.all {
            let coded = try JSONEncoder().encode(recipe)
            #expect(try JSONDecoder().decode(FeatureRecipe.self, from: coded) == recipe)
        }
    }

    @Test func randomSegmentsHangOnSeedAndTrackAlone() {
        let choice = SegmentChoice.random(count: 15)
        let first = choice.indices(of: 63, seed: 1, track: "jazz/a.wav")
        #expect(first == choice.indices(of: 63, seed: 1, track: "jazz/a.wav"))
        #expect(first != choice.indices(of: 63, seed: 2, track: "jazz/a.wav"))
        #expect(first != choice.indices(of: 63, seed: 1, track: "jazz/b.wav"))
        #expect(Set(first).count == 15 && first.allSatisfy((0..<63).contains))
        #expect(choice.indices(of: 7, seed: 1, track: "x") == Array(0..<7))
        #expect(SegmentChoice.all.indices(of: 3, seed: 1, track: "x") == [0, 1, 2])
    }
}
