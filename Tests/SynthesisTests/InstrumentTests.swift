import Foundation
import Randomness
import Testing

@testable import Synthesis

@Suite struct InstrumentTests {
    private static let rate = 22_050.0

    @Test(arguments: [40, 57, 69, 76])
    func stringsAndTonesAreInTune(pitch: Int) {
        // Equal temperament from A at 440 Hz.
        let expected = 440 * pow(2, (Double(pitch) - 69) / 12)
        var noise = Noise(seed: 1)
        let frequencies = [frequency(ofPitch: pitch)]
        let string = PluckedString(ring: 4, damping: 0.3).render(
            frequencies: frequencies, held: 11_025, sampleRate: Self.rate, noise: &noise)
        let tone = Tone(waveform: .sawtooth, sustain: 1, cutoff: 6_000).render(
            frequencies: frequencies, held: 11_025, sampleRate: Self.rate, noise: &noise)
        for samples in [string, tone] {
            let measured = Measurement.pitch(samples, near: expected, sampleRate: Self.rate)
            #expect(abs(measured / expected - 1) < 0.006, "\(measured) Hz for \(expected) Hz")
        }
    }

    /// A naive sawtooth at 3 kHz would fold its ninth harmonic, 27 kHz, down to 4950 Hz.
    @Test func oscillatorsDoNotAlias() {
        var noise = Noise(seed: 1)
        let samples = Tone(waveform: .sawtooth, sustain: 1, cutoff: 11_000).render(
            frequencies: [3_000], held: 8_192, sampleRate: Self.rate, noise: &noise)
        let tone = Measurement.power(samples, at: 3_000, sampleRate: Self.rate)
        for folded in [4_950.0, 1_950, 1_050, 7_950] {
            #expect(Measurement.power(samples, at: folded, sampleRate: Self.rate) < 1e-5 * tone)
        }
    }

    @Test func pluckedStringsDieAway() {
        var noise = Noise(seed: 2)
        let samples = PluckedString(ring: 1).render(
            frequencies: [220], held: 22_050, sampleRate: Self.rate, noise: &noise)
        let early = Measurement.energy(Array(samples[0..<4_000]))
        let late = Measurement.energy(Array(samples[16_000..<20_000]))
        // 60 dB a second over 0.73 s is 44 dB; the loop filter takes more.
        #expect(late < early * 1e-4)
        #expect(late > 0)
    }

    @Test func notesNearTheNyquistFrequencyStayFinite() {
        var noise = Noise(seed: 3)
        for frequency in [1_000.0, 3_000, 3_999, 5_000, 12_000] {
            let string = PluckedString().render(
                frequencies: [frequency], held: 4_000, sampleRate: 8_000, noise: &noise)
            let tone = Tone(waveform: .square, sustain: 1, drive: 10).render(
                frequencies: [frequency], held: 4_000, sampleRate: 8_000, noise: &noise)
            #expect((string + tone).allSatisfy { $0.isFinite && abs($0) <= 1.0001 })
        }
    }

    @Test func drumsLieWhereTheyShould() {
        func lowShare(_ drum: Drum) -> Double {
            var noise = Noise(seed: 4)
            let samples = drum.render(sampleRate: Self.rate, noise: &noise)
            let low = Measurement.filtered(samples, cutoff: 200, sampleRate: Self.rate, above: false, order: 2)
            return Measurement.energy(low) / Measurement.energy(samples)
        }
        #expect(lowShare(.kick()) > 0.5)
        #expect(lowShare(.snare()) < 0.3)
        #expect(lowShare(.hat()) < 0.01)
    }
}

@Suite struct ScoreTests {
    private func arranger(_ style: Style, _ number: Int) -> Arranger {
        var arranger = Arranger(
            random: RandomStream(seed: 9, purpose: "\(style) \(number)"), tempo: 120, key: number % 12, bars: 16)
        arranger.compose(style)
        return arranger
    }

    @Test(arguments: Style.allCases)
    func scoresArePlayable(style: Style) {
        for number in 0..<24 {
            let score = arranger(style, number).score
            for event in score.events {
                #expect(score.instruments.indices.contains(event.instrument))
                #expect(event.pitches.allSatisfy { (23...108).contains($0) }, "\(style): \(event.pitches)")
                #expect(event.start > -0.1 && event.start < 32.1)
                #expect(event.length > 0 && event.length < 4.1)
                #expect(event.gain >= 0 && event.gain < 3)
            }
            #expect(Set(score.events.map { Int($0.start / 2) }).isSuperset(of: 0..<16), "\(style) \(number) has a gap")
        }
    }

    @Test func swingMovesTheOffBeatOnly() {
        var arranger = Arranger(random: RandomStream(seed: 1, purpose: "test"), tempo: 60, key: 0, bars: 1)
        arranger.looseness = 0
        arranger.swing = 2.0 / 3
        let part = arranger.part(Drum.hat(), 1)
        arranger.strike(part, "xxxxxxxx", bar: 0)
        let starts = arranger.score.events.map(\.start)
        for (index, start) in starts.enumerated() {
            #expect(abs(start - (Double(index / 2) + (index % 2 == 0 ? 0 : 2.0 / 3))) < 1e-9)
        }
        #expect(starts.count == 8)
    }

    @Test func voicingsKeepTheChordsNotesAboveTheFloor() {
        for key in 0..<12 {
            let pitches = Chord.dominant(7).voiced(key: key, from: 55)
            #expect(Set(pitches.map { $0 % 12 }) == Set([7, 11, 14, 17].map { (key + $0) % 12 }))
            #expect(pitches.allSatisfy { (55..<67).contains($0) })
            #expect(Chord.minor(2).bass(key: key, from: 33) % 12 == (key + 2) % 12)
        }
        #expect(Scale.pitches(Scale.major, key: 2, in: 60...72) == [61, 62, 64, 66, 67, 69, 71])
    }

    @Test func progressionsFillTheirForm() {
        #expect(Progression.twelveBarBlues.map(\.root) == [0, 0, 0, 0, 5, 5, 0, 0, 7, 5, 0, 7])
        #expect(Progression.minorBlues.count == 12)
        #expect(Progression.quickChangeBlues.count == 12)
    }
}
