import Audio
import Foundation
import ModelFile
import Synthesis
import Testing

/// What a user is shown of silent, damaged and cancelling sounds, in every command.
@Suite(.serialized) struct SilenceTests {
    private let folder: TemporaryFolder
    private let model: String

    init() throws {
        folder = try TemporaryFolder()
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 2, seconds: 4, seed: 3)
        for genre in try folder.contents(of: "music") where !["disco", "jazz"].contains(genre) {
            try FileManager.default.removeItem(atPath: folder.path("music/\(genre)"))
        }
        model = folder.path("model.safetensors")
        try TrainedModel.tiny().write(to: URL(fileURLWithPath: model))
    }

    private var song: [Float] {
        get throws {
            try AudioDecoder.decode(
                URL(fileURLWithPath: folder.path("music/jazz/jazz.00000.wav")), sampleRate: 22_050
            ).samples
        }
    }

    private func write(_ samples: [Float], to name: String) throws -> String {
        let url = folder.url.appendingPathComponent(name)
        try WaveFile.write(samples, sampleRate: 22_050, to: url)
        return url.path
    }

    /// A WAV file of 32-bit floats, which may hold what is no number.
    private func writeFloats(_ samples: [Float], channels: Int = 1, to name: String) throws -> String {
        var bytes = Data("RIFF".utf8)
        func add(_ value: Int, _ count: Int) {
            for byte in 0..<count { bytes.append(UInt8(value >> (8 * byte) & 255)) }
        }
        let size = 4 * samples.count
        add(36 + size, 4)
        bytes += Data("WAVEfmt ".utf8)
        let rate = 22_050
        for (value, count) in [
            (16, 4), (3, 2), (channels, 2), (rate, 4), (4 * channels * rate, 4), (4 * channels, 2), (32, 2),
        ] { add(value, count) }
        bytes += Data("data".utf8)
        add(size, 4)
        for sample in samples { add(Int(sample.bitPattern), 4) }
        return try folder.write(bytes, to: name)
    }

    private func writeHidden(_ name: String) throws -> String {
        try write(song + [Float](repeating: 0, count: 60 * 22_050) + song, to: name)
    }

    private func writeBroken(_ name: String) throws -> String {
        var samples = try song
        for index in stride(from: 30_000, to: 60_000, by: 4000) { samples[index] = .nan }
        return try writeFloats(samples, to: name)
    }

    private func writeCancelling(_ name: String) throws -> String {
        try writeFloats(song.flatMap { [$0, -$0] }, channels: 2, to: name)
    }

    @Test func predictShowsWhatWasSilentDamagedAndTaken() throws {
        let files = [try writeHidden("hidden.wav"), try writeBroken("nan.wav"), try writeCancelling("stereo.wav")]
        func predict(_ more: String...) throws -> Tool.Outcome {
            try Tool.run(["predict", "--model", model] + files + more)
        }
        let text = try predict()
        #expect(text.status == 0, "\(text.diagnostics)")
        for mark in ["damaged", "left and right cancel: channel 1 taken"] { #expect(text.output.contains(mark)) }
        #expect(text.output.contains("1:00 silent") || text.output.contains("0:59 silent"), "\(text.output)")

        let objects = try predict("--json", "--timeline").objects()
        #expect(objects.count == 3)
        let silent = try #require(objects[0]["silent_seconds"] as? Double)
        #expect(abs(silent - 60) < 2)
        let timeline = try #require(objects[0]["timeline"] as? [[String: Any]])
        #expect(timeline.contains { $0["silent"] as? Bool == true && $0["genre"] == nil })
        #expect(timeline.contains { $0["silent"] as? Bool == false && $0["genre"] is String })
        #expect(objects[0]["damaged"] as? Int == 0 && objects[0]["channel"] == nil)
        #expect(try #require(objects[1]["damaged"] as? Int) > 0)
        #expect(objects[2]["channel"] as? Int == 1 && objects[2]["silent_seconds"] as? Double == 0)

        let lines = try predict("--csv").output.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        let (seconds, damaged, channel) = (
            try #require(lines[0].firstIndex(of: "silent_seconds")), try #require(lines[0].firstIndex(of: "damaged")),
            try #require(lines[0].firstIndex(of: "channel"))
        )
        #expect(abs(try #require(Double(lines[1][seconds])) - silent) < 0.01)
        #expect(lines[1][damaged] == "0" && lines[2][damaged] != "0")
        #expect(lines[3][channel] == "1" && lines[1][channel].isEmpty)
    }

    @Test func aConstantIsSilence() throws {
        let constant = try write([Float](repeating: 0.5, count: 5 * 22_050), to: "music/jazz/constant.wav")
        let outcome = try Tool.run("predict", "--model", model, constant)
        #expect(outcome.status == 1 && outcome.diagnostics.contains("nothing but silence"))
        let store = try Tool.run("features", folder.path("music"), "-o", folder.path("store"), "--json")
        #expect(store.status == 0, "\(store.diagnostics)")
        #expect(store.diagnostics.contains("constant.wav") && store.diagnostics.contains("nothing but silence"))
        #expect(try store.objects()[0]["tracks"] as? Int == 4)
    }

    @Test func embedMarksRows() throws {
        let files = [try writeHidden("hidden.wav"), try writeBroken("nan.wav"), try writeCancelling("stereo.wav")]
        func rows(_ per: String) throws -> [[String: Any]] {
            let output = folder.path("\(per).json")
            let outcome = try Tool.run(
                ["embed", model] + files + ["--per", per, "--format", "json", "-o", output])
            #expect(outcome.status == 0, "\(outcome.diagnostics)")
            #expect(outcome.diagnostics.contains("damaged") && outcome.diagnostics.contains("cancel"))
            let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: output)))
            return try #require((object as? [String: Any])?["rows"] as? [[String: Any]])
        }
        let tracks = try rows("track")
        #expect(abs(try #require(tracks[0]["silent_seconds"] as? Double) - 60) < 2)
        #expect(tracks[1]["damaged"] is Int && tracks[2]["channel"] as? Int == 1)
        let segments = try rows("segment").filter { ($0["file"] as? String) == files[0] }
        let silent = segments.filter { $0["silent"] as? Bool == true }
        #expect(!silent.isEmpty && silent.count < segments.count)
    }

    @Test func silentSegmentsAndDamagedFilesDoNotTrain() throws {
        _ = try writeHidden("music/jazz/hidden.wav")
        let broken = try writeBroken("music/disco/nan.wav")
        _ = try writeCancelling("music/disco/stereo.wav")
        func train(_ run: String, _ more: String...) throws -> Tool.Outcome {
            try Tool.run(
                [
                    "train", folder.path("music"), "--from", "none", "--epochs", "1", "--no-report", "-o",
                    folder.path(run),
                ]
                    + more)
        }
        func record(_ run: String) throws -> [String: Any] {
            let data = try Data(contentsOf: URL(fileURLWithPath: folder.path("\(run)/config.json")))
            return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        }
        let plain = try train("plain")
        #expect(plain.status == 0, "\(plain.diagnostics)")
        #expect(plain.diagnostics.contains("left out") && plain.diagnostics.contains(broken))
        #expect(plain.diagnostics.contains("--allow-damaged"))
        #expect(plain.diagnostics.contains("silent segments of 1 track") && plain.diagnostics.contains("hidden.wav"))
        #expect(plain.diagnostics.contains("stereo.wav") && plain.diagnostics.contains("cancel"))
        #expect((try record("plain")["skipped"] as? [Any])?.count == 1)
        #expect(try record("plain")["allows_damaged"] as? Bool == false)
        let resumed = try Tool.run("train", "--resume", folder.path("plain"), "--epochs", "2", "--no-report")
        #expect(resumed.status == 0, "\(resumed.diagnostics)")

        let all = try train("all", "--allow-damaged")
        #expect(all.status == 0 && all.diagnostics.contains("1 damaged track"), "\(all.diagnostics)")
        #expect((try record("all")["skipped"] as? [Any])?.isEmpty == true)
        #expect(try Tool.run("train", "--resume", folder.path("all"), "--epochs", "2", "--no-report").status == 0)

        let judged = try Tool.run(
            "evaluate", folder.path("plain/model.safetensors"), folder.path("music"), "--all", "--segments", "all",
            "--json")
        #expect(judged.status == 0 && judged.diagnostics.contains("damaged"), "\(judged.diagnostics)")
        let scores = try #require(judged.objects().first)
        #expect((scores["damaged"] as? [String]) == ["disco/nan.wav"])
        #expect((scores["cancelling"] as? [String]) == ["disco/stereo.wav"])
        #expect(try #require(scores["silent_segments"] as? Int) > 100)
        // 4 s hold 7 segments; the hidden track twice as many, and some at the edges of its pause.
        #expect(try #require(scores["segments"] as? Int) < 6 * 8 + 20)
    }

    @Test func storesRememberRemarks() throws {
        _ = try writeHidden("music/jazz/hidden.wav")
        _ = try writeBroken("music/disco/nan.wav")
        _ = try writeCancelling("music/disco/stereo.wav")
        func features(_ more: String...) throws -> [String: Any] {
            let outcome = try Tool.run(
                ["features", folder.path("music"), "-o", folder.path("store"), "--json"] + more)
            #expect(outcome.status == 0, "\(outcome.diagnostics)")
            return try #require(outcome.objects().first)
        }
        func train() throws -> Tool.Outcome {
            try Tool.run(
                "train", folder.path("store"), "--from", "none", "--epochs", "1", "--no-report", "--force", "-o",
                folder.path("run"))
        }
        for _ in 0..<2 {
            let plain = try features()
            #expect(plain["tracks"] as? Int == 6 && plain["damaged"] as? Int == 0)
            #expect(try #require(plain["silent_segments"] as? Int) > 100)
            #expect((plain["cancelling_tracks"] as? [String]) == ["disco/stereo.wav"])
            #expect(!(try train().diagnostics.contains("1 damaged track")))
            // What was left out for its damage alone is taken when that is asked for, and left out again.
            let all = try features("--allow-damaged")
            #expect(all["tracks"] as? Int == 7 && (all["damaged_tracks"] as? [String]) == ["disco/nan.wav"])
            #expect(try train().diagnostics.contains("1 damaged track"))
        }

        // A store of the version before says nothing of silence: it opens, and 'features' makes it anew.
        for file in try folder.contents(of: "store") where !file.hasPrefix(".") {
            let url = folder.url.appendingPathComponent("store/\(file)")
            guard file == "index.json" else {
                // The metadata's length must not change.
                let data = try Data(contentsOf: url)
                let old = Data("\\\"version\\\":3".utf8), new = Data("\\\"version\\\":2".utf8)
                var changed = data
                while let range = changed.range(of: old) { changed.replaceSubrange(range, with: new) }
                try changed.write(to: url)
                continue
            }
            let text = try String(contentsOf: url, encoding: .utf8)
            try Data(
                text.replacingOccurrences(of: "\"version\":3", with: "\"version\":2")
                    .replacingOccurrences(of: #","silent":\[\[[0-9,\[\]]*\]\]"#, with: "", options: .regularExpression)
                    .utf8
            ).write(to: url)
        }
        let old = try train()
        #expect(old.status == 0 && old.diagnostics.contains("earlier version"), "\(old.diagnostics)")
        #expect(old.diagnostics.contains("left out") && old.diagnostics.contains("nan.wav"))
        let again = try features()
        #expect(again["computed"] as? Int == 6)
        #expect(try #require(again["silent_segments"] as? Int) > 100)
    }

    @Test func inspectNamesSilenceAndCancellation() throws {
        _ = try write([Float](repeating: -0.4, count: 5 * 22_050), to: "music/jazz/constant.wav")
        _ = try writeCancelling("music/disco/stereo.wav")
        let outcome = try Tool.run("inspect", folder.path("music"), "--json")
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let remarks = try #require(outcome.objects().first?["remarks"] as? [[String: Any]])
        let kinds = remarks.map { "\($0["kind"] ?? "") \($0["track"] ?? "")" }
        #expect(kinds.contains("silent jazz/constant.wav") && kinds.contains("cancelling disco/stereo.wav"))
        let one = try Tool.run("inspect", folder.path("music/jazz/constant.wav"))
        #expect(one.output.contains("nothing but silence"))
    }
}
