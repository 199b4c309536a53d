import Foundation
import Randomness

/// White noise from a seeded counter.
struct Noise {
    private var source: SplitMix64

    init(seed: UInt64) { source = SplitMix64(state: seed) }

    /// A sample in [-1, 1).
    @inline(__always)
    mutating func next() -> Float { Float(Int32(truncatingIfNeeded: source.next() >> 32)) * 0x1p-31 }

    mutating func word() -> UInt64 { source.next() }
}

/// The gain g of y += g (x - y), a one-pole low-pass with its cut-off at `cutoff` Hz.
func onePoleGain(_ cutoff: Double, _ sampleRate: Double) -> Float {
    Float(1 - exp(-2 * Double.pi * min(cutoff, sampleRate / 2) / sampleRate))
}

/// A rational stand-in for tanh: odd, smooth, and flat at ±1 beyond ±3.
@inline(__always)
func softClip(_ value: Float) -> Float {
    let bounded = max(-3, min(3, value))
    let square = bounded * bounded
    return bounded * (27 + square) / (27 + 9 * square)
}

/// Scales to a peak of `peak`; silence stays as it is.
func normalise(_ samples: inout [Float], peak: Float = 1) {
    samples.withUnsafeMutableBufferPointer { samples in
        var greatest: Float = 0
        for value in samples { greatest = max(greatest, abs(value)) }
        guard greatest > 1e-9 else { return }
        let scale = peak / greatest
        for index in samples.indices { samples[index] *= scale }
    }
}

/// Hz of a MIDI pitch number (69 is A at 440 Hz).
func frequency(ofPitch pitch: Int) -> Double { 440 * exp2(Double(pitch - 69) / 12) }
