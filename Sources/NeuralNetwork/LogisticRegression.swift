import CKernels

/// Multinomial logistic regression on standardised features, with an L2 penalty: scikit-learn's `LogisticRegression` after
/// its `StandardScaler`, in double precision.
package struct LogisticRegression: Sendable {
    package let inputs: Int
    package let classes: Int
    /// [classes][inputs + 1] on standardised features, the bias last.
    private let weights: [Double]
    private let means: [Double]
    private let deviations: [Double]

    /// - Parameters:
    ///   - features: [rows][inputs]; a feature that never changes counts nothing.
    ///   - strength: scikit-learn's C; the penalty of the mean loss is 1 / (C rows).
    package init(features: [Double], labels: [Int32], classes: Int, strength: Double) {
        precondition(!labels.isEmpty && features.count % labels.count == 0 && strength > 0, "[rows][inputs]")
        precondition(labels.allSatisfy { 0..<Int32(classes) ~= $0 }, "a label is out of range")
        let rows = labels.count
        let inputs = features.count / rows
        var (means, deviations) = ([Double](repeating: 0, count: inputs), [Double](repeating: 0, count: inputs))
        for (place, value) in features.enumerated() { means[place % inputs] += value / Double(rows) }
        for (place, value) in features.enumerated() {
            let distance = value - means[place % inputs]
            deviations[place % inputs] += distance * distance / Double(rows)
        }
        deviations = deviations.map { $0 > 1e-20 ? $0.squareRoot() : 1 }
        var weights = [Double](repeating: 0, count: classes * (inputs + 1))
        let scaled = Self.standardised(features, means, deviations)
        let loss = gk_logistic_fit(
            Int32(rows), Int32(inputs), Int32(classes), scaled, labels, 1 / (strength * Double(rows)), 500, &weights)
        precondition(loss >= 0, "no memory for some thousand numbers")
        (self.inputs, self.classes, self.weights) = (inputs, classes, weights)
        (self.means, self.deviations) = (means, deviations)
    }

    /// Log probabilities, [rows][classes].
    package func logProbabilities(_ features: [Double]) -> [Double] {
        let rows = features.count / inputs
        var result = [Double](repeating: 0, count: rows * classes)
        gk_logistic_predict(
            Int32(rows), Int32(inputs), Int32(classes), Self.standardised(features, means, deviations), weights,
            &result)
        return result
    }

    /// The same as a dense layer on the features as they are: weight [classes][inputs], bias [classes].
    package var dense: (weight: [Float], bias: [Float]) {
        var (weight, bias): ([Float], [Float]) = ([], [])
        for row in 0..<classes {
            let own = weights[row * (inputs + 1)..<(row + 1) * (inputs + 1)].map { $0 }
            let raw = (0..<inputs).map { own[$0] / deviations[$0] }
            weight += raw.map(Float.init)
            bias.append(Float(own[inputs] - zip(raw, means).reduce(0) { $0 + $1.0 * $1.1 }))
        }
        return (weight, bias)
    }

    private static func standardised(_ features: [Double], _ means: [Double], _ deviations: [Double]) -> [Double] {
        features.enumerated().map { ($1 - means[$0 % means.count]) / deviations[$0 % means.count] }
    }
}
