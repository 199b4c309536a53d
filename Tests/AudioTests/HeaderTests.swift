import Audio
import Foundation
import Testing

@Suite("Headers are read for what they say, and believed within bounds")
struct HeaderTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func fault(_ url: URL) -> AudioError? {
        do throws(AudioError) {
            _ = try AudioDecoder.decode(url, sampleRate: 22_050)
            return nil
        } catch {
            return error
        }
    }

    private func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: try fixture(name))) }

    // MARK: WAV's variants

    private static let values = (0..<4000).map { ($0 * $0 * 7919) % 4096 - 2048 }

    /// WAVE_FORMAT_EXTENSIBLE: samples of fewer valid bits than they take up, the valid ones on top.
    private func extensible(valid: UInt16, container: UInt16, kind: UInt32, _ data: [UInt8], big: Bool = false)
        -> [UInt8]
    {
        func number<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
            big ? value.bigEndianBytes : value.littleEndianBytes
        }
        var format: [UInt8] = number(UInt16(0xFFFE)) + number(UInt16(1)) + number(UInt32(22_050))
        format += number(UInt32(22_050) * UInt32(container / 8)) + number(container / 8) + number(container)
        format += number(UInt16(22)) + number(valid) + number(UInt32(4)) + number(kind)
        format += number(UInt16(0)) + number(UInt16(0x10)) + [0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
        var file: [UInt8] =
            Array((big ? "RIFX" : "RIFF").utf8) + number(UInt32(60 + data.count)) + Array("WAVEfmt ".utf8)
        file += number(UInt32(40)) + format
        return file + Array("data".utf8) + number(UInt32(data.count)) + data
    }

    @Test(
        "Integers of fewer valid bits than they take up",
        arguments: [(12, 16), (16, 16), (20, 24), (24, 24), (20, 32), (24, 32), (32, 32)] as [(UInt16, UInt16)])
    func validBits(valid: UInt16, container: UInt16) throws {
        let shift = Int(container) - 12
        for big in [false, true] {
            let data = Self.values.flatMap { value -> [UInt8] in
                let wide = Int32(value << shift)
                let count = Int(container / 8)
                return big ? Array(wide.bigEndianBytes.suffix(count)) : Array(wide.littleEndianBytes.prefix(count))
            }
            let url = try sandbox.file("x.wav", extensible(valid: valid, container: container, kind: 1, data, big: big))
            let audio = try AudioDecoder.decode(url, sampleRate: 22_050)
            #expect(audio.samples == Self.values.map { Float($0) / 2048 }, "big-endian: \(big)")
            #expect(audio.remarks == SoundRemarks())
            #expect(abs((audio.source.duration ?? 0) - 4000 / 22_050) < 1e-6)
        }
    }

    @Test("Floats that say fewer valid bits")
    func validBitsOfFloats() throws {
        let values = Self.values.map { Float($0) / 2048 }
        for big in [false, true] {
            let data = values.flatMap { big ? $0.bitPattern.bigEndianBytes : $0.bitPattern.littleEndianBytes }
            let url = try sandbox.file("x.wav", extensible(valid: 24, container: 32, kind: 3, data, big: big))
            #expect(try AudioDecoder.decode(url, sampleRate: 22_050).samples == values)
        }
    }

    @Test("RIFX, WAV of big-endian numbers: 8, 16, 24 and 32-bit integers, floats")
    func bigEndian() throws {
        func decode(_ data: [UInt8], bits: UInt16, coding: UInt16 = 1) throws -> [Float] {
            var file: [UInt8] = Array("RIFX".utf8) + UInt32(36 + data.count).bigEndianBytes + Array("WAVEfmt ".utf8)
            file += UInt32(16).bigEndianBytes + coding.bigEndianBytes + UInt16(1).bigEndianBytes
            file += UInt32(22_050).bigEndianBytes + (22_050 * UInt32(bits / 8)).bigEndianBytes
            file += (bits / 8).bigEndianBytes + bits.bigEndianBytes
            file += Array("data".utf8) + UInt32(data.count).bigEndianBytes + data
            return try AudioDecoder.decode(try sandbox.file("x.wav", file), sampleRate: 22_050).samples
        }
        let expected = Self.values.map { Float($0) / 2048 }
        #expect(try decode(Self.values.flatMap { Int16($0 << 4).bigEndianBytes }, bits: 16) == expected)
        #expect(try decode(Self.values.flatMap { Int32($0 << 12).bigEndianBytes.suffix(3) }, bits: 24) == expected)
        #expect(try decode(Self.values.flatMap { Int32($0 << 20).bigEndianBytes }, bits: 32) == expected)
        #expect(try decode(expected.flatMap { $0.bitPattern.bigEndianBytes }, bits: 32, coding: 3) == expected)
        #expect(try decode([0, 64, 128, 192], bits: 8) == [-1, -0.5, 0, 0.5])
    }

    // MARK: Encryption

    @Test("Encrypted files are called encrypted: common encryption, FairPlay, Audible, Windows Media")
    func encrypted() throws {
        let plain = try bytes("sine.m4a")
        func replacing(_ old: String, by new: String) throws -> [UInt8] {
            let mark = Array(old.utf8)
            let place = try #require(plain.indices.first { plain[$0...].starts(with: mark) })
            var changed = plain
            changed.replaceSubrange(place..<place + mark.count, with: Array(new.utf8))
            return changed
        }
        let windowsMedia: [UInt8] =
            [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C]
            + UInt64(70).littleEndianBytes + [1, 0, 0, 0, 1, 2]
            + [0xFB, 0xB3, 0x11, 0x22, 0x23, 0xBD, 0xD2, 0x11, 0xB4, 0xB7, 0x00, 0xA0, 0xC9, 0x55, 0xFC, 0x6E]
            + UInt64(40).littleEndianBytes + [UInt8](repeating: 0, count: 16)
        let files = [
            try fixture("encrypted.m4a"),
            try sandbox.file("x.m4p", try replacing("mp4a", by: "drms")),
            try sandbox.file("y.m4a", try replacing("mp4a", by: "enca")),
            try sandbox.file("x.aax", try replacing("ftypM4A ", by: "ftypaax ")),
            try sandbox.file("x.aa", [0, 0, 2, 0, 0x57, 0x90, 0x75, 0x36] + [UInt8](repeating: 0, count: 500)),
            try sandbox.file("x.wma", windowsMedia),
        ]
        for file in files { #expect(fault(file) == .encrypted(path: file.path), "\(file.lastPathComponent)") }
        #expect(fault(files[0])?.description.contains("encrypted") == true)
    }

    // MARK: Bounds

    @Test("Scripts and music for synthesizers are no recordings", arguments: ["sbg.mp3", "vgm.mp3"])
    func synthesizers(name: String) throws {
        let url = try fixture(name)
        guard case .unrecognised(url.path, let reason) = fault(url) else {
            Issue.record("\(String(describing: fault(url)))")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test("A day of silence in 20 kB is not believed, in memory or streamed")
    func bomb() throws {
        let url = try fixture("bomb20kB.flac")
        #expect(fault(url) == .implausible(path: url.path))
        var count = 0
        #expect(throws: AudioError.implausible(path: url.path)) {
            try AudioDecoder.decode(url, sampleRate: 22_050) { block in
                count += block.count
                return true
            }
        }
        #expect(count < 1200 * 22_050)
    }

    @Test("A chunk that claims 2 GiB is passed over")
    func hugeChunk() throws {
        let url = try fixture("list2g.wav")
        guard case .unrecognised = fault(url) else {
            Issue.record("\(String(describing: fault(url)))")
            return
        }
        // The same chunk before sound, claiming more than there is.
        let values: [Int16] = [1, 2, 3]
        var file = waveBytes(values.flatMap(\.littleEndianBytes))
        file += Array("LIST".utf8) + UInt32(0x7FFF_FE00).littleEndianBytes + Array("INFOINAM".utf8)
        file += UInt32(0x7FFF_FD9C).littleEndianBytes + Array("hello".utf8)
        let audio = try AudioDecoder.decode(try sandbox.file("x.wav", file), sampleRate: 22_050)
        #expect(audio.samples.map { $0 * 32768 } == [1, 2, 3])
    }

    @Test("An ID3 tag of a hundred thousand frames, and one of a few")
    func manyFrames() throws {
        func tag(_ count: Int) -> [UInt8] {
            var frames: [UInt8] = []
            frames.reserveCapacity(19 * count)
            for i in 0..<count {
                let name = String(i + 100_000)
                frames += Array("TXXX".utf8) + [0, 0, 0, 9, 0, 0, 0] + Array(name.utf8) + [0] + Array("v".utf8)
            }
            let size = frames.count
            let bytes = [21, 14, 7, 0].map { UInt8(size >> $0 & 127) }
            return Array("ID3".utf8) + [4, 0, 0] + bytes + frames
        }
        let sound = try bytes("long.mp3")
        let expected = try AudioDecoder.decode(try fixture("long.mp3"), sampleRate: 22_050).samples
        let few = try AudioDecoder.decode(try sandbox.file("few.mp3", tag(5) + sound), sampleRate: 22_050)
        #expect(few.samples == expected)
        #expect(few.source.tags["100004"] == "v")
        let many = try AudioDecoder.decode(try sandbox.file("many.mp3", tag(100_000) + sound), sampleRate: 22_050)
        #expect(many.samples == expected)
        #expect(many.source.tags["100004"] == nil)
    }

    @Test("A FLAC file of 40,000 comments")
    func manyComments() throws {
        let whole = try bytes("ramp.flac")
        var comments = UInt32(0).littleEndianBytes + UInt32(40_000).littleEndianBytes
        comments.reserveCapacity(13 * 40_000)
        for i in 0..<40_000 {
            let text = Array("k\(i + 10_000)=v".utf8)
            comments += UInt32(text.count).littleEndianBytes + text
        }
        // After the stream's own block, which then is not the last.
        var place = 4
        while true {
            let isLast = whole[place] & 128 != 0
            place += 4 + (Int(whole[place + 1]) << 16 | Int(whole[place + 2]) << 8 | Int(whole[place + 3]))
            if isLast { break }
        }
        let block: [UInt8] = [0x84] + Array(UInt32(comments.count).bigEndianBytes.suffix(3)) + comments
        let file = Array("fLaC".utf8) + [0] + Array(whole[5..<42]) + block + Array(whole[place...])
        let audio = try AudioDecoder.decode(try sandbox.file("x.flac", file), sampleRate: 22_050)
        #expect(audio.samples == (try AudioDecoder.decode(try fixture("ramp.flac"), sampleRate: 22_050)).samples)
        #expect(audio.source.tags["k10000"] == nil)
    }

    @Test("A WAV file of 40,000 entries of information")
    func manyEntries() throws {
        var list = Array("INFO".utf8)
        list.reserveCapacity(10 * 40_000)
        for i in 0..<40_000 {
            let letters = [26 * 26 * 26, 26 * 26, 26, 1].map { UInt8(65 + i / $0 % 26) }
            list += letters + UInt32(2).littleEndianBytes + [118, 0]
        }
        let values: [Int16] = [1, 2, 3]
        let file =
            waveBytes(values.flatMap(\.littleEndianBytes)) + Array("LIST".utf8) + UInt32(list.count).littleEndianBytes
            + list
        let audio = try AudioDecoder.decode(try sandbox.file("x.wav", file), sampleRate: 22_050)
        #expect(audio.samples.map { $0 * 32768 } == [1, 2, 3])
    }

    @Test("A table of MP4 that claims more samples than the file can hold")
    func hugeTable() throws {
        var file = try bytes("sine.m4a")
        let mark = Array("stsz".utf8)
        let place = try #require(file.indices.first { file[$0...].starts(with: mark) })
        file.replaceSubrange(place + 8..<place + 16, with: UInt32(1).bigEndianBytes + UInt32(2_600_000).bigEndianBytes)
        let url = try sandbox.file("x.m4a", file)
        #expect(fault(url) == .costlyHeader(path: url.path))
    }

    @Test("A stream longer than the limit is refused while it is read")
    func tooLong() throws {
        let url = try fixture("long.flac")
        #expect(throws: AudioError.tooLong(path: url.path, limit: 2)) {
            try AudioDecoder.decode(url, sampleRate: 22_050, longest: 2) { _ in true }
        }
        #expect(throws: Never.self) { try AudioDecoder.decode(url, sampleRate: 22_050, longest: 3) { _ in true } }
    }

    @Test("The process's limit goes before the usual one, and a call can only ask for less")
    func processLimit() throws {
        // No other test's file lasts an hour.
        AudioLimits.longest = 3600
        defer { AudioLimits.longest = nil }
        let url = try sandbox.file("x.wav", waveBytes([UInt8](repeating: 0, count: 2 * 1000 * 3601), rate: 1000))
        #expect(fault(url) == .tooLong(path: url.path, limit: 3600))
        #expect(throws: AudioError.tooLong(path: url.path, limit: 3600)) {
            try AudioDecoder.decode(url, sampleRate: 1000, longest: 7200) { _ in true }
        }
        #expect(throws: AudioError.tooLong(path: url.path, limit: 60)) {
            try AudioDecoder.decode(url, sampleRate: 1000, longest: 60) { _ in true }
        }
        #expect(AudioError.tooLong(path: "x", limit: 3600).description.contains("--longest"))
    }

    // MARK: Names

    @Test("Endings are in lower case and hold those of DSD, DTS, QuickTime, Speex and their like")
    func endings() {
        let endings = AudioFileNames.extensions
        #expect(endings.allSatisfy { $0 == $0.lowercased() && !$0.contains(".") })
        for name in [
            "wav", "mp3", "flac", "m4a", "dsf", "dff", "dts", "mov", "3gp", "3g2", "spx", "mpga", "mp1", "m4r", "m4p",
            "voc",
            "sph", "ra", "rm", "eac3", "tak", "shn", "oma", "aa3", "weba", "ogx", "mpc", "mlp", "thd", "asf", "snd",
        ] {
            #expect(endings.contains(name), "\(name)")
        }
        for name in ["txt", "jpg", "mid", "mod", "vgm", "m3u", "ts"] { #expect(!endings.contains(name), "\(name)") }
    }
}
