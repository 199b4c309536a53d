import Audio
import Features
import Foundation
import Synchronization
import Testing

@testable import Datasets

@Suite struct DatasetLoaderTests {
    /// A tone with a little noise, other for each seed.
    private func write(_ url: URL, seconds: Double = 2, seed: Int = 1) throws {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        var state = UInt32(truncatingIfNeeded: seed)
        let samples = (0..<Int(seconds * 22_050)).map { index -> Float in
            state = state &* 1_664_525 &+ 1_013_904_223
            return 0.4 * sin(Float(index) * 0.01 * Float(seed % 7 + 1)) + 0.1
                * (Float(state >> 8) / Float(1 << 24) - 0.5)
        }
        try WaveFile.write(samples, sampleRate: 22_050, to: url)
    }

    /// Three tracks of each of two genres, one nested, and things to be left alone.
    private func makeFolder(_ root: URL, genres: [String] = ["jazz", "blues"]) throws {
        for (number, genre) in genres.enumerated() {
            try write(root.appendingPathComponent("\(genre)/a.wav"), seed: 10 * number + 1)
            try write(root.appendingPathComponent("\(genre)/b.wav"), seed: 10 * number + 2)
            try write(root.appendingPathComponent("\(genre)/album/c.WAV"), seed: 10 * number + 3)
            try Data("words".utf8).write(to: root.appendingPathComponent("\(genre)/notes.txt"))
            try Data("hidden".utf8).write(to: root.appendingPathComponent("\(genre)/.a.wav"))
        }
    }

    private func values(_ set: SegmentSet) throws -> [[Float]] {
        try (0..<set.count).map { index in
            var values = [Float](repeating: .nan, count: set.valueCount)
            try set.read(index, into: &values)
            return values
        }
    }

