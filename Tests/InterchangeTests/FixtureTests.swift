import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Testing

@testable import Interchange

/// Weights that PyTorch wrote, and the logits that it and ONNX Runtime computed of them.
@Suite struct FixtureTests {
    private struct Expected: Decodable { let logits, onnxLogits, onnxProbabilities: [[Float]] }

    private func expected(_ blueprint: Blueprint) throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(contentsOf: fixture(blueprint.name, "json")))
    }

    private func expectNear(_ found: [Float], _ expected: [[Float]], within bound: Float) {
        #expect(!found.isEmpty && found.count == expected.joined().count)
        for (a, b) in zip(found, expected.joined()) { #expect(abs(a - b) <= bound) }
    }

    @Test(arguments: tinyNets) func importedWeightsGiveTheOthersLogits(blueprint: Blueprint) throws {
        let expected = try expected(blueprint)
        let count = expected.logits.count
        let inputs = (0..<count * 6400).map { Float(Double($0 * 7919 % 1009) / 504.5 - 1) }
        let (logits, probabilities) = try answers(
            of: imported(blueprint, from: fixture(blueprint.name, "safetensors")), inputs: inputs, count: count)
        expectNear(logits, expected.logits, within: 1e-5)
        expectNear(logits, expected.onnxLogits, within: 1e-5)
        expectNear(probabilities, expected.onnxProbabilities, within: 1e-5)
    }

    /// The bytes that onnx.checker passed and ONNX Runtime ran.
    @Test(arguments: tinyNets) func theONNXFileIsTheOneThatTheRuntimeRan(blueprint: Blueprint) throws {
        let model = try imported(blueprint, from: fixture(blueprint.name, "safetensors"))
        let golden = try Data(contentsOf: fixture(blueprint.name, "onnx"))
        #expect(try ONNXFile.data(of: model, toolVersion: "fixture") == golden)
    }

    /// What safetensors.torch.save_file writes of nets in other types, and within wrappers.
    @Test(arguments: [
        (TensorType.float32, "module."), (.float32, "_orig_mod.module."), (.float64, ""), (.float16, ""),
        (.bfloat16, "_orig_mod."),
    ])
    func otherTypesAndWrappersAreTaken(type: TensorType, prefix: String) throws {
        let net = tinyNets[0]
        let source = try SafetensorsFile(fixture(net.name, "safetensors"))
        let url = try temporaryFolder().appendingPathComponent("other.safetensors")
        let layout = try source.names.map {
            Safetensors.Layout(name: prefix + $0, type: type, shape: try source.shape(of: $0))
        }
        try Safetensors.write(layout: layout, to: url) { index, writer in
            let values = try source.floats(named: source.names[index])
            switch type {
            case .float64: try writer.write(values.map { Double($0) * (1 + 1e-12) })
            case .float16: try writer.write(values.map { Float16($0).bitPattern })
            case .bfloat16: try writer.write(values.map { UInt16($0.bitPattern >> 16) })
            default: try writer.write(values)
            }
        }
        let parameters = try imported(net, from: url).parameters
        for specification in parameters.plan.parameters {
            let expected = try source.floats(named: specification.name).map { value in
                switch type {
                case .float16: Float(Float16(value))
                case .bfloat16: Float(bitPattern: value.bitPattern & 0xFFFF_0000)
                default: value
                }
            }
            #expect(parameters.canonical(specification) == expected, "\(specification.name)")
        }
    }

    @Test(arguments: tinyNets) func weightsComeBackBitForBit(blueprint: Blueprint) throws {
        let back = try temporaryFolder().appendingPathComponent("back.safetensors")
        try WeightsFile.write(imported(blueprint, from: fixture(blueprint.name, "safetensors")), to: back)
        let (theirs, ours) = (
            try SafetensorsFile(fixture(blueprint.name, "safetensors")), try SafetensorsFile(back)
        )
        #expect(theirs.names == ours.names)
        for name in theirs.names {
            #expect(try theirs.shape(of: name) == ours.shape(of: name))
            #expect(try theirs.floats(named: name) == ours.floats(named: name))
        }
        let said = try WeightsFile.describe(back)
        #expect(said.architecture == blueprint.name && said.genres == tinyGenres && said.recipe == "schindler")
    }
}
