import Foundation

/// The geometric mean of distributions over the same classes, divided by its sum.
public enum GeometricMean {
    /// - Parameters:
    ///   - distributions: of one track, each a probability for every class.
    ///   - weights: of their logarithms, above 0; only their ratios count.
    public static func of(_ distributions: [[Double]], weights: [Double]) -> [Double] {
        precondition(!distributions.isEmpty && distributions.count == weights.count, "a weight for each distribution")
        // Of one there is nothing to round.
        if distributions.count == 1 { return distributions[0] }
        let total = weights.reduce(0, +)
        var logarithms = [Double](repeating: 0, count: distributions[0].count)
        for (distribution, weight) in zip(distributions, weights) {
            for index in logarithms.indices {
                logarithms[index] += weight / total * log(max(distribution[index], 1e-300))
            }
        }
        let greatest = logarithms.max() ?? 0
        let powers = logarithms.map { exp($0 - greatest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
