/// What can sound.
enum Instrument {
    case tone(Tone)
    case string(PluckedString)
    case drum(Drum)
}

/// An instrument's place in the mix.
struct Part {
    /// Index into `Score.instruments`.
    var instrument: Int
    /// Linear gain; instruments are rendered with peak 1.
    var level: Double
    /// Whether the part plays, for each pair of bars.
    var plays: [Bool]
}

/// One note, chord or drum stroke.
struct Event {
    var instrument: Int
    var pitches: [Int]
    /// Seconds.
    var start: Double
    var length: Double
    var gain: Double
}

/// What the room and the recording add.
struct Mix {
    /// 0...1: reverberation mixed in, and its length in seconds.
    var reverb = 0.1
    var reverbTime = 0.8
    /// 0...1: one echo that repeats, and its delay in seconds.
    var echo = 0.0
    var echoDelay = 0.3
    /// Amplification before the soft clipper over the sum: compression, loudness.
    var drive = 1.0
    /// Decibels added above about 1.5 kHz, by recording.
    var tilt = 0.0
    /// Linear level of hiss, and of a record's crackle.
    var hiss = 0.001
    var crackle = 0.0
}

/// A composition written out.
struct Score {
    var instruments: [Instrument] = []
    var events: [Event] = []
    var mix = Mix()
}
