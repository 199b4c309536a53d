/// The bounds on numbers in files: writers keep to them, and readers refuse what is beyond. They are here alone, so that
/// nothing is written that cannot be read.
package enum NumberBounds {
    /// Of segments, tracks, epochs, steps and seconds.
    package static let greatestCount = 1_000_000_000
    /// Of losses, penalties and learning rates.
    package static let greatestValue = 1e30

    /// - Throws: ``SenselessNumber`` for a count that is none.
    package static func check(count: Int?, from least: Int = 0, _ field: String) throws(SenselessNumber) {
        guard let count, !(least...greatestCount ~= count) else { return }
        throw SenselessNumber(field: field, problem: "is \(count), and must be \(least) to \(greatestCount)")
    }

    /// - Throws: ``SenselessNumber`` for a number that is no share of a whole.
    package static func check(share: Double, _ field: String) throws(SenselessNumber) {
        guard !(0...1 ~= share) else { return }
        throw SenselessNumber(field: field, problem: "is \(share), and must be 0 to 1")
    }

    /// - Throws: ``SenselessNumber`` for a number below 0, beyond all measure, or none.
    package static func check(
        amount: Double, atMost greatest: Double = greatestValue, _ field: String
    ) throws(SenselessNumber) {
        guard !(0...greatest ~= amount) else { return }
        throw SenselessNumber(field: field, problem: "is \(amount), and must be 0 to \(greatest)")
    }

    /// - Throws: ``SenselessNumber`` for a cross-entropy or a penalty that is none. Rounding may leave it a hair below 0.
    package static func check(loss: Double, _ field: String) throws(SenselessNumber) {
        guard !(-1e-3...greatestValue ~= loss) else { return }
        throw SenselessNumber(field: field, problem: "is \(loss), and must be 0 to \(greatestValue)")
    }

    /// - Throws: ``SenselessNumber`` for a duration that is none; at the greatest, sums over all epochs can be counted.
    package static func check(seconds: Double, _ field: String) throws(SenselessNumber) {
        try check(amount: seconds, atMost: Double(greatestCount), field)
    }
}

/// A number of a file that makes no sense: in which field, and why.
package struct SenselessNumber: Error, CustomStringConvertible {
    package let field: String
    package let problem: String

    package init(field: String, problem: String) {
        self.field = field
        self.problem = problem
    }

    package var description: String { "\(field) \(problem)" }
}

extension Scores {
    /// Checks all numbers of scores that were read.
    ///
    /// - Parameters:
    ///   - expected: the genres that they must be of.
    ///   - name: of the scores, the beginning of each field's name.
    package func check(genres expected: [String], _ name: String) throws(SenselessNumber) {
        func check(matrix: [[Int]], _ field: String) throws(SenselessNumber) {
            guard matrix.count == genres.count, matrix.allSatisfy({ $0.count == genres.count }) else {
                throw SenselessNumber(field: field, problem: "does not fit its \(genres.count) genres")
            }
            for count in matrix.joined() { try NumberBounds.check(count: count, field) }
        }
        guard genres == expected else {
            throw SenselessNumber(field: "\(name).genres", problem: "are not the model's")
        }
        try check(matrix: confusion, "\(name).confusion")
        try check(matrix: trackConfusion, "\(name).trackConfusion")
        try NumberBounds.check(count: segments, "\(name).segments")
        try NumberBounds.check(count: tracks, "\(name).tracks")
        try NumberBounds.check(share: raw, "\(name).raw")
        try NumberBounds.check(share: max, "\(name).max")
        try NumberBounds.check(share: maj, "\(name).maj")
        try NumberBounds.check(loss: loss, "\(name).loss")
    }
}
