/// Notes of a scale, in semitones above its keynote.
enum Scale {
    static let major = [0, 2, 4, 5, 7, 9, 11]
    static let minor = [0, 2, 3, 5, 7, 8, 10]
    static let dorian = [0, 2, 3, 5, 7, 9, 10]
    static let mixolydian = [0, 2, 4, 5, 7, 9, 10]
    static let phrygian = [0, 1, 3, 5, 7, 8, 10]
    static let blues = [0, 3, 5, 6, 7, 10]
    static let majorPentatonic = [0, 2, 4, 7, 9]
    static let minorPentatonic = [0, 3, 5, 7, 10]

    /// The scale's pitches on `key` (a pitch class) within `range`, rising.
    static func pitches(_ scale: [Int], key: Int, in range: ClosedRange<Int>) -> [Int] {
        range.filter { pitch in scale.contains((((pitch - key) % 12) + 12) % 12) }
    }
}

/// A chord: a root in semitones above the keynote, and its notes above that root.
struct Chord {
    var root: Int
    var notes: [Int]

    static func major(_ root: Int) -> Chord { Chord(root: root, notes: [0, 4, 7]) }
    static func minor(_ root: Int) -> Chord { Chord(root: root, notes: [0, 3, 7]) }
    static func power(_ root: Int) -> Chord { Chord(root: root, notes: [0, 7]) }
    static func dominant(_ root: Int) -> Chord { Chord(root: root, notes: [0, 4, 7, 10]) }
    static func majorSeventh(_ root: Int) -> Chord { Chord(root: root, notes: [0, 4, 7, 11]) }
    static func minorSeventh(_ root: Int) -> Chord { Chord(root: root, notes: [0, 3, 7, 10]) }
    static func diminished(_ root: Int) -> Chord { Chord(root: root, notes: [0, 3, 6]) }
    static func halfDiminished(_ root: Int) -> Chord { Chord(root: root, notes: [0, 3, 6, 10]) }

    /// The chord's notes, each at its lowest place at or above `lowest`, so that neighbours lie close.
    func voiced(key: Int, from lowest: Int) -> [Int] {
        notes.map { Chord.pitch(key + root + $0, from: lowest) }.sorted()
    }

    /// The root's lowest place at or above `lowest`.
    func bass(key: Int, from lowest: Int) -> Int { Chord.pitch(key + root, from: lowest) }

    /// The lowest pitch at or above `lowest` of the same pitch class.
    static func pitch(_ pitch: Int, from lowest: Int) -> Int {
        lowest + (((pitch - lowest) % 12) + 12) % 12
    }
}

/// Chord sequences, a chord a bar.
enum Progression {
    static let twelveBarBlues: [Chord] = [0, 0, 0, 0, 5, 5, 0, 0, 7, 5, 0, 7].map(Chord.dominant)
    static let quickChangeBlues: [Chord] = [0, 5, 0, 0, 5, 5, 0, 0, 7, 5, 0, 7].map(Chord.dominant)
    static let minorBlues: [Chord] =
        [0, 0, 0, 0, 5, 5, 0, 0].map(Chord.minorSeventh) + [.dominant(8), .dominant(7), .minorSeventh(0), .dominant(7)]
}
