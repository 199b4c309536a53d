import Architectures
import NeuralNetwork
import Testing

@Suite struct ArchitectureTests {
    @Test(arguments: [
        ("shallow", 2_060_642), ("deep", 1_283_362), ("deep-published", 1_280_002), ("crnn", 1_649_562),
        ("bicrnn", 3_041_962), ("crnn-published", 4_835_002),
    ])
    func parameterCountsAreThePapers(name: String, count: Int) throws {
        let architecture = try #require(Architecture.named(name))
        #expect(try NetworkPlan(architecture.blueprint(genres: 10)).parameterCount == count)
    }

    @Test func shallowTowersEndAsInTheFigure() throws {
        let plan = try NetworkPlan(.shallow(genres: 10))
        #expect(plan.towers.map { $0.blocks.last!.output.shape.extent } == [80 × 4, 4 × 80])
        #expect(plan.dense[0].segments.reduce(0) { $0 + $1.shape.count } == 10_240)
        #expect(
            plan.parameters.map(\.name).prefix(4) == [
                "frequency.1.weight", "frequency.1.bias", "time.1.weight", "time.1.bias",
            ])
    }

    @Test func deepTowersEndAsTheReportSays() throws {
        let plan = try NetworkPlan(.deep(genres: 10))
        #expect(
            plan.towers.map { $0.blocks.last!.output.shape } == [
                FeatureShape(channels: 128, extent: 10 × 2), FeatureShape(channels: 128, extent: 2 × 10),
            ])
    }

    @Test func theRecurrentNetReadsTenStepsOfBothTowers() throws {
        let stage = try #require(try NetworkPlan(.crnn(genres: 10)).recurrent)
        #expect(stage.steps == 10)
        #expect(stage.sources.map(\.span) == [1, 5])
        #expect(stage.inputs(ofLayer: 0).map(\.shape.count) == [256, 1280])
    }

    @Test func everyNetTakesAnyNumberOfGenres() throws {
        for architecture in Architecture.all {
            #expect(try NetworkPlan(architecture.blueprint(genres: 3)).classes == 3)
        }
    }
}
