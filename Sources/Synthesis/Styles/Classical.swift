extension Arranger {
    /// No drum kit: strings, broken chords and a melody over functional harmony, in a hall.
    mutating func classical() {
        looseness = 0.012
        score.mix.reverb = draw(0.2...0.45)
        score.mix.reverbTime = draw(1.2...2.4)
        let isMinor = chance(0.4)
        let major: [[Chord]] = [
            [.major(0), .major(5), .major(7), .major(0)], [.major(0), .minor(9), .minor(2), .major(7)],
            [.major(0), .major(7), .minor(9), .minor(4), .major(5), .major(0), .major(5), .major(7)],
        ]
        let minor: [[Chord]] = [
            [.minor(0), .minor(5), .major(7), .minor(0)], [.minor(0), .major(8), .diminished(2), .major(7)],
            [.minor(0), .major(10), .major(3), .major(7)],
        ]
        let chords = isMinor ? pick(minor) : pick(major)
        let scale = isMinor ? Scale.minor : Scale.major
        let hasOrchestra = chance(0.65)

        let pad = part(Tone.strings, hasOrchestra ? 0.3 : 0, presence: 0.9)
        let bass = part(Tone.strings, hasOrchestra ? 0.35 : 0, presence: 0.8)
        let broken: Part
        switch random.index(below: 3) {
        case 0: broken = part(Tone.piano, 0.4)
        case 1: broken = part(PluckedString.harp, 0.4)
        default: broken = part(PluckedString.nylonGuitar, 0.4)
        }
        let soloist = hasOrchestra ? pick([Tone.violin, Tone.flute, Tone.clarinet, Tone.trumpet]) : Tone.piano
        let solo = part(soloist, 0.4, presence: 0.85)
        let timpani = part(Drum.timpani, hasOrchestra && chance(0.3) ? 0.35 : 0, presence: 0.5)
        let figure = pick([[0, 2, 1, 2], [0, 1, 2, 3, 2, 1], [0, 1, 2, 1], [0, 2, 1, 2, 0, 2, 1, 2]])
        let step = pick([0.5, 0.5, 0.25])
        let melody = Scale.pitches(scale, key: key, in: 67...86)
        var place = melody.count / 2
        let rhythms = chance(0.5) ? Rhythms.calm : Rhythms.calm + Rhythms.lively

        for bar in 0..<bars {
            let chord = chords[bar % chords.count]
            let start = Double(4 * bar)
            play(pad, chord.voiced(key: key, from: 55), at: start, for: 3.8)
            play(bass, [chord.bass(key: key, from: 36)], at: start, for: 3.8)
            let triad = chord.voiced(key: key, from: 52)
            let ladder = triad + [triad[0] + 12]
            var beat = 0.0
            var index = 0
            while beat < 4 {
                play(broken, [ladder[figure[index % figure.count]]], at: start + beat, for: 2 * step, accent: 0.7)
                beat += step
                index += 1
            }
            sing(solo, over: melody, from: &place, rhythms: rhythms, bar: bar, legato: 0.97)
            if chord.root == 7 || bar % 4 == 0 { strike(timpani, pick(["x...", "x..oxxxx", "x...x..."]), bar: bar) }
        }
    }
}
