import Foundation

/// A drum or cymbal: a sine body that falls in pitch, a band of noise, and for cymbals a cluster of square waves.
struct Drum {
    /// Hz at rest; it starts `bend` times higher and falls with time constant `bendDecay`. Level 0 leaves it out.
    var pitch = 60.0
    var bend = 0.0
    var bendDecay = 0.03
    var body = 0.0
    var bodyDecay = 0.15
    /// Noise between `lowest` and `highest` Hz.
    var noise = 0.0
    var noiseDecay = 0.1
    var lowest = 20.0
    var highest = 9000.0
    /// Bursts that make a clap; 1 for all else.
    var bursts = 1
    /// Square waves at inharmonic frequencies, through the noise's filter and envelope.
    var metal = 0.0

    func render(sampleRate: Double, noise source: inout Noise) -> [Float] {
        let count = Int(min(1.2, 5 * max(body > 0 ? bodyDecay : 0, noiseDecay) + 0.03) * sampleRate)
        var samples = [Float](repeating: 0, count: count)
        if noise > 0 || metal > 0 { rattle(&samples, sampleRate, &source) }
        if body > 0 { thump(&samples, sampleRate) }
        // The envelopes are cut off at exp(-5) of their level at the latest; the fade hides the step.
        let fade = min(count, Int(0.02 * sampleRate))
        for index in 0..<fade { samples[count - 1 - index] *= Float(index) / Float(max(1, fade)) }
        normalise(&samples)
        return samples
    }

    private func thump(_ samples: inout [Float], _ sampleRate: Double) {
        let table = Wavetable.all[Waveform.sine.rawValue].period(frequency: pitch, sampleRate: sampleRate)
        let closing = exp(-1 / (bendDecay * sampleRate))
        let fall = Float(exp(-1 / (bodyDecay * sampleRate)))
        let rest = pitch / sampleRate * 0x1p32
        var above = bend
        var level = Float(body)
        // A quarter period in: the first sample is the beater's click.
        var phase: UInt32 = 1 << 29
        samples.withUnsafeMutableBufferPointer { samples in
            table.withUnsafeBufferPointer { table in
                for index in samples.indices {
                    samples[index] += level * Wavetable.read(table, phase)
                    phase &+= UInt32(min(0x1p31, rest * (1 + above)))
                    above *= closing
                    level *= fall
                }
            }
        }
    }

    private func rattle(_ samples: inout [Float], _ sampleRate: Double, _ source: inout Noise) {
        let squares = [2.0, 3.01, 4.16, 5.43, 6.79, 8.21].map {
            Wavetable.step(frequency: min(0.4 * sampleRate, $0 * 540), sampleRate: sampleRate)
        }
        var phases = [UInt32](repeating: 0, count: squares.count)
        let low = onePoleGain(lowest, sampleRate)
        let high = onePoleGain(highest, sampleRate)
        let fall = Float(exp(-1 / (noiseDecay * sampleRate)))
        let gap = Int(0.011 * sampleRate)
        var level: Float = 1
        var burst = 1
        var below: Float = 0
        var belowTwice: Float = 0
        var smooth: Float = 0
        for index in samples.indices {
            var value = Float(noise) * source.next()
            if metal > 0 {
                var sum: Float = 0
                for square in squares.indices {
                    sum += phases[square] >> 31 == 0 ? 1 : -1
                    phases[square] &+= squares[square]
                }
                value += Float(metal) * sum / 6
            }
            if burst < bursts, index == burst * gap {
                level = 1
                burst += 1
            }
            below += low * (value - below)
            let band = value - below
            belowTwice += low * (band - belowTwice)
            smooth += high * (band - belowTwice - smooth)
            samples[index] += smooth * level
            level *= burst < bursts ? fall * fall * fall : fall
        }
    }
}

extension Drum {
    static func kick(pitch: Double = 52, decay: Double = 0.12, click: Double = 0.05) -> Drum {
        Drum(
            pitch: pitch, bend: 3.5, bendDecay: 0.022, body: 1, bodyDecay: decay, noise: click, noiseDecay: 0.006,
            lowest: 800)
    }
    static func snare(pitch: Double = 185, decay: Double = 0.09, rattle: Double = 0.9) -> Drum {
        Drum(
            pitch: pitch, bend: 0.6, bendDecay: 0.015, body: 0.6, bodyDecay: 0.06, noise: rattle, noiseDecay: decay,
            lowest: 500, highest: 7500)
    }
    static func hat(decay: Double = 0.025) -> Drum {
        Drum(noise: 0.7, noiseDecay: decay, lowest: 5500, highest: 11000, metal: 0.6)
    }
    static func ride(decay: Double = 0.22) -> Drum {
        Drum(noise: 0.25, noiseDecay: decay, lowest: 3500, highest: 9000, metal: 0.9)
    }
    static let crash = Drum(noise: 1, noiseDecay: 0.32, lowest: 2200, highest: 10000, metal: 0.4)
    static let clap = Drum(noise: 1, noiseDecay: 0.07, lowest: 800, highest: 3800, bursts: 4)
    static let sideStick = Drum(
        pitch: 420, bend: 0.5, bendDecay: 0.004, body: 0.8, bodyDecay: 0.018, noise: 0.3, noiseDecay: 0.01, lowest: 1500
    )
    static let brush = Drum(noise: 1, noiseDecay: 0.06, lowest: 1500, highest: 6500)
    static let shaker = Drum(noise: 1, noiseDecay: 0.03, lowest: 4500, highest: 9500)
    static func tom(pitch: Double) -> Drum {
        Drum(pitch: pitch, bend: 0.7, bendDecay: 0.04, body: 1, bodyDecay: 0.16, noise: 0.1, noiseDecay: 0.02)
    }
    static let timpani = Drum(
        pitch: 82, bend: 0.12, bendDecay: 0.05, body: 1, bodyDecay: 0.35, noise: 0.1, noiseDecay: 0.03)
}
