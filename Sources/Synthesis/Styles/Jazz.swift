extension Arranger {
    /// A swung ride cymbal, a walking bass, ii-V-I changes, syncopated chords and a running solo.
    mutating func jazz() {
        swing = draw(0.6...0.68)
        looseness = 0.009
        score.mix.reverb = draw(0.1...0.3)
        let chords: [Chord] = pick([
            [.minorSeventh(2), .dominant(7), .majorSeventh(0), .majorSeventh(0)],
            [.majorSeventh(0), .dominant(9), .minorSeventh(2), .dominant(7)],
            [.halfDiminished(2), .dominant(7), .minorSeventh(0), .minorSeventh(0)],
            [.minorSeventh(4), .dominant(9), .minorSeventh(2), .dominant(7), .majorSeventh(0), .dominant(7)],
            Progression.quickChangeBlues,
        ])
        let offset = random.index(below: chords.count)
        let ride = part(Drum.ride(decay: draw(0.15...0.3)), 0.2, presence: chance(0.75) ? 0.95 : 0.3)
        let foot = part(Drum.hat(decay: 0.02), 0.12, presence: 0.9)
        let brush = part(Drum.brush, 0.12, presence: chance(0.5) ? 0.9 : 0.2)
        let kick = part(Drum.kick(decay: 0.09, click: 0.02), 0.22, presence: 0.7)
        let bass = chance(0.6) ? part(PluckedString.uprightBass, 0.6) : part(Tone.uprightBass, 0.55)
        let comping: Part =
            chance(0.7)
            ? part(pick([Tone.piano, Tone.electricPiano, Tone.organ]), 0.3, presence: 0.85)
            : part(PluckedString.nylonGuitar, 0.32, presence: 0.85)
        let solo = part(
            pick([Tone.saxophone, Tone.trumpet, Tone.vibraphone, Tone.piano, Tone.clarinet, Tone.saxophone]), 0.36,
            presence: 0.75)
        var place = 4
        let rhythms = tempo < 150 ? Rhythms.running + Rhythms.lively : Rhythms.running + Rhythms.calm

        for bar in 0..<bars {
            let chord = chords[(bar + offset) % chords.count]
            let next = chords[(bar + offset + 1) % chords.count]
            let start = Double(4 * bar)
            strike(ride, pick(["x.xxx.xx", "x.xxx.xx", "x.x.x.xx", "x.xxx.x."]), bar: bar)
            strike(foot, "..x...x.", bar: bar)
            strike(brush, "x.o.x.ox", bar: bar)
            if chance(0.5) { strike(kick, pick(["...x....", "x.....x.", ".....x..", "o.o.o.o."]), bar: bar) }
            let root = chord.bass(key: key, from: 31)
            let target = next.bass(key: key, from: 31)
            let walk = [root, root + pick([chord.notes[1], 2, 12]), root + chord.notes[2], target + pick([1, -1])]
            for (beat, pitch) in walk.enumerated() { play(bass, [pitch], at: start + Double(beat), for: 0.92) }
            let voiced = Array(chord.voiced(key: key, from: 53).dropFirst(chance(0.3) ? 1 : 0))
            let hits = pick(["x..x....", "...x..x.", ".x....x.", "x.....x.", "...x...x"])
            for (eighth, symbol) in hits.enumerated() where symbol == "x" {
                play(comping, voiced, at: start + Double(eighth) / 2, for: pick([0.3, 0.9]))
            }
            let mode = chord.notes[1] == 3 ? Scale.dorian : chord.notes[3] == 10 ? Scale.mixolydian : Scale.major
            let line = Scale.pitches(mode, key: key + chord.root, in: 60...82)
            sing(solo, over: line, from: &place, rhythms: rhythms, bar: bar, legato: 0.85)
        }
    }
}
