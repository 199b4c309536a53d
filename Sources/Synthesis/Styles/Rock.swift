extension Arranger {
    /// A backbeat, overdriven guitars on eighths, a picked bass and a pentatonic lead.
    mutating func rock() {
        score.mix.reverb = draw(0.05...0.2)
        score.mix.drive = draw(1.3...2.6)
        let chords: [Chord] = pick([
            [.power(0), .power(0), .power(5), .power(7)], [.power(0), .power(10), .power(5), .power(0)],
            [.major(0), .major(10), .major(5), .major(0)], [.power(0), .power(3), .power(5), .power(5)],
            [.major(0), .major(7), .minor(9), .major(5)],
        ])
        let drive = draw(1.2...7)
        let kick = part(Drum.kick(pitch: draw(50...62), decay: 0.1, click: draw(0.05...0.3)), 0.58, presence: 0.95)
        let snare = part(Drum.snare(pitch: draw(170...215), decay: draw(0.08...0.15)), 0.5, presence: 0.95)
        let cymbal = part(
            pick([Drum.hat(decay: 0.03), Drum.hat(decay: 0.08), Drum.ride(), Drum.crash]), 0.18, presence: 0.9)
        let crash = part(Drum.crash, 0.26)
        let tom = part(Drum.tom(pitch: 110), 0.45)
        let bass = part(pick([Tone.pickBass, Tone.fingerBass]), 0.45)
        let rhythm = part(Tone.guitar(drive: drive, cabinet: draw(3200...5000)), 0.42, presence: 0.95)
        let second =
            chance(0.5) ? part(Tone.organ, 0.16, presence: 0.5) : part(PluckedString.steelGuitar, 0.26, presence: 0.5)
        let lead = part(
            pick([Tone.leadGuitar(drive: 1 + drive), Tone.voice, Tone.leadGuitar(drive: drive)]), 0.36, presence: 0.7)
        let solo = Scale.pitches(
            chance(0.6) ? Scale.minorPentatonic : Scale.majorPentatonic, key: key, in: 60...81)
        var place = solo.count / 2
        let kicks = pick(["x...x...", "x..xx...", "x...x.x.", "x.x.x..x"])
        let strums = pick(["xxxxxxxx", "x.xx.xx.", "x..x..x.", "x.x.xxx.", "x...x..."])

        for bar in 0..<bars {
            let chord = chords[bar % chords.count]
            let start = Double(4 * bar)
            strike(kick, kicks, bar: bar)
            strike(cymbal, "xoxoxoxo", bar: bar)
            if bar % 4 == 3, chance(0.6) {
                strike(snare, "....x.......xxxx", bar: bar)
                strike(tom, "..............xx", bar: bar)
            } else {
                strike(snare, "..x...x.", bar: bar)
            }
            if bar % 4 == 0 { strike(crash, "x.......", bar: bar) }
            let root = chord.bass(key: key, from: 31)
            for eighth in 0..<8 { play(bass, [root], at: start + Double(eighth) / 2, for: 0.42) }
            let low = chord.bass(key: key, from: 40)
            let grip = chord.notes.count == 2 ? [low, low + 7, low + 12] : chord.notes.map { low + $0 } + [low + 12]
            let marks = Array(strums)
            for (eighth, symbol) in marks.enumerated() where symbol == "x" {
                let rest = marks[(eighth + 1)...].prefix { $0 != "x" }.count
                play(rhythm, grip, at: start + Double(eighth) / 2, for: 0.5 * Double(rest) + 0.42)
            }
            play(second, chord.voiced(key: key, from: 60), at: start, for: 3.8)
            sing(lead, over: solo, from: &place, rhythms: Rhythms.lively + Rhythms.running, bar: bar)
        }
    }
}
