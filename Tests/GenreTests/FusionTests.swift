import Architectures
import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Synthesis
import Testing

/// `genre fuse`, what the commands make of a fusion, and the model that is used where none is named.
@Suite struct FusionTests {
    private let folder: TemporaryFolder
    private var user: [String: String] {
        ["XDG_DATA_HOME": folder.path("data"), "XDG_STATE_HOME": folder.path("state")]
    }
    private var installed: InstalledModels {
        InstalledModels(folder: folder.url.appendingPathComponent("data/genrekit/models"))
    }

    init() throws {
        folder = try TemporaryFolder()
        try writeMusic("all", seconds: 4, seed: 1)
        try FileManager.default.createDirectory(atPath: folder.path("music"), withIntermediateDirectories: true)
        for genre in ["blues", "jazz", "metal"] {
            try FileManager.default.moveItem(atPath: folder.path("all/\(genre)"), toPath: folder.path("music/\(genre)"))
        }
    }

    private func run(_ arguments: String..., input: URL? = nil) throws -> Tool.Outcome {
        try Tool.run(arguments, environment: user, input: input)
    }

    /// Two tracks a genre, under names that GTZAN's tracks do not have: those the built-in net has learned from.
    private func writeMusic(_ name: String, seconds: Double, seed: UInt64) throws {
        try DemoCorpus.write(
            to: folder.url.appendingPathComponent(name), tracksPerGenre: 2, seconds: seconds, seed: seed)
        for genre in try folder.contents(of: name) {
            for (number, file) in try folder.contents(of: "\(name)/\(genre)").enumerated() {
                try FileManager.default.moveItem(
                    atPath: folder.path("\(name)/\(genre)/\(file)"),
                    toPath: folder.path("\(name)/\(genre)/tune \(number).wav"))
            }
        }
    }

    /// The built-in net's genres, another recipe, and weights drawn at random.
    private func writeOther(_ name: String = "other", changing change: (inout ModelCard) -> Void = { _ in }) throws {
        var card = try BuiltInModel.all[0].open().card
        let genres = card.genres.count
        card.blueprint = Blueprint("other", input: 80 × 80) {
            Convolution(4, kernel: 5 × 5)
            MaxPool(10 × 10)
            LeakyReLU(0.3)
            Dense(genres)
        }
        (card.architecture, card.recipe, card.scores) = (card.blueprint.name, .schindler, nil)
        change(&card)
        let parameters = try ParameterStore(plan: NetworkPlan(card.blueprint))
        parameters.initialise(seed: 4)
        try TrainedModel(card: card, parameters: parameters).write(
            to: folder.url.appendingPathComponent("\(name).safetensors"))
    }

    private var other: String { folder.path("other.safetensors") }

    private var songs: [String] {
        get throws {
            try ["blues", "jazz", "metal"].flatMap { genre in
                try folder.contents(of: "music/\(genre)").map { folder.path("music/\(genre)/\($0)") }
            }
        }
    }

    /// Of the built-in net and another one.
    private func fused(_ options: String...) throws -> String {
        let file = folder.path("both.safetensors")
        try writeOther()
        let outcome = try Tool.run(
            ["fuse", "gtzan-compact", other, "-o", file, "--force"] + options, environment: user)
        try #require(outcome.status == 0, "\(outcome.diagnostics)")
        return file
    }

    /// A net of musicnn's kind, small and drawn at random, and the head of the built-in fusion on it.
    private func install(backbone seed: UInt64? = 1, head: UInt64 = 1) throws {
        let fusion = BuiltInFusion.all[0]
        let own = try #require(BuiltInModel.named(fusion.memberNames[0])).open().card
        var widths = MusicnnWidths()
        (widths.timbre, widths.rhythm, widths.middle, widths.units) = ([3, 2], [2, 2, 2], 4, 6)
        func backbone(_ seed: UInt64) throws -> TrainedModel {
            let parameters = try ParameterStore(plan: NetworkPlan(.musicnn(genres: 5, widths: widths)))
            parameters.initialise(seed: seed)
            var card = ModelCard(
                blueprint: parameters.plan.blueprint, genres: ["a", "b", "c", "d", "e"], recipe: .musicnn,
                imported: ImportedWeights(file: "a.whl", sha256: "12", licence: "as you like"), toolVersion: "test")
            card.outputs = .tags
            return TrainedModel(card: card, parameters: parameters)
        }
        let base = try backbone(head)
        var card = own
        card.blueprint = base.card.blueprint
        card.blueprint.name = "musicnn-head"
        card.blueprint.layers += [Sigmoid(), Dense(own.genres.count)]
        (card.architecture, card.recipe, card.backbone) = (
            card.blueprint.name, .musicnn, Backbone(name: "musicnn", weights: base.parameters.digest)
        )
        let parameters = try ParameterStore(plan: NetworkPlan(card.blueprint))
        parameters.initialise(seed: 9)
        _ = try parameters.take(from: base.parameters, besides: Array(parameters.plan.headParameters))
        try installed.install(TrainedModel(card: card, parameters: parameters), as: fusion.memberNames[1])
        if let seed { try installed.install(try backbone(seed), as: "musicnn") }
    }