    @Test func genreFoldersBecomeTracks() throws {
        try withTemporaryFolder { root in
            try makeFolder(root)
            try Data("not audio".utf8).write(to: root.appendingPathComponent("jazz/bad.mp3"))
            try write(root.appendingPathComponent("jazz/short.wav"), seconds: 0.3)
            try FileManager.default.createDirectory(
                at: root.appendingPathComponent("covers"), withIntermediateDirectories: true)
            let warnings = Mutex<[String]>([])
            let reached = Mutex<[Int]>([])
            let data = try DatasetLoader.open(
                [root], .init(threads: 2), progress: { done, total in reached.withLock { $0 += [done, total] } },
                warning: { text in warnings.withLock { $0.append(text) } })
            #expect(data.kind == .audio)
            #expect(data.set.genres == ["blues", "jazz"])
            #expect(data.set.recipe == .schindler)
            #expect(
                data.set.tracks.map(\.id) == [
                    "blues/a.wav", "blues/album/c.WAV", "blues/b.wav", "jazz/a.wav", "jazz/album/c.WAV", "jazz/b.wav",
                ])
            #expect(data.set.tracks.map(\.label) == [0, 0, 0, 1, 1, 1])
            #expect(data.skipped.map(\.url.lastPathComponent) == ["bad.mp3", "short.wav"])
            #expect(data.skipped[1].reason.contains("at least 0.46 s"))
            let messages = warnings.withLock { $0 }
            #expect(messages.count == 3)
            for name in ["bad.mp3", "short.wav", "covers"] { #expect(messages.contains { $0.contains(name) }) }
            #expect(reached.withLock { $0 } == (1...8).flatMap { [$0, 8] })

            // 2 s hold 1 + (44,100 - 20,224) / 10,240 segments.
            #expect((0..<data.set.count).map(data.set.track) == (0..<6).flatMap { [Int](repeating: $0, count: 3) })
            let sound = try AudioDecoder.decode(root.appendingPathComponent("jazz/b.wav"), sampleRate: 22_050)
            let batch = try FeatureExtractor(recipe: .schindler).segments(of: sound.samples)
            #expect(try values(data.set)[15...17].flatMap { $0 } == batch.values)
            var room = [Float](repeating: 0, count: data.set.valueCount)
            #expect(throws: DatasetError.outOfRange(segment: 18, count: 18)) { () throws in
                try data.set.read(18, into: &room)
            }
        }
    }

    @Test func threadsChangeNothing() throws {
        try withTemporaryFolder { root in
            try makeFolder(root)
            let one = try DatasetLoader.open([root], .init(segments: .random(count: 2), seed: 5, threads: 1))
            let three = try DatasetLoader.open([root], .init(segments: .random(count: 2), seed: 5, threads: 3))
            #expect(one.set.count == 12)
            #expect(one.set.tracks == three.set.tracks)
            #expect(try values(one.set) == values(three.set))
            #expect(one.set.contentHash == three.set.contentHash)
            #expect(one.set.contentHash.count == 64)
            // Another file beside them leaves the choice within each track alone.
            try write(root.appendingPathComponent("blues/0.wav"), seed: 77)
            let more = try DatasetLoader.open([root], .init(segments: .random(count: 2), seed: 5, threads: 2))
            #expect(try Array(values(more.set).dropFirst(2)) == values(one.set))
            #expect(more.set.contentHash != one.set.contentHash)
        }
    }

    @Test func gtzanLayoutAndSeveralRootsJoin() throws {
        try withTemporaryFolder { root in
            let first = root.appendingPathComponent("first")
            let second = root.appendingPathComponent("second")
            try makeFolder(first.appendingPathComponent("genres"))
            try makeFolder(second, genres: ["jazz", "rock"])
            let data = try DatasetLoader.open([first, second, second], .init(threads: 2))
            #expect(data.set.genres == ["blues", "jazz", "rock"])
            let ids = data.set.tracks.map(\.id)
            #expect(Set(ids).count == ids.count)
            #expect(ids.contains("blues/a.wav") && ids.contains("first/jazz/a.wav"))
            #expect(ids.contains { $0.hasPrefix("second/jazz/a.wav") || $0.hasSuffix("second/jazz/a.wav") })
            #expect(data.set.tracks.count == 12)
        }
    }

    @Test func foldersThatCannotBeUsedAreNamed() throws {
        try withTemporaryFolder { root in
            func check(_ wanted: DatasetError, _ paths: [URL], recipe: String? = nil) {
                #expect(throws: wanted) { try DatasetLoader.open(paths, .init(recipe: recipe)) }
            }
            let missing = root.appendingPathComponent("missing")
            check(.missing(path: missing.path), [missing])
            let empty = root.appendingPathComponent("empty")
            try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
            check(.emptyFolder(path: empty.path), [empty])
            let loose = root.appendingPathComponent("loose")
            try write(loose.appendingPathComponent("a.wav"))
            check(.looseFiles(path: loose.path), [loose])
            check(
                .notAFolder(path: loose.appendingPathComponent("a.wav").path), [loose.appendingPathComponent("a.wav")])
            let one = root.appendingPathComponent("one")
            try makeFolder(one, genres: ["jazz"])
            check(.oneGenreOnly(path: one.path, genre: "jazz"), [one])
            let cases = root.appendingPathComponent("cases")
            try makeFolder(cases, genres: ["jazz", "Jazz"])
            check(.genresDifferInCaseOnly("Jazz", "jazz"), [cases])
            let good = root.appendingPathComponent("good")
            try makeFolder(good)
            check(.unknownRecipe(name: "mfcc"), [good], recipe: "mfcc")
            #expect(
                DatasetError.unknownRecipe(name: "mfcc").description.contains(
                    FeatureRecipe.all.map(\.name).joined(separator: ", ")))
            check(.notAnAudioRecipe(name: "precomputed"), [good], recipe: "precomputed")
            let half = root.appendingPathComponent("half")
            try FileManager.default.createDirectory(at: half, withIntermediateDirectories: true)
            try Data().write(to: half.appendingPathComponent("val.pkl"))
            check(.halfOfPickles(path: half.path, present: "val.pkl", missing: "train.pkl"), [half])
            let bad = good.appendingPathComponent("rock/a.flac")
            try FileManager.default.createDirectory(
                at: bad.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("noise".utf8).write(to: bad)
            // A genre without a usable file is left out, with a word.
            let warnings = Mutex<[String]>([])
            let data = try DatasetLoader.open([good]) { _, _ in
            } warning: { text in
                warnings.withLock { $0.append(text) }
            }
            #expect(data.set.genres == ["blues", "jazz"] && data.set.tracks.count == 6)
            let told = warnings.withLock { $0 }
            #expect(told.contains { $0.contains("a.flac") })
            #expect(told.contains { $0.contains("1 genre is left out") && $0.contains("'rock' (0)") })
            #expect(told.count == 2)
        }
    }

    @Test(.timeLimit(.minutes(1))) func linksInCirclesEnd() throws {
        try withTemporaryFolder { root in
            try makeFolder(root)
            for (place, target) in [("jazz/again", "jazz"), ("jazz/album/up", "."), ("blues/self", "blues/self")] {
                try FileManager.default.createSymbolicLink(
                    at: root.appendingPathComponent(place), withDestinationURL: root.appendingPathComponent(target))
            }
            let data = try DatasetLoader.open([root])
            #expect(data.set.tracks.contains { $0.id == "jazz/a.wav" })
        }
    }

    private func writePickles(_ folder: URL, _ train: [PickleBuilder.Row], _ validation: [PickleBuilder.Row]) throws {
        try Data(PickleBuilder.file(train)).write(to: folder.appendingPathComponent("train.pkl"))
        try Data(PickleBuilder.file(validation)).write(to: folder.appendingPathComponent("val.pkl"))
    }

    private func row(_ name: String, _ label: Int, _ value: Float) -> PickleBuilder.Row {
        .init(name: name, values: [Float](repeating: value, count: 6400), label: label)
    }

    @Test func picklesKeepTheirSplit() throws {
        try withTemporaryFolder { folder in
            try writePickles(
                folder, [row("blues.1.wav", 0, 1), row("blues.1.wav", 0, 2), row("rock.1.wav", 9, 3)],
                [row("rock.2.wav", 9, 4), row("blues.2.wav", 0, 5)])
            let data = try DatasetLoader.open([folder])
            #expect(data.kind == .pickles)
            #expect(data.set.recipe == .precomputed)
            #expect(data.set.genres.count == 10)
            #expect(
                data.set.tracks.map(\.id) == [
                    "blues/blues.1.wav", "rock/rock.1.wav", "rock/rock.2.wav", "blues/blues.2.wav",
                ])
            #expect((0..<data.set.count).map(data.set.track) == [0, 0, 1, 2, 3])
            #expect(try values(data.set).map { $0[99] } == [1, 2, 3, 4, 5])
            let split = try #require(try TrackSplit.fixed(data.set))
            #expect(split.training == [0, 1] && split.validation == [2, 3])
            #expect(split.segments(.training, of: data.set) == [0, 1, 2])
            #expect(split.segments(.validation, of: data.set) == [3, 4])
            #expect(throws: DatasetError.recipeFixed(path: folder.path, recipe: "precomputed", wanted: "schindler")) {
                try DatasetLoader.open([folder], .init(recipe: "schindler"))
            }
            let same = try DatasetLoader.open([folder], .init(recipe: "precomputed"))
            #expect(same.set.count == 5)
            #expect(throws: DatasetError.picklesWithOthers(path: folder.path)) {
                try DatasetLoader.open([folder, folder])
            }

            let hash = data.set.contentHash
            try writePickles(folder, [row("blues.1.wav", 0, 1.5), row("rock.1.wav", 9, 3)], [row("rock.2.wav", 9, 4)])
            let other = try DatasetLoader.open([folder])
            #expect(other.set.contentHash != hash)
            #expect(throws: DatasetError.oneSideOnly(genre: "blues", count: 1, side: .training)) {
                try TrackSplit.fixed(other.set)
            }
            try writePickles(folder, [row("a.wav", 0, 1)], [row("a.wav", 0, 1)])
            #expect(throws: DatasetError.trackOnBothSides(path: folder.path, track: "a.wav")) {
                try DatasetLoader.open([folder])
            }
            try writePickles(folder, [row("a.wav", 0, 1), row("a.wav", 1, 1)], [row("b.wav", 0, 1)])
            #expect { try DatasetLoader.open([folder]) } throws: { "\($0)".contains("row 1: the track 'a.wav'") }
        }
    }

    @Test func randomSplitsAreByTrackAndGenre() throws {
        let recipe = FeatureRecipe.precomputed
        func set(_ ids: [String]) -> SegmentSet {
            SegmentSet(
                genres: ["blues", "jazz"], recipe: recipe,
                tracks: ids.map { .init(id: $0, label: $0.hasPrefix("blues") ? 0 : 1) },
                values: ids.map { _ in [Float](repeating: 0, count: 2 * 6400) })
        }
        let ids = (0..<20).map { "blues/\($0)" } + (0..<7).map { "jazz/\($0)" }
        let some = set(ids)
        let split = try TrackSplit.random(some, seed: 3)
        #expect(Set(split.training).isDisjoint(with: split.validation))
        #expect(Set(split.training + split.validation) == Set(ids.indices))
        #expect(split.training.count { $0 < 20 } == 15)
        #expect(split.training.count { $0 >= 20 } == 5)
        #expect(split.segments(.validation, of: some).count == 2 * split.validation.count)
        #expect(try TrackSplit.random(some, seed: 3) == split)
        #expect(try TrackSplit.random(some, seed: 4).training != split.training)
        // The same tracks in another order are divided alike.
        let turned = Array(ids.reversed())
        let again = try TrackSplit.random(set(turned), seed: 3)
        #expect(Set(again.training.map { turned[$0] }) == Set(split.training.map { ids[$0] }))
        let most = try TrackSplit.random(some, fraction: 0.999, seed: 3)
        #expect(most.validation.count == 2, "one of each genre at least")
        #expect(throws: DatasetError.tooFewTracks(genre: "jazz", count: 1)) {
            try TrackSplit.random(set(["blues/1", "blues/2", "jazz/1"]), seed: 3)
        }
        for fraction in [0, 1, -1, .nan] {
            #expect(throws: DatasetError.self) { try TrackSplit.random(some, fraction: fraction, seed: 3) }
        }
        #expect(try TrackSplit.fixed(some) == nil)
    }
}
