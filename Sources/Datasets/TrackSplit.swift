import Randomness

/// Tracks to learn from and tracks to judge by. A track is never on two sides.
public struct TrackSplit: Sendable, Hashable, Codable {
    /// Indices into the set's tracks, in increasing order.
    public var training: [Int]
    /// Watched from epoch to epoch.
    public var validation: [Int]
    /// Judged once, at the end; empty where there is no such side.
    public var test: [Int]
    /// How the tracks were divided, in words, for the run's record.
    public var rule: String

    public init(training: [Int], validation: [Int], test: [Int] = [], rule: String) {
        self.training = training
        self.validation = validation
        self.test = test
        self.rule = rule
    }

    /// - Parameter sides: of each track; nil for those left out.
    init(sides: [SegmentSet.Side?], rule: String) {
        func tracks(_ side: SegmentSet.Side) -> [Int] { sides.indices.filter { sides[$0] == side } }
        self.init(
            training: tracks(.training), validation: tracks(.validation), test: tracks(.test), rule: rule)
    }

    /// The given part of each genre's tracks at random, rounded, but at least one track of each genre on each side.
    /// Copies of one recording stay together.
    ///
    /// It hangs on the seed and the tracks' names, not on their order.
    /// - Throws: `DatasetError.tooFewTracks`, `.badFraction`, `.badSplit` where copies leave a side without a genre.
    public static func random(
        _ set: SegmentSet, fraction: Double = 0.75, seed: UInt64
    ) throws(DatasetError) -> TrackSplit {
        guard fraction > 0, fraction < 1 else { throw .badFraction(fraction) }
        let copies = TrackGroups.copies(set)
        var sides = [SegmentSet.Side?](repeating: nil, count: set.tracks.count)
        for (label, genre) in set.genres.enumerated() {
            let own = set.tracks.indices.filter { set.tracks[$0].label == label }
                .sorted { set.tracks[$0].id < set.tracks[$1].id }
            guard own.count >= 2 else { throw .tooFewTracks(genre: genre, count: own.count) }
            var stream = RandomStream(seed: seed, purpose: "split of \(genre)")
            let order = stream.shuffled(own)
            let count = min(max(Int((Double(own.count) * fraction).rounded()), 1), own.count - 1)
            var training = own.count { sides[$0] == .training }
            for track in order where sides[track] == nil {
                let group = copies.groups[copies.groupOfTrack[track]]
                let size = group.count { set.tracks[$0].label == label }
                let trains = training + size / 2 < count
                for member in group { sides[member] = trains ? .training : .validation }
                training += trains ? size : 0
            }
        }
        let split = TrackSplit(sides: sides, rule: "random: \(fraction) of each genre's tracks train (seed \(seed))")
        try split.checkGenres(set)
        return split
    }

    /// The split that came with the data; nil where no track has a side.
    /// - Throws: `DatasetError.oneSideOnly` where a side lacks a genre that another has.
    public static func fixed(_ set: SegmentSet) throws(DatasetError) -> TrackSplit? {
        let sides = set.tracks.map(\.side)
        guard sides.contains(where: { $0 != nil }) else { return nil }
        let split = TrackSplit(sides: sides, rule: "fixed: as the data divide the tracks")
        let learnt = Set(split.training.map { set.tracks[$0].label })
        for judged in [split.validation, split.test] where judged != split.test || !judged.isEmpty {
            let labels = Set(judged.map { set.tracks[$0].label })
            let lacking = learnt.symmetricDifference(labels).sorted()
            guard let first = lacking.first else { continue }
            guard lacking.count > 1 else {
                let count = set.tracks.count { $0.label == first }
                throw .oneSideOnly(
                    genre: set.genres[first], count: count, side: learnt.contains(first) ? .training : .validation)
            }
            throw .badSplit(
                "these genres are on one side of the data's split only, and each side needs a track of them at least: "
                    + lacking.map { "'\(set.genres[$0])'" }.joined(separator: ", "))
        }
        return split
    }

    /// - Throws: `DatasetError.badSplit` where a side that there is lacks a genre of the set.
    func checkGenres(_ set: SegmentSet) throws(DatasetError) {
        for (side, tracks) in [(SegmentSet.Side.training, training), (.validation, validation), (.test, test)]
        where side != .test || !tracks.isEmpty {
            let present = Set(tracks.map { set.tracks[$0].label })
            let lacking = set.genres.indices.filter { !present.contains($0) }
            if !lacking.isEmpty {
                throw .badSplit(
                    "the split '\(rule)' leaves the \(side.rawValue) side without a track of the genre"
                        + "\(lacking.count == 1 ? "" : "s") "
                        + lacking.map { "'\(set.genres[$0])'" }.joined(separator: ", "))
            }
        }
    }

    /// Indices of a side's tracks.
    public func tracks(_ side: SegmentSet.Side) -> [Int] {
        switch side {
        case .training: training
        case .validation: validation
        case .test: test
        }
    }

    /// The side's segments, in the set's order; augmented ones on the training side only.
    public func segments(_ side: SegmentSet.Side, of set: SegmentSet) -> [Int] {
        let members = Set(tracks(side))
        return (0..<set.count).filter {
            members.contains(set.track(ofSegment: $0)) && (side == .training || !set.isAugmented($0))
        }
    }
}
