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
