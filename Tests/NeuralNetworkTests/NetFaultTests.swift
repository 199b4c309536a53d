import Foundation
import NeuralNetwork
import Testing

/// Nets that cannot run, from code and from files: each is refused with the layer's place and the reason.
@Suite struct NetFaultTests {
    private func problem(_ input: Extent = 40 × 80, @LayerBuilder _ layers: () -> [Layer]) -> String {
        problem(Blueprint("test", input: input, layers: layers))
    }

    private func problem(_ blueprint: Blueprint) -> String {
        do {
            _ = try NetworkPlan(blueprint)
            return "none"
        } catch { return "\(error)" }
    }

    @Test func shapesThatDoNotFitAreRefusedWithTheirPlace() {
        #expect(
            problem {
                ReLU()
                Branches(join: .channels) {
                    Branch {}
                    Branch { Convolution(4, kernel: 64 × 1, padding: .valid) }
                }
                Dense(2)
            }.contains("layers[1].branches[1].layers[0]: a valid convolution of 64x1 does not fit a map of 40x80"))
        #expect(
            problem {
                Convolution(4, kernel: 3 × 3)
                Residual { Convolution(5, kernel: 3 × 3) }
                Dense(2)
            }.contains("layers[1]: a sum of unlike shapes (5x40x80, 4x40x80)"))
        #expect(
            problem {
                Branches(join: .channels) {
                    Branch { MaxPool(2 × 2) }
                    Branch {}
                }
                Dense(2)
            }.contains("layers[0]: maps of unlike sizes"))
        #expect(
            problem {
                Branches(join: .time) {
                    Branch { MaxPool(2 × 1) }
                    Branch {}
                }
                Dense(2)
            }.contains("layers[0]: maps of unlike channels or bands"))
        #expect(
            problem {
                Towers { Tower("a") { MaxPool(41 × 1) } }
                Dense(2)
            }.contains("layers[0].towers[0].layers[0]: pool 41x1 does not fit a map of 40x80"))
        #expect(
            problem {
                Dense(4)
                LSTM(3)
                Dense(2)
            }.contains("layers[1]: a recurrent layer needs a time axis"))
        #expect(
            problem {
                Windows(7) { ReLU() }
                Dense(2)
            }.contains("layers[0]: 80 frames cannot be cut into 7 equal windows"))
        #expect(
            problem {
                ReLU()
                Standardise()
                Dense(2)
            }.contains("layers[1]: a standardisation by band stands at the input"))
        #expect(
            problem {
                Dense(2)
                BatchNorm()
            }.contains("layers[1]: batch norm after the last dense layer"))
        #expect(
            problem {
                Towers {
                    Tower("a") { Dense(2) }
                    Tower("b") { Dense(2) }
                }
            }.contains("one dense layer"))
        #expect(
            problem {
                Towers {
                    Tower("a") { ReLU() }
                    Tower("a") { ReLU() }
                }
                Dense(2)
            }.contains("layers[0].towers[1]: two towers have one name, 'a'"))
    }

    @Test func sizesOutOfRangeAreRefusedWithoutBeingAllocated() {
        let head = [Dense(2)]
        func of(_ layers: [Layer], _ input: Extent = 40 × 80) -> String {
            problem(Blueprint("test", input: input) { layers + head })
        }
        for wrong in [
            Convolution(4, kernel: 3 × 3, stride: 0 × 1), Convolution(4, kernel: 3 × 3, padding: .all(-1)),
            Convolution(4, kernel: 3 × 3, padding: .all(4000)), Convolution(4, kernel: 3 × .max),
            Convolution(.max, kernel: 3 × 3), MaxPool(.max × .max), MaxPool(2 × 2, stride: -1 × 2),
            MaxPool(2 × 2, padding: .all(2)), BatchNorm(momentum: .nan), BatchNorm(epsilon: 0), BatchNorm(momentum: 2),
            Windows(0) { ReLU() }, Windows(.min) { ReLU() }, Dropout(.nan), LeakyReLU(-0.5), GRU(0), GRU(.max),
            Dense(.max), .branches([], join: .add),
        ] {
            #expect(of([wrong]).contains("layers[0]"), "\(wrong): \(of([wrong]))")
        }
        #expect(of(Array(repeating: ReLU(), count: 10_000)).contains("more than 4,096 layers"))
        #expect(of(Array(repeating: Dense(1_000_000), count: 3)).contains("2^30 parameters"))
        #expect(of([Convolution(4096, kernel: 1 × 1)], 8192 × 8192).contains("too large"))
        #expect(of(Array(repeating: Convolution(64, kernel: 1 × 1), count: 100), 1024 × 1024).contains("too large"))
        var deep = [Layer]()
        for _ in 0..<1000 { deep = [Residual { deep }] }
        #expect(of(deep).contains("deep within one another"))
        var wide: Layer = ReLU()
        for _ in 0..<30 { wide = .branches([Branch { wide }, Branch { wide }], join: .features) }
        #expect(of([wide]) != "none", "a thousand million layers in thirty lines")
    }

    private func fault(_ layers: String) -> String {
        do {
            _ = try JSONDecoder().decode(
                Blueprint.self, from: Data(#"{"name": "n", "input": [8, 9], "layers": [\#(layers)]}"#.utf8))
            return "none"
        } catch let error as DecodingError { return Blueprint.words(for: error) } catch { return "\(error)" }
    }

    @Test func filesOfNetsAreReadWordByWord() {
        let dense = #"{"layer": "dense", "units": 3}"#
        #expect(fault(dense) == "none")
        let misspelled = fault(dense + #", {"layer": "dens", "units": 3}"#)
        #expect(misspelled.hasPrefix("layers[1]: 'dens' is no layer; layers are"))
        #expect(fault(#"{"layer": "dense", "unit": 3}"#).hasPrefix("layers[0]: 'unit' is not known here"))
        #expect(fault(#"{"layer": "dense"}"#) == "layers[0]: 'units' is missing")
        #expect(fault(#"{"layer": "dense", "units": "many"}"#).hasPrefix("layers[0].units: "))
        #expect(
            fault(#"{"layer": "convolution", "channels": 3, "kernel": [3, 3], "padding": "some"}"#)
                .contains("layers[0].padding: a padding is 'same', 'valid' or [before, after], not 'some'"))
        let branches = #"[{"layers": []}, {"layers": [{"layer": "x"}]}]"#
        let within = fault(#"{"layer": "branches", "join": "channels", "branches": \#(branches)}"#)
        #expect(within.hasPrefix("layers[0].branches[1].layers[0]: 'x' is no layer"))
        #expect(
            fault(#"{"layer": "gru", "settings": {"hidden": 3, "size": 4}}"#)
                .hasPrefix("layers[0].settings: 'size' is not known here"))
        let deep = String(repeating: #"{"layer": "windows", "count": 1, "layers": ["#, count: 200)
        #expect(fault(deep + dense + String(repeating: "]}", count: 200)).contains("deep") == true)
    }

    /// The first model files' words, which older versions of the tool read too.
    @Test func netsOfTheFirstFilesAreReadAndWrittenAsEver() throws {
        let text = """
            {"input":[80,80],"layers":[{"layer":"towers","towers":[{"layers":[{"channels":16,"kernel":[10,23],\
            "layer":"convolution"},{"layer":"maxPool","window":[2,2]},{"layer":"leakyReLU","slope":0}],\
            "name":"frequency"}]},{"layer":"lstm","settings":{"bidirectional":false,"dropout":0,"hidden":200,\
            "layers":1,"sequence":{"order":["frequency"],"over":"time"}}},{"layer":"dropout","rate":0.25},\
            {"layer":"dense","units":10}],"name":"crnn"}
            """
        let blueprint = try JSONDecoder().decode(Blueprint.self, from: Data(text.utf8))
        _ = try NetworkPlan(blueprint)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(blueprint), as: UTF8.self) == text)
    }
}
