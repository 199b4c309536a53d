import Foundation
import Randomness

/// What PyTorch computed for one net: see Tools/make_fixtures.py, which documents the files and the generator.
struct NetFixture: Decodable {
    struct Parameter: Decodable {
        let name: String
        let shape: [Int]
        let halfWidth: Double
    }

    struct Stream: Decodable {
        let stream: String
        let shape: [Int]
        let halfWidth: Double
    }

    struct Gradient: Decodable {
        let name: String
        let norm: Double
        let largest: Double
        let indices: [Int]
        let values: [Double]
    }

    struct Trajectory: Decodable {
        let batch: Int
        let inputs: [String]
        let labels: [[Int32]]
        let crossEntropy: [Double]
        let l1: [Double]
    }

    let net: String
    let parameters: [Parameter]
    let input: Stream
    let labels: [Int32]
    let logits: [[Double]]
    let crossEntropy: Double
    let l1Lambda: Double
    let l1: Double
    let gradients: [Gradient]
    let trajectory: Trajectory

    static func named(_ name: String) throws -> NetFixture {
        try fixtureDecoder.decode(NetFixture.self, from: fixtureData(name))
    }
}

var fixtureDecoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
}

func fixtureData(_ name: String, _ ending: String = "json") throws -> Data {
    try Data(contentsOf: Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: ending)!)
}

/// The fixtures' generator: `count` numbers of a named stream, uniform in ±`halfWidth`.
func generated(_ stream: String, count: Int, halfWidth: Double) -> [Float] {
    var generator = SplitMix64(state: fnv1a(stream))
    return (0..<count).map { _ in Float(halfWidth * (2 * (Double(generator.next() >> 40) * 0x1p-24) - 1)) }
}
