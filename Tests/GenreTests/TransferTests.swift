import Foundation
import Synthesis
import Testing

/// Training on one's own genres begins with a built-in model, says so, and leaves the paper's nets as they are.
@Suite struct TransferTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try DemoCorpus.write(to: folder.url.appendingPathComponent("all"), tracksPerGenre: 4, seconds: 3, seed: 1)
        for (genre, own) in [("blues", "own blues"), ("jazz", "soft"), ("metal", "loud")] {
            try FileManager.default.createDirectory(atPath: folder.path("music"), withIntermediateDirectories: true)
            try FileManager.default.moveItem(atPath: folder.path("all/\(genre)"), toPath: folder.path("music/\(own)"))
        }
    }

    private func object(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func train(_ run: String, _ more: String...) throws -> Tool.Outcome {
        try Tool.run(
            ["train", folder.path("music"), "--epochs", "1", "--no-report", "-o", folder.path(run)] + more)
    }

    @Test func audioBeginsWithABuiltInModelUnlessSomethingElseIsAsked() throws {
        let own = try train("own")
        #expect(own.status == 0, "\(own.diagnostics)")
        let said = own.diagnostics.split(separator: "\n").filter { $0.contains("gtzan-compact") }
        #expect(said.contains { $0.contains("--from none") }, "\(own.diagnostics)")
        let record = try object("own/config.json")
        let base = try #require(record["base"] as? [String: Any])
        #expect(base["path"] as? String == "gtzan-compact" && base["head_renewed"] as? Bool == true)
        let configuration = try #require(record["configuration"] as? [String: Any])
        #expect(configuration["net"] as? String == "compact" && configuration["frozen"] as? [String] == ["towers"])
        #expect(record["recipe"] as? String == "gtzan-mel")
        #expect(try object("own/log.jsonl")["epoch"] as? Int == 1)

        // Its rate falls to 0 at its end, so that it cannot go on, and nobody is told that it could.
        let more = try Tool.run("train", "--resume", folder.path("own"), "--epochs", "2", "--no-report")
        #expect(more.status == 1 && more.diagnostics.contains("ends where it was told to"))
        #expect(!own.diagnostics.contains("train longer"))
        // At a constant rate it goes on as it began.
        #expect(try train("constant", "--schedule", "constant").diagnostics.contains("train longer"))
        let longer = try Tool.run("train", "--resume", folder.path("constant"), "--epochs", "2", "--no-report")
        #expect(longer.status == 0, "\(longer.diagnostics)")

        for (run, option) in [
            ("none", ["--from", "none"]), ("net", ["--net", "shallow"]), ("recipe", ["--recipe", "schindler"]),
        ] {
            let other = try Tool.run(
                [
                    "train", folder.path("music"), "--epochs", "1", "--segments", "2", "--no-report", "-o",
                    folder.path(run),
                ]
                    + option)
            #expect(other.status == 0, "\(other.diagnostics)")
            #expect(!other.diagnostics.contains("gtzan-compact"))
            let record = try object("\(run)/config.json")
            #expect(record["base"] == nil && record["recipe"] as? String == "schindler")
            let configuration = try #require(record["configuration"] as? [String: Any])
            #expect(configuration["net"] as? String == "shallow" && configuration["frozen"] == nil)
            #expect(configuration["learning_rate"] as? Double == 5e-5)
        }
    }

    /// The end of a training and a later evaluation judge the same segments, and config.json says where it came from.
    @Test func evaluationComesOutAsTheTrainingDid() throws {
        let trained = try Tool.run(
            "train", folder.path("music"), "--from", "none", "--epochs", "1", "--segments", "2", "--no-report",
            "--json",
            "--seed", "3", "-o", folder.path("run"))
        #expect(trained.status == 0, "\(trained.diagnostics)")
        let mine = try #require(try trained.objects().last?["scores"] as? [String: Any])
        let evaluated = try Tool.run("evaluate", folder.path("run/model.safetensors"), folder.path("music"), "--json")
        let theirs = try #require(try evaluated.objects().last)
        for key in ["raw", "max", "maj", "loss"] {
            #expect(mine[key] as? Double == theirs[key] as? Double, "\(key): \(mine), \(theirs)")
        }
        #expect(mine["segments"] as? Int == theirs["segments"] as? Int)
        #expect(theirs["segments_per_track"] as? Int == 2 && theirs["segment_seed"] as? Int == 3)
        let text = try Tool.run("evaluate", folder.path("run/model.safetensors"), folder.path("music")).output
        #expect(text.contains("--segments all") && text.contains("95% interval") && text.contains("caution: 3 tracks"))
        let all = try Tool.run(
            "evaluate", folder.path("run/model.safetensors"), folder.path("music"), "--segments", "all", "--json")
        #expect(try #require(try all.objects().last?["segments"] as? Int) > theirs["segments"] as? Int ?? .max)

        let provenance = try #require(try object("run/config.json")["provenance"] as? [String: Any])
        let command = try #require(provenance["command"] as? [String])
        #expect(command.contains("--seed") && command.contains("train"))
        #expect(try Tool.run("inspect", folder.path("run/model.safetensors")).output.contains("begun 20"))
    }

    @Test func whatCannotEndWellIsRefusedOrStopped() throws {
        let many = try train("many", "--segments", "1000000001")
        #expect(many.status == 2 && many.diagnostics.contains("--segments"))
        let rate = try train("rate", "--from", "none", "--learning-rate", "1e9")
        #expect(rate.status == 1 && rate.diagnostics.contains("--learning-rate 1000000000.0 is unusual"))
        for command in [["report"], ["compare"]] {
            let outcome = try Tool.run(command + [folder.path("rate")])
            #expect(outcome.status == 1 && outcome.diagnostics.contains("diverged"), "\(outcome.diagnostics)")
        }
    }
}
