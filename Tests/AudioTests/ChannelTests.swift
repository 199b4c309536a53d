import Audio
import Foundation
import Testing

@Suite("Where channels cancel in their mean, the loudest one is taken; nowhere else")
struct ChannelTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private static let rate = 22_050.0

    /// Noise that is the same in every run, within ±`peak`.
    private func noise(_ seed: UInt64, peak: Int = 8000, seconds: Double = 8) -> [Int] {
        var random = FixedNoise(state: seed)
        return (0..<Int(seconds * Self.rate)).map { _ in random.index(below: 2 * peak + 1) - peak }
    }

    private func file(_ channels: [[Int]], bits: UInt16 = 16) throws -> URL {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(channels[0].count * channels.count * Int(bits / 8))
        for i in channels[0].indices {
            for channel in channels {
                if bits == 16 {
                    bytes += Int16(channel[i]).littleEndianBytes
                } else {
                    bytes += (Float(channel[i]) / 32768).bitPattern.littleEndianBytes
                }
            }
        }
        return try sandbox.file(
            "x.wav",
            waveBytes(
                bytes, channels: UInt16(channels.count), bits: bits, coding: bits == 16 ? .integer : .float))
    }

    private func decode(_ channels: [[Int]], bits: UInt16 = 16) throws -> DecodedAudio {
        try AudioDecoder.decode(try file(channels, bits: bits), sampleRate: Self.rate)
    }

    private func expectChannel(
        _ channel: Int, of channels: [[Int]], bits: UInt16 = 16, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let audio = try decode(channels, bits: bits)
        #expect(audio.remarks == SoundRemarks(channelTaken: channel), sourceLocation: sourceLocation)
        #expect(
            audio.samples == channels[channel].map { Float($0) / 32768 }, "another sound",
            sourceLocation: sourceLocation)
    }

    private func expectMean(of channels: [[Int]], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let audio = try decode(channels)
        #expect(audio.remarks == SoundRemarks(), sourceLocation: sourceLocation)
        let mean = channels[0].indices.map { i in
            channels.reduce(Float(0)) { $0 + Float($1[i]) / 32768 } / Float(channels.count)
        }
        #expect(audio.samples == mean, "another sound", sourceLocation: sourceLocation)
    }

    @Test("Right is left inverted, as integers and as floats; of equal channels it is the first", arguments: [16, 32])
    func inverted(bits: UInt16) throws {
        let left = noise(1)
        try expectChannel(0, of: [left, left.map { -$0 }], bits: bits)
    }

    @Test("The louder of two that cancel is taken")
    func louder() throws {
        let left = noise(1)
        try expectChannel(1, of: [left, left.map { -$0 - $0 / 20 }])
    }

    @Test("What is left in the middle does not hide it: another piece 50 dB below, a constant offset")
    func crumbs() throws {
        let side = noise(1)
        let middle = noise(2, peak: 25)
        try expectChannel(
            0, of: [zip(side, middle).map { $0 + $1 }, zip(side, middle).map { $1 - $0 }])
        try expectChannel(0, of: [side.map { $0 + 3000 }, side.map { 3000 - $0 }])
    }

    @Test("The last tenth is enough")
    func lastTenth() throws {
        let left = noise(1)
        let turn = left.count * 9 / 10
        try expectChannel(0, of: [left, left.enumerated().map { $0.offset < turn ? $0.element : -$0.element }])
    }

    @Test("One pair of six channels is inverted, the rest is silent")
    func pairOfSix() throws {
        let pair = noise(1)
        let silence = [Int](repeating: 0, count: pair.count)
        try expectChannel(1, of: [silence, pair, silence, silence, pair.map { -$0 }, silence])
    }

    @Test("Silence at the ends, however long, does not count")
    func silentEnds() throws {
        let silence = [Int](repeating: 0, count: 20 * Int(Self.rate))
        let left = silence + noise(1) + silence
        try expectChannel(0, of: [left, left.map { -$0 }])
    }

    @Test("Ordinary sound keeps its mean: wide stereo, one of two, six or eight channels, an effect of half a second")
    func ordinary() throws {
        let one = noise(1)
        let other = noise(2)
        let silence = [Int](repeating: 0, count: one.count)
        try expectMean(of: [one, other])
        try expectMean(of: [one, zip(one, other).map { $1 / 2 - $0 / 2 }])  // more in the sides than in the middle
        try expectMean(of: [silence, one])
        try expectMean(of: [silence, silence, one, silence, silence, silence])
        try expectMean(of: [silence, silence, silence, silence, silence, silence, silence, one])
        let start = one.count - Int(0.35 * Self.rate)
        try expectMean(of: [one, one.enumerated().map { $0.offset < start ? $0.element : -$0.element }])
        try expectMean(of: [silence, silence])
    }

    @Test("A stream is given once more, as one channel, where its reader can begin again")
    func streaming() throws {
        let left = noise(1)
        let url = try file([left, left.map { -$0 }])
        var samples: [Float] = []
        var restarts = 0
        let result = try AudioDecoder.decode(url, sampleRate: Self.rate) {
            #expect(samples.count == left.count && samples.allSatisfy { $0 == 0 })
            samples = []
            restarts += 1
        } chunk: { block in
            samples += block
            return true
        }
        #expect(restarts == 1)
        #expect(result.remarks == SoundRemarks(channelTaken: 0))
        #expect(samples == left.map { Float($0) / 32768 })

        samples = []
        let plain = try AudioDecoder.decode(url, sampleRate: Self.rate) { block in
            samples += block
            return true
        }
        #expect(plain.remarks == SoundRemarks(channelsCancel: true))
        #expect(samples.count == left.count && samples.allSatisfy { $0 == 0 })
    }

    @Test("Ordinary streams are given once")
    func streamingOnce() throws {
        let url = try file([noise(1), noise(2)])
        var count = 0
        let result = try AudioDecoder.decode(url, sampleRate: Self.rate) {
            Issue.record("it began again")
        } chunk: { block in
            count += block.count
            return true
        }
        #expect(result.remarks == SoundRemarks())
        #expect(count == Int(8 * Self.rate))
    }

    @Test(
        "The noise that coders leave does not hide it",
        .enabled(if: program("ffmpeg") != nil, "no ffmpeg on the PATH"),
        arguments: [
            "x.mp3 -b:a 128k", "x.ogg -q:a 4", "x.m4a -c:a aac -b:a 96k", "x.opus -b:a 96k", "x.wma -b:a 128k",
        ])
    func coded(form: String) throws {
        let words = form.split(separator: " ").map(String.init)
        // A chord with a trill: coders take noise for what need not keep its phase.
        let left = (0..<Int(8 * Self.rate)).map { i in
            let time = Double(i) / Self.rate
            let trill = sin(2 * .pi * 6 * time)
            let tones = [220, 277.2, 329.6, 440, 880, 1318.5].map { sin(2 * .pi * $0 * time + 3 * trill) }
            return Int(3000 * tones.reduce(0, +))
        }
        let original = try file([left, left.map { -$0 }])
        let url = sandbox.place(words[0])
        let tool = Process()
        let ffmpeg: URL = try #require(program("ffmpeg"))
        tool.executableURL = ffmpeg
        tool.arguments = ["-v", "quiet", "-nostdin", "-i", original.path] + words.dropFirst() + [url.path]
        try tool.run()
        tool.waitUntilExit()
        try #require(tool.terminationStatus == 0, "this ffmpeg cannot write \(words[0])")
        let audio = try AudioDecoder.decode(url, sampleRate: Self.rate)
        #expect(audio.remarks == SoundRemarks(channelTaken: 0))
        let power = audio.samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(audio.samples.count)
        let before = left.reduce(0) { $0 + Double($1) * Double($1) } / Double(left.count) / 0x1p30
        #expect(abs(10 * log10(power / before)) < 1.5)
    }
}
