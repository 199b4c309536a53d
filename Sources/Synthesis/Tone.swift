import Foundation

/// A sustained or struck instrument: wavetable oscillators, a swept low-pass filter, an envelope and, for electric
/// guitars, a soft clipper behind them. All the pitches of a chord go through one clipper, as through one amplifier.
struct Tone {
    var waveform: Waveform
    /// Oscillators a pitch, spread over `detune` cents to either side.
    var voices = 1
    var detune = 0.0
    /// Seconds to full level; time constant of the fall to `sustain`; level held; seconds of fade after the note.
    var attack = 0.005
    var decay = 0.3
    var sustain = 0.0
    var release = 0.05
    /// Low-pass in Hz; it opens `sweep` times wider at the start and falls back with time constant `sweepDecay`.
    var cutoff = 3000.0
    var sweep = 0.0
    var sweepDecay = 0.15
    /// Cents to either side, 5.5 times a second, after the first fifth of a second.
    var vibrato = 0.0
    /// Amplification before the clipper; 0 leaves it out.
    var drive = 0.0
    /// Low-pass in Hz behind the clipper: the loudspeaker.
    var cabinet = 4500.0
    /// Noise mixed into the oscillators: bow, breath.
    var breath = 0.0
    /// Cents below the pitch from which a note slides up in its first tenth of a second.
    var slide = 0.0

    /// Renders one note or chord, peak 1.
    ///
    /// - Parameters:
    ///   - frequencies: Hz, one a pitch.
    ///   - held: samples until the release begins.
    func render(frequencies: [Double], held: Int, sampleRate: Double, noise: inout Noise) -> [Float] {
        let count = held + Int(release * sampleRate)
        var samples = [Float](repeating: 0, count: count)
        for frequency in frequencies {
            let table = Wavetable.all[waveform.rawValue].period(frequency: frequency, sampleRate: sampleRate)
            for voice in 0..<voices {
                let place = voices == 1 ? 0 : 2 * Double(voice) / Double(voices - 1) - 1
                let start = voices == 1 ? 0 : UInt32(truncatingIfNeeded: noise.word())
                oscillate(
                    &samples, table, frequency: frequency * exp2(place * detune / 1200), start: start,
                    sampleRate: sampleRate)
            }
        }
        if breath > 0 {
            let amount = Float(breath * Double(frequencies.count * voices))
            for index in samples.indices { samples[index] += amount * noise.next() }
        }
        shape(&samples, held: held, sampleRate: sampleRate)
        if drive > 0 { clip(&samples, voices: frequencies.count * voices, sampleRate: sampleRate) }
        normalise(&samples)
        return samples
    }

    private static let block = 32

    private func oscillate(
        _ samples: inout [Float], _ table: [Float], frequency: Double, start: UInt32, sampleRate: Double
    ) {
        let isBent = vibrato > 0 || slide > 0
        let straight = Wavetable.step(frequency: frequency, sampleRate: sampleRate)
        var phase = start
        samples.withUnsafeMutableBufferPointer { samples in
            table.withUnsafeBufferPointer { table in
                var first = 0
                while first < samples.count {
                    let last = min(first + Self.block, samples.count)
                    var step = straight
                    if isBent {
                        let time = Double(first) / sampleRate
                        let swing = vibrato * min(1, max(0, (time - 0.2) * 5)) * sin(2 * Double.pi * 5.5 * time)
                        let cents = swing - slide * max(0, 1 - time * 10)
                        step = Wavetable.step(frequency: frequency * exp2(cents / 1200), sampleRate: sampleRate)
                    }
                    for index in first..<last {
                        samples[index] += Wavetable.read(table, phase)
                        phase &+= step
                    }
                    first = last
                }
            }
        }
    }

    /// Filter (two one-pole stages) and envelope.
    private func shape(_ samples: inout [Float], held: Int, sampleRate: Double) {
        let rise = Float(1 / max(1, attack * sampleRate))
        let fall = Float(exp(-1 / (decay * sampleRate)))
        let fade = Float(1 / max(1, release * sampleRate))
        let floor = Float(sustain)
        var opening = sweep
        let closing = exp(-Double(Self.block) / (sweepDecay * sampleRate))
        var attackLevel: Float = 0
        var decayLevel: Float = 1
        var releaseLevel: Float = 1
        var firstStage: Float = 0
        var secondStage: Float = 0
        samples.withUnsafeMutableBufferPointer { samples in
            var first = 0
            while first < samples.count {
                let last = min(first + Self.block, samples.count)
                let gain = onePoleGain(cutoff * (1 + opening), sampleRate)
                opening *= closing
                for index in first..<last {
                    firstStage += gain * (samples[index] - firstStage)
                    secondStage += gain * (firstStage - secondStage)
                    attackLevel = min(1, attackLevel + rise)
                    if attackLevel == 1 { decayLevel *= fall }
                    if index >= held { releaseLevel = max(0, releaseLevel - fade) }
                    samples[index] = secondStage * attackLevel * (floor + (1 - floor) * decayLevel) * releaseLevel
                }
                first = last
            }
        }
    }

    private func clip(_ samples: inout [Float], voices: Int, sampleRate: Double) {
        let amplification = Float(drive) / Float(max(1, voices)).squareRoot()
        let gain = onePoleGain(cabinet, sampleRate)
        var firstStage: Float = 0
        var secondStage: Float = 0
        samples.withUnsafeMutableBufferPointer { samples in
            for index in samples.indices {
                firstStage += gain * (softClip(samples[index] * amplification) - firstStage)
                secondStage += gain * (firstStage - secondStage)
                samples[index] = secondStage
            }
        }
    }
}
