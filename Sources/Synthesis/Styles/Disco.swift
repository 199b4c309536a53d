extension Arranger {
    /// Four on the floor, open hats on the off-beats, octave bass, scratched guitar and string lines.
    mutating func disco() {
        looseness = 0.003
        score.mix.reverb = draw(0.05...0.2)
        score.mix.drive = draw(1.2...2.2)
        let chords: [Chord] = pick([
            [.minorSeventh(0), .minorSeventh(5)], [.minorSeventh(0), .major(10), .major(8), .dominant(7)],
            [.minorSeventh(9), .minorSeventh(2), .dominant(7), .majorSeventh(0)],
            [.majorSeventh(0), .minorSeventh(9), .minorSeventh(2), .dominant(7)],
        ])
        let kick = part(Drum.kick(pitch: draw(50...60), decay: 0.1, click: 0.12), 0.6, presence: 0.95)
        let snare = part(chance(0.5) ? Drum.clap : Drum.snare(), 0.36, presence: 0.9)
        let open = part(Drum.hat(decay: draw(0.07...0.12)), 0.22, presence: 0.9)
        let closed = part(Drum.hat(decay: 0.02), 0.14, presence: 0.7)
        let bass = part(pick([Tone.fingerBass, Tone.synthBass, Tone.pickBass]), 0.45)
        let scratch = part(PluckedString.scratch, 0.26, presence: 0.75)
        let strings = part(Tone.strings, 0.24, presence: 0.6)
        let keys = part(pick([Tone.electricPiano, Tone.pluck, Tone.organ]), 0.24, presence: 0.6)
        let voice = part(pick([Tone.voice, Tone.trumpet]), 0.28, presence: 0.5)
        let line = Scale.pitches(Scale.dorian, key: key + (chords[0].root == 9 ? 9 : 0), in: 65...84)
        var place = line.count / 2
        var sungPlace = 3
        let octaves = pick([
            [0, 12, 0, 12, 0, 12, 0, 12], [0, 0, 12, 0, 0, 12, 7, 12], [0, 12, 0, 12, 0, 12, 10, 12],
        ])
        let stab = pick(["..x...x.", "x..x..x.", "...x...x"])

        for bar in 0..<bars {
            let chord = chords[bar % chords.count]
            let start = Double(4 * bar)
            strike(kick, "x.x.x.x.", bar: bar)
            strike(snare, "..x...x.", bar: bar)
            strike(open, ".x.x.x.x", bar: bar)
            strike(closed, "x.o.x.o.x.o.x.o.", bar: bar)
            let root = chord.bass(key: key, from: 33)
            for (eighth, step) in octaves.enumerated() {
                play(bass, [root + step], at: start + Double(eighth) / 2, for: 0.38)
            }
            let voiced = chord.voiced(key: key, from: 60)
            for sixteenth in 0..<16 where chance(sixteenth % 4 == 0 ? 0.3 : 0.65) {
                play(scratch, voiced, at: start + Double(sixteenth) / 4, for: 0.1, accent: chance(0.4) ? 1 : 0.5)
            }
            for (eighth, symbol) in stab.enumerated() where symbol == "x" {
                play(keys, voiced, at: start + Double(eighth) / 2, for: 0.4)
            }
            sing(strings, over: line, from: &place, rhythms: Rhythms.calm + Rhythms.running, bar: bar)
            sing(voice, over: line, from: &sungPlace, rhythms: Rhythms.lively, bar: bar)
        }
    }
}
