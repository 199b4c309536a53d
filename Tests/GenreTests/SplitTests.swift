import Audio
import Foundation
import Testing

/// Splits and tables as a user asks for them.
@Suite struct SplitTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for (genre, step) in [("jazz", 0.1), ("rock", 0.31)] {
            for number in 0..<4 {
                let file = folder.url.appendingPathComponent("music/\(genre)/\(number).wav")
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                let samples = (0..<30_000).map { Float(sin(Double($0) * (step + 0.01 * Double(number)))) * 0.5 }
                try WaveFile.write(samples, sampleRate: 22_050, to: file)
            }
        }
    }

    private func train(_ data: String, _ options: String...) throws -> Tool.Outcome {
        try Tool.run(
            [
                "train", folder.path(data), "--from", "none", "--epochs", "1", "--segments", "2", "-o",
                folder.path("run"),
            ] + options)
    }

    @Test func foldsBecomeRunsAndASummary() throws {
        let outcome = try train("music", "--split", "kfold:2", "--json")
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        #expect(
            try folder.contents(of: "run").filter { !$0.hasPrefix(".") }
                == ["comparison-figures", "comparison.html", "fold-1", "fold-2", "series.json", "summary.json"])
        for fold in ["fold-1", "fold-2"] {
            #expect(
                try folder.contents(of: "run/\(fold)").filter { !$0.hasPrefix(".") }
                    == [
                        "best.safetensors", "checkpoints", "config.json", "figures", "log.jsonl", "model.safetensors",
                        "report.html", "split.json", "verdicts.json",
                    ])
        }
        let summary = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: folder.url.appendingPathComponent("run/summary.json")))
                as? [String: Any])
        #expect("\(summary)".contains("kfold: 2 folds by genre (seed 0)"))
    }

    @Test(arguments: ["kfold:1", "kfold", "artists", ""])
    func wrongRulesExitWithTwo(rule: String) throws {
        let outcome = try train("music", "--split", rule)
        #expect(outcome.status == 2 && outcome.diagnostics.contains("artist-kfold:K"))
        #expect(try folder.contents() == ["music"])
    }

    @Test func aTableTrainsByItsSides() throws {
        let rows = ["jazz", "rock"].flatMap { genre in
            (0..<4).map { "music/\(genre)/\($0).wav,\(genre),\(["train", "train", "valid", "test"][$0])" }
        }
        let table = (["path,genre,split"] + rows + ["music/jazz/9.wav,jazz,train"]).joined(separator: "\n")
        try folder.write(Data(table.utf8), to: "tracks.csv")
        let outcome = try train("tracks.csv", "--json")
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        #expect(outcome.diagnostics.contains("tracks.csv, line 10: left out: there is no file"))
        let result = try #require(outcome.objects().first)
        #expect(result["scored"] as? String == "test")
        #expect((result["split"] as? String)?.hasPrefix("fixed") == true)
        // Copies on two sides are refused with both names, unless they are let pass.
        let copy = folder.url.appendingPathComponent("music/rock/3.wav")
        try FileManager.default.removeItem(at: copy)
        try FileManager.default.copyItem(at: folder.url.appendingPathComponent("music/rock/0.wav"), to: copy)
        let refused = try train("tracks.csv", "--split", "file:\(folder.path("tracks.csv"))", "--force")
        #expect(refused.status == 1)
        for words in ["rock/music/rock/0.wav", "rock/music/rock/3.wav", "--allow-copies"] {
            #expect(refused.diagnostics.contains(words), "\(refused.diagnostics)")
        }
        #expect(try train("tracks.csv", "--allow-copies", "--force").status == 0)
    }
}
