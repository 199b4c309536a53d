import Audio
import Foundation
import Testing

@Suite("Writing WAV files")
struct WaveFileTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test("The bytes are those of the format, and nothing is left beside the file")
    func bytes() throws {
        let url = sandbox.place("x.wav")
        try WaveFile.write([0, 0.5, -1, 1, 2, -2, .nan], sampleRate: 22_050, to: url)
        let samples: [Int16] = [0, 16_384, -32_768, 32_767, 32_767, -32_768, 0]
        #expect([UInt8](try Data(contentsOf: url)) == waveBytes(samples.flatMap(\.littleEndianBytes)))
        #expect(try sandbox.names == ["x.wav"])
    }

    @Test("Samples of a 16-bit file go back unchanged")
    func roundTrip() throws {
        let url = sandbox.place("x.wav")
        let samples = (-32_768...32_767).map { Float($0) / 32768 }
        try WaveFile.write(samples, sampleRate: 44_100, to: url)
        #expect(try AudioDecoder.decode(url, sampleRate: 44_100).samples == samples)
    }

    @Test("Writing replaces an older file, and a place that does not exist is an error")
    func replaces() throws {
        let url = try sandbox.file("x.wav", "old")
        try WaveFile.write([0.25], sampleRate: 8000, to: url)
        #expect(try AudioDecoder.properties(of: url).sourceRate == 8000)
        let nowhere = sandbox.place("no/such/x.wav")
        do throws(AudioError) {
            try WaveFile.write([0], sampleRate: 8000, to: nowhere)
            Issue.record("it was written")
        } catch {
            #expect(error.description.contains(nowhere.path))
        }
        #expect(throws: AudioError.unusableTargetRate(0.5)) { try WaveFile.write([0], sampleRate: 0.5, to: url) }
    }
}
