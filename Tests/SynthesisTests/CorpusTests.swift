import Audio
import Foundation
import Synthesis
import Testing

@Suite struct CorpusTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("corpus-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func names(_ folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func corpusHasTheLayoutAndFormatOfGTZAN() throws {
        try withFolder { folder in
            try DemoCorpus.write(to: folder, tracksPerGenre: 2, seconds: 1.2, seed: 3)
            let genres = [
                "blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock",
            ]
            #expect(try names(folder) == genres)
            for genre in genres {
                let place = folder.appendingPathComponent(genre)
                #expect(try names(place) == ["\(genre).00000.wav", "\(genre).00001.wav"])
                for name in try names(place) where name.hasSuffix(".wav") {
                    let audio = try AudioDecoder.decode(place.appendingPathComponent(name), sampleRate: 22_050)
                    #expect(audio.source.sourceRate == 22_050)
                    #expect(audio.source.channels == 1)
                    #expect(audio.source.codec == "pcm_s16le")
                    #expect(audio.samples.count == 26_460)
                    #expect(audio.damagedPackets == 0)
                }
            }
        }
    }

    @Test func filesHoldTheirCompositions() throws {
        try withFolder { folder in
            try DemoCorpus.write(to: folder, tracksPerGenre: 2, seconds: 1, seed: 11)
            let file = DemoCorpus.file(in: folder, style: .reggae, number: 1)
            #expect(file.path.hasSuffix("/reggae/reggae.00001.wav"))
            let heard = try AudioDecoder.decode(file, sampleRate: 22_050).samples
            let meant = Composition(style: .reggae, seed: 11, number: 1).render(seconds: 1, sampleRate: 22_050)
            #expect(heard.count == meant.count)
            #expect(zip(heard, meant).allSatisfy { abs($0 - $1) <= 0.5 / 32_768 + 1e-7 })
        }
    }

    /// Parallel rendering must not leak into the bytes, nor the number of tracks into a track.
    @Test func sameSeedGivesTheSameBytes() throws {
        try withFolder { folder in
            let few = folder.appendingPathComponent("few")
            let many = folder.appendingPathComponent("many")
            let other = folder.appendingPathComponent("other")
            try DemoCorpus.write(to: few, tracksPerGenre: 1, seconds: 1, seed: 4)
            try DemoCorpus.write(to: many, tracksPerGenre: 3, seconds: 1, seed: 4)
            try DemoCorpus.write(to: other, tracksPerGenre: 1, seconds: 1, seed: 5)
            for style in Style.allCases {
                func bytes(_ folder: URL) throws -> Data {
                    try Data(contentsOf: DemoCorpus.file(in: folder, style: style, number: 0))
                }
                let expected = try bytes(few)
                #expect(try bytes(many) == expected)
                #expect(try bytes(other) != expected)
            }
        }
    }

    @Test func senselessRequestsAreRefused() throws {
        try withFolder { folder in
            #expect(throws: SynthesisError.unusableTrackCount(0)) {
                try DemoCorpus.write(to: folder, tracksPerGenre: 0, seconds: 1, seed: 1)
            }
            #expect(throws: SynthesisError.unusableLength(0)) {
                try DemoCorpus.write(to: folder, tracksPerGenre: 1, seconds: 0, seed: 1)
            }
            for seconds in [-1, .infinity, .nan, 601] {
                #expect(throws: SynthesisError.self) {
                    try DemoCorpus.write(to: folder, tracksPerGenre: 1, seconds: seconds, seed: 1)
                }
            }
            #expect(!FileManager.default.fileExists(atPath: folder.path))
        }
    }

    @Test func aFileInTheWayIsNamed() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let inTheWay = folder.appendingPathComponent("blues")
            try Data([1]).write(to: inTheWay)
            let fault = #expect(throws: SynthesisError.self) {
                try DemoCorpus.write(to: folder, tracksPerGenre: 1, seconds: 1, seed: 1)
            }
            #expect(fault?.description.contains(inTheWay.path) == true)
        }
    }
}
