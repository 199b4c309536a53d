import NeuralNetwork
import Testing

@testable import Training

@Suite struct JudgeTests {
    /// A batch takes memory for all its segments, though there be few.
    @Test func noBatchIsGreaterThanWhatThereIsToJudge() throws {
        let set = plainSet(tracksPerGenre: 2)
        let labels = set.tracks.map(\.label)
        let parameters = try ParameterStore(plan: NetworkPlan(tinyBlueprint))
        parameters.initialise(seed: 1)
        let judge = try Judge(parameters: parameters, batch: 20, pool: ThreadPool(threads: 1))
        func judged(_ count: Int) throws -> [Float] {
            try judge.judge(set, segments: Array(0..<count), labels: labels).probabilities
        }
        let few = try judged(5)
        #expect(judge.executor?.batch == 5)
        let all = try judged(30)
        #expect(judge.executor?.batch == 20 && all.count == 90)
        #expect(try Array(all.prefix(15)) == few && judged(5) == few)
        #expect(judge.executor?.batch == 20, "what is large enough is kept")
    }
}
