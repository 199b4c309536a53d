import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Testing

@testable import Interchange

/// Weights that PyTorch wrote, and the logits that it computed of them.
@Suite struct FixtureTests {
    private struct Expected: Decodable { let logits: [[Float]] }

    @Test(arguments: tinyNets) func importedWeightsGiveTorchsLogits(blueprint: Blueprint) throws {
        let expected = try JSONDecoder().decode(
            Expected.self, from: Data(contentsOf: fixture(blueprint.name, "json"))
        ).logits
        let count = expected.count
        let inputs = (0..<count * 6400).map { Float(Double($0 * 7919 % 1009) / 504.5 - 1) }
        let found = try logits(
            of: imported(blueprint, from: fixture(blueprint.name, "safetensors")), inputs: inputs, count: count)
        #expect(found.count == count * 3)
        for (a, b) in zip(found, expected.joined()) { #expect(abs(a - b) <= 1e-5) }
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
