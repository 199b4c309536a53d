import Evaluation
import Foundation
import ModelFile
import NeuralNetwork
import Synthesis
import Testing

/// `genre predict` on collections, with the built-in model.
@Suite(.serialized) struct PredictTests {
    private let folder: TemporaryFolder
    private let songs = ["music/blues/blues.00000.wav", "music/disco/disco.00000.wav", "music/rock/rock.00000.wav"]

    init() throws {
        folder = try TemporaryFolder()
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 1, seconds: 7, seed: 1)
    }

    @Test func aFileNeedsNoFurtherWord() throws {
        let outcome = try Tool.run("predict", folder.path(songs[0]))
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        // Verdict, confidence, name, then what else is above 5%.
        let words = outcome.output.split(separator: " ")
        #expect(words[1].hasSuffix("%") && words[2].hasPrefix(folder.path(songs[0])), "\(outcome.output)")
        #expect(outcome.output.split(separator: "\n").count == 1 && !outcome.output.contains(" 0.0%"))
        #expect(outcome.diagnostics.isEmpty)
    }

    @Test func foldersComeInOrderOnAnyNumberOfJobs() throws {
        let one = try Tool.run("predict", folder.path("music"), "--json", "--jobs", "1")
        #expect(one.status == 0, "\(one.diagnostics)")
        let files = try one.objects().compactMap { $0["file"] as? String }
        #expect(files.count == 10)
        #expect(files == files.sorted())
        #expect(try Tool.run("predict", folder.path("music"), "--json", "--jobs", "3").output == one.output)
    }

    @Test func badFilesAreReportedAndTheRestIsIntact() throws {
        try folder.write(Data("no audio at all".utf8), to: "music/jazz/text.mp3")
        try folder.write(Data(), to: "music/jazz/empty.mp3")
        let outcome = try Tool.run("predict", folder.path("music"), folder.path("missing.wav"), "--csv")
        #expect(outcome.status == 1)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 14)
        #expect(
            lines[0].hasPrefix(
                "file,genre,confidence,unsure,padded,seconds,silent_seconds,damaged,channel,error,blues,"))
        // Errors hold commas, within quotes.
        let bare = lines.map { line in
            line.split(separator: "\"").enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        }
        #expect(Set(bare.map { $0.joined().filter { $0 == "," }.count }).count == 1)
        for name in ["text.mp3", "empty.mp3", "missing.wav"] { #expect(outcome.diagnostics.contains(name)) }
        #expect(outcome.diagnostics.contains("10 of 13 files heard") && outcome.diagnostics.contains("3 failed"))
    }

    @Test func aPlaylistAListAndStandardInputAreTheSameMusic() throws {
        let direct = try Tool.run("predict", folder.path(songs[0]), folder.path(songs[1]), "--json")
        try folder.write(Data("#EXTM3U\n\(songs[0])\n\(songs[1])\n".utf8), to: "list.m3u")
        #expect(try Tool.run("predict", folder.path("list.m3u"), "--json").output == direct.output)
        let list = try folder.write(Data(songs.prefix(2).map { folder.path($0) + "\n" }.joined().utf8), to: "list.txt")
        #expect(try Tool.run("predict", "--from", list, "--json").output == direct.output)
        let piped = try Tool.run("predict", "-", "--json", input: URL(fileURLWithPath: folder.path(songs[0])))
        let (sound, first) = (try #require(piped.objects().first), try #require(direct.objects().first))
        #expect(sound["file"] as? String == "-")
        #expect(sound["confidence"] as? Double == first["confidence"] as? Double)
    }

    @Test func aBrokenOffRunGoesOn() throws {
        let results = folder.path("results.jsonl")
        let whole = try Tool.run("predict", folder.path("music"), "-o", results)
        #expect(whole.status == 0)
        let complete = try Data(contentsOf: URL(fileURLWithPath: results))
        // Cut within the fourth line, as a kill would.
        let lines = complete.split(separator: UInt8(ascii: "\n"))
        let kept = lines.prefix(3).reduce(0) { $0 + $1.count + 1 }
        try complete.prefix(kept + 20).write(to: URL(fileURLWithPath: results))
        let refused = try Tool.run("predict", folder.path("music"), "-o", results)
        #expect(refused.status == 1 && refused.diagnostics.contains("--resume"))
        let resumed = try Tool.run("predict", folder.path("music"), "-o", results, "--resume", "--json")
        #expect(resumed.status == 0)
        #expect(try resumed.objects().count == 7)
        #expect(try Data(contentsOf: URL(fileURLWithPath: results)) == complete)
        #expect(try Tool.run("predict", folder.path(songs[0]), "-o", folder.path("x.csv")).status == 0)
        #expect(try Tool.run("predict", folder.path("music"), "-o", folder.path("x.csv"), "--resume").status == 0)
        let table = try String(contentsOfFile: folder.path("x.csv"), encoding: .utf8)
        #expect(table.split(separator: "\n").count == 11)
    }

    @Test func aFileThatHoldsSomethingElseIsLeftAsItIs() throws {
        for (name, text) in [
            ("notes.tsv", "my notes"), ("notes.csv", "my notes"), ("lines.jsonl", "my\nnotes\n"),
            ("empty.jsonl", "\n\n"),
            ("other.jsonl", #"{"file":"x","genre":"jazz"}"# + "\n"), ("other.csv", "file,genre\nx,jazz\n"),
        ] {
            let file = try folder.write(Data(text.utf8), to: name)
            let outcome = try Tool.run("predict", folder.path(songs[0]), "-o", file, "--resume")
            #expect(outcome.status == 1 && outcome.diagnostics.contains("something else"), "\(name)")
            #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
        }
    }

    @Test func oneProcessAtATimeWritesResults() throws {
        let results = try folder.write(Data(), to: "results.jsonl")
        let other = open(results, O_RDWR)
        defer { close(other) }
        #expect(flock(other, LOCK_EX) == 0)
        for more in [[], ["--resume"]] {
            let refused = try Tool.run(["predict", folder.path(songs[0]), "-o", results] + more)
            #expect(refused.status == 1 && refused.diagnostics.contains("another process"))
        }
        #expect(flock(other, LOCK_UN) == 0)
        #expect(try Tool.run("predict", folder.path(songs[0]), "-o", results, "--resume").status == 0)
    }

    @Test(arguments: ["results.jsonl", "results.csv"]) func whatFailedIsTriedAgain(name: String) throws {
        let (song, results) = (folder.path("later.wav"), folder.path(name))
        func predict() throws -> Tool.Outcome {
            try Tool.run("predict", folder.path(songs[0]), song, "-o", results, "--resume", "--json")
        }
        func lines() throws -> Int { try String(contentsOfFile: results, encoding: .utf8).split(separator: "\n").count }
        let header = results.hasSuffix("csv") ? 1 : 0
        #expect(try predict().status == 1)
        // It fails once more, and is not told once more.
        #expect(try predict().status == 1)
        #expect(try lines() == header + 2)
        try FileManager.default.copyItem(atPath: folder.path(songs[1]), toPath: song)
        let mended = try predict()
        #expect(mended.status == 0 && mended.diagnostics.contains("1 were done before"))
        #expect(try mended.objects().compactMap { $0["file"] as? String } == [song])
        #expect(try lines() == header + 3)
        #expect(try predict().output.isEmpty)
    }

    @Test(arguments: ["results.jsonl", "results.csv"]) func resultsAreOfOneModel(results: String) throws {
        let other = folder.path("other.safetensors")
        try TrainedModel.tiny().write(to: URL(fileURLWithPath: other))
        let file = folder.path(results)
        #expect(try Tool.run("predict", folder.path(songs[0]), "-o", file).status == 0)
        let before = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(String(decoding: before, as: UTF8.self).contains("gtzan-compact"))
        let refused = try Tool.run("predict", folder.path(songs[1]), "-o", file, "--resume", "--model", other)
        #expect(refused.status == 1 && refused.diagnostics.contains("of this model"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
    }

    /// Equal weights are not the same model, and other options make other lines.
    @Test(arguments: ["results.jsonl", "results.csv"]) func resultsAreOfOneOrigin(results: String) throws {
        func model(_ name: String, _ change: (inout ModelCard) -> Void) throws -> [String] {
            var model = try TrainedModel.tiny()
            change(&model.card)
            try folder.write(Data(), to: name + "/m.safetensors")
            try model.write(to: URL(fileURLWithPath: folder.path(name + "/m.safetensors")))
            return ["--model", folder.path(name + "/m.safetensors")]
        }
        let (own, file) = (try model("own") { _ in }, folder.path(results))
        func predict(_ song: Int, _ more: [String]) throws -> Tool.Outcome {
            try Tool.run(["predict", folder.path(songs[song]), "-o", file, "--resume"] + more)
        }
        #expect(try predict(0, own).status == 0)
        let before = try Data(contentsOf: URL(fileURLWithPath: file))
        let sure = try #require(
            Calibration(
                verdicts: (0..<20).map { _ in Verdict(segments: [0.5, 0.3, 0.2], classes: 3) },
                labels: (0..<20).map { $0 % 3 }))
        var others = [
            own + ["--unsure", "0.5"], try model("calibrated") { $0.calibration = sure },
            try model("renamed") { $0.genres = ["rock", "jazz", "blues"] },
        ]
        if !results.hasSuffix("csv") { others += [own + ["--top", "2"], own + ["--timeline"]] }
        for other in others {
            let refused = try predict(1, other)
            #expect(refused.status == 1 && refused.diagnostics.contains("of this model"), "\(other)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
        }
        #expect(try predict(1, own).status == 0)
    }

    /// Weights that are finite, and too large for any sum: an error a file, never a verdict of no number.
    @Test func aNetThatOverflowsIsAnErrorAFile() throws {
        let model = try TrainedModel.tiny()
        for specification in model.parameters.plan.parameters where specification.name.hasPrefix("dense") {
            let values = [Float](repeating: 1e38, count: model.parameters.canonical(specification).count)
            try model.parameters.set(specification, to: values)
        }
        let huge = folder.path("huge.safetensors")
        try model.write(to: URL(fileURLWithPath: huge))
        let outcome = try Tool.run("predict", "--model", huge, folder.path(songs[0]), folder.path(songs[1]), "--json")
        #expect(outcome.status == 1 && outcome.diagnostics.contains("2 failed"))
        #expect(try outcome.objects().compactMap { $0["error"] as? String }.count { $0.contains("overflow") } == 2)
        let embedded = try Tool.run("embed", huge, folder.path(songs[0]), "-o", folder.path("x.npy"))
        #expect(embedded.status == 1 && embedded.diagnostics.contains("overflow"))
        #expect(try !folder.contents().contains("x.npy"))
    }

    @Test func allThatFailsIsNamed() throws {
        for index in 0..<60 { try folder.write(Data("no audio".utf8), to: "bad/\(index).mp3") }
        let outcome = try Tool.run("predict", folder.path("bad"))
        #expect((0..<60).allSatisfy { outcome.diagnostics.contains("bad/\($0).mp3") })
        let kept = try Tool.run("predict", folder.path("bad"), "-o", folder.path("x.jsonl"))
        #expect(kept.diagnostics.contains("and 10 more; the results name them"))
    }

    @Test func namesDoNotSteerTheTerminal() throws {
        let song = folder.path("a\u{1B}[31mb\nc.wav")
        try FileManager.default.copyItem(atPath: folder.path(songs[0]), toPath: song)
        let outcome = try Tool.run("predict", song, folder.path("\u{1B}[2J.wav"))
        #expect(outcome.status == 1)
        #expect(outcome.output.contains(#"a\u{1B}[31mb\nc.wav"#) && outcome.output.split(separator: "\n").count == 1)
        #expect(outcome.diagnostics.contains(#"\u{1B}[2J.wav"#) && !outcome.diagnostics.contains("\u{1B}"))
    }

    @Test func aFolderDoesNotHideABuiltInModel() throws {
        try folder.write(Data(), to: "gtzan-compact/x")
        let outcome = try Tool.run("predict", "--model", "gtzan-compact", songs[0], in: folder.url)
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
    }

    /// A quote with a combining mark, a break and a comma: one field of one row, as it is, known again.
    @Test func namesOfAnyMakeAreOneFieldOfCSV() throws {
        let song = folder.path("a\"\u{301}b,\r\nc.wav")
        try FileManager.default.copyItem(atPath: folder.path(songs[0]), toPath: song)
        let arguments = ["predict", song, "--csv", "-o", folder.path("x.csv"), "--resume"]
        let outcome = try Tool.run(arguments)
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let field = "\"\(folder.path("a\"\"\u{301}b,\r\nc.wav"))\","
        let lines = outcome.output.utf8.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
        #expect(lines.count == 2 && lines[1].starts(with: Array(field.utf8)))
        let again = try Tool.run(arguments)
        #expect(again.status == 0 && again.diagnostics.contains("1 were done before"))
    }

    @Test func nothingToHearIsAFailure() throws {
        try FileManager.default.createDirectory(atPath: folder.path("empty"), withIntermediateDirectories: true)
        let list = try folder.write(Data(), to: "list.txt")
        for arguments in [[folder.path("empty")], ["--from", list]] {
            let outcome = try Tool.run(["predict"] + arguments)
            #expect(outcome.status == 1 && outcome.diagnostics.contains("nothing was heard"))
        }
    }

    @Test func standardInputIsCalledSo() throws {
        let text = try folder.write(Data("no audio at all".utf8), to: "text")
        let outcome = try Tool.run("predict", "-", input: URL(fileURLWithPath: text))
        #expect(outcome.status == 1)
        #expect(outcome.diagnostics.contains("standard input") && !outcome.diagnostics.contains("/fd/"))
    }

    /// What is read from standard input has no name: no one can plant a link there, and a kill leaves nothing behind.
    @Test func standardInputLeavesNoFile() throws {
        let temporary = folder.url.appendingPathComponent("tmp")
        try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = Tool.url
        process.arguments = ["predict", "-"]
        process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": temporary.path]) { $1 }
        let pipe = Pipe()
        process.standardInput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        // More than a pipe holds: once it is written, the tool reads, and its file is there.
        try pipe.fileHandleForWriting.write(contentsOf: Data(count: 1 << 20))
        #expect(try folder.contents(of: "tmp").isEmpty)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(try folder.contents(of: "tmp").isEmpty)
    }

    @Test func helpNamesTheBuiltInModels() throws {
        let help = try Tool.run("predict", "--help").output
        for model in BuiltInModel.all { #expect(help.contains(model.name)) }
        #expect(BuiltInModel.all.count == 2 && !help.contains("genre models"))
    }

    @Test func jobsAreCalledJobs() throws {
        let outcome = try Tool.run("predict", "x", "--jobs", "300")
        #expect(outcome.status == 2 && outcome.diagnostics.contains("--jobs must be"))
    }

    @Test func shardsMakeTheWhole() throws {
        let shards = try (1...3).map {
            try Tool.run("predict", folder.path("music"), "--shard", "\($0)/3", "--json").output
        }
        let whole = try Tool.run("predict", folder.path("music"), "--json").output
        let parts = shards.flatMap { $0.split(separator: "\n") }.sorted()
        #expect(parts == whole.split(separator: "\n").sorted())
    }

    @Test func aTimelineCoversTheTrackAndLoudnessDoesNotMatter() throws {
        let outcome = try Tool.run("predict", folder.path(songs[2]), "--timeline", "--json")
        let track = try #require(outcome.objects().first)
        let timeline = try #require(track["timeline"] as? [[String: Any]])
        #expect(timeline.first?["start"] as? Double == 0)
        #expect(timeline.last?["end"] as? Double == track["seconds"] as? Double)
    }

    @Test(arguments: [
        ["--json", "--csv", "x"], ["--top", "0", "x"], ["--unsure", "2", "x"], ["--resume", "x"],
        ["--shard", "4/3", "x"], ["-", "--from", "-"], [], ["--csv", "--timeline", "x"], ["--csv", "--top", "2", "x"],
    ])
    func wrongUsageIsSaid(arguments: [String]) throws {
        #expect(try Tool.run(["predict"] + arguments).status == 2)
    }

    @Test func anUnknownModelNamesTheBuiltInOnes() throws {
        let outcome = try Tool.run("predict", "--model", "nonesuch", folder.path(songs[0]))
        #expect(outcome.status == 1)
        #expect(outcome.diagnostics.contains("nonesuch") && outcome.diagnostics.contains("gtzan-compact"))
    }
}
