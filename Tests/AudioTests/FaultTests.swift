import Audio
import Foundation
import Testing

@Suite("Files that are missing, wrong, cut off or hostile")
struct FaultTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// The error that decoding gives, or nil.
    private func fault(_ url: URL, sampleRate: Double = 22_050, longest: Double = 3600) -> AudioError? {
        do throws(AudioError) {
            _ = try AudioDecoder.decode(url, sampleRate: sampleRate, longest: longest)
            return nil
        } catch {
            return error
        }
    }

    private let tone = sine(440, rate: 22_050, count: 22_050).flatMap { Int16($0 * 32767).littleEndianBytes }

    @Test("Plain mistakes are told apart, and named")
    func plainMistakes() throws {
        let missing = sandbox.place("none.wav")
        #expect(fault(missing) == .missing(path: missing.path))
        #expect(fault(sandbox.folder) == .notAFile(path: sandbox.folder.path))
        let empty = try sandbox.file("empty.mp3", [])
        #expect(fault(empty) == .empty(path: empty.path))
        let pipe = sandbox.place("pipe.wav")
        #expect(mkfifo(pipe.path, 0o600) == 0)
        #expect(fault(pipe) == .notAFile(path: pipe.path))
        #expect(fault(missing)?.description.contains("none.wav") == true)
        #expect((fault(empty) as (any Error)?)?.localizedDescription.contains("empty.mp3") == true)
    }

    @Test(
        "Text is no audio, whatever its name", arguments: ["x.wav", "x.mp3", "x.flac", "x.au", "x.m4a", "x.txt", "x"])
    func text(name: String) throws {
        let url = try sandbox.file(name, String(repeating: "This is a shopping list: milk, eggs.\n", count: 200))
        let error = try #require(fault(url))
        #expect(error.description.contains(name))
        switch error {
        case .unrecognised, .noAudioStream, .undecodable, .noSamples: break
        default: Issue.record("\(error)")
        }
    }

    @Test("A picture has no audio stream")
    func picture() throws {
        let gif: [UInt8] =
            Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0]
            + [2, 2, 0x44, 1, 0, 0x3B]
        let url = try sandbox.file("cover.gif", gif)
        #expect(fault(url) == .noAudioStream(path: url.path))
    }

    @Test("Playlists do not lead to other files")
    func playlists() throws {
        let secret = sandbox.place("secret.wav")
        try WaveFile.write(sine(440, rate: 22_050, count: 22_050), sampleRate: 22_050, to: secret)
        let scripts = [
            "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n",
            "b.m3u8":
                "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://\(secret.path)\n#EXT-X-ENDLIST\n",
            "c.wav": "ffconcat version 1.0\nfile secret.wav\n",
            "d.ffconcat": "ffconcat version 1.0\nfile secret.wav\n",
        ]
        for (name, text) in scripts {
            #expect(fault(try sandbox.file(name, text)) != nil, "\(name)")
        }
        #expect(fault(secret) == nil)
    }

    @Test("Names that look like addresses or options are plain names")
    func oddNames() throws {
        for name in ["http:x.wav", "file:x.wav", "pipe:0", "a b%20ü 🎵.wav", "-i.wav", "concat:a|b"] {
            let url = try sandbox.file(name, waveBytes(tone))
            #expect(fault(url) == nil, "\(name)")
        }
    }

    @Test("A cut-off file gives what is there")
    func cutOff() throws {
        let wave = try sandbox.file("x.wav", Array(waveBytes(tone).prefix(44 + 20_000)))
        #expect(try AudioDecoder.decode(wave, sampleRate: 22_050).samples.count == 10_000)
        for (name, share) in [("sine.mp3", 0.6), ("sine.ogg", 0.95), ("sine.opus", 0.9)] {
            let whole = [UInt8](try Data(contentsOf: try fixture(name)))
            let url = try sandbox.file(name, Array(whole.prefix(Int(Double(whole.count) * share))))
            // Ogg pages that are not complete cannot be read at all: an error, but no trap.
            if let error = fault(url) {
                #expect(error == .noSamples(path: url.path) || name != "sine.mp3", "\(error)")
            } else {
                let audio = try AudioDecoder.decode(url, sampleRate: 44_100)
                #expect(audio.samples.count > 4410 && audio.samples.count < 24_000, "\(name)")
            }
        }
        let header = try sandbox.file("h.wav", waveBytes([]))
        #expect(fault(header) == .noSamples(path: header.path))
    }

    @Test(
        "Headers that claim absurd lengths are not believed", arguments: [0xFFFF_FFFF, 0x7FFF_FFFF, 0, 3] as [UInt32])
    func absurdLengths(claimed: UInt32) throws {
        let url = try sandbox.file("x.wav", waveBytes(tone, claimedBytes: claimed))
        if let error = fault(url) {
            #expect(claimed < 4 && error == .noSamples(path: url.path))
        } else {
            #expect(try AudioDecoder.decode(url, sampleRate: 22_050).samples.count <= 22_050)
        }
        var au = auBytes([1, 2, 3])
        au.replaceSubrange(8..<12, with: claimed.bigEndianBytes)
        let second = try sandbox.file("x.au", au)
        if fault(second) == nil { #expect(try AudioDecoder.decode(second, sampleRate: 22_050).samples.count <= 3) }
    }

    @Test("Absurd rates and channel counts are refused")
    func absurdFormats() throws {
        for rate in [4_000_000_000, 2_000_000, 999, 1, 0] as [UInt32] {
            let url = try sandbox.file("rate\(rate).wav", waveBytes(tone, rate: rate))
            #expect(fault(url) != nil, "\(rate) Hz")
        }
        let fast = try sandbox.file("fast.wav", waveBytes(tone, rate: 2_000_000))
        #expect(fault(fast) == .unusableSourceRate(path: fast.path, rate: "2000000"))
        for channels in [0, 600, 65_535] as [UInt16] {
            let url = try sandbox.file("channels.wav", waveBytes(tone, channels: channels))
            if fault(url) == nil {
                #expect(try AudioDecoder.decode(url, sampleRate: 22_050).samples.count <= 22_050)
            }
        }
    }

    @Test("Rates that cannot be made are refused", arguments: [0, -1, 22_050.5, 999, 1e6 + 1, 1e300, .nan, .infinity])
    func badTargets(rate: Double) throws {
        let url = try sandbox.file("x.wav", waveBytes(tone))
        guard case .unusableTargetRate = fault(url, sampleRate: rate) else {
            Issue.record("\(rate) Hz was taken")
            return
        }
    }

    @Test("A file longer than the limit is refused, one of just that length is not")
    func tooLong() throws {
        let url = try sandbox.file("x.wav", waveBytes(tone))
        #expect(fault(url, longest: 1) == nil)
        #expect(fault(url, longest: 0.99) == .tooLong(path: url.path, limit: 0.99))
    }

    @Test("Damaged bytes give sound or an error, never a trap", arguments: 0..<6)
    func damaged(which: Int) throws {
        let name = ["sine.mp3", "sine.ogg", "sine.opus", "sine.m4a", "film.mp4", "ramp.flac"][which]
        let whole = [UInt8](try Data(contentsOf: try fixture(name)))
        var random = FixedNoise(state: UInt64(which) + 1)
        var gaveSound = 0
        for round in 0..<60 {
            var bytes = whole
            for _ in 0..<(1 + round / 4) { bytes[random.index(below: bytes.count)] = UInt8(random.index(below: 256)) }
            let url = try sandbox.file("damaged-\(name)", bytes)
            do throws(AudioError) {
                let audio = try AudioDecoder.decode(url, sampleRate: 22_050, longest: 60)
                gaveSound += 1
                if !audio.samples.allSatisfy(\.isFinite) { Issue.record("round \(round) gives numbers not finite") }
            } catch {
                #expect(error.description.contains(name))
            }
        }
        // An Ogg file this short is one page under one checksum: any damage loses it whole.
        if name != "sine.ogg" && name != "sine.opus" { #expect(gaveSound > 0) }
    }

    @Test("Noise is no audio, whatever its name", arguments: ["x.wav", "x.mp3", "x.ogg", "x.aac", "x.au"])
    func noise(name: String) throws {
        var random = FixedNoise(state: 99)
        let url = try sandbox.file(name, (0..<20_000).map { _ in UInt8(random.index(below: 256)) })
        // MP3 and AAC decoders may find a frame or two in noise; what counts is that it ends.
        do throws(AudioError) {
            #expect(try AudioDecoder.decode(url, sampleRate: 22_050).samples.allSatisfy(\.isFinite))
        } catch {
            #expect(error.description.contains(name))
        }
    }
}

/// A small linear congruential generator (Knuth's MMIX constants), for damage that is the same in every run.
struct FixedNoise {
    var state: UInt64

    mutating func index(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
}
