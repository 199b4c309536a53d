import Foundation
import GenreKit
import Testing

@Suite struct GenreKitTests {
    private let predictor: GenrePredictor

    init() throws {
        let model = try #require(BuiltInModel.all.first)
        predictor = try GenrePredictor(model: model.open(), pool: ThreadPool(threads: 2))
    }

    private func sound(seconds: Double, gain: Float = 1) -> [Float] {
        (0..<Int(seconds * 22_050)).map { index in
            let time = Double(index) / 22_050
            return gain * Float(sin(900 * time) * 0.3 + sin(2900 * time * (1 + time / 9)) * 0.2)
        }
    }

    @Test func theBuiltInModelClassifiesSamples() throws {
        let prediction = try predictor.predict(samples: sound(seconds: 8))
        #expect(prediction.genres.count == 10)
        #expect(abs(prediction.confidences.reduce(0, +) - 1) < 1e-9)
        #expect(!prediction.isPadded)
        let short = try predictor.predict(samples: sound(seconds: 2))
        #expect(short.isPadded && short.segments == 1)
    }

    @Test func levelDoesNotMatter() throws {
        let loud = try predictor.predict(samples: sound(seconds: 8))
        let quiet = try predictor.predict(samples: sound(seconds: 8, gain: 0.1))
        for (a, b) in zip(loud.confidences, quiet.confidences) { #expect(abs(a - b) < 1e-3) }
    }

    @Test func silenceAndTooShortSoundsAreErrors() {
        #expect(throws: PredictionError.self) { try predictor.predict(samples: [Float](repeating: 0, count: 60_000)) }
        #expect(throws: FeatureError.self) { try predictor.predict(samples: sound(seconds: 0.5)) }
    }

    @Test func liveSoundHasAVerdictEveryHalfSecond() throws {
        let live = try LiveClassifier(predictor: predictor)
        let samples = sound(seconds: 4)
        var moments: [LiveClassifier.Moment] = []
        for start in stride(from: 0, to: samples.count, by: 1000) {
            moments += try live.append(Array(samples[start..<min(start + 1000, samples.count)]))
        }
        // The first after a second, the least that the recipe takes.
        #expect(moments.map(\.time) == stride(from: 1.0, through: 4.0, by: 0.5).map { $0 })
        #expect(try live.append([Float](repeating: 0, count: 22_050)).count == 2)
    }

    @Test(arguments: [Double.nan, .infinity, -1, 0, 1e300]) func timesThatMakeNoSenseAreErrors(seconds: Double) {
        #expect(throws: PredictionError.self) { try LiveClassifier(predictor: predictor, interval: seconds) }
        #expect(throws: PredictionError.self) { try LiveClassifier(predictor: predictor, stretch: seconds) }
    }

    @Test func whatIsNoNumberIsSilence() throws {
        let (live, other) = (try LiveClassifier(predictor: predictor), try LiveClassifier(predictor: predictor))
        var samples = sound(seconds: 8)
        for place in [100, 30_000, 150_000] { samples[place] = 0 }
        let clean = try live.append(samples)
        for (place, value) in [(100, Float.nan), (30_000, .infinity), (150_000, -.infinity)] { samples[place] = value }
        let broken = try other.append(samples)
        #expect(clean.count == 15 && broken.map(\.confidences) == clean.map(\.confidences))
        // Until a segment of 6.2 s is heard, it is padded.
        #expect(clean.map(\.isPadded) == clean.map { $0.time < 6.2 })
    }

    @Test func aStretchOfSilenceHasNoVerdict() throws {
        let live = try LiveClassifier(predictor: predictor)
        #expect(try live.append([Float](repeating: 0, count: 44_100)).isEmpty)
        #expect(try live.append(sound(seconds: 0.5)).count == 1)
    }
}
