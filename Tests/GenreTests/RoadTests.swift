import Foundation
import Synthesis
import Testing

/// The whole road on a small composed corpus: train, evaluate, predict, inspect.
@Suite(.serialized) struct RoadTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 4, seconds: 3, seed: 1)
    }

    private func train(_ run: String, _ more: String...) throws -> Tool.Outcome {
        try Tool.run(
            [
                "train", folder.path("music"), "--from", "none", "--epochs", "2", "--segments", "2", "-o",
                folder.path(run), "--json",
            ] + more
        )
    }

    @Test func trainingWritesARunThatCanBeUsed() throws {
        let outcome = try train("run")
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let result = try #require(try outcome.objects().last)
        let raw = try #require(result["raw"] as? Double)
        #expect(
            try folder.contents(of: "run").filter { !$0.hasPrefix(".") } == [
                "best.safetensors", "checkpoints", "config.json", "figures", "log.jsonl", "model.safetensors",
                "report.html", "split.json", "verdicts.json",
            ])

        let log = try String(contentsOfFile: folder.path("run/log.jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(log.count == 2)
        for (index, line) in log.enumerated() {
            let record = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Double])
            #expect(
                Set(record.keys) == [
                    "epoch", "learning_rate", "train_loss", "penalty", "train_accuracy", "validation_loss", "raw",
                    "max", "maj",
                    "seconds",
                ])
            #expect(record["epoch"] == Double(index + 1))
            for measure in ["train_accuracy", "raw", "max", "maj"] { #expect(0...1 ~= record[measure] ?? -1) }
        }
        let configuration = try #require(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: folder.path("run/config.json"))))
                as? [String: Any])
        #expect(configuration["recipe"] as? String == "schindler")

        // The held-out tracks alone are judged, whatever else is in the folder.
        let model = folder.path("run/model.safetensors")
        let evaluation = try Tool.run(
            "evaluate", model, folder.path("music"), "--segments", "2", "--json")
        #expect(evaluation.status == 0, "\(evaluation.diagnostics)")
        let scores = try #require(try evaluation.objects().last)
        #expect(scores["raw"] as? Double == raw)
        #expect(scores["tracks"] as? Int == 10)
        #expect((scores["confusion"] as? [[Int]])?.joined().reduce(0, +) == 20)
        for key in ["max", "maj", "genres", "precision", "recall", "f1"] { #expect(scores[key] != nil, "\(key)") }
        let all = try Tool.run("evaluate", model, folder.path("music"), "--all", "--json")
        #expect(try all.objects().last?["tracks"] as? Int == 40)
        #expect(all.diagnostics.contains("warning"))

        // One verdict a file; a bad file is reported and the rest goes on.
        let text = try folder.write(Data("no audio at all".utf8), to: "text.wav")
        let song = folder.path("music/jazz/jazz.00000.wav")
        let prediction = try Tool.run("predict", "--model", model, song, text, song, "--json")
        #expect(prediction.status == 1)
        let verdicts = try prediction.objects()
        #expect(verdicts.count == 3)
        #expect((verdicts[0]["top"] as? [[String: Any]])?.count == 3)
        #expect(verdicts[0]["genre"] as? String == (verdicts[0]["top"] as? [[String: Any]])?[0]["genre"] as? String)
        #expect(
            verdicts[1]["file"] as? String == text && (verdicts[1]["error"] as? String)?.contains("text.wav") == true)
        #expect(verdicts[0]["confidence"] as? Double == verdicts[2]["confidence"] as? Double)
        #expect(verdicts[0]["confidence"] is Double)

        let card = try Tool.run("inspect", model)
        #expect(card.status == 0)
        #expect(card.output.contains("2,060,642 parameters") && card.output.contains("frequency.1"))
        #expect(card.output.contains("tracks classified correctly") && card.output.contains("95% interval"))
        #expect(try Tool.run("inspect", model, "--page", folder.path("card.html")).status == 0)
        #expect(try String(contentsOfFile: folder.path("card.html"), encoding: .utf8).contains("<svg"))
        let builtIn = try Tool.run("inspect", "gtzan-compact", "--page", folder.path("built-in.html"))
        #expect(builtIn.output.contains("Accuracy on unknown artists"))
        #expect(try String(contentsOfFile: folder.path("built-in.html"), encoding: .utf8).contains("unknown artists"))
        #expect(try Tool.run("draw", model, "gtzan-compact", "-o", folder.path("drawn")).status == 0)
        #expect(FileManager.default.fileExists(atPath: folder.path("drawn/gtzan-compact.svg")))
    }

    @Test func aReproductionGoesOnWhereItStopped() throws {
        let words = [
            "reproduce", folder.path("music"), "--net", "shallow", "--epochs", "1", "-o", folder.path("table"),
        ]
        let first = try Tool.run(words + ["--seeds", "1"])
        #expect(first.status == 0, "\(first.diagnostics)")
        #expect(first.diagnostics.contains("0 of 1 run is finished") && first.diagnostics.contains("in all"))
        let model = URL(fileURLWithPath: folder.path("table/shallow/seed-0/model.safetensors"))
        let before = try Data(contentsOf: model)
        let second = try Tool.run(words + ["--seeds", "2"])
        #expect(second.status == 0 && second.diagnostics.contains("1 of 2 runs are finished"))
        #expect(second.diagnostics.contains("run 1 of 1: shallow, batch 64, seed 1"))
        #expect(try Data(contentsOf: model) == before)
        let page = try String(contentsOfFile: folder.path("table/report.html"), encoding: .utf8)
        #expect(page.contains("2 of 2 runs") && page.contains("smoke run"))
        #expect(second.output.contains("shallow") && second.output.contains("63.12 %") == false)
        let results = folder.url.appendingPathComponent("table/results.json")
        #expect(try rawByEpoch(results).map(\.count) == [1, 1])

        let told = try Tool.run(words + ["--seeds", "2", "--json"])
        #expect(try told.output == String(contentsOf: results, encoding: .utf8))

        // More epochs, a study of batches and seeds of a net's own go on from what is there.
        let longer = try Tool.run(
            "reproduce", folder.path("music"), "--net", "shallow:1", "--epochs", "2", "--batch-study", "-o",
            folder.path("table"))
        #expect(longer.status == 0 && longer.diagnostics.contains("0 of 4 runs are finished"))
        #expect(try rawByEpoch(results).map(\.count) == [2])
        let straight = try train("straight", "--segments", "15", "--epochs", "2")
        #expect(straight.status == 0)
        #expect(
            try Data(contentsOf: model)
                == Data(contentsOf: URL(fileURLWithPath: folder.path("straight/model.safetensors"))))
        #expect(FileManager.default.fileExists(atPath: folder.path("table/shallow/batch-28/seed-0/model.safetensors")))
        #expect(try String(contentsOfFile: folder.path("table/report.html"), encoding: .utf8).contains("Batch sizes"))

        let shorter = try Tool.run(words + ["--seeds", "1"])
        #expect(shorter.status == 1 && shorter.diagnostics.contains("of more epochs"))
        // What is finished was trained on these data, not on any.
        try FileManager.default.removeItem(atPath: folder.path("music/jazz"))
        let others = try Tool.run(
            "reproduce", folder.path("music"), "--net", "shallow:1", "--epochs", "2", "-o", folder.path("table"))
        #expect(others.status == 1 && others.diagnostics.contains("was trained on other data"))
    }

    /// Raw accuracies of a reproduction's first net, run by run.
    private func rawByEpoch(_ results: URL) throws -> [[Double]] {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: results)) as? [String: Any]
        let nets = try #require(object?["nets"] as? [[String: Any]])
        return try #require(nets.first?["runs"] as? [[String: Any]]).compactMap { $0["raw"] as? [Double] }
    }

    @Test func theSameSeedGivesTheSameModelOnAnyNumberOfThreads() throws {
        for (run, threads) in [("one", "1"), ("two", "3")] {
            #expect(try train(run, "--threads", threads, "--epochs", "1").status == 0)
        }
        let models = try ["one", "two"].map {
            try Data(contentsOf: URL(fileURLWithPath: folder.path("\($0)/model.safetensors")))
        }
        #expect(models[0] == models[1])
        #expect(try train("three", "--seed", "5", "--epochs", "1").status == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("three/model.safetensors"))) != models[0])
    }

    @Test func aRunIsNotOverwrittenUnasked() throws {
        #expect(try train("run", "--epochs", "1").status == 0)
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.path("run/model.safetensors")))
        let again = try train("run", "--epochs", "1", "--seed", "9")
        #expect(again.status == 1)
        #expect(again.diagnostics.contains("--force"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("run/model.safetensors"))) == before)
        #expect(try train("run", "--epochs", "1", "--seed", "9", "--force").status == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("run/model.safetensors"))) != before)
    }

    @Test func aBadFileAmongGoodOnesIsSkippedAndNamed() throws {
        try folder.write(Data(), to: "music/jazz/empty.mp3")
        try folder.write(Data("RIFF but no more".utf8), to: "music/rock/broken.wav")
        let outcome = try train("run")
        #expect(outcome.status == 0)
        #expect(outcome.diagnostics.contains("empty.mp3") && outcome.diagnostics.contains("broken.wav"))
        let configuration = try String(contentsOfFile: folder.path("run/config.json"), encoding: .utf8)
        #expect(configuration.contains("empty.mp3") && configuration.contains("broken.wav"))
    }

    @Test func damagedModelsAreRefused() throws {
        #expect(try train("run", "--epochs", "1").status == 0)
        let song = folder.path("music/jazz/jazz.00000.wav")
        let good = try Data(contentsOf: URL(fileURLWithPath: folder.path("run/model.safetensors")))
        let short = try folder.write(good.prefix(good.count / 2), to: "short.safetensors")
        var poisoned = good
        let notANumber = withUnsafeBytes(of: Float.nan) { Data($0) }
        poisoned.replaceSubrange(poisoned.count - 4..<poisoned.count, with: notANumber)
        let poison = try folder.write(poisoned, to: "nan.safetensors")
        for file in [short, poison, song, folder.path("none.safetensors"), folder.path("music")] {
            let outcome = try Tool.run("predict", "--model", file, song)
            #expect(outcome.status == 1, "\(file)")
            #expect(outcome.diagnostics.contains(URL(fileURLWithPath: file).lastPathComponent))
            #expect(outcome.output.isEmpty)
        }
    }
}
