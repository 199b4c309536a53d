import Architectures
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Testing

@testable import Interchange

private let twinFolder = ProcessInfo.processInfo.environment["GENREKIT_INTERCHANGE"].map {
    URL(fileURLWithPath: $0)
}

/// Swift's part of Tools/check_interchange.py, which says what the files are and judges them.
@Suite struct TwinTests {
    private struct Twin: Decodable {
        let name: String
        let architecture: String
        let genres: [String]
        let isTrained: Bool
    }

    @Test(.enabled(if: twinFolder != nil, "Tools/check_interchange.py runs it"))
    func theTwinsFilesAreReadAndAnswered() throws {
        let folder = try #require(twinFolder)
        let twins = try JSONDecoder().decode(
            [Twin].self, from: Data(contentsOf: folder.appendingPathComponent("nets.json")))
        for twin in twins {
            func file(_ ending: String) -> URL { folder.appendingPathComponent("\(twin.name).\(ending)") }
            let recipe = try WeightsFile.describe(file("torch.safetensors")).recipeParameters ?? .schindler
            var blueprint = try #require(
                tinyNets.first { $0.name == twin.architecture }
                    ?? Architecture.named(twin.architecture)?.blueprint(genres: twin.genres.count))
            blueprint.input = recipe.mels × recipe.segmentFrames
            let inputs = try SafetensorsFile(file("inputs.safetensors")).floats(named: "inputs")
            let count = inputs.count / blueprint.input.area
            let theirs = try TrainedModel(
                importing: file("torch.safetensors"), blueprint: blueprint, genres: twin.genres, recipe: recipe,
                toolVersion: "fixture")
            try WeightsFile.write(theirs, to: file("back.safetensors"))
            try ONNXFile.write(theirs, toolVersion: "fixture", to: file("back.onnx"))
            var found = [
                ("torch", [count, twin.genres.count], try answers(of: theirs, inputs: inputs, count: count).logits)
            ]
            if !twin.isTrained {
                let own = TrainedModel(card: theirs.card, parameters: try ParameterStore(plan: theirs.parameters.plan))
                own.parameters.initialise(seed: 5)
                try WeightsFile.write(own, to: file("own.safetensors"))
                try ONNXFile.write(own, toolVersion: "fixture", to: file("own.onnx"))
                found.append(
                    ("own", [count, twin.genres.count], try answers(of: own, inputs: inputs, count: count).logits))
            }
            try Safetensors.write(tensors: found, to: file("logits.safetensors"))
        }
    }
}
