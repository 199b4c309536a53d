import Architectures
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
    @Test(.enabled(if: twinFolder != nil, "Tools/check_interchange.py runs it"))
    func theTwinsFilesAreReadAndAnswered() throws {
        let folder = try #require(twinFolder)
        let genres = (1...10).map { "genre \($0)" }
        let nets = Architecture.all.map { ($0.blueprint(genres: 10), genres) } + tinyNets.map { ($0, tinyGenres) }
        for (blueprint, genres) in nets {
            func file(_ ending: String) -> URL { folder.appendingPathComponent("\(blueprint.name).\(ending)") }
            let inputs = try SafetensorsFile(file("inputs.safetensors")).floats(named: "inputs")
            let count = inputs.count / 6400
            let theirs = try imported(blueprint, from: file("torch.safetensors"), genres: genres)
            let own = TrainedModel(card: theirs.card, parameters: try ParameterStore(plan: theirs.parameters.plan))
            own.parameters.initialise(seed: 5)
            try WeightsFile.write(theirs, to: file("back.safetensors"))
            try ONNXFile.write(theirs, toolVersion: "fixture", to: file("back.onnx"))
            try WeightsFile.write(own, to: file("own.safetensors"))
            try ONNXFile.write(own, toolVersion: "fixture", to: file("own.onnx"))
            try Safetensors.write(
                tensors: [
                    ("torch", [count, genres.count], logits(of: theirs, inputs: inputs, count: count)),
                    ("own", [count, genres.count], logits(of: own, inputs: inputs, count: count)),
                ], to: file("logits.safetensors"))
        }
    }
}
