import Foundation

/// A plucked string: a delay line of one period, filled with noise, that runs through a gentle low-pass filter on each
/// round (Karplus & Strong 1983, tuned as Jaffe & Smith 1983).
struct PluckedString {
    /// Seconds in which the string falls by 60 dB.
    var ring = 2.0
    /// 0...1: how hard the pick, that is how much treble the noise keeps.
    var brightness = 0.7
    /// 0...0.5: the weight of the neighbour sample in the loop; more is duller and shorter.
    var damping = 0.3
    /// Seconds between the strings of a chord: a strum.
    var strum = 0.012
    var release = 0.04
    /// Low-pass in Hz over it all: the body.
    var body = 6000.0

    /// Renders one note or chord, peak 1; arguments as `Tone.render`.
    func render(frequencies: [Double], held: Int, sampleRate: Double, noise: inout Noise) -> [Float] {
        let faded = max(1, Int(release * sampleRate))
        let count = held + faded
        var samples = [Float](repeating: 0, count: count)
        for (string, frequency) in frequencies.enumerated() {
            pluck(
                &samples, from: min(count, Int(Double(string) * strum * sampleRate)), frequency: frequency,
                sampleRate: sampleRate, noise: &noise)
        }
        let gain = onePoleGain(body, sampleRate)
        let fade = 1 / Float(faded)
        var state: Float = 0
        samples.withUnsafeMutableBufferPointer { samples in
            for index in samples.indices {
                state += gain * (samples[index] - state)
                samples[index] = index < held ? state : state * (1 - Float(index - held) * fade)
            }
        }
        normalise(&samples)
        return samples
    }

    private func pluck(
        _ samples: inout [Float], from start: Int, frequency: Double, sampleRate: Double, noise: inout Noise
    ) {
        // The loop filter delays by `damping` samples; an all-pass makes up the fraction, so that pitch is true.
        let period = sampleRate / frequency - damping
        let whole = max(2, Int(period - 0.3))
        // In 0.3..<1.3, but for strings near the Nyquist frequency, which cannot be tuned.
        let fraction = max(0.1, period - Double(whole))
        let allPass = Float((1 - fraction) / (1 + fraction))
        let loss = Float(exp2(-9.97 / (ring * frequency)))
        let mix = Float(damping)
        let pick = Float(0.1 + 0.9 * brightness)
        var line = [Float](repeating: 0, count: whole)
        var smooth: Float = 0
        for index in line.indices {
            smooth += pick * (noise.next() - smooth)
            line[index] = smooth
        }
        let mean = line.reduce(0, +) / Float(whole)
        for index in line.indices { line[index] -= mean }
        samples.withUnsafeMutableBufferPointer { samples in
            line.withUnsafeMutableBufferPointer { line in
                var place = 0
                var previous: Float = 0
                var allPassInput: Float = 0
                var allPassOutput: Float = 0
                for index in start..<samples.count {
                    let current = line[place]
                    samples[index] += current
                    let filtered = loss * ((1 - mix) * current + mix * previous)
                    previous = current
                    allPassOutput = allPass * (filtered - allPassOutput) + allPassInput
                    allPassInput = filtered
                    line[place] = allPassOutput
                    place += 1
                    if place == whole { place = 0 }
                }
            }
        }
    }
}
