import Foundation
import NeuralNetwork
import Testing

@Suite struct BlueprintTests {
    private func problem(_ layers: [Layer], input: Extent = 12 × 12) -> String? {
        var blueprint = Blueprint("test", input: input) {}
        blueprint.layers = layers
        do {
            _ = try NetworkPlan(blueprint)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func aPlainChainNeedsNoTowers() throws {
        let plan = try NetworkPlan(
            Blueprint("chain", input: 9 × 11) {
                Convolution(4, kernel: 3 × 3)
                LeakyReLU(0.1)
                MaxPool(2 × 2)
                Convolution(5, kernel: 2 × 2)
                Dense(3)
            })
        #expect(
            plan.rows.map(\.output) == ["4x4x5", "5x4x5", "3"])
        #expect(plan.rows[0].words == "conv 3x3, max pool 2x2, leaky ReLU 0.1")
        #expect(plan.parameterCount == 4 * 9 + 4 + 5 * 4 * 4 + 5 + 3 * 100 + 3)
        #expect(plan.parameters[0].name == "convolution.1.weight")
    }

    @Test func aNetOfDenseLayersAloneIsFine() throws {
        let plan = try NetworkPlan(
            Blueprint("dense", input: 4 × 5) {
                Dense(7); LeakyReLU(0); Dense(2)
            })
        #expect(plan.parameterCount == 7 * 20 + 7 + 2 * 7 + 2)
    }

    @Test func whatCannotRunIsRefusedWithAReason() {
        let head = [Dense(2)]
        #expect(problem([Dense(8), Dense(2)]) == nil)
        #expect(problem([]) != nil)
        #expect(problem([Convolution(4, kernel: 3 × 3)])?.contains("dense") == true)
        #expect(problem([MaxPool(2 × 2)] + head) == nil)
        #expect(problem(head + [MaxPool(1 × 1)])?.contains("max pool 1x1 after the last") == true)
        #expect(problem([Convolution(4, kernel: 3 × 3), MaxPool(13 × 1)] + head)?.contains("does not fit") == true)
        #expect(problem([Convolution(0, kernel: 3 × 3)] + head)?.contains("channels") == true)
        #expect(problem([Convolution(4, kernel: 0 × 3)] + head)?.contains("kernel") == true)
        #expect(problem([Convolution(4, kernel: 3 × 3), MaxPool(0 × 1)] + head)?.contains("pool") == true)
        #expect(problem([Convolution(4, kernel: 3 × 3), LeakyReLU(-1)] + head)?.contains("slope") == true)
        #expect(problem([Convolution(4, kernel: 3 × 3), LeakyReLU(.nan)] + head)?.contains("slope") == true)
        #expect(problem([Dense(8), Dropout(1), Dense(2)])?.contains("dropout") == true)
        #expect(problem([Dense(2), LeakyReLU(0.3)])?.contains("after the last") == true)
        #expect(problem([Dense(1)])?.contains("two classes") == true)
        #expect(problem([Dense(2)], input: 0 × 4)?.contains("out of range") == true)
        #expect(problem([Dense(1_000_000), Dense(1_000_000)])?.contains("2^30") == true)
        #expect(
            problem([Convolution(65_536, kernel: 1 × 1), Dense(10)], input: 8192 × 8192)?.contains("too large") == true)
        #expect(
            problem([Convolution(4096, kernel: 3 × 3), Convolution(4096, kernel: 9 × 9), Dense(10)])?
                .contains("too large") == true)
    }

    @Test func recurrentLayersThatCannotRunAreRefusedWithAReason() {
        func towers(_ frames: Int, wide: Int = 1) -> Layer {
            Towers {
                Tower("a") {
                    Convolution(4, kernel: 3 × 3)
                    MaxPool(3 × wide)
                }
                Tower("b") {
                    Convolution(4, kernel: 3 × 3)
                    MaxPool(1 × frames)
                }
            }
        }
        func lstm(_ order: [String], hidden: Int = 5, layers: Int = 1, dropout: Float = 0) -> Layer {
            LSTM(hidden, layers: layers, dropout: dropout, over: .time(order: order))
        }
        #expect(problem([towers(4), lstm(["b", "a"]), Dropout(0.5), Dense(2)]) == nil)
        #expect(problem([towers(3, wide: 2), lstm(["b", "a"]), Dense(2)])?.contains("do not divide") == true)
        #expect(problem([towers(4), lstm(["a"]), Dense(2)])?.contains("order") == true)
        #expect(problem([towers(4), lstm(["a", "a"]), Dense(2)])?.contains("order") == true)
        #expect(problem([towers(4), lstm(["a", "b"], hidden: 0), Dense(2)])?.contains("hidden") == true)
        #expect(problem([towers(4), lstm(["a", "b"], layers: 0), Dense(2)])?.contains("layers") == true)
        #expect(problem([towers(4), lstm(["a", "b"], dropout: 1), Dense(2)])?.contains("dropout") == true)
        #expect(problem([lstm([]), Dense(2)]) == nil)  // over the input's own frames
        #expect(
            problem([Dense(3), lstm([]), Dense(2)])?.contains("layers[1]: a recurrent layer needs a time axis") == true)
    }

    @Test func onlyNetsThatReadAcrossTheBatchNeedACaution() {
        for net in [smallBlueprint, recurrentBlueprint(over: .time(order: ["b", "a"]))] { #expect(net.caution == nil) }
        #expect(recurrentBlueprint(over: .batch).caution?.contains("across") == true)
    }

    @Test(arguments: [RecurrentSettings.Sequence.time(order: ["b", "a"]), .batch])
    func recurrentBlueprintsSurviveFiles(sequence: RecurrentSettings.Sequence) throws {
        let blueprint = recurrentBlueprint(over: sequence)
        let data = try JSONEncoder().encode(blueprint)
        #expect(try JSONDecoder().decode(Blueprint.self, from: data) == blueprint)
    }

    @Test func blueprintsSurviveFiles() throws {
        let blueprint = Blueprint("two", input: 8 × 9) {
            Towers {
                Tower("a") {
                    Convolution(3, kernel: 2 × 3); MaxPool(2 × 2); LeakyReLU(0.25)
                }
                Tower("b") {
                    Convolution(2, kernel: 3 × 2); ReLU()
                }
            }
            Dense(4)
            Dropout(0.5)
            Dense(2)
        }
        let data = try JSONEncoder().encode(blueprint)
        #expect(try JSONDecoder().decode(Blueprint.self, from: data) == blueprint)
    }
}
