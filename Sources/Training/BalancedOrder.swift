import Datasets
import Randomness

/// Epochs that take every genre equally often. An epoch is as long as there are segments; where that is no multiple of
/// the genres, some genres, drawn anew each epoch, give one more. A genre's segments are taken in shuffled rounds, so
/// that none comes twice before all came once.
struct BalancedOrder {
    private let byGenre: [[Int]]
    private let count: Int
    private let seed: UInt64

    init(set: SegmentSet, segments: [Int], seed: UInt64) {
        var byGenre = [[Int]](repeating: [], count: set.genres.count)
        for index in segments { byGenre[set.label(ofSegment: index)].append(index) }
        self.byGenre = byGenre.filter { !$0.isEmpty }
        count = segments.count
        self.seed = seed
    }

    /// The segments of an epoch, in their order: they hang on the seed and the epoch's number alone.
    func segments(ofEpoch epoch: Int) -> [Int] {
        var stream = RandomStream(seed: seed, purpose: "balanced order of epoch \(epoch)")
        let (quota, rest) = count.quotientAndRemainder(dividingBy: byGenre.count)
        let favoured = Set(stream.sample(rest, below: byGenre.count))
        var chosen: [Int] = []
        chosen.reserveCapacity(count)
        for (genre, own) in byGenre.enumerated() {
            var wanted = quota + (favoured.contains(genre) ? 1 : 0)
            while wanted > 0 {
                let round = stream.shuffled(own).prefix(wanted)
                chosen += round
                wanted -= round.count
            }
        }
        return stream.shuffled(chosen)
    }
}
