import Architectures
import NeuralNetwork
import Testing

@Suite struct ArchitectureTests {
    @Test(arguments: [
        ("shallow", 2_060_642), ("deep", 1_283_362), ("deep-published", 1_280_002), ("crnn", 1_649_562),
        ("bicrnn", 3_041_962), ("crnn-published", 4_835_002),
        // The authors' own counts, or what their code comes to (see the nets' comments where they differ).
        ("pons-blackbox", 3_275_714), ("pons-time", 8_682), ("pons-frequency", 3_946), ("pons-timefrequency", 197_218),
        ("pons-timefrequency-init", 197_218),
        ("mcc", 2_008_186), ("mcclstm", 2_487_786), ("dong-32", 432_874), ("dong", 463_914), ("dong-96", 494_954),
        ("choi-crnn", 96_072), ("choi-k2c2", 93_464), ("short-chunk", 573_516), ("short-chunk-res", 3_027_212),
        ("musicnn", 779_119), ("bbnn", 185_642), ("gesture-cnnlstm", 540_486), ("compact", 142_058),
    ])
    func parameterCountsAreThePapers(name: String, count: Int) throws {
        let architecture = try #require(Architecture.named(name))
        #expect(try NetworkPlan(architecture.blueprint(genres: 10)).parameterCount == count)
    }

    @Test func shallowTowersEndAsInTheFigure() throws {
        let plan = try NetworkPlan(.shallow(genres: 10))
        #expect(plan.rows.prefix(2).map(\.output) == ["16x80x4", "16x4x80"])
        #expect(plan.rows[2].input == "10240")
        #expect(
            plan.parameters.map(\.name).prefix(4) == [
                "frequency.1.weight", "frequency.1.bias", "time.1.weight", "time.1.bias",
            ])
    }

    @Test func deepTowersEndAsTheReportSays() throws {
        let plan = try NetworkPlan(.deep(genres: 10))
        #expect(
            [plan.rows[3], plan.rows[7]].map(\.output) == ["128x10x2", "128x2x10"])
    }

    @Test func theRecurrentNetReadsTenStepsOfBothTowers() throws {
        let row = try #require(try NetworkPlan(.crnn(genres: 10)).rows.first { $0.name == "lstm" })
        #expect(row.words == "LSTM over time, 10 steps, dropout 0.25")
        #expect(row.input == "1536" && row.output == "200")
    }

    @Test func theFieldsNetsHaveTheirAuthorsSizesOnTheirAuthorsSegments() throws {
        func count(_ name: String, _ input: Extent) throws -> Int {
            try NetworkPlan(#require(Architecture.named(name)).blueprint(genres: 10, input: input)).parameterCount
        }
        #expect(try count("short-chunk", 128 × 231) == 3_666_828)
        #expect(try count("short-chunk-res", 128 × 231) == 12_083_724)
        #expect(try count("bbnn", 128 × 647) == 185_642)
        #expect(try count("mcc", 80 × 80) == 4_415_610)
        #expect(try count("pons-blackbox", 80 × 80) == 7_947_714)
    }

    @Test func everyNetTakesAnyNumberOfGenres() throws {
        for architecture in Architecture.all {
            #expect(try NetworkPlan(architecture.blueprint(genres: 3)).classes == 3)
        }
    }
}
