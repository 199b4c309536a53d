import Foundation
import ModelFile
import Synthesis
import Testing

/// Where commands write: nothing that is not theirs is replaced, nothing is written through links, and no pipe hangs.
@Suite(.serialized) struct OutputTests {
    private let folder: TemporaryFolder
    private let song: String
    private let model: String

    init() throws {
        folder = try TemporaryFolder()
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 2, seconds: 3, seed: 2)
        song = folder.path("music/blues/blues.00000.wav")
        model = folder.path("model.safetensors")
        try TrainedModel.tiny().write(to: URL(fileURLWithPath: model))
    }

    private func weights() throws -> String {
        let weights = folder.path("weights.safetensors")
        #expect(try Tool.run("export", "gtzan-compact", "--format", "safetensors", "-o", weights).status == 0)
        return weights
    }

    private func trained(_ name: String, _ more: [String] = []) throws -> String {
        let outcome = try Tool.run(
            [
                "train", folder.path("music"), "--net", "shallow", "--epochs", "1", "--segments", "1", "-o",
                folder.path(name),
            ]
                + more)
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        return folder.path(name)
    }

    private func data(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    /// Commands that write one file, each with the name that it writes to.
    private func commands(run: String) throws -> [(name: String, words: [String])] {
        let weights = try weights()
        return [
            ("x.npy", ["embed", model, song, "-o"]), ("y.json", ["embed", model, song, "-o"]),
            ("x.onnx", ["export", model, "-o"]), ("w.safetensors", ["export", model, "--format", "safetensors", "-o"]),
            ("h.safetensors", ["export", model, "--format", "half", "-o"]),
            ("i.safetensors", ["import", weights, "-o"]), ("card.html", ["inspect", model, "--page"]),
            ("side.html", ["compare", run, run, "--page"]), ("page.html", ["report", run, "--no-data", "-o"]),
            ("both.html", ["report", run, run, "-o"]), ("r.jsonl", ["predict", song, "-o"]),
            ("r.csv", ["predict", song, "-o"]), ("r.tsv", ["predict", song, "-o"]),
        ]
    }

    @Test func whatIsNotTheirsIsReplacedOnRequestAlone() throws {
        for (name, words) in try commands(run: trained("run", ["--no-report"])) {
            let place = folder.path("out/" + name)
            let diary = Data("my diary, and no output\n".utf8)
            try folder.write(diary, to: "out/" + name)
            let refused = try Tool.run(words + [place])
            #expect(refused.status == 1 && refused.diagnostics.contains(name), "\(words): \(refused.diagnostics)")
            #expect(refused.diagnostics.contains("--force") && refused.output.isEmpty, "\(words)")
            #expect(try data(place) == diary && folder.contents(of: "out") == [name], "\(words)")
            let forced = try Tool.run(words + [place, "--force"])
            #expect(forced.status == 0, "\(words): \(forced.diagnostics)")
            #expect(try data(place) != diary, "\(words)")
            // An earlier output of the same kind gives way without a word; results of predict are never lost so.
            let again = try Tool.run(words + [place])
            #expect(again.status == (words[0] == "predict" ? 1 : 0), "\(words): \(again.diagnostics)")
            try FileManager.default.removeItem(atPath: folder.path("out"))
        }
    }

    @Test func linksAndPipesAreRefusedByName() throws {
        let target = try folder.write(Data(), to: "target")
        for (name, words) in try commands(run: trained("run", ["--no-report"])) {
            let place = folder.path("out/" + name)
            try FileManager.default.createDirectory(atPath: folder.path("out"), withIntermediateDirectories: true)
            for (destination, isThere) in [(target, true), (folder.path("nowhere"), false)] {
                try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: destination)
                let refused = try Tool.run(words + [place])
                #expect(refused.status == 1 && refused.diagnostics.contains("link"), "\(words): \(refused.diagnostics)")
                #expect(FileManager.default.fileExists(atPath: destination) == isThere, "\(words)")
                try FileManager.default.removeItem(atPath: place)
            }
            #expect(mkfifo(place, 0o600) == 0)
            let refused = try Tool.run(words + [place])
            #expect(refused.status == 1 && refused.diagnostics.contains(name), "\(words): \(refused.diagnostics)")
            try FileManager.default.removeItem(atPath: folder.path("out"))
        }
        #expect(try data(target).isEmpty)
    }

    /// `embed model -o *.mp3`: the shell makes the first song the output.
    @Test func aSongIsNoOutput() throws {
        let songs = ["a.mp3", "b.mp3"].map(folder.path)
        for copy in songs { try FileManager.default.copyItem(atPath: song, toPath: copy) }
        let before = try data(song)
        for more in [[], ["--format", "npy"], ["--force"], ["--format", "npy", "--force"]] {
            #expect(try Tool.run(["embed", model] + more + ["-o"] + songs).status != 0)
        }
        let run = try trained("run")
        for words in [
            ["report", run, "-o", run + "/config.json"], ["predict", songs[1], "-o", songs[0]],
            ["export", model, "--format", "onnx", "-o", songs[0]], ["import", model, "-o", songs[0]],
            ["inspect", model, "--page", songs[0]], ["predict", songs[1], "-o", folder.path("x.json")],
            ["predict", songs[1], "-o", folder.path("x.xlsx")], ["predict", songs[1], "-o", folder.path("x")],
        ] {
            let outcome = try Tool.run(words)
            #expect(outcome.status != 0 && outcome.output.isEmpty, "\(words)")
        }
        #expect(try data(songs[0]) == before)
        #expect(try !folder.contents().contains { $0.hasPrefix("x") || $0.hasPrefix("a.json") })
        #expect(try Tool.run("train", "--resume", run, "--epochs", "2", "--no-report").status == 0)
    }

    @Test func foldersKeepWhatIsNotTheirs() throws {
        let drawn = folder.path("drawn")
        for name in ["deep.png", "notes.txt"] { try folder.write(Data("mine".utf8), to: "drawn/" + name) }
        let refused = try Tool.run("draw", "deep", "-o", drawn)
        #expect(refused.status == 1 && refused.diagnostics.contains("deep.png"), "\(refused.diagnostics)")
        #expect(try folder.contents(of: "drawn") == ["deep.png", "notes.txt"])
        #expect(try Tool.run("draw", "deep", "-o", drawn, "--force").status == 0)
        #expect(try Tool.run("draw", "deep", "-o", drawn).status == 0)
        #expect(try data(drawn + "/notes.txt") == Data("mine".utf8))

        for name in ["log.jsonl", "report.html", "figures/loss.svg"] {
            try folder.write(Data("mine".utf8), to: "taken/" + name)
            let refused = try Tool.run("train", folder.path("nowhere-yet"), "-o", folder.path("taken"))
            let first = String(name.split(separator: "/")[0])
            #expect(refused.status == 1 && refused.diagnostics.contains(first), "\(refused.diagnostics)")
            #expect(try data(folder.path("taken/" + name)) == Data("mine".utf8))
            try FileManager.default.removeItem(atPath: folder.path("taken"))
        }
        try folder.write(Data("mine".utf8), to: "store/chunk-00000.safetensors")
        #expect(try Tool.run("features", folder.path("music"), "-o", folder.path("store")).status == 1)
        #expect(try data(folder.path("store/chunk-00000.safetensors")) == Data("mine".utf8))
        for name in ["report.html", "results.json"] {
            try folder.write(Data("{\"mine\":1}".utf8), to: "table/" + name)
            let refused = try Tool.run(
                "reproduce", folder.path("music"), "--net", "shallow:1", "--epochs", "1", "-o", folder.path("table"))
            #expect(refused.status == 1 && refused.diagnostics.contains(name), "\(refused.diagnostics)")
            try FileManager.default.removeItem(atPath: folder.path("table"))
        }
    }

    @Test func aReportRefusesBeforeItsWork() throws {
        let run = try trained("run")
        try Data("my picture".utf8).write(to: URL(fileURLWithPath: run + "/figures/accuracy.svg"))
        let names = try FileManager.default.contentsOfDirectory(atPath: run + "/figures").filter {
            $0.hasSuffix(".svg")
        }
        let name = try #require(names.first { $0 != "accuracy.svg" })
        try FileManager.default.removeItem(atPath: run + "/figures/accuracy.svg")
        try Data("my picture".utf8).write(to: URL(fileURLWithPath: run + "/figures/" + name))
        try Data("holiday".utf8).write(to: URL(fileURLWithPath: run + "/figures/holiday.png"))
        let page = try data(run + "/report.html")
        let refused = try Tool.run("report", run)
        #expect(refused.status == 1 && refused.diagnostics.contains(name), "\(refused.diagnostics)")
        #expect(try data(run + "/report.html") == page && data(run + "/figures/" + name) == Data("my picture".utf8))
        #expect(try Tool.run("report", run, "--force").status == 0)
        // Going on removes the old figures, and those alone.
        #expect(try Tool.run("train", "--resume", run, "--epochs", "2").status == 0)
        #expect(try data(run + "/figures/holiday.png") == Data("holiday".utf8))
    }

    /// Another user's links in a run folder lead to nothing.
    @Test func linksInRunFoldersLeadNowhere() throws {
        let base = try trained("base", ["--no-report"])
        let run = folder.path("run")
        func attack() throws {
            for words in [
                ["report", run, "--no-data"], ["report", run, "--no-data", "--force"],
                ["train", "--resume", run, "--epochs", "2", "--tensorboard"],
            ] { _ = try Tool.run(words) }
        }
        for name in ["report.html", "log.jsonl", "split.json", ".lock", "verdicts.json", "best.safetensors"] {
            try FileManager.default.copyItem(atPath: base, toPath: run)
            // Its content may be needed: the link leads to a copy.
            let target = folder.path("victim")
            let before = (try? data(run + "/" + name)) ?? Data("a file of somebody else\n".utf8)
            try folder.write(before, to: "victim")
            try? FileManager.default.removeItem(atPath: run + "/" + name)
            try FileManager.default.createSymbolicLink(atPath: run + "/" + name, withDestinationPath: target)
            try attack()
            #expect(try data(target) == before, "\(name)")
            try FileManager.default.removeItem(atPath: run)
        }
        try FileManager.default.createDirectory(atPath: folder.path("theirs"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: base, toPath: run)
        for name in ["figures", "checkpoints", "tensorboard"] {
            try? FileManager.default.removeItem(atPath: run + "/" + name)
            try FileManager.default.createSymbolicLink(
                atPath: run + "/" + name, withDestinationPath: folder.path("theirs"))
        }
        try attack()
        #expect(try folder.contents(of: "theirs").isEmpty)
    }

    @Test func pipesAsInputsAreRefused() throws {
        let run = try trained("run", ["--no-report"])
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(mkfifo(folder.path("list.m3u"), 0o600) == 0)
        for words in [
            ["predict", pipe], ["predict", folder.path("list.m3u")], ["predict", "--from", pipe],
            ["embed", model, pipe, "-o", folder.path("x.npy")], ["inspect", pipe], ["report", run, "--audit", pipe],
            ["predict", song, "--model", pipe], ["import", pipe, "-o", folder.path("i.safetensors")],
            ["train", pipe], ["evaluate", model, pipe],
        ] {
            let outcome = try Tool.run(words)
            #expect(outcome.status != 0 && !outcome.diagnostics.isEmpty, "\(words)")
        }
        for name in ["config.json", "log.jsonl", "split.json", "audit.json"] {
            let kept = try? data(run + "/" + name)
            try? FileManager.default.removeItem(atPath: run + "/" + name)
            #expect(mkfifo(run + "/" + name, 0o600) == 0)
            for words in [["report", run, "--no-data"], ["compare", run], ["train", "--resume", run, "--no-report"]] {
                _ = try Tool.run(words)
            }
            try FileManager.default.removeItem(atPath: run + "/" + name)
            try kept?.write(to: URL(fileURLWithPath: run + "/" + name))
        }
    }

    @Test func standardStreamsAreStillFiles() throws {
        let results = try Tool.run("predict", song, "-o", "/dev/stdout")
        #expect(try results.status == 0 && StrictJSON.parse(results.output)["file"]?.text == song)
        let same = try Tool.run("predict", song, "-o", "-")
        #expect(same.output == results.output)
        let vectors = try Tool.run("embed", model, song, "-o", "-")
        #expect(try vectors.status == 0 && StrictJSON.parse(vectors.output)["rows"]?.items.count == 1)
        let list = try folder.write(Data((song + "\n").utf8), to: "list.txt")
        let listed = try Tool.run("predict", "--from", "/dev/stdin", "--json", input: URL(fileURLWithPath: list))
        #expect(listed.output == results.output, "\(listed.diagnostics)")
        for words in [["predict", "-"], ["predict", "--from", "-"], ["embed", model, "-", "-o", "-"]] {
            let outcome = try Tool.run(words, input: folder.url)
            #expect(outcome.status == 1 && outcome.diagnostics.contains("standard input is a folder"), "\(words)")
            #expect(!outcome.diagnostics.contains("Error Domain"))
        }
    }

    /// What a killed command left is removed by the next one of the same output.
    @Test func leftOversGo() throws {
        for (name, words) in [
            ("x.onnx", ["export", model, "-o"]), ("x.npy", ["embed", model, song, "-o"]),
            ("i.safetensors", ["import", try weights(), "-o"]), ("c.html", ["inspect", model, "--page"]),
        ] {
            let part = try folder.write(Data("half".utf8), to: ".\(name).0123456789abc.part")
            let outcome = try Tool.run(words + [folder.path(name)])
            #expect(
                outcome.status == 0 && !FileManager.default.fileExists(atPath: part), "\(words): \(outcome.diagnostics)"
            )
        }
    }

    @Test func theDemosFolderIsNewAndPrivate() throws {
        let places = try folder.write(Data(), to: "tmp/x")
        let temporary = URL(fileURLWithPath: places).deletingLastPathComponent().path
        let outcome = try Tool.run("demo", "--epochs", "1", environment: ["TMPDIR": temporary])
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let made = try folder.contents(of: "tmp").filter { $0.hasPrefix("genre-demo-") }
        #expect(made.count == 1)
        var status = stat()
        #expect(stat(temporary + "/" + made[0], &status) == 0 && status.st_mode & 0o777 == 0o700)
    }
}
