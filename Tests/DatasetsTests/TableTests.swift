import Audio
import Foundation
import Synchronization
import Testing

@testable import Datasets

@Suite struct TextTableTests {
    private func table(_ bytes: [UInt8]) throws -> TextTable {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("t.csv")
            try Data(bytes).write(to: file)
            return try TextTable(file)
        }
    }

    private func table(_ text: String) throws -> TextTable { try table(Array(text.utf8)) }

    @Test func quotesLineEndsAndTabs() throws {
        let quoted = try table("\u{FEFF}Path , Genre\r\n\"a, \"\"b\"\"\n.wav\", jazz \r\r\nc.wav,rock")
        #expect(quoted.header == ["path", "genre"])
        #expect(quoted.rows.map(\.fields) == [["a, \"b\"\n.wav", "jazz"], ["c.wav", "rock"]])
        #expect(quoted.rows.map(\.line) == [2, 5])
        let tabs = try table("path\tgenre\na,b.wav\tjazz\n")
        #expect(tabs.rows.map(\.fields) == [["a,b.wav", "jazz"]])
        let odd = try table("a,b\n1\n1,2\n1,2,3\n")
        #expect(odd.rows.count == 1 && odd.oddRows.map(\.line) == [2, 4] && odd.oddRows.map(\.fields) == [1, 3])
        #expect(try odd.column("none", "b") == 1)
        #expect(odd.optionalColumn("none") == nil)
    }

    @Test func faultsAreNamedByLine() throws {
        func refused(_ bytes: [UInt8], line: Int, _ words: String) {
            #expect { _ = try table(bytes) } throws: { error in
                if case DatasetError.badTable(_, line, let problem) = error { problem.contains(words) } else { false }
            }
        }
        refused([], line: 1, "empty")
        refused(Array("\n\n".utf8), line: 1, "empty")
        refused(Array("a,b\n\"1,2\n3".utf8), line: 2, "no end")
        refused(Array("a,b\n1,\"2\"3\n".utf8), line: 2, "follows")
        // What is no UTF-8 is a table of Windows.
        #expect(try table([0x61, 0x2C, 0xE9, 0x92, 0x0A]).header == ["a", "\u{E9}\u{2019}"])
        refused([0x61, 0, 0x0A], line: 1, "UTF-8")
        let twice = try table("path,file,x\n")
        #expect { _ = try twice.column("path", "file") } throws: { "\($0)".contains("several columns") }
        #expect { _ = try twice.column("genre") } throws: {
            "\($0)".contains("no column 'genre'; the header has path, file")
        }
    }
}

@Suite struct AudioTableTests {
    private func write(_ url: URL, seed: Int) throws {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try WaveFile.write(
            (0..<30_000).map { 0.4 * sin(Float($0) * 0.01 * Float(seed + 1)) }, sampleRate: 22_050, to: url)
    }

