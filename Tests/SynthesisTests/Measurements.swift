import Foundation
import Synthesis

/// Measurements made apart from the synthesiser's own code.
enum Measurement {
    /// Power of `samples` at one frequency, in Hz, through a Hann window.
    static func power(_ samples: [Float], at frequency: Double, sampleRate: Double) -> Double {
        var real = 0.0
        var imaginary = 0.0
        for (index, sample) in samples.enumerated() {
            let window = 0.5 - 0.5 * cos(2 * Double.pi * Double(index) / Double(samples.count))
            let angle = 2 * Double.pi * frequency * Double(index) / sampleRate
            real += Double(sample) * window * cos(angle)
            imaginary += Double(sample) * window * sin(angle)
        }
        return (real * real + imaginary * imaginary) / Double(samples.count * samples.count)
    }

    /// The frequency of greatest power within 3 % of `guess`, in steps of 0.1 %.
    static func pitch(_ samples: [Float], near guess: Double, sampleRate: Double) -> Double {
        stride(from: 0.97, through: 1.03, by: 0.001).map { $0 * guess }
            .max { power(samples, at: $0, sampleRate: sampleRate) < power(samples, at: $1, sampleRate: sampleRate) }!
    }

    static func energy(_ samples: [Float]) -> Double {
        samples.reduce(0) { $0 + Double($1) * Double($1) }
    }

    /// `samples` through `order` one-pole filters in a row: above the cut-off, in Hz, or below it.
    static func filtered(
        _ samples: [Float], cutoff: Double, sampleRate: Double, above: Bool, order: Int = 4
    ) -> [Float] {
        let gain = Float(1 - exp(-2 * Double.pi * cutoff / sampleRate))
        var result = samples
        for _ in 0..<order {
            var state: Float = 0
            for index in result.indices {
                state += gain * (result[index] - state)
                result[index] = above ? result[index] - state : state
            }
        }
        return result
    }

    /// The beats a minute, of 90 to 150, at whose period the rises of low-frequency energy repeat most.
    static func tempo(_ samples: [Float], sampleRate: Double) -> Double {
        let low = filtered(samples, cutoff: 90, sampleRate: sampleRate, above: false)
        let hop = Int(sampleRate / 200)
        let frameRate = sampleRate / Double(hop)
        let levels = stride(from: 0, to: low.count - hop, by: hop).map { start in
            energy(Array(low[start..<(start + hop)])).squareRoot()
        }
        var rises = zip(levels.dropFirst(), levels).map { max(0, $0 - $1) }
        let mean = rises.reduce(0, +) / Double(rises.count)
        for index in rises.indices { rises[index] -= mean }
        // Four periods at once make the estimate finer than a frame.
        func repeats(_ beats: Double) -> Double {
            (1...4).reduce(0) { sum, periods in
                let lag = Int((Double(periods) * 60 / beats * frameRate).rounded())
                let product = (0..<(rises.count - lag)).reduce(0) { $0 + rises[$1] * rises[$1 + lag] }
                return sum + product / Double(rises.count - lag)
            }
        }
        return stride(from: 90, through: 150, by: 0.25).max { repeats($0) < repeats($1) }!
    }
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
