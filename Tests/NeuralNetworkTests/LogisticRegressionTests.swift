import Foundation
import Testing

@testable import NeuralNetwork

/// Against scikit-learn 1.9: StandardScaler, then LogisticRegression(tol=1e-10); log probabilities of the first two rows.
@Suite struct LogisticRegressionTests {
    private let labels = (0..<30).map { Int32($0 % 3) }
    private let features: [Double] = (0..<30).flatMap { (row: Int) -> [Double] in
        (0..<3).map { (column: Int) -> Double in
            let (i, j) = (Double(row), Double(column))
            let wave: Double = sin(1.7 * i + 0.9 * j) + 0.3 * cos(5.1 * i * (j + 1))
            return wave + Double(row % 3) * 0.4 * (j - 1)
        }
    }

    @Test(arguments: [
        (0.1 as Double, [-1.208517, -1.081126, -1.015705, -0.722335, -1.16751, -1.593358]),
        (10.0, [-1.399865, -0.909997, -1.047413, -0.474546, -1.283111, -2.296018]),
    ])
    func itIsScikitLearns(strength: Double, wanted: [Double]) {
        let fitted = LogisticRegression(features: features, labels: labels, classes: 3, strength: strength)
        let found = fitted.logProbabilities(Array(features[..<6]))
        for (found, wanted) in zip(found, wanted) { #expect(abs(found - wanted) < 1e-5) }
    }

    @Test func theDenseLayerSaysTheSame() {
        let fitted = LogisticRegression(features: features, labels: labels, classes: 3, strength: 1)
        let (weight, bias) = fitted.dense
        var logits: [Double] = []
        for row in 0..<3 {
            var logit = Double(bias[row])
            for column in 0..<3 { logit += Double(weight[row * 3 + column]) * features[column] }
            logits.append(logit)
        }
        let sum: Double = log(logits.reduce(0.0) { $0 + exp($1) })
        for (logit, wanted) in zip(logits, fitted.logProbabilities(Array(features[..<3]))) {
            #expect(abs(logit - sum - wanted) < 1e-5)
        }
    }

    /// A constant feature, and as many features as rows: nothing overflows.
    @Test func featuresThatSayNothingDoNoHarm() {
        var rows: [Double] = []
        for row in 0..<8 { rows += [3, row % 2 == 0 ? 1e9 : -1e9, 0, 1e-30] }
        let fitted = LogisticRegression(
            features: rows, labels: (0..<8).map { Int32($0 % 2) }, classes: 2, strength: 1e6)
        let said = fitted.logProbabilities(rows)
        let areNumbers = said.allSatisfy { $0.isFinite }
        #expect(areNumbers && said[0] > -0.01 && said[3] > -0.01)
        let isFinite = fitted.dense.weight.allSatisfy { $0.isFinite }
        #expect(isFinite)
    }
}
