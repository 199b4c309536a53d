extension Arranger {
    /// Palm-muted power chords through heavy distortion, double kick, dark modes and fast leads.
    mutating func metal() {
        looseness = 0.003
        score.mix.reverb = draw(0.03...0.12)
        score.mix.drive = draw(1.8...3.2)
        let scale = pick([Scale.phrygian, Scale.minor, Scale.blues])
        let drive = draw(6...25)
        var muted = Tone.guitar(drive: drive, cabinet: draw(4400...7500))
        muted.decay = 0.07
        muted.sustain = 0
        var ringing = muted
        ringing.decay = 2
        ringing.sustain = 0.6

        let kick = part(Drum.kick(pitch: 56, decay: 0.07, click: draw(0.2...0.6)), 0.55, presence: 0.95)
        let snare = part(Drum.snare(pitch: draw(170...210), decay: draw(0.08...0.14)), 0.5, presence: 0.95)
        let crash = part(chance(0.6) ? Drum.crash : Drum.ride(), 0.24, presence: 0.85)
        let chug = part(muted, 0.5)
        let chord = part(ringing, 0.42)
        let bass = part(Tone.pickBass, 0.4)
        let lead = part(Tone.leadGuitar(drive: drive), 0.34, presence: chance(0.6) ? 0.5 : 0.1)
        let growl = part(
            Tone(waveform: .vowel, attack: 0.02, decay: 0.3, sustain: 0.7, cutoff: 3000, drive: 6, breath: 0.5), 0.26,
            presence: chance(0.6) ? 0.5 : 0)
        let low = Chord.pitch(key, from: 35)
        let ladder = Scale.pitches(scale, key: key, in: low...(low + 12))
        let riffs = (0..<2).map { _ in
            (0..<16).map { step in step % 4 == 0 || chance(0.65) ? (chance(0.25) ? 1 + random.index(below: 3) : 0) : -1
            }
        }
        let accents = (0..<2).map { _ in (0..<16).map { _ in chance(0.14) } }
        let kicks = pick(["xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx", "x...x.xxx...x.xx", "x.x.x.x.x.x.x.x."])
        let snares = pick(["....x.......x...", "....x.......x...", "..x...x...x...x.", "........x......."])
        let solo = Scale.pitches(scale, key: key, in: 62...86)
        var place = solo.count / 2
        var growlPlace = 0
        let isHalfTime = tempo > 150 && chance(0.5)

        for bar in 0..<bars {
            let start = Double(4 * bar)
            strike(kick, kicks, bar: bar)
            strike(snare, isHalfTime ? "........x......." : snares, bar: bar)
            strike(crash, bar % 2 == 0 ? "X.x.x.x." : "x.x.x.x.", bar: bar)
            if bar / 4 % 3 == 2 {
                for half in 0..<2 {
                    let root = ladder[pick([0, 1, 3, 4])]
                    play(chord, [root, root + 7, root + 12], at: start + Double(2 * half), for: 1.95)
                    play(bass, [root - 12 + (root < 40 ? 12 : 0)], at: start + Double(2 * half), for: 1.9)
                }
            } else {
                for (sixteenth, step) in riffs[bar % 2].enumerated() where step >= 0 {
                    let root = ladder[step]
                    let beat = start + Double(sixteenth) / 4
                    if accents[bar % 2][sixteenth] {
                        play(chord, [root, root + 7, root + 12], at: beat, for: 0.45)
                    } else {
                        play(chug, [root, root + 7], at: beat, for: 0.22)
                    }
                    if sixteenth % 2 == 0 { play(bass, [root], at: beat, for: 0.4) }
                }
            }
            sing(lead, over: solo, from: &place, rhythms: Rhythms.rapid + Rhythms.running, bar: bar)
            sing(growl, over: [40, 41, 43], from: &growlPlace, rhythms: Rhythms.lively, bar: bar)
        }
    }
}
