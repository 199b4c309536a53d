import Foundation
import Storage
import Synthesis
import Testing

/// Kinds of heads on an installed model of tags, by the tool.
@Suite struct HeadTests {
    private let folder: TemporaryFolder
    private var data: [String: String] {
        ["XDG_DATA_HOME": folder.path("data"), "XDG_CACHE_HOME": folder.path("cache")]
    }

    init() throws {
        folder = try TemporaryFolder()
        try DemoCorpus.write(to: folder.url.appendingPathComponent("all"), tracksPerGenre: 6, seconds: 4, seed: 1)
        try FileManager.default.createDirectory(atPath: folder.path("music"), withIntermediateDirectories: true)
        for genre in ["blues", "jazz", "metal"] {
            try FileManager.default.moveItem(atPath: folder.path("all/\(genre)"), toPath: folder.path("music/\(genre)"))
        }
        try SmallBackbone.install(in: folder)
    }

    private func run(_ arguments: String...) throws -> Tool.Outcome { try Tool.run(arguments, environment: data) }

    private func train(_ name: String, _ options: String...) throws -> Tool.Outcome {
        let outcome = try Tool.run(
            ["train", folder.path("music"), "--backbone", "musicnn", "--no-report", "-o", folder.path(name)] + options,
            environment: data)
        try #require(outcome.status == 0, "\(outcome.diagnostics)")
        return outcome
    }

    private func shapes(_ name: String) throws -> [String: [Int]] {
        let file = try SafetensorsFile(URL(fileURLWithPath: folder.path("\(name)/model.safetensors")))
        return try Dictionary(uniqueKeysWithValues: file.names.map { ($0, try file.shape(of: $0)) })
    }

