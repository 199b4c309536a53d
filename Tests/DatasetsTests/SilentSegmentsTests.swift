import Audio
import Features
import Foundation
import Synchronization
import Testing

@testable import Datasets

/// Silent segments of audio are in no set, whatever way it is opened.
@Suite struct SilentSegmentsTests {
    private func music(seconds: Double, seed: UInt32) -> [Float] {
        var state = seed
        return (0..<Int(seconds * 22_050)).map { index in
            state = state &* 1_664_525 &+ 1_013_904_223
            return 0.4 * sin(Float(index) * 0.01 * Float(seed)) + 0.1 * (Float(state >> 8) / Float(1 << 24) - 0.5)
        }
    }

    private func write(_ samples: [Float], to url: URL) throws {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try WaveFile.write(samples, sampleRate: 22_050, to: url)
    }

    /// A track with a pause of 20 s, and one without, in two genres.
    private func makeFolder(_ root: URL) throws {
        let pause = [Float](repeating: 0, count: 20 * 22_050)
        let sound = music(seconds: 6, seed: 2)
        try write(sound + pause + sound, to: root.appendingPathComponent("jazz/hidden.wav"))
        try write(music(seconds: 6, seed: 3), to: root.appendingPathComponent("rock/plain.wav"))
        try write(pause.map { $0 + 0.25 }, to: root.appendingPathComponent("rock/constant.wav"))
    }

    @Test func setsHoldAudibleSegmentsOnly() throws {
        try withTemporaryFolder { root in
            let music = root.appendingPathComponent("music")
            try makeFolder(music)
            let warnings = Mutex<[String]>([])
            let recipe = FeatureRecipe.schindler
            let data = try DatasetLoader.open(
                [music], .init(threads: 2), warning: { text in warnings.withLock { $0.append(text) } })
            #expect(data.set.tracks.map(\.id) == ["jazz/hidden.wav", "rock/plain.wav"])
            #expect(data.skipped.map(\.url.lastPathComponent) == ["constant.wav"])
            #expect(warnings.withLock { $0 }.contains { $0.contains("nothing but silence") })

            let hidden = (0..<data.set.count).filter { data.set.track(ofSegment: $0) == 0 }
            let whole = recipe.segmentCount(samples: 32 * 22_050)
            let sounding = 2 * recipe.segmentCount(samples: 6 * 22_050)
            #expect(abs(hidden.count - sounding) <= 2 && hidden.count < whole - 35)
            guard case .silent(let count)? = data.remarks.first(where: { $0.track == "jazz/hidden.wav" })?.kind else {
                Issue.record("the pause is not remarked on")
                return
            }
            #expect(count == whole - hidden.count)
            #expect(data.remarks.count == 1)
            var values = [Float](repeating: 0, count: data.set.valueCount)
            for index in 0..<data.set.count {
                try data.set.read(index, into: &values)
                #expect(Set(values).count > 100, "segment \(index) is silent")
            }
        }
    }

    @Test func drawsComeFromTheAudibleSegmentsAndCropsStayAmongThem() throws {
        try withTemporaryFolder { root in
            let music = root.appendingPathComponent("music")
            try makeFolder(music)
            let store = root.appendingPathComponent("store")
            _ = try DatasetLoader.makeStore([music], at: store, StoreSettings(threads: 2))
            let direct = try DatasetLoader.open([music], .init(segments: .random(count: 15), seed: 4))
            let stored = try DatasetLoader.open([store], .init(segments: .random(count: 15), seed: 4))
            #expect(direct.set.contentHash == stored.set.contentHash)
            #expect(stored.remarks == direct.remarks)
            let perTrack = Dictionary(grouping: 0..<stored.set.count, by: stored.set.track)
            #expect(perTrack[0]?.count == 15)
            var values = [Float](repeating: 0, count: stored.set.valueCount)
            for index in 0..<stored.set.count {
                let shifts = stored.set.shifts(ofSegment: index)
                #expect(shifts.count > 1)
                for shift in [shifts.lowerBound, shifts.upperBound] {
                    try stored.set.read(index, shiftedBy: shift, into: &values)
                    #expect(Set(values).count > 100, "segment \(index), \(shift) rows later")
                }
            }
        }
    }

    @Test func runsOfSilenceAreChecked() {
        var track = StoredTrack(
            id: "a", genre: "b", source: "a", bytes: 1, content: StoreHash(1), sound: StoreHash(1), samples: 1, rows: 1,
            values: StoreHash(1), chunk: 0)
        #expect(track.hasSoundRuns(of: 5) && track.audibleRuns(of: 5) == [0..<5] && track.silentCount == 0)
        track.silent = [[0, 0], [2, 3]]
        #expect(track.hasSoundRuns(of: 5) && track.audibleRuns(of: 5) == [1..<2, 4..<5] && track.silentCount == 3)
        for bad in [
            [[0, 4]], [[2, 1]], [[-1, 0]], [[0, 1], [1, 2]], [[3, 5]], [[0]], [[0, 1, 2]], [[0, Int.max]],
        ] {
            track.silent = bad
            #expect(!track.hasSoundRuns(of: 5), "\(bad)")
        }
    }
}
