import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Testing

@testable import Interchange

/// Files that are not the weights of the net: each is refused with its name and its fault.
@Suite struct BadWeightsTests {
    private let folder: URL
    private let net = tinyNets[1]

    init() throws { folder = try temporaryFolder() }

    private func expectRefusal(_ name: String, genres: [String] = tinyGenres, saying text: String) {
        #expect {
            _ = try imported(net, from: folder.appendingPathComponent(name), genres: genres)
        } throws: {
            "\($0)".contains(name) && "\($0)".contains(text)
        }
    }

    private func write(
        _ name: String, metadata: [String: String] = [:], _ change: (inout [(String, [Int], [Float])]) -> Void
    ) throws {
        let good = try SafetensorsFile(fixture(net.name, "safetensors"))
        var tensors = try good.names.map { ($0, try good.shape(of: $0), try good.floats(named: $0)) }
        change(&tensors)
        try Safetensors.write(tensors: tensors, metadata: metadata, to: folder.appendingPathComponent(name))
    }

    private func write(_ name: String, header: String, length: UInt64? = nil, data: Int = 0) throws {
        var bytes = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Data($0) }
        bytes += Data(header.utf8) + Data(count: data)
        try bytes.write(to: folder.appendingPathComponent(name))
    }

    @Test func whatTheOutputsAreIsCarriedOverOrRefused() throws {
        try write("tags", metadata: ["outputs": "tags"]) { _ in }
        let model = try imported(net, from: folder.appendingPathComponent("tags"))
        #expect(model.card.tellsTags)
        let again = folder.appendingPathComponent("again.safetensors")
        try WeightsFile.write(model, to: again)
        #expect(try imported(net, from: again).card.tellsTags)
        try write("others", metadata: ["outputs": "moods"]) { _ in }
        expectRefusal("others", saying: "outputs")
    }

    @Test func tensorsThatDoNotFitAreNamed() throws {
        try write("fewer") { $0.removeAll { $0.0 == "dense1.bias" } }
        expectRefusal("fewer", saying: "'dense1.bias' [3] is missing")
        try write("more") { $0.append(("dense9.bias", [1], [0])) }
        expectRefusal("more", saying: "'dense9.bias' belongs to no layer")
        try write("shape") { tensors in
            let index = tensors.firstIndex { $0.0 == "dense1.weight" }!
            tensors[index].1 = [10, 3]
        }
        expectRefusal("shape", saying: "has shape [10, 3], the net needs [3, 10]")
        try write("nan") { $0[0].2[1] = .nan }
        expectRefusal("nan", saying: "nan")
        try write("infinite") { $0[0].2[1] = .infinity }
        expectRefusal("infinite", saying: "inf")
        try write("model", metadata: ["format": "genrekit"]) { _ in }
        expectRefusal("model", saying: "already")
    }

    @Test func wholeNumbersAreNoWeights() throws {
        let good = try SafetensorsFile(fixture(net.name, "safetensors"))
        let layout = try good.names.map {
            Safetensors.Layout(name: $0, type: $0 == "dense1.bias" ? .int32 : .float32, shape: try good.shape(of: $0))
        }
        try Safetensors.write(layout: layout, to: folder.appendingPathComponent("whole")) { index, writer in
            try writer.write(good.floats(named: good.names[index]))
        }
        expectRefusal("whole", saying: "'dense1.bias' is of type I32")
    }

    @Test func lyingHeadersAreRefused() throws {
        func tensor(_ name: String, _ shape: String, _ offsets: String) -> String {
            #""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":\#(offsets)}"#
        }
        try write("beyond", header: "{" + tensor("a", "[4]", "[0,16]") + "}", data: 8)
        expectRefusal("beyond", saying: "a")
        try write(
            "overlap", header: "{" + tensor("a", "[2]", "[0,8]") + "," + tensor("b", "[2]", "[4,12]") + "}", data: 12)
        expectRefusal("overlap", saying: "b")
        try write("huge", header: "{" + tensor("a", "[1152921504606846976]", "[0,4611686018427387904]") + "}")
        expectRefusal("huge", saying: "a")
        try write("long", header: "{}", length: 1 << 60)
        expectRefusal("long", saying: "1152921504606846976")
        try write("cut", header: "{}", length: 100)
        expectRefusal("cut", saying: "100")
    }

    @Test func otherFormatsAreRecognised() throws {
        try Data([0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 60)).write(
            to: folder.appendingPathComponent("pickled.pt"))
        expectRefusal("pickled.pt", saying: "torch.save")
    }

    @Test func descriptionsMustFitTheNet() throws {
        let weights = fixture(net.name, "safetensors")
        #expect(throws: InterchangeError.self) { _ = try imported(net, from: weights, genres: ["a", "b"]) }
        #expect(throws: InterchangeError.self) { _ = try imported(net, from: weights, genres: ["a", "b", "b"]) }
    }
}
