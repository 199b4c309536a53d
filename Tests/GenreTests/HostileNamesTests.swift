import Foundation
import Storage
import Synthesis
import Testing

/// Names, genres, artists and models by all that may stand in a name: JSON is JSON, CSV is CSV, and text steers no terminal.
@Suite(.serialized) struct HostileNamesTests {
    private let folder: TemporaryFolder

    /// Each a file's name, without its ending, and a genre's.
    private static let names = [
        "Destiny\u{92}s \u{7F}Child", "esc\u{1B}[31mred\u{1B}]0;x\u{7}", "two\nlines\r\tand a tab",
        "\u{202E}3pm.exe\u{2066}",
        "\"quoted\" 'and' \\slashed\\", "😀👩‍👩‍👧 e\u{301} \u{2028}\u{2029}", "=HYPERLINK(\"x\")",
        "zero\u{200B}\u{FEFF}width\u{200E}",
    ]
    private static let artists = ["Ar\u{9B}31m\u{7F}tist", "\u{202E}tsitrA \"x\" \\"]

    init() throws {
        folder = try TemporaryFolder()
        let corpus = folder.url.appendingPathComponent("corpus")
        try DemoCorpus.write(to: corpus, tracksPerGenre: 2, seconds: 3, seed: 4)
        let genres = try FileManager.default.contentsOfDirectory(atPath: corpus.path).sorted()
        for (index, name) in Self.names.enumerated() {
            // Four of the names are genres, too; two genres of each two names.
            let genre = Self.names[index / 2 * 2 % 4 == 0 ? index % 2 : 2 + index % 2]
            for number in 0..<2 {
                let song = corpus.appendingPathComponent("\(genres[index])/\(genres[index]).0000\(number).wav")
                let data = try Self.tagged(Data(contentsOf: song), artist: Self.artists[number])
                try folder.write(data, to: "music/\(genre)/\(number) \(name).wav")
            }
        }
        try FileManager.default.removeItem(at: corpus)
    }

    /// A WAV file with a chunk of tags behind its sound.
    private static func tagged(_ wave: Data, artist: String) -> Data {
        func chunk(_ name: String, _ body: Data) -> Data {
            let size = withUnsafeBytes(of: UInt32(body.count).littleEndian) { Data($0) }
            return Data(name.utf8) + size + body + Data(count: body.count % 2)
        }
        let list = chunk(
            "LIST", Data("INFO".utf8) + chunk("IART", Data(artist.utf8)) + chunk("INAM", Data("t\u{85}\u{1B}".utf8)))
        return chunk("RIFF", wave.dropFirst(8) + list)
    }

    private var songs: [String] {
        get throws {
            try folder.contents(of: "music").flatMap { genre in
                try folder.contents(of: "music/\(genre)").map { folder.path("music/\(genre)/\($0)") }
            }
        }
    }