    // MARK: - A file of one's own

    @Test func aFusionPredictsInEveryWay() throws {
        let file = try fused("--weights", "1,2")
        let song = try songs[0]
        let json = try #require(try run("predict", "--model", file, song, "--json").objects().first)
        let members = try #require(json["members"] as? [[String: Any]])
        #expect(members.map { $0["model"] as? String } == ["gtzan-compact", "other"])
        #expect(members.map { $0["weight"] as? Double } == [1.0 / 3, 2.0 / 3])
        #expect(json["model"] as? String == "both.safetensors")
        // Each says what it says alone.
        for (member, name) in zip(members, ["gtzan-compact", other]) {
            let alone = try #require(try run("predict", "--model", name, song, "--json").objects().first)
            #expect(alone["genre"] as? String == member["genre"] as? String)
            #expect(alone["confidence"] as? Double == member["confidence"] as? Double)
            #expect(alone["members"] == nil && alone["model"] as? String == (name as NSString).lastPathComponent)
        }
        let timeline = try run("predict", "--model", file, song, "--timeline")
        #expect(timeline.status == 0 && timeline.output.contains("0:00 -"))

        // A collection from a list, in parts, broken off and gone on with, is the collection whole.
        let list = try folder.write(Data(try songs.map { $0 + "\n" }.joined().utf8), to: "list.txt")
        let whole = try run("predict", "--model", file, folder.path("music"), "--json")
        let listed = try run(
            "predict", "--model", file, "--from", "-", "--json", input: URL(fileURLWithPath: list))
        #expect(
            try listed.objects().map { $0["confidence"] as? Double }
                == whole.objects().map { $0["confidence"] as? Double })
        let parts = try (1...2).flatMap {
            try run("predict", "--model", file, folder.path("music"), "--shard", "\($0)/2", "--json").objects()
        }
        #expect(parts.count == 6)
        let results = folder.path("results.jsonl")
        #expect(try run("predict", "--model", file, try songs[0], try songs[1], "-o", results).status == 0)
        let resumed = try run("predict", "--model", file, "--from", list, "-o", results, "--resume")
        #expect(resumed.status == 0 && resumed.diagnostics.contains("2 were done before"))
        let kept = try String(contentsOfFile: results, encoding: .utf8).split(separator: "\n")
        #expect(kept.count == 6)
        // Other weights, other results.
        _ = try fused("--weights", "1,1")
        let other = try run("predict", "--model", file, "--from", list, "-o", results, "--resume")
        #expect(other.status == 1 && other.diagnostics.contains("something else than results of this model"))

