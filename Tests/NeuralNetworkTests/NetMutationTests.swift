import Architectures
import Foundation
import NeuralNetwork
import Randomness
import Testing

/// Nets in files that something has spoiled: thousands of random changes to sound ones. Each is read as a net that can be
/// planned, or refused in words with the place; none traps, and nothing is allocated before a net is found sound.
@Suite struct NetMutationTests {
    /// Changes a JSON value here and there.
    private struct Mutation {
        var stream: RandomStream
        static var wrong: [Any] {
            [
                0, -1, 1, 2, 3, 0.5, 17, 64, 65, 1024, 8192, 65_536, 1 << 20, Int(Int32.max), Int.max, Int.min, 1e18,
                1e300,
                -1e-300, "", "same", "dense", "lstm", "time", "a/b", "NaN", String(repeating: "n", count: 300), true,
                NSNull(), [Any](), [3], [3, 3, 3], [0, 0], [-2, 5], [Int.max, Int.max], ["same", [1, 2]],
                [String: Any](),
                ["layer": "dense", "units": 3], ["layer": "flatten"], ["layer": "swish"], ["layers": [Any]()],
            ]
        }
        static let words = [
            "layer", "channels", "kernel", "stride", "padding", "bias", "window", "slope", "units", "rate", "size",
            "name",
            "layers", "branches", "join", "over", "settings", "hidden", "momentum", "epsilon", "count", "input",
        ]

        mutating func one<Element>(_ elements: [Element]) -> Element { elements[stream.index(below: elements.count)] }

        /// A change of the value itself, or of something within it.
        mutating func changed(_ value: Any) -> Any {
            let goesDown = stream.uniform() < 0.85
            if var list = value as? [Any], !list.isEmpty {
                let index = stream.index(below: list.count)
                if goesDown {
                    list[index] = changed(list[index])
                    return list
                }
                switch stream.index(below: 5) {
                case 0: list.remove(at: index)
                case 1: list.insert(one(Self.wrong), at: index)
                case 2: list += Array(repeating: list[index], count: one([1, 2, 70, 5000]))
                case 3: list.shuffle(using: &stream)
                default: return one(Self.wrong)
                }
                return list
            }
            if var object = value as? [String: Any], let key = object.keys.sorted().randomElement(using: &stream) {
                if goesDown {
                    object[key] = changed(object[key]!)
                    return object
                }
                switch stream.index(below: 4) {
                case 0: object[key] = nil
                case 1: object[one(Self.words)] = one(Self.wrong)
                case 2:
                    object[one(Self.words)] = object[key]
                    object[key] = nil
                default:
                    // The layer within as many others.
                    var nested: Any = object
                    for _ in 0..<one([1, 2, 30, 70, 200]) {
                        nested = ["layer": "windows", "count": 1, "layers": [nested]] as [String: Any]
                    }
                    return nested
                }
                return object
            }
            return one(Self.wrong)
        }
    }

    private static var sound: [Blueprint] {
        let random = (0..<30).map { seed in
            var net = RandomNet(seed: UInt64(1000 + seed), work: 20_000)
            return net.blueprint()
        }
        return random + Architecture.all.map { $0.blueprint(genres: 3) }
    }

    @Test func spoiledNetsAreReadOrRefusedInWords() throws {
        let nets = try Self.sound.map { try JSONSerialization.jsonObject(with: JSONEncoder().encode($0)) }
        var (refused, planned) = (0, 0)
        for number in 0..<2000 {
            var mutation = Mutation(stream: RandomStream(seed: UInt64(number), purpose: "mutation"))
            var spoiled = nets[number % nets.count]
            for _ in 0...mutation.stream.index(below: 3) { spoiled = mutation.changed(spoiled) }
            guard JSONSerialization.isValidJSONObject(spoiled) else { continue }
            let text = try JSONSerialization.data(withJSONObject: spoiled, options: [.sortedKeys])
            let what = { "mutation \(number): \(String(decoding: text.prefix(2000), as: UTF8.self))" }
            do {
                let blueprint = try JSONDecoder().decode(Blueprint.self, from: text)
                let plan = try NetworkPlan(blueprint)
                // All that is said of a net before it runs.
                #expect(plan.storedCount <= 1 << 30 && plan.multiplyAdds >= 0 && plan.trainingMultiplyAdds >= 0)
                #expect(!plan.rows.isEmpty && plan.parameterCount > 0)
                let again = try JSONDecoder().decode(Blueprint.self, from: JSONEncoder().encode(blueprint))
                #expect(again == blueprint, "\(what())")
                planned += 1
            } catch let error as DecodingError {
                let words = Blueprint.words(for: error)
                #expect(!words.isEmpty && words.utf8.count < 2000, "\(what())")
                refused += 1
            } catch let error as NeuralNetworkError {
                let words = "\(error)"
                let isOfAll = ["dense layer", "two classes", "2^30", "4,096", "input of", "one name", "end with"]
                #expect(
                    words.contains("layers[") || isOfAll.contains { words.contains($0) }, "\(words); \(what())")
                refused += 1
            }
        }
        #expect(refused > 1000 && planned > 50, "\(refused) refused, \(planned) planned")
    }

    @Test(arguments: ["[", "{\"layers\":", "{\"layers\":[{\"layer\":\"windows\",\"count\":1,\"layers\":["])
    func nestingWithoutEndIsRefused(opening: String) {
        let text = String(repeating: opening, count: 100_000)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Blueprint.self, from: Data(text.utf8)) }
    }

    /// The products of sizes that are each within bounds.
    @Test func productsOfLargeSizesAreRefusedBeforeTheyOverflow() {
        let large: [[Layer]] = [
            [Convolution(65_536, kernel: 1024 × 1024)],
            [Convolution(65_536, kernel: 1 × 1), Convolution(65_536, kernel: 1 × 1)],
            [LSTM(65_536, layers: 64, bidirectional: true, returns: .sequence)],
            [GRU(65_536, bidirectional: true)],
            [Dense(1_048_576), Dense(1_048_576)],
            [Windows(8192) { Dense(1_048_576) }],
            Array(repeating: Windows(1) { Dense(1_000_000) }, count: 4),
            Array(repeating: Branches(join: .channels) { for _ in 0..<64 { Branch {} } }, count: 12),
            Array(repeating: Branches(join: .time) { for _ in 0..<64 { Branch {} } }, count: 12),
        ]
        for layers in large {
            #expect(throws: NeuralNetworkError.self, "\(layers.first!)") {
                try NetworkPlan(Blueprint("large", input: 8192 × 8192) { layers + [.dense(units: 2)] })
            }
        }
    }
}
