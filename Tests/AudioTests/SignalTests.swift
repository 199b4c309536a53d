import Audio
import Foundation
import Testing

@Suite("Resampled and lossy sound keeps frequency, level, time and length")
struct SignalTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test(
        "A sine keeps its place to a sample and its level to 80 dB",
        arguments: [8000, 11_025, 16_000, 32_000, 44_100, 48_000, 96_000, 44_101, 192_000] as [Double])
    func resampling(rate: Double) throws {
        let url = sandbox.place("sine.wav")
        try WaveFile.write(sine(1000, rate: rate, count: Int(rate)), sampleRate: rate, to: url)
        let audio = try AudioDecoder.decode(url, sampleRate: 22_050)
        #expect(abs(audio.samples.count - 22_050) <= 1)
        // 16-bit rounding of the file alone leaves about 1e-5.
        let fit = fitSine(1000, to: audio.samples, rate: 22_050, range: 500..<21_500)
        #expect(abs(fit.amplitude - 0.5) < 5e-5)
        #expect(abs(fit.phase) < 1e-4)
        #expect(fit.remainder < 5e-5)
    }

    @Test("What lies above the new Nyquist frequency is gone, not folded back", arguments: [12_500, 15_000, 20_000])
    func aliasing(frequency: Int) throws {
        let url = sandbox.place("high.wav")
        try WaveFile.write(sine(Double(frequency), rate: 44_100, count: 44_100), sampleRate: 44_100, to: url)
        let audio = try AudioDecoder.decode(url, sampleRate: 22_050)
        let loudest = audio.samples[500..<21_500].map(abs).max() ?? 1
        #expect(loudest < 5e-4)  // 60 dB below the tone
    }

    @Test("Any rate within bounds can be asked for", arguments: [1000, 22_050, 44_100, 192_000] as [Double])
    func targets(rate: Double) throws {
        let url = sandbox.place("sine.wav")
        try WaveFile.write(sine(100, rate: 22_050, count: 22_050), sampleRate: 22_050, to: url)
        let audio = try AudioDecoder.decode(url, sampleRate: rate)
        #expect(abs(Double(audio.samples.count) - rate) <= 1)
        let inner = (audio.samples.count / 10)..<(audio.samples.count * 9 / 10)
        #expect(abs(fitSine(100, to: audio.samples, rate: rate, range: inner).amplitude - 0.5) < 1e-3)
    }

    private struct Lossy {
        let name: String
        let codec: String
        let rate: Double
        var channels = 1
        var amplitude = 0.5
        /// Samples that libav ends early (a short Vorbis block) or that the container cannot trim.
        var lengthError = -1...1
        /// Radians at 1,000 Hz that the codec itself may shift; a delay left in would show as 1 and more.
        var phaseError = 0.03
    }

    private static let lossy = [
        Lossy(name: "sine.mp3", codec: "mp3", rate: 44_100, channels: 2, amplitude: 0.475),  // LAME scales by 0.95
        Lossy(name: "sine.ogg", codec: "vorbis", rate: 44_100, lengthError: -128...1),
        Lossy(name: "sine.opus", codec: "opus", rate: 48_000, phaseError: 0.1),
        Lossy(name: "sine.m4a", codec: "aac", rate: 44_100, lengthError: 0...1024),
        Lossy(name: "film.mp4", codec: "aac", rate: 44_100, lengthError: 0...5120),
    ]

    @Test("Lossy files, the encoder's delay trimmed", arguments: lossy.indices)
    func lossyFile(index: Int) throws {
        let file = Self.lossy[index]
        let audio = try AudioDecoder.decode(try fixture(file.name), sampleRate: file.rate)
        #expect(audio.source.codec == file.codec)
        #expect(audio.source.sourceRate == file.rate)
        #expect(audio.source.channels == file.channels)
        #expect(audio.damagedPackets == 0)
        let length = Int(file.rate / 2)
        #expect(file.lengthError.contains(audio.samples.count - length), "\(audio.samples.count) of \(length)")
        // The middle 0.3 s, away from the tone's edges.
        let fit = fitSine(1000, to: audio.samples, rate: file.rate, range: (length / 5)..<(length * 4 / 5))
        #expect(abs(fit.amplitude - file.amplitude) < 0.01)
        #expect(abs(fit.phase) < file.phaseError)
        #expect(fit.remainder < 0.02)
        let claimed = try #require(audio.source.duration)
        #expect(abs(claimed - 0.5) < 0.15)
    }

    @Test("Tags are read, from the container and from the stream")
    func tags() throws {
        let properties = try AudioDecoder.properties(of: try fixture("sine.mp3"))
        #expect(properties.tags["title"] == "A sine")
        #expect(properties.tags["artist"] == "Nobody")
        #expect(properties.container == "mp3")
        #expect(try AudioDecoder.properties(of: try fixture("sine.opus")).tags["encoder"]?.contains("opus") == true)
    }

    static let encoded: [(name: String, arguments: [String], exact: Bool)] = [
        ("x.aiff", [], true), ("x.caf", ["-c:a", "pcm_s24le"], true), ("x.m4a", ["-c:a", "alac"], true),
        ("x.wv", [], true), ("x.flac", ["-ac", "6"], false), ("x.ac3", ["-b:a", "128k"], false),
        ("x.wma", ["-b:a", "128k"], false), ("x.mp2", [], false), ("x.mka", ["-c:a", "libvorbis"], false),
    ]

    @Test(
        "Formats that the ffmpeg tool can write",
        .enabled(if: program("ffmpeg") != nil, "no ffmpeg on the PATH"), arguments: 0..<encoded.count)
    func encodedFile(index: Int) throws {
        let (name, arguments, exact) = Self.encoded[index]
        let rate = 44_100.0
        let original = sandbox.place("original.wav")
        try WaveFile.write(sine(1000, rate: rate, count: 44_100), sampleRate: rate, to: original)
        let url = sandbox.place(name)
        let tool = Process()
        let ffmpeg: URL = try #require(program("ffmpeg"))
        tool.executableURL = ffmpeg
        tool.arguments = ["-v", "quiet", "-nostdin", "-i", original.path] + arguments + [url.path]
        try tool.run()
        tool.waitUntilExit()
        try #require(tool.terminationStatus == 0, "this ffmpeg cannot write \(name)")

        let audio = try AudioDecoder.decode(url, sampleRate: rate)
        if exact {
            #expect(audio.samples == (try AudioDecoder.decode(original, sampleRate: rate)).samples)
        } else {
            // The WMA encoder drops a last block that is not full.
            #expect(((name == "x.wma" ? 42_000 : 44_100)...47_000).contains(audio.samples.count))
            let fit = fitSine(1000, to: audio.samples, rate: rate, range: 4410..<39_690)
            // One channel in six sounds when mono is put into 5.1 (the centre).
            let expected = name == "x.flac" ? 0.5 / 6 : 0.5
            #expect(abs(fit.amplitude / expected - 1) < 0.03)
            #expect(fit.remainder < 0.01)
        }
    }
}
