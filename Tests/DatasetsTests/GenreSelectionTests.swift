import Features
import Foundation
import Synchronization
import Testing

@testable import Datasets

@Suite struct GenreSelectionTests {
    @Test func lettersAreCountedThatDiffer() {
        #expect(EditDistance.between("ab", "ba") == 1)
        #expect(EditDistance.between("", "abc") == 3)
        #expect(EditDistance.between("rokc", "rock") == 1 && EditDistance.between("jazz", "blues") == 5)
    }

    private func warnings(_ body: ((String) -> Void) throws -> Void) rethrows -> [String] {
        var told: [String] = []
        try body { told.append($0) }
        return told
    }

    /// Files that no decoder would take: what is refused here is refused by names alone.
    private func makeNames(_ root: URL, _ counts: [(String, Int)]) throws {
        for (genre, count) in counts {
            let folder = root.appendingPathComponent(genre)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for number in 0..<count { try Data("x".utf8).write(to: folder.appendingPathComponent("\(number).wav")) }
        }
    }

    @Test func genresOfAModelAreMatchedByWhatPeopleRead() throws {
        let known = ["hiphop", "metal", "pop"]
        let told = try warnings { tell in
            let names = try GenreNames.matched(["Hip-Hop", "Metal", "pop"], to: known, warning: tell)
            #expect(names == ["Hip-Hop": "hiphop", "Metal": "metal", "pop": "pop"])
        }
        #expect(told.count == 2 && told[0].contains("'Hip-Hop'") && told[0].contains("'hiphop'"))
        #expect(throws: DatasetError.unknownGenres(["popp", "swing"], known: known)) {
            try GenreNames.matched(["metal", "popp", "swing"], to: known) { _ in }
        }
        let text = DatasetError.unknownGenres(["popp", "swing"], known: known).description
        #expect(text.contains("'popp' (did you mean 'pop'?)") && text.contains("'swing',") == false)
    }

    @Test func unknownGenresAreRefusedBeforeAnyFileIsOpened() throws {
        try withTemporaryFolder { root in
            try makeNames(root, [("pop", 2), ("swing", 2), ("tango", 2)])
            let reached = Mutex(0)
            #expect(throws: DatasetError.unknownGenres(["swing", "tango"], known: ["pop", "rock"])) {
                try DatasetLoader.open(
                    [root], .init(genres: .known(["pop", "rock"])), progress: { _, _ in reached.withLock { $0 += 1 } })
            }
            #expect(reached.withLock { $0 } == 0)
        }
    }

    @Test func genresWithTooFewTracksAreLeftOutTogether() throws {
        try withTemporaryFolder { root in
            try makeNames(root, [("a", 1), ("b", 1), ("pop", 3), ("rock", 3)])
            let told = try warnings { tell in
                let listing = try GenreFolders.scan([root], warning: tell).selecting(.atLeast(2), warning: tell)
                #expect(listing.genres == ["pop", "rock"])
                #expect(listing.files.map(\.label) == [0, 0, 0, 1, 1, 1])
            }
            #expect(told == ["2 genres are left out, with fewer than 2 usable tracks each: 'a' (1), 'b' (1)"])
            let reached = Mutex(0)
            #expect {
                try DatasetLoader.open(
                    [root], .init(genres: .atLeast(4)), progress: { _, _ in reached.withLock { $0 += 1 } })
            } throws: { error in
                ["'a' (1)", "'b' (1)", "'pop' (3)", "'rock' (3)"].allSatisfy("\(error)".contains)
            }
            #expect(reached.withLock { $0 } == 0)
        }
    }

    @Test func setsLoseGenresAndKeepTheirValues() throws {
        var fake = FakeTracks(["a", "b", "c"], perGenre: 3)
        fake.tracks.removeSubrange(4...5)  // one of b is left
        let data = fake.data()
        var told: [String] = []
        let usable = try SplitRequest(rule: .random).usable(data) { told.append($0) }
        #expect(told.count == 1 && told[0].contains("'b' (1)"))
        #expect(usable.set.genres == ["a", "c"])
        #expect(usable.set.tracks.map(\.label) == [0, 0, 0, 1, 1, 1])
        let values = try (0..<usable.set.count).map { index in
            var value: Float = .nan
            try usable.set.read(index, into: &value)
            return value
        }
        #expect(values == [0, 1, 2, 4, 5, 6])
        // A set that never had the genre is the same set.
        var without = FakeTracks(["a", "c"], perGenre: 3)
        without.tracks = usable.set.tracks
        let set = SegmentSet(
            genres: ["a", "c"], recipe: data.set.recipe, tracks: without.tracks, values: values.map { [$0] })
        #expect(set.contentHash == usable.set.contentHash)
        // Copies count once: of two equal tracks one could not train and the other judge.
        for index in fake.tracks.indices where fake.tracks[index].label == 2 { fake.tracks[index].soundHash = 7 }
        #expect(throws: DatasetError.self) { try SplitRequest(rule: .random).usable(fake.data()) { _ in } }
    }

    @Test func numbersAsGenresAreWarnedOf() throws {
        try withTemporaryFolder { root in
            try makeNames(root, [("000", 2), ("001", 2)])
            #expect(try warnings { _ = try GenreFolders.scan([root], warning: $0) }.contains { $0.contains("FMA") })
            try makeNames(root, [("pop", 2)])
            #expect(try warnings { _ = try GenreFolders.scan([root], warning: $0) }.isEmpty)
        }
    }

    @Test func adviceNamesTheFolderAbove() throws {
        try withTemporaryFolder { root in
            try makeNames(root, [("pop", 2), ("rock", 2)])
            for path in ["pop", "pop/0.wav"] {
                #expect {
                    try DatasetLoader.open([root.appendingPathComponent(path)])
                } throws: { error in
                    "\(error)".contains("(\(root.path))")
                }
            }
        }
    }
}
