/// Instruments that several styles share.
extension Tone {
    static func pad(cutoff: Double = 1800) -> Tone {
        Tone(
            waveform: .sawtooth, voices: 3, detune: 12, attack: 0.18, decay: 1, sustain: 0.8, release: 0.25,
            cutoff: cutoff)
    }
    static let strings = Tone(
        waveform: .sawtooth, voices: 3, detune: 8, attack: 0.09, decay: 0.6, sustain: 0.8, release: 0.18, cutoff: 2600,
        vibrato: 10, breath: 0.015)
    static let violin = Tone(
        waveform: .sawtooth, attack: 0.05, decay: 0.5, sustain: 0.85, release: 0.1, cutoff: 3400, vibrato: 18,
        breath: 0.02, slide: 30)
    static let flute = Tone(
        waveform: .triangle, attack: 0.06, decay: 0.5, sustain: 0.9, release: 0.08, cutoff: 3800, vibrato: 10,
        breath: 0.05)
    static let clarinet = Tone(
        waveform: .square, attack: 0.04, decay: 0.5, sustain: 0.9, release: 0.06, cutoff: 1700, breath: 0.01)
    static let saxophone = Tone(
        waveform: .reed, attack: 0.025, decay: 0.3, sustain: 0.75, release: 0.06, cutoff: 3000, sweep: 0.6,
        vibrato: 14, breath: 0.06, slide: 40)
    static let trumpet = Tone(
        waveform: .sawtooth, attack: 0.03, decay: 0.2, sustain: 0.8, release: 0.05, cutoff: 2200, sweep: 0.8,
        sweepDecay: 0.1, vibrato: 8, slide: 20)
    static let harmonica = Tone(
        waveform: .reed, voices: 2, detune: 6, attack: 0.03, decay: 0.4, sustain: 0.8, release: 0.06, cutoff: 3600,
        vibrato: 30, drive: 1.5, cabinet: 4200, slide: 80)
    static let voice = Tone(
        waveform: .vowel, attack: 0.04, decay: 0.4, sustain: 0.8, release: 0.08, cutoff: 3200, vibrato: 22,
        breath: 0.04, slide: 60)
    static let speech = Tone(
        waveform: .vowel, attack: 0.015, decay: 0.12, sustain: 0.5, release: 0.05, cutoff: 2600, breath: 0.12,
        slide: 90)
    static let piano = Tone(
        waveform: .hammer, voices: 2, detune: 2, attack: 0.003, decay: 0.7, release: 0.12, cutoff: 2200, sweep: 1.6,
        sweepDecay: 0.12)
    static let electricPiano = Tone(
        waveform: .triangle, voices: 2, detune: 4, attack: 0.003, decay: 0.9, release: 0.1, cutoff: 1800, sweep: 1,
        sweepDecay: 0.1)
    static let vibraphone = Tone(
        waveform: .sine, attack: 0.002, decay: 0.8, release: 0.2, cutoff: 5000, vibrato: 6)
    static let organ = Tone(
        waveform: .organ, attack: 0.008, decay: 1, sustain: 0.9, release: 0.04, cutoff: 3800, vibrato: 8)
    static let uprightBass = Tone(
        waveform: .triangle, attack: 0.006, decay: 0.35, release: 0.05, cutoff: 420, sweep: 2, sweepDecay: 0.05,
        breath: 0.02)
    static let fingerBass = Tone(
        waveform: .sawtooth, attack: 0.006, decay: 0.6, sustain: 0.3, release: 0.04, cutoff: 420, sweep: 1.5,
        sweepDecay: 0.08)
    static let pickBass = Tone(
        waveform: .sawtooth, attack: 0.003, decay: 0.5, sustain: 0.4, release: 0.03, cutoff: 900, sweep: 1.5,
        sweepDecay: 0.06, drive: 1)
    static let synthBass = Tone(
        waveform: .square, attack: 0.004, decay: 0.25, sustain: 0.3, release: 0.03, cutoff: 600, sweep: 2.5,
        sweepDecay: 0.07)
    static let subBass = Tone(
        waveform: .sine, attack: 0.01, decay: 0.8, sustain: 0.6, release: 0.06, cutoff: 400, drive: 1)
    static let pluck = Tone(
        waveform: .sawtooth, voices: 2, detune: 7, attack: 0.003, decay: 0.16, release: 0.05, cutoff: 1400, sweep: 2.5,
        sweepDecay: 0.08)
    static func guitar(drive: Double, cabinet: Double = 4200) -> Tone {
        Tone(
            waveform: .sawtooth, voices: 2, detune: 4, attack: 0.004, decay: 1.4, sustain: 0.3, release: 0.04,
            cutoff: 3500, sweep: 0.8, drive: drive, cabinet: cabinet)
    }
    static func leadGuitar(drive: Double) -> Tone {
        Tone(
            waveform: .sawtooth, attack: 0.006, decay: 1.5, sustain: 0.6, release: 0.06, cutoff: 3200, vibrato: 28,
            drive: drive, cabinet: 4200, slide: 90)
    }
}

extension PluckedString {
    static let steelGuitar = PluckedString(ring: 2.2, brightness: 0.75, damping: 0.22)
    static let nylonGuitar = PluckedString(ring: 1.6, brightness: 0.35, damping: 0.4, body: 3500)
    static let banjo = PluckedString(ring: 0.7, brightness: 0.95, damping: 0.15, strum: 0.004)
    static let harp = PluckedString(ring: 2.5, brightness: 0.4, damping: 0.35, strum: 0.03, body: 4500)
    /// Muted electric strings: the scratch of funk and the skank of reggae.
    static let scratch = PluckedString(ring: 0.5, brightness: 0.8, damping: 0.25, strum: 0.004, release: 0.02)
    static let uprightBass = PluckedString(ring: 1.4, brightness: 0.15, damping: 0.5, release: 0.05, body: 900)
}
