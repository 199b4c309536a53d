import Architectures
import Features
import Foundation
import Interchange
import ModelFile
import NeuralNetwork
import Prediction
import Storage
import Synthesis
import Testing

/// `genre export` and `genre import`: models out to other programs and back.
@Suite(.serialized) struct ExchangeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func url(_ name: String) -> URL { URL(fileURLWithPath: folder.path(name)) }

    private func export(_ model: String, _ format: String, _ name: String) throws -> Tool.Outcome {
        try Tool.run("export", model, "--format", format, "-o", folder.path(name))
    }

    // MARK: - Export

    @Test func exportsAreTheLibrarysOwn() throws {
        let model = try TrainedModel.tiny()
        try model.write(to: url("model.safetensors"))
        for (format, name) in [
            ("onnx", "net.onnx"), ("safetensors", "weights.safetensors"), ("half", "half.safetensors"),
        ] {
            let outcome = try export(folder.path("model.safetensors"), format, name)
            #expect(outcome.status == 0 && outcome.diagnostics.hasPrefix("next:"), "\(outcome.diagnostics)")
            #expect(outcome.output == folder.path(name) + "\n")
        }
        let version = try Tool.run("--version").output.trimmingCharacters(in: .whitespacesAndNewlines)
        try ONNXFile.write(model, toolVersion: version, to: url("own.onnx"))
        #expect(try Data(contentsOf: url("net.onnx")) == Data(contentsOf: url("own.onnx")))

        let weights = try SafetensorsFile(url("weights.safetensors"))
        let half = try TrainedModel(contentsOf: url("half.safetensors"))
        #expect(weights.names == model.parameters.plan.parameters.map(\.name).sorted())
        for specification in model.parameters.plan.parameters {
            let values = model.parameters.canonical(specification)
            #expect(try weights.shape(of: specification.name) == specification.shape)
            #expect(try weights.floats(named: specification.name) == values)
            #expect(half.parameters.canonical(specification) == values.map { Float(Float16($0)) })
        }
        #expect(weights.metadata["genres"] == #"["blues","jazz","rock"]"# && weights.metadata["format"] == "pt")
        #expect(half.card.genres == model.card.genres && half.card.configuration == model.card.configuration)
    }

    @Test func whatCannotBeExportedIsSaidAndNothingIsLeft() throws {
        try TrainedModel.tiny().write(to: url("model.safetensors"))
        let before = try folder.contents()
        for format in ["onnx", "safetensors", "half"] {
            let missing = try export("nonesuch", format, "x")
            #expect(missing.status == 1 && missing.diagnostics.contains("nonesuch"))
            let nowhere = try export(folder.path("model.safetensors"), format, "no/such/x")
            #expect(nowhere.status == 1 && nowhere.diagnostics.contains("no/such/x"), "\(nowhere.diagnostics)")
        }
        let format = try export(folder.path("model.safetensors"), "caffe", "x")
        #expect(format.status == 2 && format.diagnostics.contains("onnx"))
        #expect(try folder.contents() == before)
    }

    @Test func aNetThatReadsAcrossTheBatchIsExportedWithItsCaution() throws {
        var card = try TrainedModel.tiny().card
        card.blueprint = .crnnPublished(genres: 3)
        card.architecture = "crnn-published"
        let parameters = try ParameterStore(plan: NetworkPlan(card.blueprint))
        try TrainedModel(card: card, parameters: parameters).write(to: url("model.safetensors"))
        for format in ["onnx", "safetensors"] {
            let outcome = try export(folder.path("model.safetensors"), format, "net-\(format)")
            #expect(outcome.status == 0 && outcome.diagnostics.contains("across the segments of a batch"))
        }
        // The files' own words are for those who never saw the command's.
        try ONNXFile.write(TrainedModel(card: card, parameters: parameters), toolVersion: "x", to: url("own.onnx"))
        #expect(try Data(contentsOf: url("own.onnx")).range(of: Data("across the segments of a batch".utf8)) != nil)
        let embedding = try Tool.run("embed", folder.path("model.safetensors"), "x.wav", "-o", folder.path("x.npy"))
        #expect(embedding.status == 1 && embedding.diagnostics.contains("across the segments of a batch"))
        #expect(embedding.output.isEmpty)
    }

    // MARK: - There and back

    @Test func aRoundTripGivesTheSamePredictions() throws {
        try DemoCorpus.write(to: url("music"), tracksPerGenre: 1, seconds: 7, seed: 1)
        let song = folder.path("music/jazz/jazz.00000.wav")
        #expect(try export("gtzan-compact", "safetensors", "weights.safetensors").status == 0)
        // The file says net, genres and recipe.
        let outcome = try Tool.run("import", folder.path("weights.safetensors"), "-o", folder.path("back.safetensors"))
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        #expect(outcome.output == "compact of 10 genres: \(folder.path("back.safetensors"))\n")
        #expect(try export("gtzan-compact", "half", "half.safetensors").status == 0)

        let builtIn = try #require(BuiltInModel.all.first { $0.name == "gtzan-compact" }).open()
        let imported = try TrainedModel(contentsOf: url("back.safetensors"))
        #expect(imported.card.recipe == builtIn.card.recipe && imported.card.genres == builtIn.card.genres)
        #expect(imported.card.blueprint == builtIn.card.blueprint && imported.card.configuration == nil)
        #expect(imported.card.imported?.file == "weights.safetensors")
        #expect(try imported.card.imported?.sha256 == SHA256.hexDigest(ofFile: url("weights.safetensors")))
        let predictions = try [builtIn, imported].map {
            try GenrePredictor(model: $0, pool: ThreadPool(threads: 2)).predict(URL(fileURLWithPath: song))
        }
        #expect(predictions[0].moments == predictions[1].moments)
        #expect(Set(predictions[0].moments.flatMap(\.probabilities)).count >= 10)

        // The calibration comes along, but not where the segments are said to be others.
        let plain = folder.path("plain.safetensors")
        let named = ["import", folder.path("weights.safetensors"), "--recipe", "gtzan-mel", "-o", plain]
        #expect(try Tool.run(named).status == 0)
        let texts = try [
            "gtzan-compact", folder.path("half.safetensors"), folder.path("back.safetensors"), plain,
        ].map { try Tool.run("predict", "--model", $0, song, "--json") }
        // All but the model's name.
        let lines = texts.map { $0.output.replacing(/"model":"[^"]*",/, with: "") }
        #expect(texts.allSatisfy { $0.status == 0 } && Set(lines.prefix(3)).count == 1)
        let verdict = try #require(texts[3].objects().first)
        #expect(verdict["genre"] as? String == predictions[0].genre)
        let mean = predictions[0].verdict.probabilities.max() ?? 0
        #expect(abs((verdict["confidence"] as? Double ?? 0) - mean) < 1e-12)

        let card = try Tool.run("inspect", folder.path("back.safetensors"))
        #expect(card.status == 0 && card.output.contains("weights imported from weights.safetensors"))
    }

    /// Segments that came ready-made have a size that no recipe's name tells.
    @Test func aRecipeWithoutANameComesBack() throws {
        let model = try TrainedModel.tiny()
        var card = model.card
        card.blueprint = .shallow(genres: 3)
        card.blueprint.input = 96 × 40
        card.architecture = "shallow"
        card.recipe = .precomputed(mels: 96, frames: 40)
        let parameters = try ParameterStore(plan: NetworkPlan(card.blueprint))
        parameters.initialise(seed: 1)
        try TrainedModel(card: card, parameters: parameters).write(to: url("model.safetensors"))
        #expect(try export(folder.path("model.safetensors"), "safetensors", "weights.safetensors").status == 0)
        let outcome = try Tool.run("import", folder.path("weights.safetensors"), "-o", folder.path("back.safetensors"))
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let back = try TrainedModel(contentsOf: url("back.safetensors"))
        #expect(back.card.recipe == card.recipe && back.card.blueprint == card.blueprint)
        #expect(back.parameters.stored == parameters.stored)
    }

    // MARK: - Weights that are refused

    /// What a later version may have written is not guessed at; options say it instead.
    @Test func metadataThatCannotBeReadAreRefused() throws {
        for (key, value, instead) in [
            ("recipe_parameters", #"{"name":"x"}"#, ["--recipe", "gtzan-mel"]),
            ("genres", #"["blues""#, ["--genres", "a,b,c,d,e,f,g,h,i,j"]),
            ("calibration", #"{"temperature":"warm"}"#, ["--recipe", "gtzan-mel"]),
        ] {
            let weights = try write("odd.safetensors") { $0[key] = value }
            let arguments = ["import", weights, "-o", folder.path("odd-model.safetensors")]
            let outcome = try Tool.run(arguments)
            #expect(outcome.status == 1 && outcome.diagnostics.contains("'\(key)'"), "\(outcome.diagnostics)")
            #expect(try Tool.run(arguments + instead).status == 0)
        }
        let weights = try write("hot.safetensors") { metadata in
            metadata["calibration"] = metadata["calibration"]?.replacing(
                #/"temperature":[0-9.]+/#, with: #""temperature":1e9"#)
        }
        let hot = try Tool.run("import", weights, "-o", folder.path("hot-model.safetensors"))
        #expect(hot.status == 1 && hot.diagnostics.contains("calibration.temperature"))
    }

    /// A model like the built-in one, of the shallow net.
    private func writeShallow(to file: URL) throws {
        var card = try BuiltInModel.all[0].open().card
        card.blueprint = .shallow(genres: card.genres.count, input: card.recipe.mels × card.recipe.segmentFrames)
        card.architecture = "shallow"
        let parameters = try ParameterStore(plan: NetworkPlan(card.blueprint))
        parameters.initialise(seed: 1)
        try TrainedModel(card: card, parameters: parameters).write(to: file)
    }

    /// That model's weights, changed.
    private func write(
        _ name: String, metadata change: (inout [String: String]) -> Void = { _ in },
        tensors: (inout [(String, [Int], [Float])]) -> Void = { _ in }
    ) throws -> String {
        if try !folder.contents().contains("good.safetensors") {
            try writeShallow(to: url("shallow.safetensors"))
            #expect(try export(folder.path("shallow.safetensors"), "safetensors", "good.safetensors").status == 0)
        }
        let good = try SafetensorsFile(url("good.safetensors"))
        var values = try good.names.map { ($0, try good.shape(of: $0), try good.floats(named: $0)) }
        var metadata = good.metadata
        change(&metadata)
        tensors(&values)
        try Safetensors.write(tensors: values, metadata: metadata, to: url(name))
        return folder.path(name)
    }

    private func expectRefusal(
        _ weights: String, _ more: String..., status: Int32 = 1, saying words: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = try folder.contents()
        let outcome = try Tool.run(["import", weights, "-o", folder.path("model.safetensors")] + more)
        #expect(outcome.status == status, "\(outcome.diagnostics)", sourceLocation: sourceLocation)
        for word in words + (status == 1 ? [(weights as NSString).lastPathComponent] : []) {
            #expect(
                outcome.diagnostics.contains(word), "\(outcome.diagnostics) should say \(word)",
                sourceLocation: sourceLocation)
        }
        #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
        #expect(try folder.contents() == before, "something was left behind", sourceLocation: sourceLocation)
    }

    @Test func weightsOfAnotherNetAreRefused() throws {
        let good = try write("plain.safetensors")
        try expectRefusal(
            good, "--recipe", "schindler",
            saying: ["'dense1.weight' has shape [200, 15872]", "[200, 10240]", "80x80", "check net, genres and recipe"])
        try expectRefusal(good, "--genres", "blues,jazz", saying: ["'dense2.weight' has shape [10, 200]", "[2, 200]"])
        try expectRefusal(good, "--net", "deep", saying: ["'frequency.2.weight'", "is missing", "'deep'"])
        try expectRefusal(good, "--net", "alexnet", status: 2, saying: ["alexnet", "shallow"])
        try expectRefusal(good, "--recipe", "mfcc", status: 2, saying: ["mfcc", "gtzan-mel"])
        try expectRefusal(good, "--genres", "blues,blues", status: 2, saying: ["--genres"])
        let shape = try write(
            "shape.safetensors",
            tensors: { tensors in
                let index = tensors.firstIndex { $0.0 == "time.1.weight" }!
                tensors[index].1 = [16, 1, 20, 21]
            })
        try expectRefusal(shape, saying: ["'time.1.weight' has shape [16, 1, 20, 21]", "[16, 1, 21, 20]"])
        let silent = try write("silent.safetensors", metadata: { $0 = [:] })
        try expectRefusal(silent, status: 2, saying: ["silent.safetensors", "--net"])
        try expectRefusal(silent, "--net", "shallow", "--recipe", "gtzan-mel", status: 2, saying: ["--genres"])
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func weightsThatAreNoNumbersAreRefused(value: Float) throws {
        let bad = try write(
            "bad.safetensors",
            tensors: { tensors in
                let index = tensors.firstIndex { $0.0 == "dense1.weight" }!
                tensors[index].2[77_777] = value
            })
        try expectRefusal(bad, saying: ["'dense1.weight'", "77777", "\(value)", "earlier epoch"])
    }

    @Test func otherFilesAreRefused() throws {
        let pickled = try folder.write(Data([0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 60)), to: "weights.pt")
        try expectRefusal(pickled, saying: ["torch.save", "safetensors.torch.save_file"])
        try expectRefusal(folder.path("none.safetensors"), saying: ["there"])
        try expectRefusal(try folder.write(Data("nothing".utf8), to: "text.safetensors"), saying: ["safetensors"])
        #expect(try export("gtzan-compact", "half", "whole.safetensors").status == 0)
        try expectRefusal(folder.path("whole.safetensors"), saying: ["already"])
        let absurd = try write("absurd.safetensors") { metadata in
            metadata["recipe_parameters"]?.replace("\"hop\":512", with: "\"hop\":-1")
        }
        try expectRefusal(absurd, saying: ["hop"])
    }
}