    @Test func aTableBecomesTracks() throws {
        try withTemporaryFolder { folder in
            for number in 0..<6 { try write(folder.appendingPathComponent("music/\(number).wav"), seed: number) }
            try Data("no sound".utf8).write(to: folder.appendingPathComponent("music/bad.wav"))
            let table = folder.appendingPathComponent("t.csv")
            let far = folder.appendingPathComponent("music/5.wav").path
            try Data(
                """
                artist,path,genre,split,year
                Me,music/0.wav,rock,train,1999
                ,music/1.wav,blues,train,
                You,music/2.wav,rock,valid,
                Me; You,./music/3.wav,blues,validation,
                ,music/4.wav,blues,,
                ,\(far),rock,test,
                ,music/none.wav,rock,train,
                ,music/bad.wav,rock,train,
                ,,rock,train,
                ,music/0.wav,,train,
                ,music/0.wav,rock,train,
                short row
                """.utf8
            ).write(to: table)
            let warnings = Mutex<[String]>([])
            let data = try DatasetLoader.open([table], warning: { text in warnings.withLock { $0.append(text) } })
            #expect(data.kind == .audio && data.set.genres == ["blues", "rock"])
            #expect(
                data.set.tracks.map(\.id) == [
                    "blues/music/1.wav", "blues/music/3.wav", "blues/music/4.wav", "rock/music/0.wav",
                    "rock/music/2.wav", "rock/music/5.wav",
                ])
            #expect(data.set.tracks.map(\.artist) == [nil, "Me; You", nil, "Me", "You", nil])
            #expect(data.set.tracks.map(\.side) == [.training, .validation, nil, .training, .validation, .test])
            let told = warnings.withLock { $0 }
            for (line, words) in [
                (8, "there is no file \(folder.path)/music/none.wav"), (10, "no path"), (11, "no genre ''"),
                (12, "listed before"), (13, "1 fields, and the header has 5"),
            ] {
                #expect(told.contains { $0.hasPrefix("\(table.path), line \(line): left out") && $0.contains(words) })
            }
            #expect(told.contains { $0.contains("bad.wav") } && told.count == 6)
            #expect(data.skipped.map(\.url.lastPathComponent) == ["bad.wav"])

            // A list of sides finds the same files by their paths, from wherever it lies.
            let sides = folder.appendingPathComponent("music/sides.tsv")
            try Data("path\tside\n0.wav\ttrain\n1.wav\ttrain\n\(far)\tval\n4.wav\tval\n3.wav\t\n".utf8).write(to: sides)
            let drawn = try SplitRequest(rule: .lists(path: sides.path)).draw(data)
            #expect(drawn.splits[0].training == [0, 3] && drawn.splits[0].validation == [2, 5])
            #expect(drawn.warnings.count == 1 && drawn.warnings[0].contains("2 of the data's tracks are in no list"))
        }
    }

    @Test func tablesThatCannotBeUsedAreNamed() throws {
        try withTemporaryFolder { folder in
            for number in 0..<2 { try write(folder.appendingPathComponent("\(number).wav"), seed: number) }
            let table = folder.appendingPathComponent("t.tsv")
            func refused(_ text: String, _ words: String) throws {
                try Data(text.utf8).write(to: table)
                #expect { _ = try DatasetLoader.open([table]) } throws: { error in
                    "\(error)".hasPrefix(table.path) && "\(error)".contains(words)
                }
            }
            try refused("path\tyear\n0.wav\t1999\n", "line 1: there is no column 'genre'; the header has path, year")
            try refused("name\tgenre\n0.wav\trock\n", "line 1: there is no column 'path'")
            try refused("path\tgenre\tsplit\n0.wav\trock\tfirst\n", "line 2: 'first' is no side")
            try refused("path\tgenre\n0.wav\trock\n0.wav\tblues\n", "line 3: '0.wav' is 'blues' here and 'rock' before")
            try refused("path\tgenre\n0.wav\trock\n1.wav\trock\n", "holds one genre only")
            try refused("path\tgenre\nnone.wav\trock\n", "holds no usable track")
            try Data("path,genre\n0.wav,rock\n1.wav,Rock\n".utf8).write(to: table)
            #expect(throws: DatasetError.genresDifferInCaseOnly("Rock", "rock")) { try DatasetLoader.open([table]) }
            #expect(throws: DatasetError.fileWithOthers(path: table.path)) { try DatasetLoader.open([table, folder]) }
        }
    }

    @Test func tablesOfOtherProgramsAreRead() throws {
        try withTemporaryFolder { folder in
            for (number, name) in ["caf\u{E9}", "b", "c"].enumerated() {
                try write(folder.appendingPathComponent("music/\(name).wav"), seed: number)
            }
            let table = folder.appendingPathComponent("t.csv")
            func ids(_ data: Data) throws -> [String] {
                try data.write(to: table)
                return try DatasetLoader.open([table]).set.tracks.map(\.id)
            }
            let wanted = ["pop/music/b.wav", "rock/music/caf\u{E9}.wav"]
            let rows = "music/caf\u{E9}.wav;rock;1,5\nmusic/b.wav;pop;2,5\n"
            #expect(try ids(Data("path;genre;length\n\(rows)".utf8)) == wanted)
            #expect(try ids(Data("sep=;\r\npath;genre;length\r\n\(rows)".utf8)) == wanted)
            let windows = "path,genre\nmusic\\caf\u{E9}.wav,rock\nC:\\Users\\me\\music\\b.wav,pop\n"
            #expect(try ids(try #require(windows.data(using: .windowsCP1252))) == wanted)
            #expect(try ids(try #require(windows.data(using: .utf16))) == wanted)
            // A Mac's letters for a name that the disk has composed.
            #expect(try ids(Data("path,genre\nmusic/cafe\u{301}.wav,rock\nmusic/b.wav,pop\n".utf8)) == wanted)
            // Semicolons within a field of a table with commas.
            #expect(
                try ids(Data("path,genre,artist\nmusic/b.wav,pop,A;B\nmusic/caf\u{E9}.wav,rock,C\n".utf8)) == wanted)

            // A split's lists, as another program on another machine writes them.
            try Data("path,genre\nmusic/b.wav,pop\nmusic/c.wav,pop\nmusic/caf\u{E9}.wav,rock\nnone.wav,rock\n".utf8)
                .write(to: table)
            let data = try DatasetLoader.open([table])
            let names = TrackNames(data.set)
            #expect(names.tracks(named: "D:\\data\\pop\\music\\c.wav") == [1])
            #expect(names.tracks(named: "/elsewhere/pop/music/b.wav") == [0])
            #expect(names.tracks(named: "rock/music/cafe\u{301}.mp3") == [2])
            #expect(names.tracks(named: "pop\\none.wav") == [])
        }
    }

    @Test func theTableOfFMAIsNamed() throws {
        try withTemporaryFolder { folder in
            let table = folder.appendingPathComponent("tracks.csv")
            try Data(",album,album,track,track\n,id,title,genre_top,title\ntrack_id,,,,\n2,1,x,Rock,y\n".utf8).write(
                to: table)
            #expect { try DatasetLoader.open([table]) } throws: { "\($0)".contains("FMA") }
        }
    }
}
