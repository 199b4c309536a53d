import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Testing

@Suite struct TrainedModelTests {
    private let folder: URL
    private let blueprint = Blueprint("tiny", input: 80 × 80) {
        Convolution(2, kernel: 3 × 4)
        MaxPool(20 × 20)
        LeakyReLU(0.3)
        Dense(2)
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("model-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func model(genres: [String] = ["jazz", "rock"]) throws -> TrainedModel {
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        parameters.initialise(seed: 1)
        let card = ModelCard(
            blueprint: blueprint, genres: genres, recipe: .schindler, configuration: TrainingConfiguration(seed: 7),
            split: "random", trainingTracks: ["jazz/a", "rock/b"], heldOutTracks: ["jazz/c"], dataHash: "1234",
            scores: Scores(genres: genres, probabilities: [0.9, 0.1], segmentTracks: [0], trackLabels: [0]),
            instructionSet: activeInstructionSet, toolVersion: "test")
        return TrainedModel(card: card, parameters: parameters)
    }

    private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// Rewrites a model file with other tensors or metadata.
    private func rewritten(
        _ name: String, metadata change: (inout [String: String]) -> Void = { _ in },
        tensors: (inout [(String, [Int], [Float])]) -> Void = { _ in }
    ) throws -> URL {
        let good = file("good.safetensors")
        try model().write(to: good)
        let source = try SafetensorsFile(good)
        var values = try source.names.map { ($0, try source.shape(of: $0), try source.floats(named: $0)) }
        var metadata = source.metadata
        change(&metadata)
        tensors(&values)
        try Safetensors.write(tensors: values, metadata: metadata, to: file(name))
        return file(name)
    }

    private func expectRefusal(_ url: URL, saying text: String) {
        #expect {
            _ = try TrainedModel(contentsOf: url)
        } throws: { error in
            "\(error)".contains(text) && "\(error)".contains(url.lastPathComponent)
        }
    }

    @Test func everythingSurvivesTheFile() throws {
        let model = try model()
        try model.write(to: file("model.safetensors"))
        let read = try TrainedModel(contentsOf: file("model.safetensors"))
        #expect(read.card.blueprint == blueprint && read.card.genres == ["jazz", "rock"])
        #expect(read.card.recipe == .schindler && read.card.configuration == TrainingConfiguration(seed: 7))
        #expect(read.card.trainingTracks == ["jazz/a", "rock/b"] && read.card.heldOutTracks == ["jazz/c"])
        #expect(read.card.scores == model.card.scores && read.card.dataHash == "1234")
        for specification in model.parameters.plan.parameters {
            #expect(read.parameters.canonical(specification) == model.parameters.canonical(specification))
        }
    }

    @Test func equalModelsMakeEqualFiles() throws {
        try model().write(to: file("a"))
        try model().write(to: file("b"))
        #expect(try Data(contentsOf: file("a")) == Data(contentsOf: file("b")))
    }

    @Test func metadataIsPlainForOtherReaders() throws {
        try model().write(to: file("model.safetensors"))
        let metadata = try SafetensorsFile(file("model.safetensors")).metadata
        #expect(metadata["architecture"] == "tiny" && metadata["genres"] == "jazz,rock")
        #expect(metadata["recipe"] == "schindler" && metadata["sample_rate"] == "22050.0" && metadata["seed"] == "7")
    }

    @Test func damageIsNamed() throws {
        expectRefusal(file("missing.safetensors"), saying: "missing")
        try Data().write(to: file("empty.safetensors"))
        expectRefusal(file("empty.safetensors"), saying: "empty")
        expectRefusal(try rewritten("foreign") { $0["format"] = nil }, saying: "genre train")
        expectRefusal(try rewritten("later") { $0["format_version"] = "3" }, saying: "update")
        expectRefusal(try rewritten("version") { $0["format_version"] = "x" }, saying: "version")
        expectRefusal(try rewritten("cardless") { $0["card"] = nil }, saying: "card")
        expectRefusal(try rewritten("nonsense") { $0["card"] = "{}" }, saying: "card")
        expectRefusal(try rewritten("fewer", tensors: { $0.removeLast() }), saying: "damaged")
        expectRefusal(try rewritten("shape", tensors: { $0[1].1.reverse() }), saying: "shape")
        expectRefusal(try rewritten("nan", tensors: { $0[0].2[1] = .nan }), saying: "nan")
    }

    /// A card may claim a net of any size: the claim is held against the tensors before memory is taken.
    @Test func lyingBlueprintsAreRefused() throws {
        let huge = try rewritten("huge") { metadata in
            metadata["card"] = metadata["card"]!.replacingOccurrences(of: "\"channels\":2", with: "\"channels\":60000")
        }
        expectRefusal(huge, saying: "shape")
        let absurd = try rewritten("absurd") { metadata in
            metadata["card"] = metadata["card"]!.replacingOccurrences(
                of: "\"channels\":2", with: "\"channels\":4611686018427387904")
        }
        expectRefusal(absurd, saying: "out of range")
        let genres = try rewritten("genres") { metadata in
            metadata["card"] = metadata["card"]!.replacingOccurrences(
                of: "\"genres\":[\"jazz\",\"rock\"],\"heldOut", with: "\"genres\":[\"jazz\"],\"heldOut")
        }
        expectRefusal(genres, saying: "1 genres")
    }
}
