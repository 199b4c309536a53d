import Foundation

extension Mix {
    /// Room, echo, recording colour and noise over a finished sum; the peak becomes `Composition.peak`.
    func apply(to samples: inout [Float], sampleRate: Double, noise: inout Noise) {
        normalise(&samples)
        if echo > 0 { addEcho(&samples, sampleRate) }
        if reverb > 0 { addReverb(&samples, sampleRate) }
        normalise(&samples)
        colour(&samples, sampleRate)
        addNoise(&samples, sampleRate, &noise)
        normalise(&samples, peak: Composition.peak)
    }

    private func addEcho(_ samples: inout [Float], _ sampleRate: Double) {
        let delay = max(1, Int(echoDelay * sampleRate))
        let gain = Float(echo)
        guard delay < samples.count else { return }
        samples.withUnsafeMutableBufferPointer { samples in
            for index in delay..<samples.count { samples[index] += gain * samples[index - delay] }
        }
    }

    /// Four parallel combs and two all-passes in a row (Schroeder 1962).
    private func addReverb(_ samples: inout [Float], _ sampleRate: Double) {
        var wet = [Float](repeating: 0, count: samples.count)
        for seconds in [0.0297, 0.0371, 0.0411, 0.0437] {
            let delay = max(1, Int(seconds * sampleRate))
            let feedback = Float(pow(10, -3 * seconds / reverbTime))
            var line = [Float](repeating: 0, count: delay)
            var place = 0
            var smooth: Float = 0
            samples.withUnsafeBufferPointer { samples in
                wet.withUnsafeMutableBufferPointer { wet in
                    line.withUnsafeMutableBufferPointer { line in
                        for index in samples.indices {
                            let out = line[place]
                            // Walls swallow treble first.
                            smooth += 0.6 * (out - smooth)
                            line[place] = samples[index] + feedback * smooth
                            wet[index] += 0.25 * out
                            place += 1
                            if place == delay { place = 0 }
                        }
                    }
                }
            }
        }
        for seconds in [0.005, 0.0017] {
            let delay = max(1, Int(seconds * sampleRate))
            var line = [Float](repeating: 0, count: delay)
            var place = 0
            wet.withUnsafeMutableBufferPointer { wet in
                line.withUnsafeMutableBufferPointer { line in
                    for index in wet.indices {
                        let delayed = line[place]
                        let input = wet[index] + 0.7 * delayed
                        wet[index] = delayed - 0.7 * input
                        line[place] = input
                        place += 1
                        if place == delay { place = 0 }
                    }
                }
            }
        }
        let amount = Float(reverb)
        samples.withUnsafeMutableBufferPointer { samples in
            wet.withUnsafeBufferPointer { wet in
                for index in samples.indices { samples[index] = (1 - amount) * samples[index] + amount * wet[index] }
            }
        }
    }

    /// Treble tilt and soft clipping.
    private func colour(_ samples: inout [Float], _ sampleRate: Double) {
        let gain = onePoleGain(1500, sampleRate)
        let treble = Float(pow(10, tilt / 20)) - 1
        let amplification = Float(drive)
        var low: Float = 0
        samples.withUnsafeMutableBufferPointer { samples in
            for index in samples.indices {
                low += gain * (samples[index] - low)
                samples[index] = softClip(amplification * (samples[index] + treble * (samples[index] - low)))
            }
        }
    }

    private func addNoise(_ samples: inout [Float], _ sampleRate: Double, _ noise: inout Noise) {
        let level = Float(hiss)
        let pops = Float(crackle)
        // About twelve clicks a second.
        let rarity = Float(1 - 2 * 12 / sampleRate)
        var click: Float = 0
        samples.withUnsafeMutableBufferPointer { samples in
            for index in samples.indices {
                let value = noise.next()
                samples[index] += level * value
                if pops > 0 {
                    if value > rarity { click = pops * noise.next() }
                    samples[index] += click
                    click *= -0.6
                }
            }
        }
    }
}
