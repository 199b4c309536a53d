import Foundation
import Randomness

/// Turns a score into samples. Each different note is rendered once and then only added at its places.
struct Renderer {
    private struct Note: Hashable {
        var instrument: Int
        var pitches: [Int]
        var samples: Int
    }

    private let sampleRate: Double
    private var noise: Noise
    private var notes: [Note: [Float]] = [:]

    init(sampleRate: Double, seed: UInt64) {
        self.sampleRate = sampleRate
        noise = Noise(seed: seed)
    }

    /// - Parameter count: samples of the result; what sounds beyond is cut.
    mutating func render(_ score: Score, count: Int) -> [Float] {
        var samples = [Float](repeating: 0, count: count)
        for event in score.events {
            let start = Int(max(0, event.start) * sampleRate)
            guard start < count else { continue }
            add(sound(event, score), at: start, gain: Float(event.gain), to: &samples)
        }
        score.mix.apply(to: &samples, sampleRate: sampleRate, noise: &noise)
        return samples
    }

    private mutating func sound(_ event: Event, _ score: Score) -> [Float] {
        // Lengths in steps of 5 ms, so that notes of about the same length share one rendering.
        let step = max(1, Int(0.005 * sampleRate))
        let held = max(step, Int(event.length * sampleRate) / step * step)
        let instrument = score.instruments[event.instrument]
        var note = Note(instrument: event.instrument, pitches: event.pitches, samples: held)
        if case .drum = instrument { note.samples = 0 }
        if let known = notes[note] { return known }
        let frequencies = event.pitches.map(frequency(ofPitch:))
        let made: [Float]
        switch instrument {
        case .tone(let tone):
            made = tone.render(frequencies: frequencies, held: held, sampleRate: sampleRate, noise: &noise)
        case .string(let string):
            made = string.render(frequencies: frequencies, held: held, sampleRate: sampleRate, noise: &noise)
        case .drum(let drum):
            made = drum.render(sampleRate: sampleRate, noise: &noise)
        }
        notes[note] = made
        return made
    }

    private func add(_ sound: [Float], at start: Int, gain: Float, to samples: inout [Float]) {
        let length = min(sound.count, samples.count - start)
        samples.withUnsafeMutableBufferPointer { samples in
            sound.withUnsafeBufferPointer { sound in
                for index in 0..<length { samples[start + index] += gain * sound[index] }
            }
        }
    }
}
