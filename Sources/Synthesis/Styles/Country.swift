extension Arranger {
    /// Boom-chick: alternating bass on one and three, strummed steel strings on two and four, banjo rolls and fiddle.
    mutating func country() {
        swing = pick([0.5, 0.5, 0.6])
        score.mix.reverb = draw(0.05...0.2)
        score.mix.drive = draw(1...1.6)
        let chords: [Chord] = pick([
            [.major(0), .major(0), .major(5), .major(0), .major(7), .major(7), .major(0), .major(0)],
            [.major(0), .major(5), .major(0), .major(7)],
            [.major(0), .major(0), .minor(9), .major(5), .major(0), .major(7), .major(0), .major(7)],
        ])
        let bass = chance(0.5) ? part(Tone.uprightBass, 0.34) : part(Tone.fingerBass, 0.3)
        let strummed = part(PluckedString.steelGuitar, 0.42, presence: 0.95)
        let roll = part(
            chance(0.6) ? PluckedString.banjo : PluckedString.steelGuitar, 0.3, presence: chance(0.7) ? 0.8 : 0.2)
        let train = part(Drum.brush, 0.16, presence: chance(0.7) ? 0.9 : 0.1)
        let kick = part(Drum.kick(decay: 0.08), 0.35, presence: chance(0.7) ? 0.9 : 0.2)
        let snare = part(pick([Drum.snare(decay: 0.06), Drum.sideStick, Drum.brush]), 0.28, presence: 0.8)
        let lead = part(pick([Tone.violin, Tone.voice, Tone.leadGuitar(drive: 0.5)]), 0.32, presence: 0.75)
        let melody = Scale.pitches(Scale.majorPentatonic, key: key, in: 60...79)
        var place = melody.count / 2
        let pattern = pick([[0, 1, 2, 0, 1, 2, 0, 2], [2, 1, 0, 2, 1, 0, 2, 1], [0, 2, 1, 2, 0, 2, 1, 2]])

        for bar in 0..<bars {
            let chord = chords[bar % chords.count]
            let start = Double(4 * bar)
            let root = chord.bass(key: key, from: 35)
            play(bass, [root], at: start, for: 0.9)
            play(bass, [root + (chance(0.8) ? 7 : 4) - 12 * (root > 42 ? 1 : 0)], at: start + 2, for: 0.9)
            let voiced = chord.voiced(key: key, from: 52)
            let strings = voiced + [voiced[0] + 12, voiced[1] + 12]
            play(strummed, strings, at: start + 1, for: 0.8)
            play(strummed, strings, at: start + 3, for: 0.8)
            if chance(0.5) { play(strummed, Array(strings.reversed()), at: start + 3.5, for: 0.4, accent: 0.6) }
            for (eighth, string) in pattern.enumerated() {
                play(roll, [voiced[string] + 12], at: start + Double(eighth) / 2, for: 0.5)
            }
            strike(train, "oooXoooXoooXoooX", bar: bar)
            strike(kick, "x...x...", bar: bar)
            strike(snare, "..x...x.", bar: bar)
            sing(lead, over: melody, from: &place, rhythms: Rhythms.lively + Rhythms.calm, bar: bar)
        }
    }
}