    @Test func headsReadWhatTheyAreTold() throws {
        _ = try train("penultimate", "--features", "penultimate")
        #expect(try shapes("penultimate") == ["dense2.weight": [3, 6], "dense2.bias": [3]])
        _ = try train("pools", "--features", "pools")
        // 11 channels of the front, 3 x 4 of the middle; the greatest and the mean of each.
        #expect(try shapes("pools") == ["dense1.weight": [3, 46], "dense1.bias": [3]])
        for name in ["penultimate", "pools"] {
            let judged = try run("evaluate", folder.path(name), folder.path("music"), "--all", "--json")
            #expect(judged.status == 0, "\(judged.diagnostics)")
            #expect(try #require(try judged.objects().first?["max"] as? Double) > 0.5)
            #expect(try run("inspect", folder.path(name)).output.contains("on the \(name) of musicnn"))
        }
        #expect(
            try run("train", folder.path("music"), "--features", "pools").diagnostics.contains("goes with --backbone"))
    }

    @Test func denseHeads() throws {
        let trained = try train("dense", "--head", "dense:8", "--json")
        #expect(
            try shapes("dense") == [
                "dense3.weight": [8, 5], "dense3.bias": [8], "dense4.weight": [3, 8], "dense4.bias": [3],
            ])
        // The head alone was judged in the training; here it is the whole net, by the same tracks.
        let judged = try run("evaluate", folder.path("dense"), folder.path("music"), "--json")
        let (alone, whole) = try (trained.objects().first, judged.objects().first)
        for measure in ["raw", "max"] {
            #expect(try #require(alone?[measure] as? Double) == whole?[measure] as? Double)
        }
        #expect(try run("inspect", folder.path("dense")).output.contains("a head with a dense layer of 8"))
        // The same bits on any number of threads.
        _ = try train("again", "--head", "dense:8", "--threads", "1")
        let models = try ["dense", "again"].map {
            try SafetensorsFile(URL(fileURLWithPath: folder.path("\($0)/model.safetensors"))).floats(
                named: "dense3.weight")
        }
        #expect(models[0] == models[1])
        for (head, words) in [("dense", "must be logistic or dense:UNITS"), ("dense:0", "'dense:0'")] {
            let outcome = try run("train", folder.path("music"), "--backbone", "musicnn", "--head", head)
            #expect(outcome.status == 2 && outcome.diagnostics.contains(words))
        }
    }

    @Test func everyTrackTrainsAndFoldsInsideJudge() throws {
        let outcome = try train("all", "--split", "all", "--json")
        let object = try #require(try outcome.objects().first)
        #expect(object["scored"] as? String == "cross-validated training")
        #expect(try run("report", folder.path("all"), "-o", folder.path("all.html")).status == 0)
        let page = try run("inspect", folder.path("all")).output
        #expect(page.contains("18 tracks to train, 0 held out"))
        let net = try run(
            "train", folder.path("music"), "--net", "shallow", "--split", "all", "-o", folder.path("net"))
        #expect(net.status != 0 && net.diagnostics.contains("heads alone (--backbone)"), "\(net.diagnostics)")
    }

    /// Whenever a run is ended before it has its model, config.json and split.json are all that it needs.
    @Test func aRunThatWasEndedIsFittedAnew() throws {
        _ = try train("run")
        let model = URL(fileURLWithPath: folder.path("run/model.safetensors"))
        let whole = try Data(contentsOf: model)
        for name in ["model.safetensors", "best.safetensors", "log.jsonl", "verdicts.json"] {
            try FileManager.default.removeItem(atPath: folder.path("run/\(name)"))
        }
        try Data("half".utf8).write(to: URL(fileURLWithPath: folder.path("run/best.safetensors")))
        let resumed = try run("train", "--resume", folder.path("run"), "--no-report")
        #expect(resumed.status == 0, "\(resumed.diagnostics)")
        #expect(try Data(contentsOf: model) == whole)
    }

    @Test func theBackbonesOutputsAreComputedOnce() throws {
        _ = try train("first")
        let cache = folder.path("cache/genrekit/features")
        let entry = try #require(
            try FileManager.default.contentsOfDirectory(atPath: cache).first { $0.hasPrefix("outputs-") })
        let place = URL(fileURLWithPath: "\(cache)/\(entry)/outputs.safetensors")
        let made = try Data(contentsOf: place)
        _ = try train("second")
        func weights(_ name: String) throws -> [Float] {
            try SafetensorsFile(URL(fileURLWithPath: folder.path("\(name)/model.safetensors"))).floats(
                named: "dense3.weight")
        }
        #expect(try weights("first") == weights("second"))
        // They are what the head learns from: others give another head.
        let file = try SafetensorsFile(place)
        let values = try file.floats(named: "outputs").map { 1 - $0 }
        var damaged = made
        damaged[damaged.count - 3] ^= 0x40
        try damaged.write(to: place)
        _ = try train("mended")
        #expect(try weights("first") == weights("mended"))
        #expect(try Data(contentsOf: place) == made)
        #expect(values.count == 18 * 5)
    }

    @Test func theWholeNetIsTrainedAfterTheHead() throws {
        let outcome = try train("whole", "--unfreeze", "--epochs", "2", "--learning-rate", "1e-4")
        #expect(outcome.diagnostics.contains("epoch"))
        let file = try SafetensorsFile(URL(fileURLWithPath: folder.path("whole/model.safetensors")))
        #expect(file.names.contains("timbre40.1.weight") && file.names.contains("dense3.weight"))
        // It needs no backbone any more, and says whose weights it began with.
        let installed = try SafetensorsFile(
            URL(fileURLWithPath: folder.path("data/genrekit/models/musicnn.safetensors")))
        let (before, after) = try (installed.floats(named: "dense1.weight"), file.floats(named: "dense1.weight"))
        #expect(before != after && zip(before, after).allSatisfy { abs($0 - $1) < 0.05 })
        try FileManager.default.removeItem(atPath: folder.path("data/genrekit/models/musicnn.safetensors"))
        let page = try run("inspect", folder.path("whole"))
        #expect(page.output.contains("as you like") && page.output.contains("begun with a logistic regression"))
        let judged = try run("evaluate", folder.path("whole"), folder.path("music"), "--all", "--json")
        #expect(judged.status == 0 && judged.diagnostics.contains("not known"), "\(judged.diagnostics)")
    }
}
