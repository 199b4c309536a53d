import Architectures
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Synthesis
import Testing

/// A head on an installed model of tags. The net here is of musicnn's kind, small and drawn at random: even so its tags part
/// the demo's genres better than chance.
@Suite struct BackboneTests {
    private let folder: TemporaryFolder
    private var data: [String: String] { ["XDG_DATA_HOME": folder.path("data")] }

    init() throws {
        folder = try TemporaryFolder()
        try DemoCorpus.write(to: folder.url.appendingPathComponent("all"), tracksPerGenre: 4, seconds: 4, seed: 1)
        try FileManager.default.createDirectory(atPath: folder.path("music"), withIntermediateDirectories: true)
        for genre in ["blues", "jazz", "metal"] {
            try FileManager.default.moveItem(atPath: folder.path("all/\(genre)"), toPath: folder.path("music/\(genre)"))
        }
    }

    private func run(_ arguments: String...) throws -> Tool.Outcome { try Tool.run(arguments, environment: data) }

    private func install(seed: UInt64 = 1) throws { try SmallBackbone.install(in: folder, seed: seed) }

    private var song: String {
        get throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("music/metal")).sorted()
            return folder.path("music/metal/\(names[0])")
        }
    }

    @Test func aHeadIsTrainedAndUsedLikeAnyModel() throws {
        try install()
        let trained = try run(
            "train", folder.path("music"), "--backbone", "musicnn", "--no-report", "--json", "-o", folder.path("run"))
        try #require(trained.status == 0, "\(trained.diagnostics)")
        #expect(try trained.objects().first?["epochs"] as? Int == 1)

        // The file holds the last layer alone, and names the rest.
        let file = try SafetensorsFile(URL(fileURLWithPath: folder.path("run/model.safetensors")))
        #expect(file.names == ["dense3.bias", "dense3.weight"] && file.metadata["format_version"] == "3")
        let shape = try file.shape(of: "dense3.weight")
        #expect(shape == [3, 5])
        let card = try #require(file.metadata["card"])
        #expect(card.contains("\"backbone\":{\"layers\":12,\"name\":\"musicnn\"") && card.contains("\"strength\":"))

        let predicted = try run("predict", "--model", folder.path("run"), try song, "--json")
        #expect(predicted.status == 0, "\(predicted.diagnostics)")
        #expect(try predicted.objects().first?["genre"] is String)
        let judged = try run("evaluate", folder.path("run"), folder.path("music"), "--all", "--json")
        #expect(judged.status == 0, "\(judged.diagnostics)")
        let max = try #require(try judged.objects().first?["max"] as? Double)
        #expect(max > 1.0 / 3)
        #expect(try run("inspect", folder.path("run")).output.contains("musicnn-head"))
        let again = try run("train", "--resume", folder.path("run"), "--epochs", "2")
        #expect(again.status == 1 && again.diagnostics.contains("has no epochs"))
        // The same seed, the same file.
        let second = try run(
            "train", folder.path("music"), "--backbone", "musicnn", "--no-report", "--threads", "1", "-o",
            folder.path("second"))
        try #require(second.status == 0, "\(second.diagnostics)")
        let other = try SafetensorsFile(URL(fileURLWithPath: folder.path("second/model.safetensors")))
        let (first, same) = try (file.floats(named: "dense3.weight"), other.floats(named: "dense3.weight"))
        #expect(first == same)
    }

    @Test func aMissingOrDifferentBackboneIsRefusedByASentence() throws {
        try install()
        let trained = try run(
            "train", folder.path("music"), "--backbone", "musicnn", "--no-report", "-o", folder.path("run"))
        try #require(trained.status == 0, "\(trained.diagnostics)")
        try install(seed: 2)
        let different = try run("predict", "--model", folder.path("run"), try song)
        #expect(different.status == 1 && different.diagnostics.contains("has other weights"))
        #expect(different.diagnostics.contains("genre fetch --force musicnn"))
        try FileManager.default.removeItem(atPath: folder.path("data/genrekit/models/musicnn.safetensors"))
        let missing = try run("predict", "--model", folder.path("run"), try song)
        #expect(missing.status == 1 && missing.diagnostics.contains("'genre fetch musicnn' gets it"))
        for arguments in [["tags", try song], ["train", folder.path("music"), "--backbone", "musicnn"]] {
            let outcome = try Tool.run(arguments, environment: data)
            #expect(outcome.status == 1 && outcome.diagnostics.contains("'genre fetch musicnn' gets it by pip"))
        }
    }

    @Test func whatDoesNotGoWithABackboneIsRefused() throws {
        try install()
        let music = folder.path("music")
        for (arguments, words) in [
            (["--backbone", "musicnn", "--net", "deep"], "leave --net out"),
            (["--backbone", "musicnn", "--epochs", "3"], "leave --epochs out"),
            (["--backbone", "gtzan-compact"], "needs an installed model"),
        ] {
            let outcome = try Tool.run(["train", music] + arguments, environment: data)
            #expect(outcome.status == 2 && outcome.diagnostics.contains(words), "\(outcome.diagnostics)")
        }
    }

    @Test func tagsArePrintedDrawnAndToldFromGenres() throws {
        try install()
        let page = try run("tags", try song)
        #expect(page.status == 0, "\(page.diagnostics)")
        for tag in ["loud", "soft", "odd one"] { #expect(page.output.contains(tag)) }
        let several = try run("tags", folder.path("music/metal"), "--top", "2")
        #expect(several.output.split(separator: "\n").count == 4)
        let json = try #require(try run("tags", try song, "--json", "--timeline").objects().first)
        let tags = try #require(json["tags"] as? [[String: Any]])
        let probabilities = tags.compactMap { $0["probability"] as? Double }
        #expect(tags.count == 5 && probabilities == probabilities.sorted(by: >))
        #expect(probabilities.allSatisfy { 0...1 ~= $0 } && abs(probabilities.reduce(0, +) - 1) > 1e-3)
        let moments = try #require(json["timeline"] as? [[String: Any]])
        #expect((moments.first?["probabilities"] as? [Double])?.count == 5)

        let picture = folder.path("taggram.svg")
        #expect(try run("tags", try song, "--picture", picture).status == 0)
        #expect(try String(contentsOfFile: picture, encoding: .utf8).contains("odd one"))
        #expect(try run("tags", folder.path("music"), "--picture", picture).status == 2)

        let genres = try run("predict", "--model", "musicnn", try song)
        #expect(genres.status == 1 && genres.diagnostics.contains("'genre tags' shows them"))
        let none = try run("tags", "--model", "gtzan-compact", try song)
        #expect(none.status == 1 && none.diagnostics.contains("'genre predict' shows them"))
        #expect(try run("inspect", "musicnn").output.contains("as you like"))
    }

    @Test func wheelsThatAreNoneAreRefused() throws {
        let wheel = folder.path("musicnn-0.1.0-py3-none-any.whl")
        try Data("no wheel".utf8).write(to: URL(fileURLWithPath: wheel))
        let outcome = try run("import", wheel)
        #expect(outcome.status == 1 && outcome.diagnostics.contains("no zip directory"))
        #expect(try run("import", wheel, "--net", "deep").status == 2)
        #expect(try run("import", wheel, "--variant", "MSD_big").diagnostics.contains("MTT_vgg"))
        #expect(try run("import", "weights.safetensors").diagnostics.contains("-o MODEL"))
        #expect(try run("fetch", "other").status == 2)

        // A file where the folder of models should be.
        try Data().write(to: URL(fileURLWithPath: folder.path("file")))
        let blocked = try Tool.run(["import", wheel], environment: ["XDG_DATA_HOME": folder.path("file")])
        #expect(blocked.status == 1 && blocked.diagnostics.contains("cannot be written"), "\(blocked.diagnostics)")
        // Without pip.
        let bare = try Tool.run(
            ["fetch", "musicnn"], environment: data.merging(["PATH": folder.path("nothing")]) { $1 })
        #expect(bare.status == 1 && bare.diagnostics.contains("pip download --no-deps musicnn==0.1.0"))
    }
}
