import Features
import Foundation
import Testing

@testable import Datasets

/// A set of tracks of one tiny segment each.
struct FakeTracks {
    var tracks: [SegmentSet.Track] = []
    var genres: [String]

    init(_ genres: [String], perGenre count: Int) {
        self.genres = genres
        for (label, genre) in genres.enumerated() {
            for number in 0..<count { tracks.append(.init(id: "\(genre)/\(number).wav", label: label)) }
        }
    }

    init(ids: [String]) {
        genres = Set(ids.map { String($0.split(separator: "/")[0]) }).sorted()
        tracks = ids.map { id in
            .init(id: id, label: genres.firstIndex(of: String(id.split(separator: "/")[0]))!)
        }
    }

    func data(_ kind: DatasetKind = .audio) -> LoadedDataset {
        let set = SegmentSet(
            genres: genres, recipe: .precomputed(mels: 1, frames: 1), tracks: tracks,
            values: tracks.indices.map { [Float($0)] })
        return LoadedDataset(set: set, kind: kind, skipped: [])
    }
}

private func draw(
    _ data: LoadedDataset, _ rule: String?, seed: UInt64 = 0, artists: ArtistSource = .known, allowsCopies: Bool = false
) throws -> DrawnSplits {
    try SplitRequest(
        rule: try rule.map { try #require(SplitRule($0)) }, artists: artists, allowsCopies: allowsCopies, seed: seed
    ).draw(data)
}

/// The side of each track; fails where a track is on two.
private func sides(_ split: TrackSplit, count: Int) -> [SegmentSet.Side?] {
    var result = [SegmentSet.Side?](repeating: nil, count: count)
    for side in [SegmentSet.Side.training, .validation, .test] {
        for track in split.tracks(side) {
            #expect(result[track] == nil, "track \(track) is on two sides")
            result[track] = side
        }
    }
    return result
}

@Suite struct SplitTests {
    /// 40 tracks of each of three genres by artists of 1 to 7 tracks; one artist plays in two genres.
    private func music() -> LoadedDataset {
        var fake = FakeTracks(["blues", "jazz", "rock"], perGenre: 40)
        for index in fake.tracks.indices {
            let (genre, number) = (index / 40, index % 40)
            fake.tracks[index].artist = "\(genre) \(number / (1 + number % 7))"
        }
        fake.tracks[3].artist = "Two  Names"
        fake.tracks[50].artist = "two names; Another"
        fake.tracks[90].artist = " ANOTHER"
        return fake.data()
    }

    @Test(arguments: ["random", "kfold:4", "artist", "artist-kfold:4"])
    func drawnByTrackAndSeed(rule: String) throws {
        let data = music()
        let drawn = try draw(data, rule, seed: 1)
        #expect(try draw(data, rule, seed: 1).splits == drawn.splits)
        #expect(try draw(data, rule, seed: 2).splits.map(\.training) != drawn.splits.map(\.training))
        #expect(drawn.areFolds == rule.contains("kfold") && drawn.splits.count == (drawn.areFolds ? 4 : 1))
        var held = [Int](repeating: 0, count: data.set.tracks.count)
        for split in drawn.splits {
            let sides = sides(split, count: held.count)
            #expect(!sides.contains(nil) && split.test.isEmpty)
            for track in split.validation { held[track] += 1 }
            for label in 0..<3 {
                let own = split.validation.count { data.set.tracks[$0].label == label }
                #expect(rule.hasPrefix("artist") ? 6...14 ~= own : own == 10, "\(own) of genre \(label)")
            }
        }
        if drawn.areFolds { #expect(held.allSatisfy { $0 == 1 }, "each fold is held out once") }
    }

    @Test(arguments: ["artist", "artist-kfold:3"], [0, 1, 2] as [UInt64])
    func noArtistOnBothSides(rule: String, seed: UInt64) throws {
        let data = music()
        for split in try draw(data, rule, seed: seed).splits {
            func artists(_ tracks: [Int]) -> Set<String> { Set(tracks.compactMap { data.set.tracks[$0].artist }) }
            #expect(artists(split.training).isDisjoint(with: artists(split.validation)))
            // 3, 50 and 90 share artists, whatever the case, white space and company.
            let joint = sides(split, count: data.set.tracks.count)
            #expect(joint[3] == joint[50] && joint[50] == joint[90])
        }
    }

    @Test func artistsFromFoldersAndTables() throws {
        let ids = ["blues", "rock"].flatMap { genre in (0..<24).map { "\(genre)/artist \($0 / 3)/album/\($0).mp3" } }
        let data = FakeTracks(ids: ids).data()
        #expect { _ = try draw(data, "artist") } throws: { "\($0)".contains("no track's artist is known") }
        let split = try draw(data, "artist", artists: .folder).splits[0]
        let side = sides(split, count: 48)
        for index in ids.indices { #expect(side[index] == side[index / 3 * 3]) }

        try withTemporaryFolder { folder in
            let table = folder.appendingPathComponent("artists.csv")
            let rows = ids.indices.map { "\(ids[$0]),Band \($0 / 4)\n" }.joined()
            try Data("track,artist\n\(rows)".utf8).write(to: table)
            let split = try draw(data, "artist", artists: .table(path: table.path))
            #expect(split.warnings.isEmpty)
            let side = sides(split.splits[0], count: 48)
            for index in ids.indices { #expect(side[index] == side[index / 4 * 4]) }
            try Data("track,artist\n\(ids[0]),Band\n\(ids[30]),Band\n".utf8).write(to: table)
            let some = try draw(data, "artist", artists: .table(path: table.path))
            #expect(some.warnings.count == 1 && some.warnings[0].contains("46 of 48 tracks"))
            #expect(some.splits[0].rule.contains("46 tracks of unknown"))
            // A row that is not as the header says would leave its track without an artist.
            try Data("track,artist\n\(ids[0]),Band\n\(ids[30])\n".utf8).write(to: table)
            #expect { _ = try draw(data, "artist", artists: .table(path: table.path)) } throws: {
                "\($0)".contains("line 3")
            }
        }
    }

    @Test(arguments: ["random", "kfold:5", "artist", "artist-kfold:3"])
    func copiesStayTogether(rule: String) throws {
        var fake = FakeTracks(["blues", "rock"], perGenre: 30)
        for index in fake.tracks.indices {
            fake.tracks[index].artist = "artist \(index)"
            fake.tracks[index].soundHash = UInt64(index)
        }
        let pairs = [(0, 7), (2, 40), (33, 50)]
        for (first, second) in pairs { fake.tracks[second].soundHash = fake.tracks[first].soundHash }
        // Known copies among GTZAN's tracks, one pair over two genres.
        fake.genres = ["metal", "rock"]
        for (index, name) in [
            (10, "metal/metal.00034.wav"), (11, "metal/metal.00094.au"), (12, "metal/metal.00058"),
            (45, "rock/rock.00016.mp3"),
        ] { fake.tracks[index].id = name }
        for seed: UInt64 in 0..<6 {
            for split in try draw(fake.data(), rule, seed: seed).splits {
                let side = sides(split, count: 60)
                for (first, second) in pairs + [(10, 11), (12, 45)] { #expect(side[first] == side[second]) }
            }
        }
    }

    @Test func fixedSidesOfTheData() throws {
        var fake = FakeTracks(["blues", "rock"], perGenre: 8)
        #expect(try draw(fake.data(), nil).rule.hasPrefix("random"))
        #expect { _ = try draw(fake.data(), "fixed") } throws: { "\($0)".contains("name no sides") }
        let named: [SegmentSet.Side?] = [.training, .training, .training, .validation, .validation, .test, .test, nil]
        for index in fake.tracks.indices { fake.tracks[index].side = named[index % 8] }
        for rule in [nil, "fixed"] {
            let drawn = try draw(fake.data(), rule)
            #expect(sides(drawn.splits[0], count: 16) == named + named)
            #expect(drawn.warnings.count == 1 && drawn.warnings[0].contains("2 of the data's tracks are on no side"))
            #expect(drawn.warnings[0].contains("blues/7.wav, rock/7.wav"))
        }
        #expect(try draw(fake.data(), "random").rule.hasPrefix("random"), "another rule may be asked for")

        // Copies are refused; those of the coursework's pickles are told of.
        fake.tracks[0].soundHash = 9
        fake.tracks[13].soundHash = 9
        #expect(
            throws: DatasetError.copiesOnTwoSides(
                first: "blues/0.wav", side: .training, second: "rock/5.wav", otherSide: .test, more: 0)
        ) { try draw(fake.data(), nil) }
        let pickles = try draw(fake.data(.pickles), nil)
        #expect(pickles.warnings.contains { $0.contains("blues/0.wav = rock/5.wav") })
        #expect(pickles.splits[0].rule.contains("1 recordings on two sides"))

        for index in 8..<16 { fake.tracks[index].side = .training }
        #expect(throws: DatasetError.oneSideOnly(genre: "rock", count: 8, side: .training)) {
            try draw(fake.data(.pickles), nil)
        }
    }

    @Test func whatCannotBeDivided() throws {
        var fake = FakeTracks(["blues", "rock"], perGenre: 3)
        #expect { _ = try draw(fake.data(), "kfold:4") } throws: {
            "\($0)".contains("'blues' has 3 usable tracks, too few for 4 folds")
        }
        for index in fake.tracks.indices { fake.tracks[index].artist = index < 3 ? "\(index)" : "the same" }
        #expect { _ = try draw(fake.data(), "artist") } throws: {
            "\($0)".contains("'rock' has tracks of 1 artist only")
        }
        // All of a genre are copies of each other: no side may have none of it.
        for index in 3..<6 { fake.tracks[index].soundHash = 1 }
        for rule in ["random", "kfold:2"] {
            #expect { _ = try draw(fake.data(), rule) } throws: {
                "\($0)".contains("without a track of the genre 'rock'")
            }
        }
    }

    @Test func rulesAsTheyAreWritten() {
        #expect(SplitRule("kfold:2") == .folds(2) && SplitRule("artist-kfold:1000") == .artistFolds(1000))
        #expect(SplitRule("file:a:b") == .lists(path: "a:b") && SplitRule("filtered") == .gtzan(.filtered))
        for text in ["", "Random", "random:3", "kfold", "kfold:", "kfold:1", "kfold:1001", "kfold:x", "file:", "lists"]
        {
            #expect(SplitRule(text) == nil, "\(text)")
        }
        #expect(SplitRule.known.allSatisfy { DatasetError.unknownSplitRule("x").description.contains($0.rule) })
    }
}

