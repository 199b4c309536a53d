extension Arranger {
    /// A heavy, syncopated drum machine, sub-bass, a short sampled loop with crackle, and a speaking voice.
    mutating func hiphop() {
        swing = draw(0.5...0.62)
        swingUnit = 0.5
        looseness = 0.004
        score.mix.reverb = draw(0...0.12)
        score.mix.drive = draw(1.4...2.6)
        score.mix.crackle = chance(0.6) ? draw(0.01...0.06) : 0
        let chords: [Chord] = pick([
            [.minorSeventh(0), .minorSeventh(0), .majorSeventh(8), .minorSeventh(5)],
            [.minorSeventh(0), .majorSeventh(8)],
            [.minor(0), .minor(0), .minor(5), .major(7)], [.minorSeventh(0), .minorSeventh(10)],
        ])
        let kick = part(Drum.kick(pitch: draw(40...54), decay: draw(0.14...0.3), click: 0.08), 0.75)
        let snare = part(pick([Drum.snare(), Drum.clap, Drum.snare(pitch: 220, decay: 0.14)]), 0.48, presence: 0.95)
        let hat = part(Drum.hat(decay: draw(0.015...0.03)), 0.16, presence: 0.9)
        let bass = part(chance(0.7) ? Tone.subBass : Tone.fingerBass, 0.5, presence: 0.9)
        let loop: Part
        switch random.index(below: 4) {
        case 0: loop = part(Tone.electricPiano, 0.3, presence: 0.8)
        case 1: loop = part(PluckedString.nylonGuitar, 0.34, presence: 0.8)
        case 2: loop = part(Tone.pad(cutoff: 1200), 0.24, presence: 0.8)
        default: loop = part(Tone.piano, 0.32, presence: 0.8)
        }
        let speech = part(Tone.speech, 0.4, presence: chance(0.8) ? 0.8 : 0.1)
        let kicks = pick([
            ["x......x..x.....", "x..x......x....."], ["x.........x..x..", "x.x.......xx...."],
            ["x..x..x.........", "x.....x...x....."], ["x.....x.x.......", "x..o....x.x....."],
        ])
        let hats = pick(["x.x.x.x.x.x.x.x.", "xoxoxoxoxoxoxoxo", "x.x.x.xxx.x.x.xo", "x.o.x.o.x.o.xxxx"])
        let range = chance(0.6) ? 41...50 : 52...61
        let spoken = Array(range)
        var place = spoken.count / 2
        let notes = (0..<8).map { _ in random.index(below: 4) }
        let plucksChords = chance(0.5)

        for bar in 0..<bars {
            let chord = chords[bar % chords.count]
            let start = Double(4 * bar)
            strike(kick, kicks[bar % 2], bar: bar)
            strike(snare, "....x.......x...", bar: bar)
            strike(hat, hats, bar: bar)
            let root = chord.bass(key: key, from: 28)
            for (index, symbol) in kicks[bar % 2].enumerated() where symbol == "x" {
                play(bass, [root], at: start + Double(index) / 4, for: 0.7)
            }
            let voiced = chord.voiced(key: key, from: 57)
            if plucksChords {
                play(loop, voiced, at: start, for: 1.8)
                play(loop, voiced, at: start + 2.5, for: 1.2, accent: 0.8)
            } else {
                for (eighth, note) in notes.enumerated() where note < voiced.count {
                    play(loop, [voiced[note] + 12], at: start + Double(eighth) / 2, for: 0.5)
                }
            }
            sing(speech, over: spoken, from: &place, rhythms: Rhythms.speech, bar: bar, legato: 0.75)
        }
    }
}
