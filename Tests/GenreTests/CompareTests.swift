import Audio
import Foundation
import ModelFile
import Testing

/// Runs side by side: what is said of them, and what is better left unsaid.
@Suite(.serialized) struct CompareTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for (genre, step) in [("jazz", 0.1), ("rock", 0.31)] {
            for number in 0..<8 {
                let file = try folder.write(Data(), to: "music/\(genre)/\(number).wav")
                let samples = (0..<60_000).map { Float(sin(Double($0) * (step + 0.01 * Double(number)))) * 0.5 }
                try WaveFile.write(samples, sampleRate: 22_050, to: URL(fileURLWithPath: file))
            }
        }
    }

    private func train(_ run: String, _ options: String...) throws {
        let outcome = try Tool.run(
            [
                "train", folder.path("music"), "--from", "none", "--epochs", "1", "--segments", "2", "--no-report",
                "-o", folder.path(run),
            ]
                + options)
        try #require(outcome.status == 0, "\(outcome.diagnostics)")
    }

    private func compare(_ runs: String...) throws -> (text: String, json: [String: Any]) {
        let paths = runs.map { folder.path($0) }
        let text = try Tool.run(["compare"] + paths)
        let json = try Tool.run(["compare", "--json"] + paths)
        try #require(text.status == 0 && json.status == 0, "\(text.diagnostics)")
        return (text.output, try #require(try json.objects().last))
    }

    @Test func onlyRunsOfTheSameTracksAreTested() throws {
        try train("one", "--segments", "all")
        try train("again", "--segments", "all", "--learning-rate", "1e-3")
        try train("drawn")
        try train("elsewhere", "--segments", "all", "--seed", "1")
        let same = try compare("one", "again")
        #expect((same.json["pairs"] as? [Any])?.count == 1)
        #expect(!same.text.contains("caution") && !same.text.contains("differ"))
        // What was told otherwise, and nothing that was not.
        #expect(same.text.contains("learning rate\n") && same.text.contains(": 0.001, constant"))
        #expect(!same.text.contains("optimiser") && !same.text.contains("L1"))
        // The same tracks, other segments of them.
        let drawn = try compare("one", "drawn")
        #expect((drawn.json["pairs"] as? [[String: Any]])?.map { $0["same_data"] as? Bool } == [false])
        #expect(drawn.text.contains("(their data differ)") && drawn.text.contains("caution: their data differ"))
        // Some of the tracks alone are common to both.
        let elsewhere = try compare("one", "elsewhere")
        #expect((elsewhere.json["pairs"] as? [Any])?.isEmpty == true)
        #expect(elsewhere.text.contains("not all judged on the same tracks"))
    }

    /// The draw of segments is the series', not the member's: the report shows the same ones again.
    @Test func aMembersReportJudgesTheSegmentsOfItsTraining() throws {
        let training = try Tool.run(
            "train", folder.path("music"), "--from", "none", "--epochs", "1", "--segments", "1", "--runs", "2", "-o",
            folder.path("series"))
        #expect(training.status == 0, "\(training.diagnostics)")
        let page = folder.path("series/run-2/report.html")
        let then = try String(contentsOfFile: page, encoding: .utf8)
        #expect(then.contains("<section id=\"segments\">"))
        try FileManager.default.removeItem(atPath: page)
        let outcome = try Tool.run("report", folder.path("series/run-2"), "--no-figures")
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let isTheSame = try String(contentsOfFile: page, encoding: .utf8) == then
        #expect(isTheSame)
    }

    @Test func modelsOfOneNameAreDrawnApart() throws {
        for run in ["a", "b"] {
            let file = try folder.write(Data(), to: "\(run)/model.safetensors")
            try TrainedModel.tiny().write(to: URL(fileURLWithPath: file))
        }
        let models = ["a", "b"].map { folder.path("\($0)/model.safetensors") }
        let outcome = try Tool.run(["draw", "deep", "-o", folder.path("drawn")] + models)
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        #expect(
            try folder.contents(of: "drawn").filter { $0.hasSuffix(".svg") }
                == ["a-model.svg", "b-model.svg", "deep.svg"])
        #expect(try Tool.run("draw", models[0], models[0], "-o", folder.path("twice")).status == 2)
    }

    @Test func aCardSaysAllThatATrainingWasTold() throws {
        try train("run", "--patience", "7", "--watch", "maj", "--spec-augment", "--mask-value", "0.25")
        let card = try Tool.run("inspect", folder.path("run/model.safetensors")).output
        for words in ["7 epochs without a better maj", "masks are filled with 0.25"] {
            #expect(card.contains(words), "\(words)")
        }
        try train("mean", "--average-last", "1")
        #expect(
            try Tool.run("inspect", folder.path("mean/model.safetensors")).output.contains("ends of the last 1 epoch\n")
        )
    }
}