@Suite struct SplitListTests {
    private let ids = ["blues", "rock"].flatMap { genre in (0..<6).map { "\(genre)/\($0).wav" } }
    private var data: LoadedDataset { FakeTracks(ids: ids).data() }

    private func write(_ folder: URL, _ files: [String: String]) throws {
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
    }

    @Test func foldersOfLists() throws {
        try withTemporaryFolder { folder in
            try write(
                folder,
                [
                    "train_a.txt": "# a comment\nblues/0.wav\r\n\nblues/1\nrock/0.wav\nrock/1.mp3\nrock/9.wav\n",
                    "valid_a.txt": "blues/2.wav\nrock/2.wav", "test_a.txt": "blues/3.wav\nrock/3.wav\n",
                    "training-b.txt": "blues/0\nrock/0\n", "val-b.txt": "blues/5\nrock/5\n",
                ])
            let drawn = try draw(data, "file:\(folder.path)/a")
            #expect(
                sides(drawn.splits[0], count: 12)
                    == [.training, .training, .validation, .test, nil, nil, .training, .training, .validation, .test]
                    + [nil, nil])
            #expect(drawn.warnings.count == 2)
            #expect(drawn.warnings[0].contains("1 of 9 listed tracks are not in the data (rock/9.wav)"))
            #expect(
                drawn.warnings[1].contains(
                    "4 of the data's tracks are in no list and left out (blues/4.wav, blues/5.wav"))
            #expect(try draw(data, "file:\(folder.path)/b").splits[0].validation == [5, 11])
            func refused(_ rule: String, _ words: String...) {
                #expect { _ = try draw(data, rule) } throws: { error in words.allSatisfy("\(error)".contains) }
            }
            refused("file:\(folder.path)", "several lists", "train_a.txt", "training-b.txt")
            refused("file:\(folder.path)/c", "no train_c.txt")
            refused("file:\(folder.path)/none/c", "none/c")
            try write(folder, ["valid_a.txt": "blues/1.wav\nrock/2.wav\n"])
            refused("file:\(folder.path)/a", "two sides", "'blues/1'", "'blues/1.wav'", "training", "validation")
            try write(folder, ["valid_a.txt": "blues/2.wav\n"])
            refused("file:\(folder.path)/a", "validation side without a track of the genre 'rock'")
            try write(folder, ["train_a.txt": "x\n", "valid_a.txt": "y\n", "test_a.txt": "z\n"])
            refused("file:\(folder.path)/a", "none of the data's tracks", "'x'", "'blues/0.wav'")
        }
    }

    @Test func tablesOfSides() throws {
        try withTemporaryFolder { folder in
            let table = folder.appendingPathComponent("sides.csv")
            func put(_ text: String) throws { try Data(text.utf8).write(to: table) }
            func refused(_ line: Int, _ words: String) {
                #expect { _ = try draw(data, "file:\(table.path)") } throws: { error in
                    "\(error)".hasPrefix("\(table.path), line \(line): ") && "\(error)".contains(words)
                }
            }
            try put("path,split\nblues/0.wav,train\nrock/0.wav,Training\nblues/1.wav,val\nrock/1.wav,VALID\n")
            #expect(try draw(data, "file:\(table.path)").splits[0].training == [0, 6])
            try put("path,split\nblues/0.wav,train\nrock/0.wav,learn\n")
            refused(3, "'learn' is no side")
            try put("path,genre\nblues/0.wav,blues\n")
            refused(1, "no column 'side'")
            try put("path,split\nblues/0.wav,train,2\n")
            refused(2, "3 fields, and the header has 2")
            try put("path\tside\n")
            #expect { _ = try draw(data, "file:\(table.path)") } throws: { "\($0)".contains("names no track") }
        }
    }

    @Test func copiesOnTwoSides() throws {
        try withTemporaryFolder { folder in
            try write(
                folder, ["train.txt": "blues/0\nblues/1\nrock/0\n", "val.txt": "blues/2\nrock/1\nrock/2\n"])
            var fake = FakeTracks(ids: ids)
            for (index, hash) in [(0, 1), (2, 1), (6, 2), (8, 2), (1, 3), (11, 3)] as [(Int, UInt64)] {
                fake.tracks[index].soundHash = hash
            }
            // blues/1 and rock/5 are copies too, but rock/5 is in no list.
            #expect(
                throws: DatasetError.copiesOnTwoSides(
                    first: "blues/0.wav", side: .training, second: "blues/2.wav", otherSide: .validation, more: 1)
            ) { try draw(fake.data(), "file:\(folder.path)") }
            let passed = try draw(fake.data(), "file:\(folder.path)", allowsCopies: true)
            #expect(passed.splits[0].training == [0, 1, 6])
            #expect(
                passed.warnings.contains {
                    $0.contains("2 recordings are on two sides")
                        && $0.contains("blues/0.wav = blues/2.wav, rock/0.wav = rock/2.wav")
                })
            #expect(passed.splits[0].rule.hasSuffix("; 2 recordings on two sides"))
        }
    }
}

