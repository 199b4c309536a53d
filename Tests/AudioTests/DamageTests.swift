import Audio
import Foundation
import Testing

@Suite("Damage and missing ends are noticed, and only they")
struct DamageTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func remarks(_ url: URL) throws -> SoundRemarks { try AudioDecoder.decode(url, sampleRate: 22_050).remarks }

    private func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: try fixture(name))) }

    @Test(
        "Sound files show nothing",
        arguments: [
            "sine.mp3", "sine.ogg", "sine.opus", "sine.m4a", "film.mp4", "ramp.flac", "dts.wav", "long.flac", "long.wv",
            "long.mp3", "long.m4a", "long.opus", "long.mka",
        ])
    func sound(name: String) throws {
        #expect(try remarks(try fixture(name)) == SoundRemarks())
    }

    @Test("One changed byte breaks a checksum: FLAC, WavPack, Ogg", arguments: ["long.flac", "long.wv", "long.opus"])
    func changedByte(name: String) throws {
        var changed = try bytes(name)
        changed[changed.count * 2 / 5] ^= 0x10
        let audio = try AudioDecoder.decode(try sandbox.file(name, changed), sampleRate: 8000)
        #expect(audio.damagedPackets > 0)
        #expect(!audio.remarks.endIsMissing)
        // Most of it is still there.
        #expect(audio.samples.count > 16_000 && audio.samples.count <= 24_010)
    }

    @Test("Where every checksum is wrong, the sound is kept, and counted as damaged")
    func wrongChecksums() throws {
        var changed = try bytes("ramp.flac")
        changed[changed.count - 1] ^= 0xFF  // the checksum of its only frame
        let audio = try AudioDecoder.decode(try sandbox.file("x.flac", changed), sampleRate: 22_050)
        #expect(audio.samples == (try AudioDecoder.decode(try fixture("ramp.flac"), sampleRate: 22_050)).samples)
        #expect(audio.damagedPackets > 0)
    }

    @Test(
        "A file cut short says that its end is missing",
        arguments: ["long.flac", "long.wv", "long.mp3", "long.m4a", "long.opus", "long.mka"])
    func cutOff(name: String) throws {
        let whole = try bytes(name)
        for share in [0.5, 0.75] {
            let url = try sandbox.file(name, Array(whole.prefix(Int(Double(whole.count) * share))))
            #expect(try remarks(url).endIsMissing, "\(share)")
            #expect(try remarks(url).isDamaged)
        }
    }

    @Test("An MP4 file that ends before its index is called cut off")
    func cutOffBeforeTheIndex() throws {
        let type = UInt32(16).bigEndianBytes + Array("ftypM4A ".utf8) + [0, 0, 0, 0]
        let data = UInt32(1 << 20).bigEndianBytes + Array("mdat".utf8) + [UInt8](repeating: 1, count: 5_000)
        let whole = UInt32(5_008).bigEndianBytes + data.dropFirst(4)
        for bytes in [type + data, type + whole, type] {
            let url = try sandbox.file("cut.m4a", bytes)
            #expect(throws: AudioError.cutOff(path: url.path)) { try remarks(url) }
        }
    }

    @Test("A WAV file cut short says so; one that names no length has no end to miss")
    func cutOffWave() throws {
        let tone = sine(440, rate: 22_050, count: 22_050).flatMap { Int16($0 * 32767).littleEndianBytes }
        let cut = try sandbox.file("cut.wav", Array(waveBytes(tone).prefix(30_000)))
        #expect(try remarks(cut) == SoundRemarks(endIsMissing: true))
        for claimed in [0xFFFF_FFFF, 0x7FFF_F000, 0x7FFF_FFFF] as [UInt32] {
            let stream = try sandbox.file("stream.wav", waveBytes(tone, claimedBytes: claimed))
            #expect(try remarks(stream) == SoundRemarks(), "\(claimed)")
        }
        // What follows the data is none of it.
        let tail = Array("LIST".utf8) + UInt32(4).littleEndianBytes + Array("INFO".utf8)
        #expect(try remarks(try sandbox.file("tail.wav", waveBytes(tone) + tail)) == SoundRemarks())
    }

    @Test("What other programs put behind an Ogg file is no damage; bytes between its pages are")
    func besidePages() throws {
        let whole = try bytes("long.opus")
        let tail = Array("TAG".utf8) + [UInt8](repeating: 32, count: 125)
        #expect(try remarks(try sandbox.file("tail.opus", whole + tail)) == SoundRemarks())
        let page = try #require(
            (whole.count / 2..<whole.count - 4).first { Array(whole[$0..<$0 + 4]) == Array("OggS".utf8) })
        let between = Array(whole[..<page]) + [UInt8](repeating: 7, count: 500) + Array(whole[page...])
        #expect(try remarks(try sandbox.file("between.opus", between)).damagedPackets > 0)
    }

    @Test("What other programs put before, between and behind the sound is no damage")
    func tags() throws {
        let tag = Array("TAG".utf8) + [UInt8](repeating: 32, count: 125)
        let front = Array("ID3".utf8) + [4, 0, 0, 0, 0, 0, 20] + [UInt8](repeating: 0, count: 20)
        for name in ["long.flac", "long.wv", "long.mp3"] {
            #expect(try remarks(try sandbox.file(name, try bytes(name) + tag)) == SoundRemarks(), "\(name)")
        }
        for name in ["long.flac", "long.mp3", "long.opus"] {
            #expect(try remarks(try sandbox.file(name, front + bytes(name))) == SoundRemarks(), "\(name)")
        }
        let joined = try bytes("sine.mp3") + bytes("sine.mp3")
        #expect(try remarks(try sandbox.file("joined.mp3", joined)).damagedPackets == 0)
        let zeros = [UInt8](repeating: 0, count: 100_000)
        #expect(try remarks(try sandbox.file("zeros.mp3", zeros + bytes("long.mp3"))).damagedPackets == 0)
    }
}
