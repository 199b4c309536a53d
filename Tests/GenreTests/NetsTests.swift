import Foundation
import Synthesis
import Testing

/// Nets by name and nets of one's own.
@Suite struct NetsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ text: String, _ name: String = "my-net.json") throws -> String {
        try Data(text.utf8).write(to: folder.url.appendingPathComponent(name))
        return folder.path(name)
    }

    @Test func netsAreListedAndShown() throws {
        let list = try Tool.run("nets", "--json")
        #expect(list.status == 0, "\(list.diagnostics)")
        let nets = try #require(
            try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
        let bbnn = try #require(nets.first { $0["net"] as? String == "bbnn" })
        #expect(bbnn["parameters"] as? Int == 185_642)
        let text = try Tool.run("nets").output
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 } && text.contains("short-chunk-res"))
        let one = try Tool.run("nets", "bbnn", "--genres", "4")
        #expect(one.output.contains("module3.five.2") && one.output.contains("batch norm, ReLU"))
        #expect(try Tool.run("nets", "bbn").status == 2)
    }

    @Test func aPrintedNetIsReadAgain() throws {
        for net in ["shallow", "musicnn", "choi-crnn"] {
            let printed = try Tool.run("nets", net, "--blueprint").output
            #expect(try Tool.run("nets", try write(printed), "--blueprint").output == printed)
        }
    }

    /// The paper's own road: train both, begin the kernels with them.
    @Test func towersBeginWithTrainedNets() throws {
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 2, seconds: 4, seed: 1)
        func train(_ net: String, _ options: String...) throws -> Tool.Outcome {
            try Tool.run(
                [
                    "train", folder.path("music"), "--net", net, "--epochs", "1", "--segments", "2", "--no-report",
                    "-o",
                    folder.path(net),
                ] + options)
        }
        for net in ["pons-time", "pons-frequency"] {
            let outcome = try train(net)
            #expect(outcome.status == 0, "\(outcome.diagnostics)")
        }
        let (time, frequency) = (folder.path("pons-time"), folder.path("pons-frequency"))
        let swapped = try train(
            "pons-timefrequency-init", "--tower", "time=\(frequency)", "--tower", "frequency=\(time)")
        #expect(swapped.status == 1 && swapped.diagnostics.contains("layers[1].towers[0].layers[0]"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("pons-timefrequency-init")))
        let outcome = try train(
            "pons-timefrequency-init", "--tower", "time=\(time)", "--tower", "frequency=\(frequency)")
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let shown = try Tool.run("inspect", folder.path("pons-timefrequency-init"))
        #expect(shown.output.contains("tower 'time' began with"), "\(shown.output)")
        let both = try train("pons-timefrequency", "--tower", "time=\(time)", "--from", frequency)
        #expect(both.status == 2 && both.diagnostics.contains("exclude"))
    }

    /// What 'genre nets' shows of a net's augmentation is what a training does, but for what is given.
    @Test func aNetsOwnAugmentationGivesWayToOptions() throws {
        let list = try Tool.run("nets", "--json")
        let nets = try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
        func augmentation(_ net: String) -> [String: Any]? {
            let training = nets.first { $0["net"] as? String == net }?["training"] as? [String: Any]
            return training?["augmentation"] as? [String: Any]
        }
        #expect(augmentation("compact")?["mixup"] as? Double == 0.4 && augmentation("bbnn") == nil)
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 2, seconds: 2, seed: 1)
        func told(_ options: String...) throws -> [String: Any]? {
            let outcome = try Tool.run(
                [
                    "train", folder.path("music"), "--net", "compact", "--epochs", "2", "--segments", "1",
                    "--no-report",
                    "--force", "-o", folder.path("run"),
                ] + options)
            try #require(outcome.status == 0, "\(outcome.diagnostics)")
            let config =
                try JSONSerialization.jsonObject(
                    with: Data(contentsOf: folder.url.appendingPathComponent("run/config.json"))) as? [String: Any]
            return (config?["configuration"] as? [String: Any])?["augmentation"] as? [String: Any]
        }
        let own = try told()
        #expect(own?["mixup"] as? Double == 0.4 && own?["masks"] != nil)
        let less = try told("--mixup", "0", "--masks", "0")
        #expect(less?["mixup"] == nil && less?["masks"] == nil)
        let other = try told("--mixup", "0.1", "--mask-bands", "7", "--no-crop")
        #expect(other?["mixup"] as? Double == 0.1 && other?["crop"] as? Bool == false)
        let masks = other?["masks"] as? [String: Any]
        #expect(masks?["bands"] as? Int == 7 && masks?["count"] as? Int == 2)
        #expect(try told("--no-augmentation") == nil)
        let alone = try told("--no-augmentation", "--mixup", "0.2")
        #expect(alone?["mixup"] as? Double == 0.2 && alone?["masks"] == nil)
    }

    @Test func aNetOfOnesOwnTrains() throws {
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 2, seconds: 2, seed: 1)
        let net = try write(
            """
            {"name": "mine", "input": [80, 80], "layers": [
              {"layer": "batchNorm"}, {"layer": "convolution", "channels": 5, "kernel": [3, 3], "stride": [4, 4]},
              {"layer": "batchNorm"}, {"layer": "elu"},
              {"layer": "branches", "join": "add", "branches": [{"layers": []},
                {"layers": [{"layer": "convolution", "channels": 5, "kernel": [3, 3]}]}]},
              {"layer": "globalPool", "kind": "both"}, {"layer": "dense", "units": 2}]}
            """)
        let outcome = try Tool.run(
            "train", folder.path("music"), "--net", net, "--epochs", "1", "--segments", "2", "-o", folder.path("run"))
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let model = try Tool.run("inspect", folder.path("run/model.safetensors"))
        #expect(model.status == 0 && model.output.contains("mine: "), "\(model.diagnostics)")
        #expect(
            try Tool.run("export", folder.path("run/model.safetensors"), "-o", folder.path("mine.onnx")).status == 0)
    }

    @Test func aFaultyNetIsRefusedWithThePlaceOfTheFault() throws {
        let faults = [
            "": "empty", "{": "JSON",
            #"{"name": "n", "input": [8, 8], "layers": [{"layer": "dens"}]}"#: "layers[0]: 'dens' is no layer",
            #"{"name": "n", "input": [8, 8], "layers": [{"layer": "maxPool", "window": [9, 1]}, {"layer": "dense", "units": 2}]}"#:
                "layers[0]: pool 9x1 does not fit a map of 8x8",
            #"{"name": "a/b", "input": [8, 8], "layers": [{"layer": "dense", "units": 2}]}"#: "name",
            #"{"name": "shallow", "input": [8, 8], "layers": [{"layer": "dense", "units": 2}]}"#: "another net",
        ]
        for (text, reason) in faults {
            let path = try write(text)
            let outcome = try Tool.run("train", folder.path("nothing"), "--net", path)
            #expect(outcome.status != 0 && outcome.diagnostics.contains(reason), "\(text): \(outcome.diagnostics)")
            #expect(outcome.diagnostics.contains("my-net.json"))
        }
    }
}
