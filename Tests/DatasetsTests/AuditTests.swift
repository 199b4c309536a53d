import Audio
import Foundation
import Synthesis
import Testing

@testable import Datasets
@testable import Features

@Suite struct AuditTests {
    private static let rate: Double = 22_050

    private static func music(_ style: Style, _ number: Int, seconds: Double = 15) -> [Float] {
        Composition(style: style, seed: 4, number: number).render(seconds: seconds, sampleRate: rate)
    }

    private func write(_ samples: [Float], _ url: URL) throws {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try WaveFile.write(samples, sampleRate: Self.rate, to: url)
    }

    /// Quieter, dulled by a one-pole low-pass at about 3 kHz, with hiss: what poor coding does to a sound.
    private func spoilt(_ samples: ArraySlice<Float>, gain: Float) -> [Float] {
        var state: Float = 0
        var noise = UInt32(9)
        return samples.map { sample in
            state += 0.57 * (sample - state)
            noise = noise &* 1_664_525 &+ 1_013_904_223
            return gain * (state + 0.006 * (Float(noise >> 8) / Float(1 << 23) - 1))
        }
    }

    @Test func excerptsAreFoundAndUnrelatedTracksAreNot() throws {
        try withTemporaryFolder { root in
            // Two tracks of each of five styles: the styles share instruments and patterns.
            for style in [Style.blues, .classical, .disco, .jazz, .rock] {
                for number in 0..<2 {
                    try write(Self.music(style, number), root.appendingPathComponent("\(style.rawValue)/\(number).wav"))
                }
            }
            let jazz = Self.music(.jazz, 1)
            let rock = Self.music(.rock, 0)
            let disco = Self.music(.disco, 0)
            // At places that are no multiple of the hop.
            try write(Array(jazz[100_123..<144_223]), root.appendingPathComponent("cut/jazz.wav"))
            try write(spoilt(rock[70_301..<180_551], gain: 0.3), root.appendingPathComponent("cut/rock.wav"))
            try write(spoilt(disco[...], gain: 0.5), root.appendingPathComponent("cut/disco.wav"))
            try write(jazz, root.appendingPathComponent("cut/copy.wav"))
            let audit = try Auditor.audit([root], threads: 2)
            #expect(audit.tracks == 14 && audit.faults.isEmpty)
            #expect(audit.copies == [.init(tracks: ["cut/copy.wav", "jazz/1.wav"], genres: ["cut", "jazz"])])
            let relations = try #require(audit.relations)
            func relation(_ track: String, _ other: String) throws -> DatasetAudit.Relation {
                try #require(
                    relations.first { [$0.track, $0.other].sorted() == [track, other].sorted() }, "\(track), \(other)")
            }
            let cut = try relation("cut/jazz.wav", "jazz/1.wav")
            #expect(cut.kind == .excerpt && cut.track == "cut/jazz.wav" && cut.acrossGenres)
            #expect(abs(cut.otherStart - cut.trackStart - 100_123 / Self.rate) < 0.05)
            let dull = try relation("cut/rock.wav", "rock/0.wav")
            #expect(dull.kind == .excerpt && dull.track == "cut/rock.wav")
            #expect(abs(dull.otherStart - dull.trackStart - 70_301 / Self.rate) < 0.05)
            #expect(try relation("cut/disco.wav", "disco/0.wav").kind == .nearDuplicate)
            let wanted: Set<Set<String>> = [
                ["cut/jazz.wav", "jazz/1.wav"], ["cut/jazz.wav", "cut/copy.wav"], ["cut/rock.wav", "rock/0.wav"],
                ["cut/disco.wav", "disco/0.wav"],
            ]
            #expect(Set(relations.map { Set([$0.track, $0.other]) }) == wanted)

            var one = try Auditor.audit([root], threads: 1)
            (one.readingSeconds, one.comparisonSeconds) = (audit.readingSeconds, audit.comparisonSeconds)
            #expect(one == audit, "threads change nothing")
            #expect(try JSONDecoder().decode(DatasetAudit.self, from: JSONEncoder().encode(audit)) == audit)
        }
    }

    @Test(.timeLimit(.minutes(1))) func everyKindOfFaultIsNamed() throws {
        try withTemporaryFolder { root in
            let tone = (0..<88_200).map { 0.5 * sin(Float($0) * 0.07) }
            try write(tone, root.appendingPathComponent("jazz/Ann/tone.wav"))
            try write(tone.map { max(-1, min(1, 6 * $0)) }, root.appendingPathComponent("jazz/Ann/loud.wav"))
            try write(
                Array(tone[..<30_000]) + [Float](repeating: 0, count: 66_150) + tone[..<30_000],
                root.appendingPathComponent("jazz/Ann/pause.wav"))
            try write([Float](repeating: 0, count: 44_100), root.appendingPathComponent("rock/nothing.wav"))
            try write(Array(tone[..<8000]), root.appendingPathComponent("rock/short.wav"))
            try Data().write(to: root.appendingPathComponent("rock/empty.mp3"))
            try Data("words".utf8).write(to: root.appendingPathComponent("rock/text.ogg"))
            try Data("words".utf8).write(to: root.appendingPathComponent("rock/notes.txt"))
            try write(tone, root.appendingPathComponent("beside.wav"))
            try FileManager.default.createSymbolicLink(
                at: root.appendingPathComponent("rock/again"), withDestinationURL: root)
            try FileManager.default.createSymbolicLink(
                at: root.appendingPathComponent("rock/gone.wav"),
                withDestinationURL: root.appendingPathComponent("nowhere.wav"))
            let audit = try Auditor.audit([root], threads: 2)
            #expect(audit.files == 9 && audit.tracks == 6 && audit.otherFiles == 1)
            #expect(audit.genres.map(\.name) == ["", "jazz", "rock"])
            #expect(audit.faults.map(\.track) == ["rock/empty.mp3", "rock/gone.wav", "rock/text.ogg"])
            #expect(audit.faults[0].reason.contains("0 bytes"))
            #expect(audit.copies.map(\.tracks) == [["beside.wav", "jazz/Ann/tone.wav"]])
            func tracks(_ kind: DatasetAudit.Remark.Kind) -> [String] {
                audit.remarks.filter { $0.kind == kind }.map(\.track)
            }
            #expect(tracks(.silent) == ["rock/nothing.wav"])
            #expect(tracks(.longSilence) == ["jazz/Ann/pause.wav"])
            #expect(tracks(.clipped) == ["jazz/Ann/loud.wav"])
            #expect(tracks(.short) == ["rock/short.wav"])
            #expect(audit.artists.fromFolders == 3 && audit.genres[1].mainArtist == "Ann")
            #expect(audit.balance.isUneven)
            #expect(audit.gtzan == nil)
            #expect(throws: DatasetError.self) { try Auditor.audit([root.appendingPathComponent("nowhere")]) }
        }
    }

    @Test func knownFaultsOfGTZANAreNamed() throws {
        let ids = [
            "disco/disco.00098.wav", "disco/disco.00099.wav", "jazz/jazz.00054.wav", "blues/blues.00000.wav",
            "metal/metal.00058.wav",
        ]
        let known = try #require(GTZAN.knownFaults(among: ids))
        #expect(known.tracks == 5 && known.copies.map(\.tracks) == [["disco.00098", "disco.00099"]])
        #expect(known.undecodable == ["jazz.00054"])
        #expect(!known.leftOut.contains("blues.00000"))
        #expect(known.leftOut.contains("disco.00098"))
        #expect(GTZAN.knownFaults(among: ["blues/blues.00000.wav", "a.wav", "b.wav", "c.wav"]) == nil)
    }

    @Test func blocksChangeNoFingerprint() throws {
        let maker = try Fingerprinter()
        let samples = Self.music(.pop, 0, seconds: 9)
        var wanted: Fingerprint?
        for size in [samples.count, 1, 777, 40_000] where size > 1 {
            let stream = maker.stream()
            var start = 0
            while start < samples.count {
                let end = min(samples.count, start + size)
                samples[start..<end].withUnsafeBufferPointer { stream.add($0) }
                start = end
            }
            let made = stream.finish()
            #expect(made.words.count == (samples.count + 511) / 512 && made.landmarks.count > 200)
            if let wanted { #expect(made == wanted) } else { wanted = made }
        }
        #expect(maker.stream().finish() == Fingerprint(landmarks: [], words: []))
    }
}
