import Audio
import Evaluation
import Foundation
import ModelFile
import Synthesis
import Testing

@testable import genre

/// What the tool says to people: of mistakes, on a terminal, at the end of work.
@Suite(.serialized) struct MannersTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func song(_ name: String = "song.wav", seconds: Double = 3) throws {
        let samples = (0..<Int(seconds * 22_050)).map { Float(sin(Double($0) * 0.1)) * 0.5 }
        let file = folder.url.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try WaveFile.write(samples, sampleRate: 22_050, to: file)
    }

    private func run(_ arguments: String...) throws -> Tool.Outcome { try Tool.run(arguments, in: folder.url) }

    // MARK: mistakes

    @Test(arguments: [
        (["trian", "x"], "unknown command 'trian'; did you mean 'train'?"),
        (["help", "predict2"], "did you mean 'predict'?"),
        (["bench", "fetures"], "did you mean 'bench features'?"),
        (["train", "x", "--net", "shalow"], "there is no net 'shalow'; did you mean 'shallow'?"),
        (["bench", "nets", "--net", "depe"], "did you mean 'deep'?"),
        (["draw", "crn"], "did you mean 'crnn'?"),
        (["train", "x", "--split", "artists"], "did you mean 'artist'?"),
        (["train", "x", "--watch", "rwa"], "did you mean 'raw'?"),
        (["train", "x", "--schedule", "cosin"], "did you mean 'cosine'?"),
        (["bench", "features", "--recipe", "schindlr"], "did you mean 'schindler'?"),
        (["train", "x", "--epoch", "3"], "; did you mean '--epochs'?"),
        (["predict", "https://example.org/a.mp3"], "is an address on a network"),
        (["train", "http://example.org/music"], "is an address on a network"),
        (["predict", "file:///music/a.mp3"], "name the file, /music/a.mp3"),
        (["predict", "gtzan-compact", "a.mp3"], "say --model gtzan-compact a.mp3"),
        (["evaluate", "music", "gtzan-compact"], "genre evaluate gtzan-compact music"),
        (["evaluate", "gtzan-compact"], "name the data to evaluate 'gtzan-compact' on"),
        (["embed", "gtzan-compact", "-o", "v.npy"], "name audio files"),
        (["export", "--format", "onnx", "-o", "x"], "name a model"),
        (["predict", "a.mp3", "--unsure", "90"], "did you mean 90%?"),
    ])
    func wrongUsageSaysWhatIsMeant(arguments: [String], words: String) throws {
        let outcome = try Tool.run(arguments, in: folder.url)
        #expect(outcome.status == 2, "\(arguments)")
        #expect(outcome.diagnostics.contains(words), "\(outcome.diagnostics)")
        // One form: what is wrong, then where the right usage stands.
        #expect(outcome.diagnostics.hasPrefix("genre: "))
        #expect(outcome.diagnostics.contains("\nsee 'genre help"))
        #expect(!outcome.diagnostics.contains("Error:") && outcome.output.isEmpty)
        #expect(try folder.contents().isEmpty)
    }

    @Test func theRightHelpIsNamed() throws {
        #expect(try run("train", "x", "--net", "no").diagnostics.contains("see 'genre help train'"))
        #expect(try run("bench", "nets", "--batch", "0").diagnostics.contains("see 'genre help bench nets'"))
        let outcome = try run("help", "bench", "features")
        #expect(outcome.status == 0 && outcome.output.contains("USAGE: genre bench features"))
    }

    /// The parser takes a number below zero for an option, and says that the value is missing.
    @Test(arguments: [
        ["train", "x", "--epochs"], ["train", "x", "--batch"], ["train", "x", "--learning-rate"],
        ["train", "x", "--beta1"], ["train", "x", "--beta2"], ["train", "x", "--epsilon"], ["train", "x", "--l1"],
        ["train", "x", "--seed"], ["train", "x", "--segments"], ["train", "x", "--average-last"],
        ["train", "x", "--warmup"], ["train", "x", "--patience"], ["train", "x", "--runs"],
        ["train", "x", "--threads"],
        ["train", "x", "--checkpoint-epochs"], ["train", "x", "--checkpoint-minutes"], ["train", "x", "--mixup"],
        ["predict", "x", "--top"], ["predict", "x", "--unsure"], ["predict", "x", "--jobs"],
        ["draw", "--genres"], ["demo", "--epochs"], ["bench", "nets", "--batch"], ["bench", "nets", "--passes"],
        ["bench", "features", "--passes"], ["reproduce", "x", "--seeds"], ["reproduce", "x", "--epochs"],
        ["evaluate", "gtzan-compact", "x", "--segments"], ["evaluate", "gtzan-compact", "x", "--seed"],
    ])
    func numbersBelowZeroAreOutOfRange(arguments: [String]) throws {
        let outcome = try Tool.run(arguments + ["-3"], in: folder.url)
        #expect(outcome.status == 2, "\(arguments): \(outcome.diagnostics)")
        #expect(!outcome.diagnostics.contains("issing value"), "\(outcome.diagnostics)")
        let option = try #require(arguments.last).dropFirst(2)
        #expect(outcome.diagnostics.lowercased().contains(option), "\(outcome.diagnostics)")
        #expect(try folder.contents().isEmpty)
    }

    /// A shell's *.wav may name a file that looks like options, 'h' for help among them.
    @Test func aFileWhoseNameBeginsWithADash() throws {
        try song("-dash.wav")
        try song("good.wav")
        let outcome = try run("predict", "-dash.wav", "good.wav")
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.diagnostics.contains("'./-dash.wav'") && outcome.diagnostics.contains("'--'"))
        #expect(try run("predict", "-hidden.mp3").status == 2)
        for words in [["--", "-dash.wav"], ["./-dash.wav"]] {
            #expect(try Tool.run(["predict"] + words, in: folder.url).status == 0, "\(words)")
        }
    }

    @Test func sharesArePercentToo() throws {
        try song()
        let share = try run("predict", "song.wav", "--json", "--unsure", "0.9").output
        #expect(try run("predict", "song.wav", "--json", "--unsure", "90%").output == share)
        #expect(Share(argument: "64.5%") == Share(0.645))
        #expect(Share(argument: "half") == nil && Share(argument: "nan") == nil)
    }

    // MARK: models

    @Test func aRunFolderIsAModelEverywhere() throws {
        try song()
        try FileManager.default.createDirectory(atPath: folder.path("run"), withIntermediateDirectories: true)
        try TrainedModel.tiny().write(to: folder.url.appendingPathComponent("run/model.safetensors"))
        let commands = [
            ["predict", "--model", "run", "song.wav"], ["embed", "run", "song.wav", "-o", "a.npy"],
            ["embed", "--model", "run", "song.wav", "-o", "b.npy"], ["inspect", "run"], ["inspect", "--model", "run"],
            ["draw", "run", "-o", "drawn"], ["draw", "--model", "run", "-o", "drawn2"],
            ["export", "run", "--format", "half", "-o", "half.safetensors"],
            ["export", "--model", "run", "--format", "onnx", "-o", "net.onnx"],
        ]
        for command in commands {
            let outcome = try Tool.run(command, in: folder.url)
            #expect(outcome.status == 0, "\(command): \(outcome.diagnostics)")
        }
        // Before its end, a run's best model is taken, and it is said.
        try FileManager.default.moveItem(
            atPath: folder.path("run/model.safetensors"), toPath: folder.path("run/best.safetensors"))
        let best = try run("predict", "--model", "run", "song.wav")
        #expect(best.status == 0 && best.diagnostics.contains("best.safetensors"))
        // Folders that are none, or several.
        try song("music/jazz/1.wav")
        let music = try run("predict", "--model", "music", "song.wav")
        #expect(music.status == 1 && music.diagnostics.contains("music is a folder of music, and a model is wanted"))
        try folder.write(
            Data(#"{"kind":"seeds","members":["run-1","run-2"],"rule":"random"}"#.utf8), to: "series/series.json")
        let series = try run("predict", "--model", "series", "song.wav")
        #expect(series.status == 1 && series.diagnostics.contains("series/run-1"), "\(series.diagnostics)")
        let audio = try run("predict", "--model", "song.wav", "song.wav")
        #expect(audio.status == 1 && audio.diagnostics.contains("song.wav is an audio file, and a model is wanted"))
        let near = try run("predict", "--model", "compact", "song.wav")
        #expect(near.status == 1 && near.diagnostics.contains("did you mean 'gtzan-compact'?"))
        let swapped = try run("predict", "run", "song.wav")
        #expect(swapped.status == 2 && swapped.diagnostics.contains("--model run song.wav"))
    }

    @Test func embedTakesTheFirstBuiltInModelWhereNoneIsNamed() throws {
        try song(seconds: 7)
        let outcome = try run("embed", "song.wav", "-o", "vectors.json", "--format", "json")
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let text = try String(contentsOfFile: folder.path("vectors.json"), encoding: .utf8)
        #expect(text.contains("\"model\":\"\(BuiltInModel.all[0].name)\""))
    }

    @Test func inspectSaysWhatAFileIs() throws {
        try song(seconds: 2)
        let outcome = try run("inspect", "song.wav")
        #expect(outcome.status == 0)
        for words in ["song.wav: audio", "pcm_s16le", "22050 Hz, 1 channel", "0:02", "dB"] {
            #expect(outcome.output.contains(words), "\(words) in \(outcome.output)")
        }
        let object = try #require(run("inspect", "song.wav", "--json").objects().first)
        #expect(object["seconds"] as? Double == 2 && object["sample_rate"] as? Double == 22_050)
        #expect(abs((object["peak"] as? Double ?? 0) - 0.5) < 1e-3)
        try folder.write(Data(), to: "empty")
        try folder.write(Data("words\n".utf8), to: "notes")
        try folder.write(Data("%PDF-1.7 …".utf8), to: "score")
        for (name, words) in [("empty", "is empty"), ("notes", "is a text file"), ("score", "is a PDF document")] {
            let outcome = try run("inspect", name)
            #expect(outcome.status == 1 && outcome.diagnostics.contains("\(name) \(words)"), "\(outcome.diagnostics)")
        }
    }

    // MARK: the terminal

    @Test func genreAloneShowsTheFirstSteps() throws {
        let outcome = try run()
        #expect(outcome.status == 0 && outcome.output.contains("genre predict song.mp3"))
        #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func everyHelpHasExamplesAndFitsATerminal() throws {
        let commands =
            GenreTool.configuration.subcommands.map { [$0.configuration.commandName ?? ""] }
            + [["bench", "nets"], ["bench", "features"]]
        for command in commands {
            let help = try Tool.run(["help"] + command).output
            #expect(help.contains("Examples:\n  genre \(command[0])"), "\(command)")
            for line in help.split(separator: "\n") { #expect(line.count <= 80, "\(command): \(line)") }
        }
    }

    @Test func aTrainingFitsEightyColumnsAndSaysTheTimeLeft() throws {
        let music = folder.url.appendingPathComponent("music")
        try DemoCorpus.write(to: music, tracksPerGenre: 4, seconds: 2, seed: 1)
        let genres = try FileManager.default.contentsOfDirectory(atPath: music.path).sorted()
        for (index, name) in ["Progressive Rock", "Progressive Metal", "日本の音楽"].enumerated() {
            try FileManager.default.moveItem(
                at: music.appendingPathComponent(genres[index]), to: music.appendingPathComponent(name))
        }
        guard
            let outcome = try Pseudoterminal.run(
                ["train", "music", "-o", "run", "--epochs", "2", "--batch", "8", "--no-cache", "--no-report"],
                columns: 80,
                in: folder.url)
        else { return }
        #expect(outcome.status == 0, "\(outcome.lines)")
        for line in outcome.lines + outcome.progress { #expect(line.displayWidth <= 80, "\(line)") }
        let epochs = outcome.progress.filter { $0.contains("epoch ") }
        #expect(!epochs.isEmpty && epochs.allSatisfy { $0.prefix(40).contains(" left") }, "\(epochs)")
        // Heads of columns tell all genres apart, and rows of wide characters end where the others do.
        let head = try #require(outcome.lines.drop { !$0.hasPrefix("segments: true genre down") }.dropFirst().first)
        let heads = head.split(separator: " ")
        #expect(heads.count == 10 && Set(heads).count == 10, "\(head)")
        let rows = outcome.lines.drop { $0 != head }.dropFirst().prefix(10)
        #expect(Set(rows.map(\.displayWidth)) == [head.displayWidth], "\(rows)")
        let next = outcome.lines.drop { $0 != "next:" }
        for command in ["genre predict --model run song.mp3", "genre evaluate run DATA"] {
            #expect(next.contains { $0.contains(command) }, "\(command)")
        }
        #expect(try run("inspect", "run", "--json").diagnostics.isEmpty)
    }

    @Test func verdictsLineUpAndEndInASummary() throws {
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 1, seconds: 7, seed: 1)
        guard let outcome = try Pseudoterminal.run(["predict", "music"], columns: 80, in: folder.url) else { return }
        let verdicts = outcome.lines.filter { $0.contains("music/") }
        #expect(verdicts.count == 10)
        let columns = verdicts.map { $0.prefix(upTo: $0.range(of: "music/")!.lowerBound).count }
        #expect(Set(columns).count == 1 && verdicts.allSatisfy { $0.contains("%") && $0.contains("█") }, "\(verdicts)")
        for line in outcome.lines { #expect(line.displayWidth <= 80, "\(line)") }
        let piped = try run("predict", "music")
        #expect(!piped.output.contains("█") && piped.output.split(separator: "\n").count == 10)
        let summary = try #require(piped.diagnostics.split(separator: "\n").last)
        let counted = summary.split(separator: ";")[0].split(separator: ",")
            .compactMap { Int($0.split(separator: " ").last ?? "") }
        #expect(counted.reduce(0, +) == 10, "\(summary)")
    }

    // MARK: parts

    @Test func nearWordsAreSuggested() {
        let known = ["train", "predict", "evaluate", "gtzan-compact"]
        for (word, meant) in [
            ("trian", "train"), ("TRAIN", "train"), ("predct", "predict"), ("compact", "gtzan-compact"),
        ] {
            #expect(Suggestion.nearest(to: word, among: known) == meant, "\(word)")
        }
        #expect(Suggestion.nearest(to: "zzzzz", among: known) == nil && Suggestion.nearest(to: "", among: known) == nil)
    }

    @Test func textIsBrokenAtWords() {
        #expect(Terminal.wrapped("genre: one two three four", columns: 20) == "genre: one two three\n  four")
        #expect(Terminal.wrapped("short", columns: 20) == "short")
        let path = String(repeating: "x", count: 40)
        #expect(Terminal.wrapped("see \(path) there", columns: 20) == "see\n  \(path)\n  there")
        #expect(Terminal.wrapped("  a line with indent ends", columns: 20) == "  a line with indent\n    ends")
        #expect(Terminal.reflowed("one\ntwo\n\na   1\nb   2\nthree\n") == "one two\n\na   1\nb   2\nthree\n")
        #expect(Terminal.wrapped("日本の音楽 日本の音楽 日本", columns: 20) == "日本の音楽\n  日本の音楽 日本")
    }

    @Test func narrowHeadsStayDifferent() {
        let names = ["Progressive Rock", "Progressive Metal", "Pop", "日本の音楽", "日本の音楽 II"]
        for width in 3...12 {
            let heads = abbreviated(names, width: width)
            #expect(Set(heads).count == names.count, "\(width): \(heads)")
            #expect(heads.allSatisfy { $0.displayWidth <= width }, "\(width): \(heads)")
        }
        #expect(abbreviated(names, width: 20) == names)
    }

    @Test func severalTestsAreCorrectedByHolm() {
        #expect(holm([0.01, 0.04, 0.03]) == [0.03, 0.06, 0.06])
        #expect(holm([0.9, 0.5]) == [1, 1] && holm([]) == [])
    }

    @Test func aLargeLossKeepsItsColumn() {
        #expect(TrainingProgress.loss(794_453_640.934) == "7.945e8" && TrainingProgress.loss(1.78061) == "1.7806")
    }
}
