import Randomness

/// Tracks to learn from and tracks to judge by. A track is never on both sides.
public struct TrackSplit: Sendable, Hashable, Codable {
    /// Indices into the set's tracks, in increasing order.
    public var training: [Int]
    public var validation: [Int]
    /// How the tracks were divided, in words, for the run's record.
    public var rule: String

    public init(training: [Int], validation: [Int], rule: String) {
        self.training = training
        self.validation = validation
        self.rule = rule
    }

    /// The given part of each genre's tracks at random, rounded, but at least one track of each genre on each side.
    ///
    /// It hangs on the seed and the tracks' names, not on their order.
    /// - Throws: `DatasetError.tooFewTracks`, `.badFraction`.
    public static func random(
        _ set: SegmentSet, fraction: Double = 0.75, seed: UInt64
    ) throws(DatasetError) -> TrackSplit {
        guard fraction > 0, fraction < 1 else { throw .badFraction(fraction) }
        var split = TrackSplit(
            training: [], validation: [],
            rule: "random: \(fraction) of each genre's tracks train (seed \(seed))")
        for (label, genre) in set.genres.enumerated() {
            let own = set.tracks.indices.filter { set.tracks[$0].label == label }
                .sorted { set.tracks[$0].id < set.tracks[$1].id }
            guard own.count >= 2 else { throw .tooFewTracks(genre: genre, count: own.count) }
            var stream = RandomStream(seed: seed, purpose: "split of \(genre)")
            let order = stream.shuffled(own)
            let count = min(max(Int((Double(own.count) * fraction).rounded()), 1), own.count - 1)
            split.training += order.prefix(count)
            split.validation += order.dropFirst(count)
        }
        split.training.sort()
        split.validation.sort()
        return split
    }

    /// The split that came with the data; nil where some track has no side.
    /// - Throws: `DatasetError.tooFewTracks` where a side lacks a genre that the other has.
    public static func fixed(_ set: SegmentSet) throws(DatasetError) -> TrackSplit? {
        guard set.tracks.allSatisfy({ $0.side != nil }) else { return nil }
        let split = TrackSplit(
            training: set.tracks.indices.filter { set.tracks[$0].side == .training },
            validation: set.tracks.indices.filter { set.tracks[$0].side == .validation },
            rule: "fixed: as train.pkl and val.pkl divide the tracks")
        let learnt = Set(split.training.map { set.tracks[$0].label })
        let judged = Set(split.validation.map { set.tracks[$0].label })
        if let lacking = learnt.symmetricDifference(judged).min() {
            let count = set.tracks.count { $0.label == lacking }
            throw .oneSideOnly(
                genre: set.genres[lacking], count: count, side: learnt.contains(lacking) ? .training : .validation)
        }
        return split
    }

    /// The side's segments, in the set's order; augmented ones on the training side only.
    public func segments(_ side: SegmentSet.Side, of set: SegmentSet) -> [Int] {
        let members = Set(side == .training ? training : validation)
        return (0..<set.count).filter {
            members.contains(set.track(ofSegment: $0)) && (side == .training || !set.isAugmented($0))
        }
    }
}
