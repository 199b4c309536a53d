import Foundation
import Synthesis
import Testing

/// Segment stores through the tool: the same bytes however they came about, and clear words where they cannot be used.
@Suite(.serialized) struct StoreTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 2, seconds: 3, seed: 4)
    }

    private func make(_ store: String, _ options: String...) throws -> Tool.Outcome {
        try Tool.run(["features", folder.path("music"), "-o", folder.path(store)] + options)
    }

    private func bytes(of store: String) throws -> [String: Data] {
        // The stamps of seen.json depend on how long the files have lain still.
        let names = try folder.contents(of: store).filter { !$0.hasPrefix(".") && $0 != "seen.json" }
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try Data(contentsOf: URL(fileURLWithPath: folder.path("\(store)/\($0)"))))
            })
    }

    private func train(_ store: String, _ options: String...) throws -> Tool.Outcome {
        try Tool.run(
            ["train", folder.path(store), "--epochs", "1", "--no-report", "-o", folder.path("run"), "--force"] + options
        )
    }

    /// What a table once said of a file is not what the file says of itself.
    @Test func aTablesArtistsGoWithTheTable() throws {
        let files = try folder.contents(of: "music/jazz").sorted()
        let table = URL(fileURLWithPath: folder.path("table.csv"))
        func write(_ header: String, _ more: String) throws {
            let rows = files.map { "music/jazz/\($0),jazz\(more)" } + ["music/rock/rock.00000.wav,rock\(more)"]
            try Data(([header] + rows).joined(separator: "\n").utf8).write(to: table)
        }
        func index(_ store: String) throws -> String {
            let outcome = try Tool.run("features", table.path, "-o", folder.path(store))
            #expect(outcome.status == 0, "\(outcome.diagnostics)")
            return try String(contentsOfFile: folder.path("\(store)/index.json"), encoding: .utf8)
        }
        try write("path,genre,artist", ",Ann")
        #expect(try index("old").contains("Ann"))
        try write("path,genre", "")
        let again = try index("old")
        #expect(!again.contains("Ann"))
        #expect(try again == index("new"))
    }

    /// A genre of one track, and one by another spelling: the first is left out with a word, when a run goes on too, and
    /// the second is known to the model.
    @Test func genresOfTooFewTracksAndOtherSpellings() throws {
        let music = folder.url.appendingPathComponent("music")
        let files = FileManager.default
        let solo = music.appendingPathComponent("solo")
        try files.createDirectory(at: solo, withIntermediateDirectories: true)
        try files.copyItem(
            at: music.appendingPathComponent("rock/rock.00000.wav"), to: solo.appendingPathComponent("1.wav"))
        let first = try Tool.run(
            "train", music.path, "--from", "none", "--epochs", "1", "--no-report", "-o", folder.path("run"),
            "--no-cache")
        #expect(first.status == 0, "\(first.diagnostics)")
        #expect(first.diagnostics.contains("'solo' (1)"))
        let more = try Tool.run(
            "train", "--resume", folder.path("run"), "--epochs", "2", "--no-report", "--no-cache")
        #expect(more.status == 0, "\(more.diagnostics)")

        let other = folder.url.appendingPathComponent("other")
        try files.createDirectory(at: other, withIntermediateDirectories: true)
        for (name, spelling) in [("rock", "Rock"), ("jazz", "jazz")] {
            try files.copyItem(at: music.appendingPathComponent(name), to: other.appendingPathComponent(spelling))
        }
        let model = folder.path("run/model.safetensors")
        let judged = try Tool.run("evaluate", model, other.path, "--all", "--no-cache")
        #expect(judged.status == 0, "\(judged.diagnostics)")
        #expect(judged.diagnostics.contains("'Rock' is taken for the model's 'rock'"))
        for unknown in ["polka", "rokc"] {
            try files.copyItem(at: solo, to: other.appendingPathComponent(unknown))
        }
        let refused = try Tool.run("evaluate", model, other.path, "--all", "--no-cache")
        #expect(refused.status == 1)
        let told = refused.diagnostics.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(told.contains("'polka'") && told.contains("'rokc' (did you mean 'rock'?)"))
    }

    /// A store without a track is a failure, and each file is named.
    @Test func filesThatCannotBeUsedAreNamedInTheSummary() throws {
        for genre in ["a", "b"] {
            let place = folder.url.appendingPathComponent("noise/\(genre)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data("no sound".utf8).write(to: place.appendingPathComponent("\(genre).wav"))
        }
        let outcome = try Tool.run("features", folder.path("noise"), "-o", folder.path("none"))
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("/a/a.wav") && outcome.output.contains("/b/b.wav"))
    }

    @Test func theBytesHangOnNoNumberOfThreadsAndATrainingTakesThem() throws {
        for (store, threads) in [("one", "1"), ("three", "3")] {
            let outcome = try make(store, "--threads", threads)
            #expect(outcome.status == 0, "\(outcome.diagnostics)")
        }
        #expect(try bytes(of: "one") == bytes(of: "three"))
        #expect(try bytes(of: "one").keys.contains("index.json"))
        #expect(try train("one").status == 0)
        let half = try make("half", "--precision", "float16")
        #expect(half.status == 0)
        #expect(try train("half").status == 0)
    }

    @Test func aFullDiskLeavesAStoreThatGoesOn() throws {
        #expect(try make("whole").status == 0)
        // 1,000 blocks of 1,024 bytes are less than the features take.
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [
            "-c", "ulimit -f 1000; exec \"$0\" features \"$1\" -o \"$2\" 2>\"$3\" >/dev/null", Tool.url.path,
            folder.path("music"), folder.path("store"), "/dev/null",
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.path("store/index.json")))
        #expect(try train("store").status == 1)
        #expect(try make("store").status == 0)
        #expect(try bytes(of: "store") == bytes(of: "whole"))
    }

    @Test func killsLoseNothing() throws {
        #expect(try make("whole").status == 0)
        for milliseconds in [5, 20, 40, 60, 80] {
            let process = Process()
            process.executableURL = Tool.url
            process.arguments = ["features", folder.path("music"), "-o", folder.path("store")]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            usleep(UInt32(milliseconds * 1000))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        #expect(try make("store").status == 0)
        #expect(try bytes(of: "store") == bytes(of: "whole"))
    }

    @Test func onlyWhatIsNewIsComputed() throws {
        #expect(try make("store").status == 0)
        // A copy costs nothing, another sound is computed.
        var song = try Data(contentsOf: URL(fileURLWithPath: folder.path("music/jazz/jazz.00000.wav")))
        try folder.write(song, to: "music/jazz/copy.wav")
        song[50_000] ^= 1
        try folder.write(song, to: "music/jazz/new.wav")
        try folder.write(Data(), to: "music/jazz/empty.wav")
        let again = try make("store")
        #expect(again.status == 0)
        #expect(again.output.contains("computed 1,") && again.output.contains("21 were there already"))
        #expect(again.output.contains("1 file left out") && again.diagnostics.contains("empty.wav"))
    }

    @Test func otherRecipesVersionsAndDamageAreSaid() throws {
        #expect(try make("store").status == 0)
        let other = try make("store", "--recipe", "coursework")
        #expect(other.status == 1 && other.diagnostics.contains("schindler") && other.diagnostics.contains("--force"))
        #expect(try train("store", "--recipe", "coursework").status == 2)

        let chunk = URL(fileURLWithPath: folder.path("store/chunk-00000.safetensors"))
        let sound = try Data(contentsOf: chunk)
        try sound.prefix(100_000).write(to: chunk)
        let damaged = try train("store")
        #expect(damaged.status == 1 && damaged.diagnostics.contains("chunk-00000.safetensors"))
        try sound.write(to: chunk)
        #expect(try train("store").status == 0)

        let index = URL(fileURLWithPath: folder.path("store/index.json"))
        let text = try String(contentsOf: index, encoding: .utf8)
        try Data(text.replacingOccurrences(of: "\"version\":3", with: "\"version\":9").utf8).write(to: index)
        let later = try train("store")
        #expect(later.status == 1 && later.diagnostics.contains("version 9"))
    }
}
