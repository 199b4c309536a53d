import Datasets
import Evaluation
import ModelFile
import NeuralNetwork

extension HeadData {
    /// Multinomial logistic regression on the mean over each track's segments.
    func logisticHead(_ head: HeadConfiguration) throws -> FittedHead {
        let means = try trackMeans()
        func rows(_ tracks: [Int]) -> [Double] { tracks.flatMap { means[$0] ?? [] } }
        func targets(_ tracks: [Int]) -> [Int32] { tracks.map { Int32(segments.tracks[$0].label) } }
        func present(_ tracks: [Int]) -> [Int] { tracks.filter { means[$0] != nil } }
        func fitted(_ tracks: [Int], _ strength: Double) -> LogisticRegression {
            LogisticRegression(
                features: rows(tracks), labels: targets(tracks), classes: segments.genres.count, strength: strength)
        }
        func loss(_ regression: LogisticRegression, on tracks: [Int]) -> Double {
            let said = regression.logProbabilities(rows(tracks))
            return zip(tracks.indices, targets(tracks)).reduce(0) { sum, row in
                sum - said[row.0 * segments.genres.count + Int(row.1)]
            }
        }
        let parts = parts.map { (learned: present($0.learned), judged: present($0.judged)) }
            .filter { !$0.learned.isEmpty && !$0.judged.isEmpty }
        let candidates = head.strength.map { [$0] } ?? HeadConfiguration.candidates
        // The middle one where there are no folds.
        var best = (strength: head.strength ?? 0.1, loss: Double.infinity, regressions: [LogisticRegression]())
        for strength in parts.isEmpty ? [] : candidates {
            if isStopped() { throw TrainingError.judgingStopped }
            let regressions = parts.map { fitted($0.learned, strength) }
            let sum = zip(regressions, parts).reduce(0) { $0 + loss($1.0, on: $1.1.judged) }
            if sum < best.loss { best = (strength, sum, regressions) }
        }
        var told = head
        told.strength = best.strength
        let said = try zip(best.regressions, parts).map { try self.said(store($0), of: $1.judged) }
        return FittedHead(
            parameters: try store(fitted(present(split.training), best.strength)), configuration: told,
            crossValidated: joined(said))
    }

    private func store(_ regression: LogisticRegression) throws -> ParameterStore {
        let (weight, bias) = regression.dense
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        for specification in parameters.plan.parameters {
            try parameters.set(specification, to: specification.name.hasSuffix(".bias") ? bias : weight)
        }
        return parameters
    }

    /// The mean over each training track's segments; nil of the others.
    private func trackMeans() throws -> [[Double]?] {
        let size = segments.valueCount
        var sums = [[Double]?](repeating: nil, count: segments.tracks.count)
        var counts = [Int](repeating: 0, count: segments.tracks.count)
        var values = [Float](repeating: 0, count: size)
        for index in split.segments(.training, of: segments) where !segments.isAugmented(index) {
            try values.withUnsafeMutableBufferPointer { try segments.read(index, into: $0.baseAddress!) }
            let track = segments.track(ofSegment: index)
            var sum = sums[track] ?? [Double](repeating: 0, count: size)
            for place in 0..<size { sum[place] += Double(values[place]) }
            sums[track] = sum
            counts[track] += 1
        }
        return zip(sums, counts).map { sum, count in sum.map { $0.map { $0 / Double(count) } } }
    }
}
