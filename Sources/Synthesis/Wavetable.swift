import Foundation

/// The shape of one period, as a sum of sine harmonics.
enum Waveform: Int, CaseIterable {
    case sine, triangle, sawtooth, square, organ, reed, vowel, hammer

    /// Amplitude of a harmonic, counted from 1.
    func amplitude(_ harmonic: Int) -> Double {
        let order = Double(harmonic)
        let isOdd = harmonic % 2 == 1
        switch self {
        case .sine: return harmonic == 1 ? 1 : 0
        case .triangle: return isOdd ? (harmonic % 4 == 1 ? 1 : -1) / (order * order) : 0
        case .sawtooth: return 1 / order
        case .square: return isOdd ? 1 / order : 0
        case .organ: return [1, 0.8, 0.6, 0.5, 0, 0.3, 0, 0.35].element(harmonic - 1) ?? 0
        // Strong middle harmonics, as of a conical reed.
        case .reed: return order / (4 + 0.25 * order * order * order)
        // Two humps stand for the formants of an open vowel at speaking pitch.
        case .vowel:
            return 1 / order + 0.6 * exp(-0.4 * (order - 5) * (order - 5)) + 0.3
                * exp(-0.2 * (order - 11) * (order - 11))
        case .hammer: return exp(-0.28 * order) * (harmonic % 7 == 0 ? 0.2 : 1)
        }
    }
}

extension Array {
    fileprivate func element(_ index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

/// One period of a waveform in versions of rising harmonic number, so that a tone takes the richest one below the
/// Nyquist frequency and never aliases. Read with a 32-bit phase that wraps by itself and linear interpolation.
struct Wavetable: Sendable {
    static let sizeInBits: UInt32 = 11
    static let size = 1 << Int(sizeInBits)
    private static let harmonicNumbers = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128]

    /// All waveforms, by raw value; built once a process.
    static let all: [Wavetable] = Waveform.allCases.map(Wavetable.init)

    private let levels: [[Float]]

    private init(_ waveform: Waveform) {
        let sine = (0..<Self.size).map { sin(2 * Double.pi * Double($0) / Double(Self.size)) }
        var sum = [Double](repeating: 0, count: Self.size)
        var levels: [[Float]] = []
        var harmonic = 1
        for last in Self.harmonicNumbers {
            while harmonic <= last {
                let amplitude = waveform.amplitude(harmonic)
                if amplitude != 0 {
                    for index in 0..<Self.size { sum[index] += amplitude * sine[(harmonic * index) & (Self.size - 1)] }
                }
                harmonic += 1
            }
            // One more sample than a period, so that interpolation needs no wrapping.
            levels.append((sum + [sum[0]]).map(Float.init))
        }
        self.levels = levels
    }

    /// The period to read for a tone of `frequency` Hz: `size` + 1 samples.
    func period(frequency: Double, sampleRate: Double) -> [Float] {
        let most = Int(0.45 * sampleRate / frequency)
        let level = Self.harmonicNumbers.lastIndex { $0 <= most } ?? 0
        return levels[level]
    }

    /// The phase step a sample for `frequency` Hz.
    static func step(frequency: Double, sampleRate: Double) -> UInt32 {
        UInt32(min(0.499, max(0, frequency / sampleRate)) * 0x1p32)
    }

    /// Reads a period at a phase.
    @inline(__always)
    static func read(_ period: UnsafeBufferPointer<Float>, _ phase: UInt32) -> Float {
        let index = Int(phase >> (32 - sizeInBits))
        let fraction = Float(phase & ((1 << (32 - sizeInBits)) - 1)) * 0x1p-21
        return period[index] + fraction * (period[index + 1] - period[index])
    }
}
