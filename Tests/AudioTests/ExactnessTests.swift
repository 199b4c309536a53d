import Audio
import Foundation
import Testing

@Suite("Samples come through exactly where nothing is resampled")
struct ExactnessTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    static let everyInt16 = (Int(Int16.min)...Int(Int16.max)).map { Int16($0) }

    @Test("Every 16-bit value, read from WAV")
    func wave() throws {
        let url = try sandbox.file("all.wav", waveBytes(Self.everyInt16.flatMap(\.littleEndianBytes)))
        let audio = try AudioDecoder.decode(url, sampleRate: 22_050)
        #expect(audio.samples.map { $0 * 32768 } == Self.everyInt16.map(Float.init))
        #expect(audio.damagedPackets == 0)
        #expect(audio.sampleRate == 22_050)
        #expect(audio.duration == Double(65_536) / 22_050)
    }

    @Test("Every 16-bit value, read from AU, named .au or otherwise", arguments: ["all.au", "all.snd", "all"])
    func au(name: String) throws {
        let url = try sandbox.file(name, auBytes(Self.everyInt16))
        let audio = try AudioDecoder.decode(url, sampleRate: 22_050)
        #expect(audio.samples.map { $0 * 32768 } == Self.everyInt16.map(Float.init))
        #expect(audio.source.codec == "pcm_s16be")
        #expect(audio.source.container == "au")
    }

    @Test("A WAV file longer than any packet; an array that is kept takes file after file")
    func longWave() throws {
        let values = (0..<100_001).map { Int16(truncatingIfNeeded: $0 &* 7919) }
        let long = try sandbox.file("long.wav", waveBytes(values.flatMap(\.littleEndianBytes)))
        let short = try sandbox.file("short.au", auBytes([1, -2, 3]))
        var samples: [Float] = [5]
        let result = try AudioDecoder.decode(long, sampleRate: 22_050, into: &samples)
        #expect(samples.map { $0 * 32768 } == values.map(Float.init))
        #expect(result.source.codec == "pcm_s16le" && result.remarks == SoundRemarks())
        #expect(try AudioDecoder.decode(long, sampleRate: 22_050).samples == samples)
        try AudioDecoder.decode(short, sampleRate: 22_050, into: &samples)
        #expect(samples.map { $0 * 32768 } == [1, -2, 3])
        #expect(throws: AudioError.tooLong(path: long.path, limit: 1)) {
            try AudioDecoder.decode(long, sampleRate: 22_050, longest: 1, into: &samples)
        }
    }

    @Test("FFmpeg's decoding alone meets every sample, and none in what is no sound")
    func decodingAlone() throws {
        let values = (0..<10_001).map { Int16(truncatingIfNeeded: $0 &* 7919) }
        let wave = try sandbox.file("long.wav", waveBytes(values.flatMap(\.littleEndianBytes)))
        #expect(AudioDecoder.decodeAlone(wave) == 10_001)
        #expect(AudioDecoder.decodeAlone(try fixture("ramp.flac")) == 1500)
        #expect(AudioDecoder.decodeAlone(try sandbox.file("words.txt", "no sound")) == nil)
        #expect(AudioDecoder.decodeAlone(sandbox.place("nowhere.wav")) == nil)
    }

    @Test("A WAV file of 16-bit PCM that is DTS in truth is decoded as DTS; one that only holds its mark, as PCM")
    func dtsInWave() throws {
        let audio = try AudioDecoder.decode(try fixture("dts.wav"), sampleRate: 44_100)
        #expect(audio.source.codec == "dts")
        try #require(audio.samples.count >= 4500)
        #expect(fitSine(1000, to: audio.samples, rate: 44_100, range: 1500..<4500).amplitude > 0.05)
        let values = [Int16](repeating: 3, count: 3000) + [-385, 384] + [Int16](repeating: 3, count: 3000)
        let url = try sandbox.file("mark.wav", waveBytes(values.flatMap(\.littleEndianBytes)))
        let marked = try AudioDecoder.decode(url, sampleRate: 22_050)
        #expect(marked.source.codec == "pcm_s16le")
        #expect(marked.samples.map { $0 * 32768 } == values.map(Float.init))
    }

    @Test("FLAC against the rule that made it")
    func flac() throws {
        let audio = try AudioDecoder.decode(try fixture("ramp.flac"), sampleRate: 22_050)
        let expected = (0..<1500).map { (i: Int) -> Float in Float((i * i * 7919) % 65536 - 32768) }
        #expect(audio.samples.map { $0 * 32768 } == expected)
        #expect(audio.source.codec == "flac")
    }

    @Test("8, 24 and 32-bit integers, 32 and 64-bit floats")
    func sampleFormats() throws {
        func decode(_ data: [UInt8], bits: UInt16, coding: WaveCoding = .integer) throws -> [Float] {
            let url = try sandbox.file("x.wav", waveBytes(data, bits: bits, coding: coding))
            return try AudioDecoder.decode(url, sampleRate: 22_050).samples
        }
        #expect(try decode([0, 64, 128, 192, 255], bits: 8) == [-1, -0.5, 0, 0.5, 127 / 128])
        let of24 = [-8_388_608, -1, 0, 1, 8_388_607]
        #expect(
            try decode(of24.flatMap { Int32($0).littleEndianBytes.prefix(3) }, bits: 24)
                == of24.map { Float($0) / 8_388_608 })
        let of32: [Int32] = [.min, -256, 0, 1 << 20, .max]
        #expect(
            try decode(of32.flatMap(\.littleEndianBytes), bits: 32) == of32.map { Float(Double($0) / 2_147_483_648) })
        let floats: [Float] = [-1.25, -0.1, 0, 1e-30, 1]
        #expect(try decode(floats.flatMap { $0.bitPattern.littleEndianBytes }, bits: 32, coding: .float) == floats)
        let doubles = [-1, -0.1, 1e-9, 1.5]
        #expect(
            try decode(doubles.flatMap { $0.bitPattern.littleEndianBytes }, bits: 64, coding: .float)
                == doubles.map { Float($0) })
    }

    @Test("Numbers that are not finite become silence and are counted")
    func notFinite() throws {
        let values: [Float] = [0.5, .nan, .infinity, -.infinity, -0.5]
        let data = values.flatMap { $0.bitPattern.littleEndianBytes }
        let audio = try AudioDecoder.decode(
            try sandbox.file("x.wav", waveBytes(data, bits: 32, coding: .float)), sampleRate: 22_050)
        #expect(audio.samples == [0.5, 0, 0, 0, -0.5])
        #expect(audio.damagedPackets == 1)
    }

    @Test("Mono is the mean of all channels", arguments: [2, 3, 6, 8, 40])
    func mean(channels: Int) throws {
        let frames = (0..<500).map { frame in
            (0..<channels).map { Int16(truncatingIfNeeded: (frame + 1) * ($0 + 3) * 7919) }
        }
        let url = try sandbox.file(
            "x.wav", waveBytes(frames.flatMap { $0.flatMap(\.littleEndianBytes) }, channels: UInt16(channels)))
        let audio = try AudioDecoder.decode(url, sampleRate: 22_050)
        #expect(audio.source.channels == channels)
        let expected = frames.map { $0.reduce(0.0) { $0 + Double($1) } / Double(channels) / 32768 }
        try #require(audio.samples.count == expected.count)
        // Two channels of 16 bits are exact; more are rounded by the sum and the division in single precision.
        let tolerance = channels == 2 ? 0 : Double(channels) * 0x1p-24
        #expect(zip(audio.samples, expected).allSatisfy { abs(Double($0) - $1) <= tolerance })
    }

    @Test("Mixing comes before resampling, and left and right alike give the same as mono")
    func stereoResampled() throws {
        let tone = sine(440, rate: 44_100, count: 4410).map { Int16($0 * 32767) }
        let mono = try sandbox.file("mono.wav", waveBytes(tone.flatMap(\.littleEndianBytes), rate: 44_100))
        let both = tone.flatMap { $0.littleEndianBytes + $0.littleEndianBytes }
        let stereo = try sandbox.file("stereo.wav", waveBytes(both, rate: 44_100, channels: 2))
        #expect(
            try AudioDecoder.decode(mono, sampleRate: 22_050).samples
                == AudioDecoder.decode(stereo, sampleRate: 22_050).samples)
    }

    @Test("Blocks are the whole file, cut; reading stops when asked")
    func streaming() throws {
        let samples = sine(300, rate: 44_100, count: 100_000)
        let url = sandbox.place("x.wav")
        try WaveFile.write(samples, sampleRate: 44_100, to: url)
        let whole = try AudioDecoder.decode(url, sampleRate: 22_050)
        var joined: [Float] = []
        var calls = 0
        let result = try AudioDecoder.decode(url, sampleRate: 22_050) { block in
            joined += block
            calls += 1
            return true
        }
        #expect(joined == whole.samples)
        #expect(calls > 1)
        #expect(result.source == whole.source)

        var few = 0
        try AudioDecoder.decode(url, sampleRate: 22_050) { block in
            few += block.count
            return few < 5000
        }
        #expect(few >= 5000 && few < joined.count)

        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try AudioDecoder.decode(url, sampleRate: 22_050) { _ in throw Stop() }
        }
    }

    @Test("Files decoded at once give what each gives alone")
    func concurrent() async throws {
        let urls = try ["sine.mp3", "sine.ogg", "sine.opus", "sine.m4a", "film.mp4", "ramp.flac"].map(fixture)
        let alone = try urls.map { try AudioDecoder.decode($0, sampleRate: 22_050).samples }
        let together = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
            for i in 0..<24 {
                group.addTask { (i, try AudioDecoder.decode(urls[i % urls.count], sampleRate: 22_050).samples) }
            }
            return try await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
        }
        #expect((0..<24).allSatisfy { together[$0] == alone[$0 % urls.count] })
    }

    @Test("Genuine tracks are whole 16-bit numbers", .enabled(if: sharedTracks != nil, "no shared recordings"))
    func genuineTracks() throws {
        let folder = try #require(sharedTracks)
        let genres = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        for genre in genres {
            let tracks = try FileManager.default.contentsOfDirectory(at: genre, includingPropertiesForKeys: nil)
            guard let track = tracks.filter({ $0.pathExtension == "flac" }).min(by: { $0.path < $1.path }) else {
                continue
            }
            let audio = try AudioDecoder.decode(track, sampleRate: 22_050)
            #expect((660_000...675_808).contains(audio.samples.count), "\(track.lastPathComponent)")
            #expect(
                audio.samples.allSatisfy { Float(Int16(exactly: $0 * 32768) ?? 0) == $0 * 32768 },
                "\(track.lastPathComponent)")
            #expect(audio.samples.contains { abs($0) > 0.05 }, "\(track.lastPathComponent)")
            #expect(audio.damagedPackets == 0)
        }
    }
}
