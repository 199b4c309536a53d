import NeuralNetwork
import Testing

/// Towers that begin with the layers of other nets.
@Suite struct TowerWeightsTests {
    @LayerBuilder private var front: [Layer] {
        Convolution(5, kernel: 3 × 2)
        BatchNorm()
        ReLU()
        Convolution(18, kernel: 2 × 3)
        MaxPool(2 × 2)
    }

    private var chain: Blueprint {
        Blueprint("chain", input: 12 × 10) {
            Standardise()
            front
            Dense(3)
        }
    }

    private var towers: Blueprint {
        Blueprint("towers", input: 12 × 10) {
            Standardise()
            Towers {
                Tower("a") { front }
                Tower("b") {
                    Convolution(4, kernel: 2 × 2)
                    MaxPool(6 × 5)
                }
            }
            Dense(7)
            Dense(3)
        }
    }

    private func store(_ blueprint: Blueprint, seed: UInt64) throws -> ParameterStore {
        let result = try ParameterStore(plan: NetworkPlan(blueprint))
        result.initialise(seed: seed)
        // Statistics and scales of its own, too, as a training leaves them.
        for (index, specification) in result.plan.parameters.enumerated() {
            let values = result.canonical(specification)
            try result.set(specification, to: values.map { $0 + Float(index) * 0.01 + Float(seed) })
        }
        return result
    }

    private func values(_ store: ParameterStore) -> [String: [Float]] {
        Dictionary(uniqueKeysWithValues: store.plan.parameters.map { ($0.name, store.canonical($0)) })
    }

    @Test func aTowerTakesTheLayersOfAChainAndNothingElseChanges() throws {
        let (given, mine) = (try store(chain, seed: 1), try store(towers, seed: 2))
        let before = values(mine)
        try mine.setTower("a", to: given)
        let (after, theirs) = (values(mine), values(given))
        let names = [
            "a.1.weight": "convolution.1.weight", "a.1.bias": "convolution.1.bias", "a.norm1.weight": "norm1.weight",
            "a.norm1.bias": "norm1.bias", "a.norm1.running_mean": "norm1.running_mean",
            "a.norm1.running_var": "norm1.running_var", "a.2.weight": "convolution.2.weight",
            "a.2.bias": "convolution.2.bias",
        ]
        for (name, source) in names {
            #expect(after[name] != nil && after[name] == theirs[source], "\(name)")
            #expect(after[name] != before[name])
        }
        for name in after.keys where names[name] == nil { #expect(after[name] == before[name], "\(name)") }
    }

    @Test func aTowerTakesTheTowerOfItsName() throws {
        let (given, mine) = (try store(towers, seed: 1), try store(towers, seed: 2))
        try mine.setTower("b", to: given)
        #expect(values(mine)["b.1.weight"] == values(given)["b.1.weight"])
        #expect(values(mine)["a.1.weight"] != values(given)["a.1.weight"])
    }

    @Test func whatDoesNotFitIsRefusedWithTheLayersPlace() throws {
        func expectRefusal(_ tower: String, _ mine: Blueprint, from given: Blueprint, _ words: [String]) throws {
            let target = try store(mine, seed: 2)
            #expect {
                try target.setTower(tower, to: store(given, seed: 1))
            } throws: { error in
                words.allSatisfy { "\(error)".contains($0) }
            }
        }
        // Of another kernel, of another kind, too short, too long, of no such name.
        var other = chain
        other.layers[4] = Convolution(18, kernel: 3 × 3)
        try expectRefusal("a", towers, from: other, ["layers[1].towers[0].layers[3]", "[18, 5, 2, 3]", "layers[4]"])
        other = chain
        other.layers[2] = ReLU()
        try expectRefusal("a", towers, from: other, ["layers[1].towers[0].layers[1]", "batch norm", "conv 2x3"])
        other = chain
        other.layers.remove(at: 4)
        try expectRefusal("a", towers, from: other, ["layers[1].towers[0].layers[3]", "no layer for it"])
        other = chain
        other.layers.insert(Convolution(18, kernel: 1 × 1), at: 5)
        try expectRefusal("a", towers, from: other, ["'a'", "no layer for conv 1x1", "layers[5]"])
        try expectRefusal("c", towers, from: chain, ["'c'", "no tower"])
        let strangers = Blueprint("strangers", input: 12 × 10) {
            Towers {
                Tower("x") { front }
                Tower("y") { front }
            }
            Dense(3)
        }
        try expectRefusal("a", towers, from: strangers, ["layers[1].towers[0].layers[0]", "no layer for it"])
    }
}