@Suite struct GTZANSplitTests {
    /// All 1000 names, as the folders have them.
    private var whole: FakeTracks {
        FakeTracks(
            ids: GTZAN.genres.flatMap { genre in
                (0..<100).map { "\(genre)/\(genre).\(String(repeating: "0", count: $0 < 10 ? 4 : 3))\($0).wav" }
            })
    }

    @Test func partitions() throws {
        let data = whole.data()
        let filtered = try draw(data, "filtered")
        let split = filtered.splits[0]
        _ = sides(split, count: 1000)
        #expect([split.training, split.validation, split.test].map(\.count) == [443, 197, 290])
        #expect(filtered.warnings.count == 2 && filtered.warnings[0].contains("70 of the data's tracks are in no list"))
        // Donna Summer, Shania Twain and Bob Marley, as Sturm's index names them.
        #expect(filtered.warnings[1].contains("3 known artists have tracks on both sides"))
        // The other random partition parts known copies.
        #expect { _ = try draw(data, "stratified") } throws: { error in
            if case DatasetError.copiesOnTwoSides("disco/disco.00098.wav", _, "disco/disco.00099.wav", _, 10) = error {
                true
            } else {
                false
            }
        }
        let stratified = try draw(data, "stratified", allowsCopies: true).splits[0]
        #expect(
            [stratified.training, stratified.validation, stratified.test].map(\.count) == [500, 250, 250])
        #expect(throws: DatasetError.self) { try draw(FakeTracks(["blues", "rock"], perGenre: 9).data(), "filtered") }
    }

    @Test func artistsAreKnown() throws {
        let data = whole.data()
        let drawn = try draw(data, "artist", seed: 4)
        #expect(drawn.warnings.count == 1 && drawn.warnings[0].contains("81 of 1000 tracks"))
        for split in [drawn.splits[0]] + (try draw(data, "artist-kfold:4", seed: 4).splits) {
            func artists(_ tracks: [Int]) -> Set<String> {
                Set(
                    tracks.compactMap { GTZAN.artist(of: data.set.tracks[$0].id) }.flatMap {
                        $0.lowercased().split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
                    })
            }
            #expect(artists(split.training).isDisjoint(with: artists(split.validation)))
            #expect(220...280 ~= split.validation.count)
        }
    }

    /// On real spectrograms, where the copies are found by their sound.
    @Test(.enabled(if: SharedData.isPresent, "no shared data beside the package"))
    func realSpectrograms() throws {
        let file = try #require(SharedData.folder)
            .appendingPathComponent("data/gtzan-mel/gtzan_mel128x387_u8.npz")
        let data = try DatasetLoader.open([file])
        #expect(data.kind == .arrays && data.set.tracks.count == 999 && data.set.count == 999 * 8)
        #expect(data.set.genres == GTZAN.genres && data.set.mels == 128 && data.set.frames == 80)
        #expect(data.set.tracks.allSatisfy { GTZAN.genres[$0.label] == $0.id.prefix { $0 != "." && $0 != "/" } })
        let bySound = Dictionary(grouping: data.set.tracks, by: \.soundHash).values.filter { $0.count > 1 }
        #expect(
            Set(bySound.map { Set($0.compactMap { GTZAN.name(of: $0.id) }) })
                == Set(GTZAN.exactDuplicates.map(Set.init)))
        for rule in ["random", "kfold:4", "artist", "artist-kfold:4", "filtered"] {
            for split in try draw(data, rule, seed: 7).splits {
                let side = sides(split, count: 999)
                #expect(TrackGroups.copies(data.set).straddling(side).isEmpty)
            }
        }
        let filtered = try draw(data, "filtered")
        #expect(filtered.splits[0].training.count == 442)
        #expect(filtered.warnings.contains { $0.contains("1 of 930 listed tracks") && $0.contains("jazz.00054") })
        let lists = try #require(SharedData.folder).appendingPathComponent("data/lists/filtered").path
        #expect(try draw(data, "file:\(lists)").splits[0].test == filtered.splits[0].test)
        #expect(throws: DatasetError.self) { try draw(data, "file:\(lists.dropLast(8))stratified") }
    }
}
