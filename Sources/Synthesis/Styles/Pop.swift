extension Arranger {
    /// Four chords on synthesisers, a tight drum machine, an arpeggio and a sung tune.
    mutating func pop() {
        looseness = 0.003
        score.mix.reverb = draw(0.08...0.25)
        score.mix.drive = draw(1.3...2.4)
        let chords: [Chord] = pick([
            [.major(0), .major(7), .minor(9), .major(5)], [.minor(9), .major(5), .major(0), .major(7)],
            [.major(0), .minor(9), .major(5), .major(7)], [.major(5), .major(0), .major(7), .minor(9)],
        ])
        let kick = part(Drum.kick(pitch: draw(48...58), decay: draw(0.09...0.16), click: 0.1), 0.58, presence: 0.9)
        let clap = part(chance(0.6) ? Drum.clap : Drum.snare(decay: 0.11), 0.38, presence: 0.9)
        let hat = part(chance(0.6) ? Drum.hat(decay: 0.03) : Drum.shaker, 0.15, presence: 0.8)
        let bass = part(pick([Tone.synthBass, Tone.subBass, Tone.fingerBass]), 0.42, presence: 0.95)
        let pad = part(Tone.pad(cutoff: draw(1200...3000)), 0.26, presence: 0.8)
        let arpeggio =
            chance(0.7)
            ? part(pick([Tone.pluck, Tone.electricPiano, Tone.piano]), 0.28, presence: 0.75)
            : part(PluckedString.steelGuitar, 0.3, presence: 0.75)
        let voice = part(pick([Tone.voice, Tone.voice, Tone.violin]), 0.42, presence: 0.8)
        let tune = Scale.pitches(Scale.major, key: key, in: 60...77)
        var place = tune.count / 2
        let kicks = pick(["x.......x.x.....", "x...x...x...x...", "x.....x.x.......", "x..x....x..x...."])
        let hats = pick(["x.x.x.x.x.x.x.x.", "..x...x...x...x.", "xoxoxoxoxoxoxoxo"])
        let order = pick([[0, 1, 2, 1], [0, 1, 2, 3], [3, 2, 1, 0], [0, 2, 1, 3]])
        let step = pick([0.5, 0.25, 0.25])

        for bar in 0..<bars {
            let chord = chords[bar % chords.count]
            let start = Double(4 * bar)
            strike(kick, kicks, bar: bar)
            strike(clap, "....x.......x...", bar: bar)
            strike(hat, hats, bar: bar)
            let root = chord.bass(key: key, from: 31)
            for eighth in 0..<8 { play(bass, [root], at: start + Double(eighth) / 2, for: 0.42) }
            let voiced = chord.voiced(key: key, from: 57)
            play(pad, voiced, at: start, for: 3.9)
            let ladder = voiced.map { $0 + 12 } + [voiced[0] + 24]
            var beat = 0.0
            var index = 0
            while beat < 4 {
                play(arpeggio, [ladder[order[index % 4]]], at: start + beat, for: step)
                beat += step
                index += 1
            }
            sing(voice, over: tune, from: &place, rhythms: Rhythms.lively + Rhythms.calm, bar: bar)
        }
    }
}
