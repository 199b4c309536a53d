import Testing

@testable import Datasets

/// Folds inside the tracks that train, and partitions of which a side is not in the data.
@Suite struct FoldsInsideTests {
    /// Of each genre so many tracks, an artist every `per` of them.
    private func tracks(_ genres: [(name: String, count: Int, per: Int)]) -> SegmentSet {
        var tracks = FakeTracks(ids: genres.flatMap { genre in (0..<genre.count).map { "\(genre.name)/\($0)" } })
        var place = 0
        for genre in genres {
            for number in 0..<genre.count {
                tracks.tracks[place].artist = "\(genre.name) \(number / genre.per)"
                place += 1
            }
        }
        return tracks.data().set
    }

    @Test func artistsStayWhole() {
        let set = tracks([("a", 12, 2), ("b", 12, 3)])
        let inside = SplitRequest(seed: 1).foldsInside(set, count: 5)
        // 'b' has four artists.
        #expect(inside.folds.count == 4 && inside.genresOfOneArtist.isEmpty)
        #expect(inside.folds.flatMap { $0 }.sorted() == Array(0..<24))
        for fold in inside.folds {
            let artists = Set(fold.map { set.tracks[$0].artist })
            let others = Set(set.tracks.indices.filter { !fold.contains($0) }.map { set.tracks[$0].artist })
            #expect(artists.isDisjoint(with: others) && Set(fold.map { set.tracks[$0].label }) == [0, 1])
        }
        #expect(SplitRequest(seed: 1).foldsInside(set, count: 5) == inside)
        #expect(SplitRequest(seed: 2).foldsInside(set, count: 5) != inside)
    }

    @Test func genresOfOneArtistAreDividedByTracks() throws {
        let set = tracks([("a", 6, 1), ("b", 6, 6)])
        let inside = SplitRequest().foldsInside(set, count: 3)
        #expect(inside.genresOfOneArtist == ["b"] && inside.folds.count == 3)
        #expect(inside.folds.allSatisfy { fold in fold.count { set.tracks[$0].label == 1 } == 2 })
        let drawn = try SplitRequest(rule: .all).draw(LoadedDataset(inMemory: set))
        #expect(drawn.splits[0].training.count == 12 && drawn.splits[0].validation.isEmpty)
        #expect(drawn.warnings.first?.contains("'b' all tracks are of one artist") == true)
        // One recording of a genre cannot be divided.
        #expect(SplitRequest().foldsInside(tracks([("a", 4, 1), ("b", 1, 1)]), count: 3).folds.isEmpty)
    }

    @Test func theTestSideTakesThePlaceOfAnAbsentOne() throws {
        let sides = GTZAN.sides(.filtered)
        let present = sides.filter { $0.value != .validation }.keys.sorted()
        let ids = present.map { "\($0.split(separator: ".")[0])/\($0).au" }
        let drawn = try SplitRequest(rule: .gtzan(.filtered)).draw(FakeTracks(ids: ids).data(.taggrams))
        let split = drawn.splits[0]
        #expect(split.training.count == 443 && split.validation.count == 290 && split.test.isEmpty)
        #expect(split.rule.contains("the test side in place of the validation side"))
        #expect(drawn.warnings.contains { $0.contains("no track of the validation side") })
    }
}
