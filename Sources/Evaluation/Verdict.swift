/// What the segments of one track say together.
public struct Verdict: Sendable, Hashable {
    /// Mean of the segments' class probabilities.
    public let probabilities: [Double]
    /// Segments whose most probable class it is, for each class.
    public let votes: [Int]

    /// - Parameters:
    ///   - segments: class probabilities of the track's segments, [segments][classes]; at least one segment.
    ///   - classes: number of classes.
    public init(segments: some RandomAccessCollection<Float>, classes: Int) {
        precondition(classes > 0 && segments.count % classes == 0 && !segments.isEmpty, "[segments][classes]")
        var sums = [Double](repeating: 0, count: classes)
        var votes = [Int](repeating: 0, count: classes)
        var row: [Float] = []
        row.reserveCapacity(classes)
        for value in segments {
            sums[row.count] += Double(value)
            row.append(value)
            if row.count == classes {
                votes[mostProbable(row)] += 1
                row.removeAll(keepingCapacity: true)
            }
        }
        let count = Double(segments.count / classes)
        probabilities = sums.map { $0 / count }
        self.votes = votes
    }

    /// A verdict that was put together otherwise: of a fusion, say.
    package init(probabilities: [Double], votes: [Int]) {
        self.probabilities = probabilities
        self.votes = votes
    }

    /// "max" in the papers: the class with the largest summed (equally: mean) probability; the lower index on a tie.
    public var bySum: Int { mostProbable(probabilities) }

    /// "maj" in the papers: the class with the most votes; on a tie the one with the larger summed probability, then the
    /// lower index.
    public var byVote: Int {
        votes.indices.reduce(0) { best, index in
            (votes[index], probabilities[index]) > (votes[best], probabilities[best]) ? index : best
        }
    }

    /// Class indices from the most to the least probable; the lower index first on a tie.
    public var ranking: [Int] {
        probabilities.indices.sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
    }
}

/// The index of the largest value; the first one on a tie.
public func mostProbable<Value: Comparable>(_ values: [Value]) -> Int {
    values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
}
