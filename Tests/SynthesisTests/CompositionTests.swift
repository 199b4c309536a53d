import Foundation
import Synthesis
import Testing

@Suite struct CompositionTests {
    private static let rate = 22_050.0

    private func track(_ style: Style, _ number: Int, seed: UInt64 = 7, seconds: Double = 8) -> [Float] {
        Composition(style: style, seed: seed, number: number).render(seconds: seconds, sampleRate: Self.rate)
    }

    @Test(arguments: Style.allCases)
    func sameSeedAndNumberGiveTheSameSamples(style: Style) {
        let first = track(style, 3, seconds: 3)
        #expect(first.map(\.bitPattern) == track(style, 3, seconds: 3).map(\.bitPattern))
        #expect(first != track(style, 4, seconds: 3))
        #expect(first != track(style, 3, seed: 8, seconds: 3))
    }

    @Test(arguments: Style.allCases)
    func samplesAreFiniteAndPeakAsPromised(style: Style) {
        for number in 0..<6 {
            let samples = track(style, number)
            #expect(samples.count == Int(8 * Self.rate))
            #expect(samples.allSatisfy { $0.isFinite })
            let peak = samples.map(abs).max()!
            #expect(abs(peak - Composition.peak) < 1e-5)
        }
    }

    /// A silent segment could not be told from any other style's.
    @Test(arguments: Style.allCases)
    func everySecondSounds(style: Style) {
        for number in 0..<6 {
            let samples = track(style, number)
            for second in 0..<8 {
                let part = Array(samples[(second * 22_050)..<((second + 1) * 22_050)])
                #expect(
                    (Measurement.energy(part) / 22_050).squareRoot() > 0.003, "\(style) \(number), second \(second)")
            }
        }
    }

    @Test(arguments: Style.allCases)
    func tracksOfAStyleDiffer(style: Style) {
        let compositions = (0..<24).map { Composition(style: style, seed: 1, number: $0) }
        #expect(compositions.allSatisfy { style.tempi.contains($0.tempo) && (0..<12).contains($0.key) })
        #expect(Set(compositions.map(\.tempo)).count == 24)
        #expect(Set(compositions.map(\.key)).count > 5)
    }

    @Test(arguments: [8_000.0, 16_000, 44_100])
    func otherSampleRatesKeepTheLengthInSeconds(rate: Double) {
        for style in Style.allCases {
            let samples = Composition(style: style, seed: 2, number: 0).render(seconds: 1.5, sampleRate: rate)
            #expect(samples.count == Int(1.5 * rate))
            #expect(samples.allSatisfy { $0.isFinite && abs($0) <= 0.80001 })
        }
    }

    @Test func nothingLastsNoTime() {
        #expect(track(.jazz, 0, seconds: 0).isEmpty)
        #expect(track(.jazz, 0, seconds: 0.001).count == 22)
    }

    /// Four on the floor: the bass drum repeats at the declared tempo.
    @Test func discoHasItsDeclaredTempo() {
        let errors = (0..<7).map { number in
            let composition = Composition(style: .disco, seed: 5, number: number)
            let samples = composition.render(seconds: 10, sampleRate: Self.rate)
            return abs(Measurement.tempo(samples, sampleRate: Self.rate) / composition.tempo - 1)
        }
        #expect(median(errors) < 0.01, "\(errors)")
        #expect(errors.filter { $0 < 0.02 }.count >= 6, "\(errors)")
    }

    @Test func metalIsBrighterAndDenserThanClassical() {
        func treble(_ style: Style) -> Double {
            median(
                (0..<9).map { number in
                    let samples = track(style, number, seconds: 6)
                    let high = Measurement.filtered(samples, cutoff: 4_000, sampleRate: Self.rate, above: true)
                    return Measurement.energy(high) / Measurement.energy(samples)
                })
        }
        func loudness(_ style: Style) -> Double {
            median((0..<9).map { Measurement.energy(track(style, $0, seconds: 6)) })
        }
        #expect(treble(.metal) > 2 * treble(.classical), "\(treble(.metal)) \(treble(.classical))")
        #expect(loudness(.metal) > 2 * loudness(.classical))
    }

    /// Reggae and hip-hop carry their weight in the bass, country and classical do not.
    @Test func bassHeavyStylesAreBassHeavy() {
        func bass(_ style: Style) -> Double {
            median(
                (0..<9).map { number in
                    let samples = track(style, number, seconds: 6)
                    let low = Measurement.filtered(samples, cutoff: 150, sampleRate: Self.rate, above: false, order: 2)
                    return Measurement.energy(low) / Measurement.energy(samples)
                })
        }
        #expect(min(bass(.reggae), bass(.hiphop)) > 1.5 * max(bass(.classical), bass(.country)))
    }
}