    /// One JSON value a line of standard output, each strict, none with anything that steers a terminal.
    private func lines(_ outcome: Tool.Outcome, _ place: SourceLocation = #_sourceLocation) throws -> [StrictJSON.Value]
    {
        #expect(!steersTerminals(outcome.output), sourceLocation: place)
        #expect(!steersTerminals(outcome.diagnostics), sourceLocation: place)
        return try outcome.output.split(separator: "\n").map { try StrictJSON.parse(String($0)) }
    }

    private func bytes(_ names: [String]) -> Set<[UInt8]> { Set(names.map { Array($0.utf8) }) }

    @Test func predictionsNameTheFilesThatTheyAreOf() throws {
        let songs = try songs
        #expect(songs.count == 2 * Self.names.count)
        for more in [[], ["--timeline", "--top", "2"]] {
            let outcome = try Tool.run(
                ["predict", folder.path("music"), folder.path("no\u{9B}ne\n.wav"), "--json"] + more)
            let files = try lines(outcome).compactMap { $0["file"]?.text }
            #expect(outcome.status == 1 && bytes(files) == bytes(songs + [folder.path("no\u{9B}ne\n.wav")]))
        }
        let text = try Tool.run("predict", folder.path("music"), folder.path("no\u{202E}ne\n.wav"))
        #expect(!steersTerminals(text.output) && !steersTerminals(text.diagnostics))
        #expect(text.output.split(separator: "\n").count == songs.count)
        #expect(text.output.contains("👩‍👩‍👧") && text.output.contains("\\u{1B}[31mred"))
    }

    /// The bytes of a table's first column, read by a parser of its own.
    private func firstColumn(_ text: String, _ delimiter: String) throws -> [String] {
        var names: [String] = []
        try DelimitedText.read(Array(text.utf8), delimiter: delimiter.utf8.first!) { names.append($0.fields[0]) }
        return Array(names.dropFirst())
    }

    @Test func tablesNameTheFilesThatTheyAreOf() throws {
        let songs = try songs
        let printed = try Tool.run("predict", folder.path("music"), "--csv")
        #expect(try printed.status == 0 && bytes(firstColumn(printed.output, ",")) == bytes(songs))
        for (name, delimiter) in [("r.csv", ","), ("r.tsv", "\t")] {
            let file = folder.path(name)
            #expect(try Tool.run("predict", folder.path("music"), "-o", file).status == 0)
            let whole = try Data(contentsOf: URL(fileURLWithPath: file))
            #expect(try bytes(firstColumn(String(decoding: whole, as: UTF8.self), delimiter)) == bytes(songs))
            for name in try firstColumn(String(decoding: whole, as: UTF8.self), delimiter) {
                #expect(FileManager.default.fileExists(atPath: name))
            }
            // Cut anywhere, within quoted line ends too: it goes on, and is the same in the end.
            for cut in [20, whole.count / 3, whole.count / 2, whole.count - 5] {
                try whole.prefix(cut).write(to: URL(fileURLWithPath: file))
                let resumed = try Tool.run("predict", folder.path("music"), "-o", file, "--resume")
                #expect(resumed.status == 0, "\(cut): \(resumed.diagnostics)")
                #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == whole, "\(cut)")
            }
        }
    }

    @Test func spreadsheetsGetNoFormulas() throws {
        let songs = ["=1+1.wav", "@x.wav", "-y.wav", "'q.wav", "+z.wav"]
        for song in songs { try FileManager.default.copyItem(atPath: self.songs[0], toPath: folder.path(song)) }
        let names = songs.map { "./" + $0 }
        // Playlists name them without a folder.
        try folder.write(Data(songs.joined(separator: "\n").utf8), to: "list.txt")
        let outcome = try Tool.run("predict", "--from", "list.txt", "--csv", "--spreadsheet", in: folder.url)
        #expect(outcome.status == 0 && outcome.output.utf8.starts(with: [0xEF, 0xBB, 0xBF]), "\(outcome.diagnostics)")
        let found = try firstColumn(outcome.output, ",")
        #expect(found == songs.map { "'" + $0 })
        let exact = try Tool.run("predict", "--from", "list.txt", "--csv", in: folder.url)
        #expect(try firstColumn(exact.output, ",") == songs)
        // Resumed by their own names.
        let arguments = ["predict", "--from", "list.txt", "-o", "s.csv", "--spreadsheet"]
        #expect(try Tool.run(arguments, in: folder.url).status == 0)
        let resumed = try Tool.run(arguments + ["--resume"], in: folder.url)
        #expect(resumed.status == 0 && resumed.diagnostics.contains("5 were done before"), "\(resumed.diagnostics)")
        #expect(try Tool.run("predict", names[0], "--spreadsheet", in: folder.url).status == 2)
    }

    @Test func dataSetsTrainingsAndModelsKeepTheirNames() throws {
        let (data, run) = (folder.path("music"), folder.path("run\u{9B}\u{202E}"))
        let genres = Set(try folder.contents(of: "music"))
        let short = ["--segments", "2", "--epochs", "1", "--json"]
        let trained = try Tool.run(["train", data, "-o", run] + short)
        #expect(trained.status == 0, "\(trained.diagnostics)")
        #expect(try lines(trained).flatMap(\.strings).contains { $0.contains("run\u{9B}\u{202E}") })
        let model = run + "/model.safetensors"

        let series = try Tool.run(
            ["train", data, "-o", folder.path("ser\u{85}ies"), "--runs", "2", "--no-report"] + short)
        #expect(try series.status == 0 && !lines(series).isEmpty)
        let judged = try Tool.run("evaluate", model, data, "--all", "--json")
        #expect(try judged.status == 0 && !lines(judged).isEmpty, "\(judged.diagnostics)")
        let card = try Tool.run("inspect", model, "--json")
        #expect(try Set(lines(card)[0]["genres"]?.items.compactMap(\.text) ?? []) == genres)
        let audit = try Tool.run("inspect", data, "--json")
        let found = try lines(audit)[0]
        #expect(audit.status == 0 && bytes(Self.artists).isSubset(of: bytes(found.strings)))
        let store = try Tool.run("features", data, "-o", folder.path("st\u{9C}ore"), "--json")
        #expect(try bytes(lines(store)[0]["genres"]?.items.compactMap(\.text) ?? []) == bytes(Array(genres)))
        let compared = try Tool.run("compare", run, run, "--json")
        #expect(try compared.status == 0 && !lines(compared).isEmpty, "\(compared.diagnostics)")
        let measured = try Tool.run("bench", "features", data + "/" + Self.names[0], "--passes", "1", "--json")
        #expect(try lines(measured).allSatisfy { $0["folder"]?.text?.contains("Destiny\u{92}s") ?? false })
        let vectors = try Tool.run("embed", model, data, "-o", "-")
        #expect(try bytes(lines(vectors)[0]["rows"]?.items.compactMap { $0["file"]?.text } ?? []) == bytes(songs))
        let table = [
            "reproduce", data, "--net", "shallow:1", "--epochs", "1", "-o", folder.path("ta\u{7F}ble"), "--json",
        ]
        let plan = try Tool.run(table + ["--dry-run"])
        #expect(try plan.status == 0 && lines(plan).count <= 1, "\(plan.diagnostics)")

        for words in [[data], [model]] {
            let text = try Tool.run(["inspect"] + words)
            #expect(text.status == 0 && !steersTerminals(text.output) && !steersTerminals(text.diagnostics))
        }
        // The audit, kept as a file, is shown in the run's report.
        try Data(audit.output.utf8).write(to: URL(fileURLWithPath: run + "/audit.json"))
        let report = try Tool.run("report", run)
        #expect(report.status == 0 && !steersTerminals(report.output), "\(report.diagnostics)")
        for name in try FileManager.default.contentsOfDirectory(atPath: run) where name.hasSuffix(".json") {
            _ = try StrictJSON.parse(String(contentsOfFile: run + "/" + name, encoding: .utf8))
        }
    }
}
