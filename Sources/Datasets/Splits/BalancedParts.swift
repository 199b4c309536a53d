import Randomness

/// Divides groups of tracks into parts so that each part has its share of every genre, as nearly as whole groups allow.
///
/// Large groups are placed first, each where the sum over genres and parts of (tracks - wanted)² / wanted grows least;
/// then single groups move while that lowers the sum. Groups of one size come in an order drawn from the seed.
struct BalancedParts {
    /// Tracks of each genre, then of all, in each group.
    private let weights: [[Int]]
    private let wanted: [[Double]]
    private var counts: [[Int]]
    private(set) var partOfGroup: [Int]

    /// - Parameters:
    ///   - weights: the tracks of each genre in each group, [groups][genres].
    ///   - shares: of each part, 1 in all.
    init(weights: [[Int]], shares: [Double], stream: inout RandomStream) {
        // The number of all tracks counts like a genre: else the first group of every genre would go to the first part.
        let weights = weights.map { $0 + [$0.reduce(0, +)] }
        let genres = weights.first?.count ?? 0
        self.weights = weights
        let totals = (0..<genres).map { genre in Double(weights.reduce(0) { $0 + $1[genre] }) }
        wanted = shares.map { share in totals.map { $0 * share } }
        counts = Array(repeating: Array(repeating: 0, count: genres), count: shares.count)
        partOfGroup = Array(repeating: -1, count: weights.count)
        let sizes = weights.map { $0.last ?? 0 }
        let order = stream.shuffled(Array(weights.indices)).enumerated()
            .sorted { (sizes[$1.element], $0.offset) < (sizes[$0.element], $1.offset) }.map(\.element)
        for group in order { place(group, in: best(group, leaving: nil)) }
        for _ in 0..<20 {
            var changed = false
            for group in order {
                let old = partOfGroup[group]
                let new = best(group, leaving: old)
                guard new != old else { continue }
                remove(group)
                place(group, in: new)
                changed = true
            }
            if !changed { break }
        }
        coverEveryGenre()
    }

    private mutating func place(_ group: Int, in part: Int) {
        partOfGroup[group] = part
        for (genre, count) in weights[group].enumerated() { counts[part][genre] += count }
    }

    private mutating func remove(_ group: Int) {
        for (genre, count) in weights[group].enumerated() { counts[partOfGroup[group]][genre] -= count }
    }

    /// The part where the group costs least; the one where it is wins a tie, then the first.
    private func best(_ group: Int, leaving current: Int?) -> Int {
        func cost(_ part: Int) -> Double {
            var sum = 0.0
            for (genre, weight) in weights[group].enumerated() where weight > 0 {
                let there = Double(counts[part][genre] - (part == current ? weight : 0)) - wanted[part][genre]
                let added = Double(weight)
                sum += added * (2 * there + added) / wanted[part][genre]
            }
            return sum
        }
        var best = current ?? 0
        var least = cost(best)
        for part in counts.indices where part != best {
            let own = cost(part)
            if own < least - 1e-9 { (best, least) = (part, own) }
        }
        return best
    }

    /// Moves the smallest group that will do into a part that lacks a genre.
    private mutating func coverEveryGenre() {
        for part in counts.indices {
            for genre in counts[part].indices where counts[part][genre] == 0 {
                let movable = weights.indices.filter { group in
                    weights[group][genre] > 0
                        && weights[group].indices.allSatisfy {
                            weights[group][$0] == 0 || counts[partOfGroup[group]][$0] > weights[group][$0]
                        }
                }
                guard let smallest = movable.min(by: { (weights[$0].last ?? 0, $0) < (weights[$1].last ?? 0, $1) })
                else {
                    continue
                }
                remove(smallest)
                place(smallest, in: part)
            }
        }
    }
}
