import CKernels
import Foundation
import Testing

@testable import Features

@Suite struct PhaseVocoderTests {
    private struct Fixture: Decodable {
        struct Vocoder: Decodable {
            struct Case: Decodable {
                var rate: Double
                var frames: Int
                var real: [Double]
                var imaginary: [Double]
            }
            var bins: Int
            var frames: Int
            var hop: Int
            var cases: [Case]
        }
        struct Stretch: Decodable {
            var rate: Double
            var count: Int
            var step: Int
            var values: [Double]
        }
        var count: Int
        var vocoder: Vocoder
        var stretch: [Stretch]
    }

    private let fixture: Fixture

    init() throws {
        let url = try #require(
            Bundle.module.url(forResource: "stretch", withExtension: "json", subdirectory: "Fixtures"))
        fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
    }

    /// The generator of Tools/make_fixtures.py: uniform in ±1.
    private func generated(_ name: String, count: Int) -> [Double] {
        var state = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        return (0..<count).map { _ in
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return 2 * Double((z ^ (z >> 31)) >> 40) * 0x1p-24 - 1
        }
    }

    /// The stage alone, by the oracle that the kernels are held against: librosa.phase_vocoder to the last digits kept.
    @Test func framesMatchLibrosa() {
        let sizes = fixture.vocoder
        let real = generated("vocoder.real", count: sizes.frames * sizes.bins)
        let imaginary = generated("vocoder.imaginary", count: sizes.frames * sizes.bins)
        for wanted in sizes.cases {
            #expect(gk_vocoder_stretched_frames(Int64(sizes.frames), wanted.rate) == Int64(wanted.frames))
            var re = [Double](repeating: .nan, count: wanted.frames * sizes.bins)
            var im = re
            gk_oracle_phase_vocoder(
                Int32(2 * (sizes.bins - 1)), Int32(sizes.hop), Int64(sizes.frames), real, imaginary, wanted.rate, &re,
                &im)
            for index in re.indices {
                #expect(abs(re[index] - wanted.real[index]) < 2e-9, "rate \(wanted.rate), value \(index)")
                #expect(abs(im[index] - wanted.imaginary[index]) < 2e-9, "rate \(wanted.rate), value \(index)")
            }
        }
    }

    @Test func soundsMatchLibrosa() throws {
        let samples = syntheticSignal(count: fixture.count)
        let workspace = PhaseVocoder.Workspace(try PhaseVocoder())
        samples.withUnsafeBufferPointer(workspace.analyse)
        for wanted in fixture.stretch {
            #expect(PhaseVocoder.stretchedCount(samples.count, rate: wanted.rate) == wanted.count)
            var output = [Float](repeating: .nan, count: wanted.count)
            output.withUnsafeMutableBufferPointer { workspace.stretch(rate: wanted.rate, into: $0) }
            for (place, value) in wanted.values.enumerated() {
                #expect(
                    abs(Double(output[place * wanted.step]) - value) < 1e-6,
                    "rate \(wanted.rate), sample \(place * wanted.step)")
            }
            // The first samples alone are the first of all.
            var start = [Float](repeating: .nan, count: wanted.count / 3)
            start.withUnsafeMutableBufferPointer { workspace.stretch(rate: wanted.rate, into: $0) }
            #expect(start == Array(output.prefix(start.count)))
        }
    }

    @Test(arguments: [FeatureRecipe.schindler, .coursework])
    func rowsOfASegmentsSoundAreTheTracks(recipe: FeatureRecipe) throws {
        let samples = syntheticSignal(count: 80_000)
        let extractor = try FeatureExtractor(recipe: recipe)
        let track = try extractor.rows(of: samples)
        for segment in [0, 1, 3, recipe.segmentCount(rows: track.rows) - 1] {
            let range = recipe.soundRange(ofSegment: segment)
            let sound = range.map { samples.indices.contains($0) ? samples[$0] : 0 }
            var rows = [Float](repeating: .nan, count: recipe.trueFrames * recipe.mels)
            sound.withUnsafeBufferPointer { extractor.rows(ofSegmentSound: $0, into: &rows) }
            let start = recipe.firstRow(ofSegment: segment) * recipe.mels
            #expect(rows == Array(track.values[start..<start + rows.count]), "segment \(segment)")
        }
    }

    @Test func augmentationsAreCheckedAndSurviveCoding() throws {
        let schindler = SoundAugmentation(stretch: [0.2, 0.5, 1.2, 1.5], pitch: [-5, -2, 2, 5])
        for recipe in [FeatureRecipe.schindler, .coursework, .coursework2018] { try schindler.check(for: recipe) }
        #expect(throws: FeatureError.self) { try schindler.check(for: .gtzanMel) }
        #expect(schindler.variants.count == 16)
        #expect(schindler.variants[5] == .init(rate: 0.5, semitones: -2))
        #expect(SoundAugmentation(stretch: [0.5], factor: .duration).rates == [2])
        let coded = try JSONEncoder().encode(schindler)
        #expect(try JSONDecoder().decode(SoundAugmentation.self, from: coded) == schindler)
        for senseless in [
            SoundAugmentation(), .init(stretch: [0]), .init(stretch: [.nan]), .init(pitch: [25]),
            .init(pitch: [1], segments: 0), .init(stretch: [Double](repeating: 1, count: 33)),
        ] {
            #expect(throws: FeatureError.self, "\(senseless)") { try senseless.check() }
        }
    }
}
