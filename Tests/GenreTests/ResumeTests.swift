import Foundation
import Synthesis
import Testing

/// Trainings that are killed, stopped, resumed, repeated and compared, with the tool as it is built.
@Suite(.serialized) struct ResumeTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 3, seconds: 3, seed: 1)
    }

    private func arguments(_ run: String, _ more: [String] = []) -> [String] {
        ["train", folder.path("music"), "--from", "none", "--segments", "4", "--batch", "4", "-o", folder.path(run)]
            + more
    }

    private func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder.path(name))) }

    /// The log without the times.
    private func log(_ run: String) throws -> [[String: Double]] {
        try String(contentsOfFile: folder.path("\(run)/log.jsonl"), encoding: .utf8).split(separator: "\n").map {
            var record = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Double] ?? [:]
            record["seconds"] = nil
            return record
        }
    }

    @Test func killedAtRandomMomentsTheBitsAreTheSame() throws {
        let settings = [
            "--epochs", "12", "--schedule", "cosine", "--spec-augment", "--mixup", "0.3", "--checkpoint-minutes",
            "0.002",
        ]
        #expect(try Tool.run(arguments("whole", settings)).status == 0)
        let whole = try (bytes("whole/model.safetensors"), bytes("whole/best.safetensors"), log("whole"))

        // Killed wherever it happens to be: before the first step, in the midst of a checkpoint, at the end.
        var chance = SystemRandomNumberGenerator()
        var kills = 0
        var more = arguments("killed", settings)
        var threads = 1
        while true {
            let process = try Tool.start(more + ["--threads", "\(threads)"])
            let patience = Double.random(in: 0.3...1.2, using: &chance)
            let deadline = Date(timeIntervalSinceNow: kills < 8 ? patience : 60)
            while process.isRunning && Date() < deadline { usleep(2_000) }
            if process.isRunning {
                kill(process.processIdentifier, SIGKILL)
                kills += 1
            }
            process.waitUntilExit()
            if process.terminationReason == .exit && process.terminationStatus == 0 { break }
            try #require(kills < 20)
            if FileManager.default.fileExists(atPath: folder.path("killed/config.json")) {
                more = ["train", "--resume", folder.path("killed"), "--checkpoint-minutes", "0.002"]
            }
            threads = 3 - threads
        }
        #expect(kills >= 1, "the training ended before it could be killed")
        #expect(try bytes("killed/model.safetensors") == whole.0, "after \(kills) kills")
        #expect(try bytes("killed/best.safetensors") == whole.1)
        #expect(try log("killed") == whole.2)
        #expect(try folder.contents(of: "killed").allSatisfy { !$0.hasSuffix(".part") })
    }

    @Test func ctrlCStopsAfterTheStepAndSaves() throws {
        for (name, signal) in [("interrupt", SIGINT), ("terminate", SIGTERM), ("hang up", SIGHUP)] {
            let process = try Tool.start(arguments(name, ["--epochs", "2000"]))
            while try process.isRunning && log(name, ifThere: true).count < 2 { usleep(10_000) }
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
            #expect(try !folder.contents(of: "\(name)/checkpoints").isEmpty)
            #expect(try !folder.contents(of: name).contains("model.safetensors"))
        }
        let done = try log("interrupt").count
        let more = try Tool.run("train", "--resume", folder.path("interrupt"), "--epochs", "1")
        #expect(more.status != 0 && more.diagnostics.contains("--epochs"))
        let config = try bytes("interrupt/config.json")
        let text = String(decoding: config, as: UTF8.self)
            .replacingOccurrences(of: "\"epochs\" : 2000", with: "\"epochs\" : \(done + 1)")
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path("interrupt/config.json")))
        let resumed = try Tool.run("train", "--resume", folder.path("interrupt"), "--json")
        #expect(resumed.status == 0, "\(resumed.diagnostics)")
        #expect(resumed.diagnostics.contains("continuing after step"))
        #expect(try resumed.objects().last?["epochs"] as? Int == done + 1)
    }

    /// `genre train … 2>&1 | tee log`: a Ctrl-C ends both, and what reads may be gone first.
    @Test func aReaderThatEndsFirstTakesNothingAlong() throws {
        let pipe = Pipe()
        let process = try Tool.start(arguments("piped", ["--epochs", "2000"]), diagnostics: pipe)
        while try process.isRunning && log("piped", ifThere: true).count < 2 { usleep(10_000) }
        try pipe.fileHandleForWriting.close()
        try pipe.fileHandleForReading.close()
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        #expect(try !folder.contents(of: "piped/checkpoints").isEmpty)
    }

    @Test func aReportThatIsMissingIsMadeUp() throws {
        #expect(try Tool.run(arguments("run", ["--epochs", "1", "--no-report", "--tensorboard"])).status == 0)
        #expect(try Tool.run("train", "--resume", folder.path("run"), "--no-report").status == 0)
        #expect(try !folder.contents(of: "run").contains("report.html"))
        let resumed = try Tool.run("train", "--resume", folder.path("run"))
        #expect(resumed.status == 0 && resumed.output.contains("run/report.html"), "\(resumed.output)")
        #expect(try folder.contents(of: "run").contains("report.html"))
        // And what was written for TensorBoard goes on unasked.
        #expect(try Tool.run("train", "--resume", folder.path("run"), "--epochs", "2", "--no-report").status == 0)
        let events = try #require(try folder.contents(of: "run/tensorboard").first)
        #expect(
            try bytes("run/tensorboard/\(events)").ranges(of: Data("time/seconds an epoch".utf8)).count == 2)
    }

    private func log(_ run: String, ifThere: Bool) throws -> [[String: Double]] {
        FileManager.default.fileExists(atPath: folder.path("\(run)/log.jsonl")) ? (try? log(run)) ?? [] : []
    }

    @Test func whatCannotBeResumedIsSaid() throws {
        for arguments in [
            ["train", "--resume", folder.path("nowhere")], ["train", "--resume", folder.path("music")],
        ] {
            let outcome = try Tool.run(arguments)
            #expect(outcome.status == 1 && outcome.diagnostics.contains("config.json"), "\(outcome.diagnostics)")
        }
        let told = try Tool.run("train", "--resume", folder.path("nowhere"), "--seed", "4")
        #expect(told.status == 2)
        #expect(try Tool.run(arguments("run", ["--epochs", "1"])).status == 0)
        let finished = try Tool.run("train", "--resume", folder.path("run"), "--json")
        #expect(finished.status == 0 && finished.diagnostics.contains("finished"))
        // The music has changed since.
        try FileManager.default.removeItem(atPath: folder.path("music/jazz/jazz.00000.wav"))
        try FileManager.default.removeItem(atPath: folder.path("run/model.safetensors"))
        let changed = try Tool.run("train", "--resume", folder.path("run"))
        #expect(changed.status == 1 && changed.diagnostics.contains("hash"), "\(changed.diagnostics)")
    }

    /// Those that are as they would be by default, too.
    @Test(arguments: [
        ["--seed", "0"], ["--batch", "64"], ["--net", "shallow"], ["--learning-rate", "5e-5"], ["--segments", "15"],
        ["--runs", "1"], ["--artists", "known"], ["--allow-copies"], ["--stretch-factor", "rate"], ["--crop"],
    ])
    func whatWasToldCannotBeToldAgain(option: [String]) throws {
        let outcome = try Tool.run(["train", "--resume", folder.path("nowhere")] + option)
        #expect(outcome.status == 2 && outcome.diagnostics.contains("leave \(option[0]) out"))
    }

    @Test func aRunIsReplacedOnlyByOneThatCanBe() throws {
        #expect(try Tool.run(arguments("run", ["--epochs", "1", "--no-report"])).status == 0)
        let before = try folder.contents(of: "run")
        for more in [
            ["--spec-augment", "--mask-bands", "500"], ["--freeze", "conv9"],
            ["--from", folder.path("run/best.safetensors")],
        ] {
            let outcome = try Tool.run(arguments("run", ["--epochs", "1", "--force"] + more))
            #expect(outcome.status == 1, "\(more): \(outcome.diagnostics)")
            #expect(try folder.contents(of: "run") == before, "\(more)")
        }
        let first = try Tool.run(arguments("new", ["--spec-augment", "--mask-bands", "500"]))
        #expect(first.status == 1 && !FileManager.default.fileExists(atPath: folder.path("new")))
    }

    @Test func aFinishedRunStaysWhereItsDataAreGone() throws {
        #expect(try Tool.run(arguments("run", ["--epochs", "1", "--no-report"])).status == 0)
        let before = try bytes("run/model.safetensors")
        let longer = ["train", "--resume", folder.path("run"), "--epochs", "2", "--tensorboard", "--no-report"]
        try FileManager.default.moveItem(atPath: folder.path("music"), toPath: folder.path("moved"))
        #expect(try Tool.run(longer).status == 1)
        #expect(try bytes("run/model.safetensors") == before && !folder.contents(of: "run").contains("tensorboard"))

        let moved = try Tool.run(longer + [folder.path("moved")])
        #expect(moved.status == 0, "\(moved.diagnostics)")
        #expect(try String(decoding: bytes("run/config.json"), as: UTF8.self).contains(folder.path("moved")))
        // The curves have the epoch of the first part, too.
        let events = try #require(try folder.contents(of: "run/tensorboard").first)
        let data = try bytes("run/tensorboard/\(events)")
        #expect(data.ranges(of: Data("time/seconds an epoch".utf8)).count == 2)
    }

    @Test func ctrlCWhereAMemberIsAllButDoneEndsTheSeries() throws {
        let process = try Tool.start(arguments("series", ["--epochs", "1", "--runs", "3", "--batch", "64"]))
        // With its only epoch done, a member is judged: it ends, or goes on to its end when it is resumed.
        while try process.isRunning && log("series/run-1", ifThere: true).isEmpty { usleep(2_000) }
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        #expect(!FileManager.default.fileExists(atPath: folder.path("series/run-3/model.safetensors")))
        let resumed = try Tool.run("train", "--resume", folder.path("series"), "--no-report")
        #expect(resumed.status == 0, "\(resumed.diagnostics)")
    }

    @Test func fineTuningKeepsWhatIsFrozenAndRenewsTheHead() throws {
        #expect(try Tool.run(arguments("base", ["--epochs", "1", "--learning-rate", "1e-3"])).status == 0)
        for genre in ["blues", "jazz", "pop"] {
            try FileManager.default.createDirectory(atPath: folder.path("few"), withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: folder.path("music/\(genre)"), toPath: folder.path("few/\(genre)"))
        }
        let tuned = try Tool.run(
            "train", folder.path("few"), "--segments", "4", "--epochs", "1", "--from",
            folder.path("base/model.safetensors"), "--freeze", "conv1,dense1", "--seed", "5", "-o", folder.path("tuned")
        )
        #expect(tuned.status == 0, "\(tuned.diagnostics)")
        #expect(tuned.diagnostics.contains("had learned from"))
        let card = try Tool.run("inspect", folder.path("tuned/model.safetensors")).output
        #expect(card.contains("3 genres (blues, jazz, pop)") && card.contains("frozen: conv1, dense1"))
        for (freeze, status) in [("conv7", 1), ("dense2", 1)] {
            let outcome = try Tool.run(
                "train", folder.path("few"), "--from", folder.path("base/model.safetensors"), "--freeze", freeze, "-o",
                folder.path("bad"))
            #expect(outcome.status == Int32(status), "\(freeze): \(outcome.diagnostics)")
        }
        let otherNet = try Tool.run(
            "train", folder.path("few"), "--net", "deep", "--from", folder.path("base/model.safetensors"), "-o",
            folder.path("bad"))
        #expect(otherNet.status == 1 && otherNet.diagnostics.contains("leave --net out"))
    }

    @Test func severalSeedsAreComparedWithOneRun() throws {
        let runs = try Tool.run(arguments("series", ["--epochs", "1", "--runs", "3", "--json"]))
        #expect(runs.status == 0, "\(runs.diagnostics)")
        let result = try #require(try runs.objects().last)
        let members = try #require(result["members"] as? [[String: Any]])
        #expect(Set(members.compactMap { $0["seed"] as? Int }).count == 3)
        let raw = try #require(result["raw"] as? [String: Any])
        #expect(raw["mean"] is Double && raw["deviation"] is Double && raw["interval"] is [String: Any])
        #expect(try Tool.run(arguments("one", ["--epochs", "2"])).status == 0)
        #expect(try Tool.run(arguments("two", ["--epochs", "1"])).status == 0)

        // What is lacking of a series is made again, with the same bits.
        let before = try bytes("series/run-2/model.safetensors")
        for name in ["summary.json", "run-2/model.safetensors", "run-2/checkpoints"] {
            try FileManager.default.removeItem(atPath: folder.path("series/\(name)"))
        }
        let again = try Tool.run("train", "--resume", folder.path("series"), "--json")
        #expect(again.status == 0, "\(again.diagnostics)")
        #expect(try bytes("series/run-2/model.safetensors") == before)
        #expect(again.output == runs.output)

        let names = ["series", "one", "two"].map { folder.path($0) }
        let table = try Tool.run(["compare"] + names)
        #expect(table.status == 0 && names.allSatisfy { table.output.contains($0) } && table.output.contains("p = "))
        let comparison = try #require(try Tool.run(["compare"] + names + ["--json"]).objects().last)
        let entries = try #require(comparison["entries"] as? [[String: Any]])
        #expect(entries.compactMap { ($0["curves"] as? [[Any]])?.map(\.count) } == [[1, 1, 1], [2], [1]])
        #expect(entries.compactMap { $0["runs"] as? Int } == [3, 1, 1])
        let pairs = try #require(comparison["pairs"] as? [[String: Any]])
        #expect(pairs.count == 1 && pairs[0]["first"] as? String == names[1])
        #expect(try Tool.run(["compare"] + names + ["--page", folder.path("side.html")]).status == 0)
        let page = try String(contentsOfFile: folder.path("side.html"), encoding: .utf8)
        #expect(["run-1", "run-3", "one", "two"].allSatisfy { page.contains($0) } && page.contains("<svg"))
        #expect(FileManager.default.fileExists(atPath: folder.path("side-figures/compared-raw.svg")))
        let nothing = try Tool.run("compare", folder.path("music"))
        #expect(nothing.status == 1 && nothing.diagnostics.contains("no run"))
    }
}