        let stream = try run("predict", "--model", file, "-", input: URL(fileURLWithPath: song))
        #expect(stream.status == 0 && stream.output.contains("  -"))
        let bad = try folder.write(Data("no sound".utf8), to: "bad.wav")
        let mixed = try run("predict", "--model", file, bad, song)
        #expect(mixed.status == 1 && mixed.diagnostics.contains("bad.wav") && mixed.output.contains("blues"))
    }

    @Test func aFusionIsEvaluatedAsItPredicts() throws {
        let file = try fused()
        let object = try #require(try run("evaluate", file, folder.path("music"), "--json").objects().first)
        let predicted = try run("predict", "--model", file, folder.path("music"), "--json").objects()
        func share(_ genre: (([String: Any]) -> String?)) -> Double {
            let right = predicted.count { row in
                genre(row).map { (row["file"] as? String ?? "").contains("/\($0)/") } ?? false
            }
            return Double(right) / Double(predicted.count)
        }
        #expect(object["max"] as? Double == share { $0["genre"] as? String })
        #expect(object["tracks"] as? Int == 6 && object["model"] as? String == "both.safetensors")
        let members = try #require(object["members"] as? [[String: Any]])
        for (index, member) in members.enumerated() {
            let alone = share { (($0["members"] as? [[String: Any]])?[index])?["genre"] as? String }
            #expect(member["max"] as? Double == alone)
        }
        let text = try run("evaluate", file, folder.path("music"))
        #expect(
            text.output.contains("the members alone") && text.output.contains("one for each segment of gtzan-compact"))
        let segments = try run("evaluate", file, folder.path("music"), "--segments", "all")
        #expect(segments.status == 2 && segments.diagnostics.contains("leave --segments out"))
        // No sound, no fusion.
        try folder.write(Data([0x80, 4, 0x4E, 0x2E]), to: "pickles/val.pkl")
        let pickles = try folder.write(Data([0x80, 4, 0x4E, 0x2E]), to: "pickles/train.pkl")
        let data = URL(fileURLWithPath: pickles).deletingLastPathComponent().path
        #expect(try run("evaluate", file, data).diagnostics.contains("holds no sound"))
    }

    @Test func aCalibrationNeedsMusicEnough() throws {
        try writeOther()
        let few = try run(
            "fuse", "gtzan-compact", other, "-o", folder.path("c.safetensors"), "--calibrate",
            folder.path("music"))
        #expect(few.status == 1 && few.diagnostics.contains("has 6 tracks"))
        try writeMusic("more", seconds: 2, seed: 2)
        let enough = try run(
            "fuse", "gtzan-compact", other, "-o", folder.path("c.safetensors"), "--calibrate",
            folder.path("more"))
        #expect(enough.status == 0, "\(enough.diagnostics)")
        #expect(try run("inspect", folder.path("c.safetensors")).output.contains("then its own temperature"))
    }

    @Test func itsCardSaysWhatItIsOf() throws {
        let file = try fused("--weights", "3,1")
        let card = try run("inspect", file)
        for words in [
            "a fusion of 2 models", "gtzan-compact: weight 0.75", "other: weight 0.25", " tracks to train, ",
        ] {
            #expect(card.output.contains(words), "\(words)")
        }
        let object = try #require(try run("inspect", file, "--json").objects().first)
        #expect((object["members"] as? [[String: Any]])?.count == 2)
        #expect(try run("inspect", file, "--blueprint").status == 2)
        #expect(try run("inspect", file, "--page", folder.path("card.html")).diagnostics.contains("is of one net"))
    }

    @Test func whatIsOfOneNetRefusesAFusionByASentence() throws {
        let file = try fused()
        let song = try songs[0]
        for arguments in [
            ["export", file, "-o", folder.path("f.onnx")],
            ["embed", "--model", file, song, "-o", folder.path("v.npy")],
            ["tags", "--model", file, song], ["train", folder.path("music"), "--from", file, "-o", folder.path("run")],
            ["fuse", file, "gtzan-compact", "-o", folder.path("twice.safetensors")],
        ] {
            let outcome = try Tool.run(arguments, environment: user)
            #expect(
                outcome.status == 1 && outcome.diagnostics.contains("name one of the models that it was fused of"),
                "\(arguments[0]): \(outcome.diagnostics)")
        }
    }

    @Test func whatCannotBeFusedIsSaidBeforeAnythingIsWritten() throws {
        try install()
        try writeOther()
        try writeOther("order") { $0.genres.reverse() }
        let place = folder.path("f.safetensors")
        for (arguments, status, words) in [
            (["gtzan-compact"], 2, "at least two models"),
            (["gtzan-compact", other, "--weights", "1"], 2, "a number for each of the 2 models"),
            (["gtzan-compact", other, "--weights", "1,-2"], 2, "numbers above 0"),
            (["gtzan-compact", other, "--every", "1,x"], 2, "numbers above 0"),
            (["gtzan-compact", "musicnn"], 1, "'musicnn' tells tags"),
            (["gtzan-compact", "nothing"], 1, "there is no model 'nothing'"),
            (["gtzan-compact", folder.path("order.safetensors")], 1, "'order' has the same in another order"),
        ] as [([String], Int32, String)] {
            let outcome = try Tool.run(["fuse"] + arguments + ["-o", place], environment: user)
            #expect(outcome.status == status && outcome.diagnostics.contains(words), "\(outcome.diagnostics)")
        }
        // Equal models under equal names are told apart; what is not ours is not replaced.
        #expect(
            try run("fuse", "gtzan-compact", "gtzan-compact", "-o", place).output
                .contains("gtzan-compact, gtzan-compact-2"))
        try folder.write(Data("mine".utf8), to: "mine.safetensors")
        #expect(try run("fuse", "gtzan-compact", other, "-o", folder.path("mine.safetensors")).status == 1)
        #expect(try String(contentsOfFile: folder.path("mine.safetensors"), encoding: .utf8) == "mine")
    }

    // MARK: - The model where none is named

    @Test func theFusionIsUsedWhereItsBackboneIsInstalled() throws {
        try install()
        let fusion = BuiltInFusion.all[0]
        let json = try #require(try run("predict", try songs[0], "--json").objects().first)
        #expect(json["model"] as? String == fusion.name)
        let members = try #require(json["members"] as? [[String: Any]])
        #expect(members.map { $0["model"] as? String } == fusion.memberNames)
        let named = try #require(try run("predict", "--model", fusion.name, try songs[0], "--json").objects().first)
        #expect(named["confidence"] as? Double == json["confidence"] as? Double)
        #expect(try run("inspect", fusion.name).output.contains("built on the installed model 'musicnn'"))
        let rows = try run("models", "--json").objects()
        #expect(rows.first?["name"] as? String == fusion.name && rows.first?["default"] as? Bool == true)
        #expect(rows.first?["problem"] == nil)
        // A table says it in every row.
        let table = folder.path("genres.csv")
        #expect(try run("predict", try songs[0], "-o", table).status == 0)
        #expect(try String(contentsOfFile: table, encoding: .utf8).contains(",\(fusion.name),"))
    }

    @Test func anotherBackboneIsNeverUsedUnsaid() throws {
        try install(backbone: 2)
        let outcome = try run("predict", try songs[0])
        #expect(outcome.status == 0 && outcome.diagnostics.contains("genre fetch --force musicnn"))
        let json = try #require(try run("predict", try songs[0], "--json").objects().first)
        #expect(json["model"] as? String == BuiltInModel.all[0].name)
        let named = try run("predict", "--model", BuiltInFusion.all[0].name, try songs[0])
        #expect(named.status == 1 && named.diagnostics.contains("has other weights"))
        // A file that is cut short.
        let file = try #require(installed.file(of: "musicnn"))
        try Data(contentsOf: file).dropLast(100).write(to: file)
        let damaged = try #require(try run("predict", try songs[0], "--json").objects().first)
        #expect(damaged["model"] as? String == BuiltInModel.all[0].name)
        let rows = try run("models", "--json").objects()
        #expect(rows.first?["problem"] is String && rows.first?["default"] as? Bool == false)
    }

    @Test func whatAFetchWouldBringIsSaidOnceADay() throws {
        try install(backbone: nil)
        let song = try songs[0]
        func hints(_ outcome: Tool.Outcome) -> Int {
            outcome.diagnostics.split(separator: "\n").count { $0.contains("'genre fetch musicnn'") }
        }
        // Programs are told nothing, and use up nothing.
        #expect(hints(try run("predict", song, "--json")) == 0)
        #expect(hints(try run("predict", song, "--csv")) == 0)
        #expect(hints(try run("predict", song, "--model", "gtzan-compact")) == 0)
        let first = try run("predict", song)
        #expect(hints(first) == 1 && first.status == 0 && first.diagnostics.contains("genre: hint:"))
        #expect(hints(try run("predict", song)) == 0)
        // A day later, and where the clock was set back.
        let stamp = folder.path("state/genrekit/fetch-hint")
        for days in [-1.01, 1.01] {
            let date = Date(timeIntervalSinceNow: days * 86_400)
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: stamp)
            #expect(hints(try run("predict", song)) == 1, "\(days)")
            #expect(hints(try run("predict", song)) == 0, "\(days)")
        }
        #expect(
            try run("models").output.contains("not ready: built-in") || run("models").output.contains("not ready: /"))
        let named = try run("predict", "--model", BuiltInFusion.all[0].name, song)
        #expect(named.status == 1 && named.diagnostics.contains("'genre fetch musicnn' gets it"))
    }

    @Test func withoutAPlaceForTheStampThereIsSilence() throws {
        try install(backbone: nil)
        let song = try songs[0]
        // A file where the folder should be; a folder or a link in the stamp's own place.
        try folder.write(Data(), to: "file")
        try FileManager.default.createDirectory(
            atPath: folder.path("a/genrekit/fetch-hint"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder.path("b/genrekit"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("b/genrekit/fetch-hint"), withDestinationPath: folder.path("target"))
        for state in ["file", "a", "b"] {
            let outcome = try Tool.run(
                ["predict", song], environment: user.merging(["XDG_STATE_HOME": folder.path(state)]) { $1 })
            #expect(outcome.status == 0 && outcome.diagnostics.isEmpty, "\(state): \(outcome.diagnostics)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("target")))
    }

    @Test func ofManyAtOnceOneSaysIt() throws {
        try install(backbone: nil)
        let song = try songs[0]
        let running = try (0..<6).map { _ -> (Process, Pipe) in
            let process = Tool.process(["predict", song], in: nil, environment: user)
            let diagnostics = Pipe()
            process.standardOutput = FileHandle.nullDevice
            process.standardError = diagnostics
            try process.run()
            return (process, diagnostics)
        }
        var hints = 0
        for (process, diagnostics) in running {
            let text = String(decoding: diagnostics.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            hints += text.contains("genre fetch musicnn") ? 1 : 0
        }
        #expect(hints == 1)
    }
}
