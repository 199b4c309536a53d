import Foundation
import Randomness

/// Writes a score bar by bar: the tools that all styles share. Times are in beats, four a bar.
struct Arranger {
    var random: RandomStream
    /// Beats a minute.
    let tempo: Double
    /// Pitch class of the keynote, 0 for C.
    let key: Int
    let bars: Int
    var score = Score()
    /// Where the off-beat falls within its unit: 0.5 is straight, 2/3 a triplet shuffle.
    var swing = 0.5
    /// Beats that swing divides: 1 swings eighths, 0.5 sixteenths.
    var swingUnit = 1.0
    /// Standard deviation of each start, in seconds.
    var looseness = 0.006

    // MARK: Chance

    mutating func chance(_ probability: Double) -> Bool { random.uniform() < probability }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[random.index(below: values.count)] }

    mutating func draw(_ range: ClosedRange<Double>) -> Double { random.uniform(range.lowerBound, range.upperBound) }

    // MARK: Parts

    /// Adds an instrument to the mix, a few decibels about `level`, that is silent in some pairs of bars.
    mutating func part(_ instrument: Instrument, _ level: Double, presence: Double = 1) -> Part {
        var instrument = instrument
        if case .tone(var tone) = instrument {
            tone.cutoff *= exp2(draw(-0.6...0.6))
            instrument = .tone(tone)
        }
        score.instruments.append(instrument)
        let loudness = level * exp2(draw(-0.6...0.6))
        let plays = (0...(bars / 2)).map { _ in chance(presence) }
        return Part(instrument: score.instruments.count - 1, level: loudness, plays: plays)
    }

    mutating func part(_ tone: Tone, _ level: Double, presence: Double = 1) -> Part {
        part(.tone(tone), level, presence: presence)
    }

    mutating func part(_ string: PluckedString, _ level: Double, presence: Double = 1) -> Part {
        part(.string(string), level, presence: presence)
    }

    mutating func part(_ drum: Drum, _ level: Double, presence: Double = 1) -> Part {
        part(.drum(drum), level, presence: presence)
    }

    // MARK: Notes

    /// - Parameters:
    ///   - beat: from the track's start.
    ///   - length: beats.
    mutating func play(_ part: Part, _ pitches: [Int], at beat: Double, for length: Double, accent: Double = 1) {
        guard part.plays[min(part.plays.count - 1, Int(max(0, beat) / 8))] else { return }
        let jitter = looseness * max(-2, min(2, random.normal()))
        let touch = draw(0.8...1.1)
        let seconds = 60 / tempo
        score.events.append(
            Event(
                instrument: part.instrument, pitches: pitches, start: swung(beat) * seconds + jitter,
                length: length * seconds, gain: part.level * accent * touch))
    }

    private func swung(_ beat: Double) -> Double {
        let units = beat / swingUnit
        let whole = units.rounded(.down)
        let place = units - whole
        let moved = place < 0.5 ? 2 * place * swing : swing + (2 * place - 1) * (1 - swing)
        return (whole + moved) * swingUnit
    }

    /// Strikes through a bar of equal steps: `X` accented, `x` plain, `o` soft, anything else silent.
    mutating func strike(_ part: Part, _ pattern: String, bar: Int, accent: Double = 1) {
        let step = 4 / Double(pattern.utf8.count)
        for (index, symbol) in pattern.enumerated() {
            let loudness: Double
            switch symbol {
            case "X": loudness = 1.25
            case "x": loudness = 1
            case "o": loudness = 0.4
            default: continue
            }
            play(part, [], at: Double(4 * bar) + Double(index) * step, for: step, accent: accent * loudness)
        }
    }

    /// The rhythms a melody draws from: note lengths in beats that fill a bar, negative for rests.
    enum Rhythms {
        static let calm: [[Double]] = [[2, 2], [1, 1, 2], [3, 1], [1.5, 0.5, 2], [4], [-1, 1, 2]]
        static let lively: [[Double]] = [
            [0.5, 0.5, 1, 0.5, 0.5, 1], [1, 0.5, 0.5, 1, 1], [-0.5, 0.5, 0.5, 0.5, 2], [0.5, 0.5, 0.5, 0.5, -1, 1],
            [1.5, 0.5, 1, -1], [-1, 0.5, 0.5, 0.5, 0.5, 1],
        ]
        static let running: [[Double]] = [
            [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5, 1, 0.5, 0.5],
            [-0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1],
        ]
        static let rapid: [[Double]] = [
            [Double](repeating: 0.25, count: 16),
            [0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.5, 0.5],
            [0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5],
        ]
        static let speech: [[Double]] = [
            [0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 0.5, -1],
            [-0.5, 0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0.25, 0.25, 0.5, 0.5],
            [0.5, 0.25, 0.25, 0.25, 0.25, 0.5, -0.25, 0.25, 0.25, 0.25, 0.5, 0.5],
        ]
    }

    /// A bar of melody that walks by small steps over `pitches`.
    ///
    /// - Parameters:
    ///   - place: index into `pitches`, carried from bar to bar.
    ///   - legato: part of each length that sounds.
    mutating func sing(
        _ part: Part, over pitches: [Int], from place: inout Int, rhythms: [[Double]], bar: Int, legato: Double = 0.9
    ) {
        var beat = Double(4 * bar)
        for length in pick(rhythms) {
            if length > 0 {
                place += pick([-2, -1, -1, 0, 1, 1, 2])
                if place < 0 { place = -place }
                if place >= pitches.count { place = 2 * (pitches.count - 1) - place }
                place = max(0, min(pitches.count - 1, place))
                play(part, [pitches[place]], at: beat, for: length * legato)
            }
            beat += abs(length)
        }
    }
}
