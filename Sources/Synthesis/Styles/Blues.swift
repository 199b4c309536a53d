extension Arranger {
    /// Twelve bars of dominant sevenths in a shuffle, a boogie bass and bent pentatonic licks.
    mutating func blues() {
        swing = draw(0.62...0.68)
        score.mix.reverb = draw(0.08...0.25)
        score.mix.drive = draw(1...1.8)
        let isMinor = chance(0.25)
        let form = isMinor ? Progression.minorBlues : pick([Progression.twelveBarBlues, Progression.quickChangeBlues])
        let offset = random.index(below: 12)
        let drive = draw(0.6...2.5)

        let kick = part(Drum.kick(pitch: draw(48...62)), 0.55, presence: 0.9)
        let snare = part(Drum.snare(decay: draw(0.06...0.12)), 0.4, presence: 0.9)
        let cymbal = part(chance(0.5) ? Drum.ride() : Drum.hat(decay: draw(0.02...0.05)), 0.16, presence: 0.9)
        let bass = chance(0.5) ? part(Tone.fingerBass, 0.5) : part(PluckedString.uprightBass, 0.55)
        let comping =
            chance(0.6)
            ? part(Tone.guitar(drive: drive), 0.25, presence: 0.85)
            : part(pick([Tone.piano, Tone.organ]), 0.28, presence: 0.85)
        let lead = part(
            pick([Tone.leadGuitar(drive: 1 + drive), Tone.harmonica, Tone.leadGuitar(drive: 0.8)]), 0.34, presence: 0.75
        )
        let lick = Scale.pitches(Scale.blues, key: key, in: 57...78)
        var place = lick.count / 2
        let steps = pick([[0, 4, 7, 9], [0, 7, 9, 7], [0, 4, 7, 10], [0, 0, 7, 7]])
        let isBoogie = chance(0.6)

        for bar in 0..<bars {
            let chord = form[(bar + offset) % form.count]
            let start = Double(4 * bar)
            strike(kick, pick(["x...x...", "x...x..x"]), bar: bar)
            strike(snare, "..x...x.", bar: bar)
            strike(cymbal, chance(0.7) ? "xoxoxoxo" : "x.xox.xo", bar: bar)
            let root = chord.bass(key: key, from: 33)
            for (beat, step) in steps.enumerated() {
                let third = isMinor && step == 4 ? 3 : step
                play(bass, [root + third], at: start + Double(beat), for: 0.9)
                if isBoogie { play(bass, [root + third], at: start + Double(beat) + 0.5, for: 0.4, accent: 0.7) }
            }
            let low = chord.bass(key: key, from: 45)
            for eighth in 0..<8 where isBoogie || eighth % 4 == 2 {
                let sixth = eighth % 4 >= 2 ? 9 : 7
                let notes = isBoogie ? [low, low + (isMinor ? 7 : sixth)] : chord.voiced(key: key, from: 55)
                play(comping, notes, at: start + Double(eighth) / 2, for: 0.4, accent: eighth % 2 == 0 ? 1 : 0.7)
            }
            sing(lead, over: lick, from: &place, rhythms: Rhythms.lively + Rhythms.calm, bar: bar)
        }
    }
}
