import Architectures
import Foundation
import ModelFile
import NeuralNetwork
import Testing

@testable import Interchange

@Suite struct ONNXTests {
    /// The model of a blueprint's own initial weights, as a file and read back.
    private func decoded(_ blueprint: Blueprint, classes: Int) throws -> (ONNX_Model, ParameterStore) {
        let model = try imported(blueprint, from: fixture(blueprint.name, "safetensors"))
        return (
            try ONNX_Model(serializedBytes: ONNXFile.data(of: model, toolVersion: "fixture")), model.parameters
        )
    }

    /// What onnx.checker asks of every graph: single assignment, each name defined before its use.
    @Test(arguments: Architecture.all.map { $0.blueprint(genres: 10) } + tinyNets)
    func graphsAreInOrder(blueprint: Blueprint) throws {
        let graph = ONNXNet.graph(of: try ParameterStore(plan: NetworkPlan(blueprint)))
        var known = Set(graph.input.map(\.name) + graph.initializer.map(\.name))
        #expect(known.count == graph.input.count + graph.initializer.count)
        for node in graph.node {
            for name in node.input where !name.isEmpty { #expect(known.contains(name), "\(node.name): \(name)") }
            for name in node.output where !name.isEmpty { #expect(known.insert(name).inserted, "\(name) twice") }
        }
        #expect(graph.output.map(\.name) == ["logits", "probabilities"])
        #expect(graph.output.allSatisfy { known.contains($0.name) })
        for tensor in graph.initializer {
            let width = tensor.dataType == 1 ? 4 : 8
            #expect(Int(tensor.dims.reduce(1, *)) * width == tensor.rawData.count)
        }
    }

    /// Tags do not exclude each other: their probabilities are sigmoids, and the file says so.
    @Test func tagsAreIndependentOutputs() throws {
        var model = try imported(tinyNets[0], from: fixture(tinyNets[0].name, "safetensors"))
        func last() throws -> (operation: String, outputs: String?) {
            let file = try ONNX_Model(serializedBytes: ONNXFile.data(of: model, toolVersion: "fixture"))
            let node = file.graph.node.first { $0.output == ["probabilities"] }
            return (node?.opType ?? "", file.metadataProps.first { $0.key == "outputs" }?.value)
        }
        #expect(try last() == ("Softmax", nil))
        model.card.outputs = .tags
        #expect(try last() == ("Sigmoid", "tags"))
    }

    @Test(arguments: tinyNets) func filesSayWhatTheyAre(blueprint: Blueprint) throws {
        let (model, _) = try decoded(blueprint, classes: 3)
        #expect(model.irVersion == 8 && model.opsetImport.map(\.version) == [17])
        let shape = model.graph.input[0].type.tensorType.shape.dim
        #expect(shape[0].dimParam == "batch" && shape.dropFirst().map(\.dimValue) == [1, 80, 80])
        let properties = Dictionary(uniqueKeysWithValues: model.metadataProps.map { ($0.key, $0.value) })
        #expect(properties["genres"] == #"["blues","jazz","rock"]"# && properties["recipe"] == "schindler")
        #expect(properties["sample_rate"] == "22050.0" && properties["architecture"] == blueprint.name)
    }

    /// PyTorch's gates are input, forget, cell, output; ONNX's input, output, forget, cell.
    @Test func gatesChangePlaces() throws {
        let (model, parameters) = try decoded(tinyNets[1], classes: 3)
        let bias = try #require(model.graph.initializer.first { $0.name == "lstm.l0.B" })
        #expect(bias.dims == [2, 40])
        let found = bias.rawData.withUnsafeBytes { bytes in
            (0..<80).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
        let specification = try #require(parameters.plan.parameters.first { $0.name == "lstm.bias_ih_l0" })
        let torch = parameters.canonical(specification)
        // Torch's gates are input, forget, cell, output; ONNX's input, output, forget, cell.
        let wanted: [Float] = [0, 3, 1, 2].flatMap { gate in torch[gate * 5..<gate * 5 + 5] }
        #expect(Array(found[0..<20]) == wanted)
    }
}
