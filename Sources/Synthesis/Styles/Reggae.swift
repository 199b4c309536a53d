extension Arranger {
    /// One drop on the third beat, chords on the off-beats, a heavy round bass, an organ bubble and echo.
    mutating func reggae() {
        swing = draw(0.5...0.6)
        score.mix.reverb = draw(0.08...0.25)
        score.mix.echo = draw(0...0.3)
        score.mix.echoDelay = 60 / tempo * pick([0.75, 0.5, 1.5])
        score.mix.drive = draw(1...1.8)
        let chords: [Chord] = pick([
            [.minor(0), .minor(5)], [.minor(0), .major(10)], [.major(0), .major(5), .major(7), .major(5)],
            [.major(0), .minor(9), .minor(2), .major(7)], [.minor(0), .minor(0), .major(8), .major(10)],
        ])
        let isMinor = chords[0].notes[1] == 3
        let kick = part(Drum.kick(pitch: draw(46...56), decay: 0.13), 0.55, presence: 0.95)
        let stick = part(chance(0.7) ? Drum.sideStick : Drum.snare(pitch: 230, decay: 0.05), 0.36, presence: 0.95)
        let hat = part(Drum.hat(decay: draw(0.02...0.045)), 0.14, presence: 0.85)
        let bass = part(chance(0.6) ? Tone.subBass : Tone.fingerBass, 0.7, presence: 0.95)
        let skank =
            chance(0.6)
            ? part(PluckedString.scratch, 0.4, presence: 0.95)
            : part(pick([Tone.guitar(drive: 0), Tone.piano, Tone.organ]), 0.3, presence: 0.95)
        let bubble = part(Tone.organ, 0.2, presence: 0.65)
        let lead = part(pick([Tone.voice, Tone.flute, Tone.trumpet, Tone.voice]), 0.34, presence: 0.6)
        let tune = Scale.pitches(isMinor ? Scale.minorPentatonic : Scale.major, key: key, in: 60...77)
        var place = tune.count / 2
        let drop = pick(["........x.......", "........x.......", "x.......x.......", "x...x...x...x..."])
        let riff = pick([
            [(0.0, 0, 0.9), (1, 0, 0.4), (1.5, 7, 0.4), (2, 12, 0.9), (3, 7, 0.9)],
            [(0.5, 0, 0.4), (1, 4, 0.4), (1.5, 7, 0.4), (2.5, 7, 0.4), (3, 0, 0.9)],
            [(0, 0, 1.4), (1.5, 0, 0.4), (2, 7, 0.9), (3.5, 0, 0.4)], [(0, 0, 0.9), (2, 0, 0.4), (2.5, 7, 0.9)],
        ])
        let hats = pick(["x.x.x.x.", "xoxoxoxo", ".x.x.x.x"])

        for bar in 0..<bars {
            let chord = chords[bar % chords.count]
            let start = Double(4 * bar)
            strike(kick, drop, bar: bar)
            strike(stick, "........x.......", bar: bar)
            strike(hat, hats, bar: bar)
            let root = chord.bass(key: key, from: 29)
            for (beat, step, length) in riff {
                let third = step == 4 && chord.notes[1] == 3 ? 3 : step
                play(bass, [root + third], at: start + beat, for: length)
            }
            let voiced = chord.voiced(key: key, from: 58)
            for beat in 0..<4 {
                play(skank, voiced, at: start + Double(beat) + 0.5, for: 0.16)
                play(bubble, voiced.map { $0 - 12 }, at: start + Double(beat) + 0.25, for: 0.15, accent: 0.6)
                play(bubble, voiced.map { $0 - 12 }, at: start + Double(beat) + 0.75, for: 0.15, accent: 0.6)
            }
            if bar % 4 == 3, chance(0.5) { strike(stick, "............xoxx", bar: bar) }
            sing(lead, over: tune, from: &place, rhythms: Rhythms.lively + Rhythms.calm, bar: bar)
        }
    }
}
