import Randomness

/// What a person asks of a split.
public struct SplitRequest: Sendable {
    /// Nil for the data's own where they have one, else random.
    public var rule: SplitRule?
    public var artists: ArtistSource
    /// Whether lists and fixed sides may put copies of one recording on two sides.
    public var allowsCopies: Bool
    public var seed: UInt64

    public init(rule: SplitRule? = nil, artists: ArtistSource = .known, allowsCopies: Bool = false, seed: UInt64 = 0) {
        self.rule = rule
        self.artists = artists
        self.allowsCopies = allowsCopies
        self.seed = seed
    }
}

/// One split, or the folds of a cross-validation.
public struct DrawnSplits: Sendable {
    /// At least one.
    public var splits: [TrackSplit]
    /// The rule for all of them, in words.
    public var rule: String
    /// What a person must know: absent tracks, tracks left out, unknown artists, copies.
    public var warnings: [String]

    public var areFolds: Bool { splits.count > 1 }
}

extension SplitRequest {
    /// Divides a dataset's tracks.
    ///
    /// Splits that are drawn keep copies of one recording on one side: tracks whose sound has the same hash, and GTZAN's
    /// known copies. Lists and fixed sides that do not are refused unless `allowsCopies`; those of coursework pickles pass
    /// with a warning, since their split is what is reproduced.
    ///
    /// - Throws: `DatasetError`.
    public func draw(_ data: LoadedDataset) throws(DatasetError) -> DrawnSplits {
        let set = data.set
        var warnings: [String] = []
        switch rule {
        case .all:
            let inside = foldsInside(set, count: 2).genresOfOneArtist
            let split = TrackSplit(
                training: Array(set.tracks.indices), validation: [],
                rule: "all: every track trains; judged by folds inside (seed \(seed))")
            return DrawnSplits(
                one: split,
                warnings: inside.isEmpty
                    ? []
                    : [
                        "warning: of \(inside.map { "'\($0)'" }.joined(separator: ", ")) all tracks are of one artist, who "
                            + "trains and is judged, which flatters the scores there"
                    ])
        case .random: return warned(DrawnSplits(one: try .random(set, seed: seed)), set)
        case nil where set.tracks.allSatisfy({ $0.side == nil }):
            return warned(DrawnSplits(one: try .random(set, seed: seed)), set)
        case .fixed, nil:
            guard var split = try TrackSplit.fixed(set) else {
                throw .badSplit("the data name no sides; leave --split fixed out, or choose another rule")
            }
            let left = set.tracks.indices.filter { set.tracks[$0].side == nil }.map { set.tracks[$0].id }
            if !left.isEmpty {
                warnings.append("\(left.count) of the data's tracks are on no side and left out (\(firstFew(left)))")
            }
            try checkCopies(&split, set, sides: set.tracks.map(\.side), onlyWarn: data.kind == .pickles, &warnings)
            return warned(DrawnSplits(one: split, warnings: warnings), set)
        case .gtzan(let partition):
            let name = partition == .filtered ? "filtered: GTZAN's fault-filtered partition" : "stratified: of GTZAN"
            return try draw(SplitLists(partition), named: name, set)
        case .lists(let path):
            return try draw(SplitLists(path: path), named: "file: lists in \(path)", set)
        case .folds(let count):
            return warned(try folds(count, set), set)
        case .artist, .artistFolds:
            return try byArtist(set)
        }
    }

    private func draw(
        _ lists: SplitLists, named name: String, _ set: SegmentSet
    ) throws(DatasetError) -> DrawnSplits {
        var warnings: [String] = []
        let listed = try lists.sides(of: set) { warnings.append($0) }
        let sides = SplitLists.judging(listed)
        var name = name
        if sides != listed {
            name += "; the test side in place of the validation side, which is not in the data"
            warnings.append(
                "warning: the data hold no track of the validation side, and the test side takes its place: the best "
                    + "epoch and the calibration are chosen on it, the model after the last epoch is not")
        }
        var split = TrackSplit(sides: sides, rule: name)
        do { try split.checkGenres(set) } catch {
            throw .badSplit((["\(error)"] + warnings).joined(separator: "; "))
        }
        try checkCopies(&split, set, sides: sides, onlyWarn: false, &warnings)
        return warned(DrawnSplits(one: split, warnings: warnings), set)
    }

    /// The splits with a warning where known artists train and judge.
    private func warned(_ drawn: DrawnSplits, _ set: SegmentSet) -> DrawnSplits {
        guard let keys = try? ArtistKeys(set, from: artists).keys else { return drawn }
        var straddling: Set<String> = []
        for split in drawn.splits {
            let learned = Set(split.training.flatMap { keys[$0] })
            straddling.formUnion((split.validation + split.test).flatMap { keys[$0] }.filter(learned.contains))
        }
        guard !straddling.isEmpty else { return drawn }
        let tracks = keys.count { !straddling.isDisjoint(with: $0) }
        let advice = if case .folds(let count) = rule { "artist-kfold:\(count)" } else { "artist" }
        var drawn = drawn
        drawn.warnings.append(
            "warning: \(straddling.count) known artist\(straddling.count == 1 ? " has" : "s have") tracks on both sides "
                + "of the split (\(tracks) tracks), which flatters the scores; --split \(advice) keeps each artist on one "
                + "side")
        return drawn
    }

    private func checkCopies(
        _ split: inout TrackSplit, _ set: SegmentSet, sides: [SegmentSet.Side?], onlyWarn: Bool,
        _ warnings: inout [String]
    ) throws(DatasetError) {
        let pairs = TrackGroups.copies(set).straddling(sides)
        guard let (first, second) = pairs.first, let side = sides[first], let otherSide = sides[second] else { return }
        guard onlyWarn || allowsCopies else {
            throw .copiesOnTwoSides(
                first: set.tracks[first].id, side: side, second: set.tracks[second].id, otherSide: otherSide,
                more: pairs.count - 1)
        }
        let names = pairs.map { "\(set.tracks[$0].id) = \(set.tracks[$1].id)" }
        warnings.append(
            "\(pairs.count) recording\(pairs.count == 1 ? " is" : "s are") on two sides, which flatters the scores: "
                + names.joined(separator: ", "))
        split.rule += "; \(pairs.count) recordings on two sides"
    }

    // MARK: drawn splits

    /// Tracks of each genre dealt to K folds at random; copies stay together.
    private func folds(_ count: Int, _ set: SegmentSet) throws(DatasetError) -> DrawnSplits {
        let copies = TrackGroups.copies(set)
        var fold = [Int?](repeating: nil, count: set.tracks.count)
        var totals = [Int](repeating: 0, count: count)
        for (label, genre) in set.genres.enumerated() {
            let own = set.tracks.indices.filter { set.tracks[$0].label == label }
                .sorted { set.tracks[$0].id < set.tracks[$1].id }
            guard own.count >= count else {
                throw .badSplit(
                    "the genre '\(genre)' has \(own.count) usable track\(own.count == 1 ? "" : "s"), too few for \(count) folds"
                )
            }
            var stream = RandomStream(seed: seed, purpose: "folds of \(genre)")
            var counts = (0..<count).map { number in own.count { fold[$0] == number } }
            for track in stream.shuffled(own) where fold[track] == nil {
                // The fold with the fewest of the genre; among equals with the fewest of all.
                let chosen = (0..<count).min { (counts[$0], totals[$0], $0) < (counts[$1], totals[$1], $1) } ?? 0
                for member in copies.groups[copies.groupOfTrack[track]] {
                    fold[member] = chosen
                    totals[chosen] += 1
                    counts[chosen] += set.tracks[member].label == label ? 1 : 0
                }
            }
        }
        return try DrawnSplits(folds: fold, count: count, set, rule: "kfold: \(count) folds by genre (seed \(seed))")
    }

    /// Whole artists, copies of their tracks with them.
    private func byArtist(_ set: SegmentSet) throws(DatasetError) -> DrawnSplits {
        let artists = try ArtistKeys(set, from: artists)
        let unknown = artists.keys.count(where: \.isEmpty)
        guard unknown < set.tracks.count else {
            throw .badSplit(
                "no track's artist is known; name a source with --artists (folder, or a table of track,artist)")
        }
        var warnings: [String] = []
        if unknown > 0 {
            warnings.append(
                "\(unknown) of \(set.tracks.count) tracks are of unknown artists; each is taken for an artist of its own"
            )
        }
        let keys = zip(artists.keys, TrackGroups.copyKeys(set)).map { $0.map { "artist \($0)" } + $1 }
        let groups = TrackGroups(set, keys: keys)
        let weights = groups.groups.map { group in
            set.genres.indices.map { label in group.count { set.tracks[$0].label == label } }
        }
        let count = if case .artistFolds(let count) = rule { count } else { 2 }
        let few = set.genres.indices.filter { label in weights.count { $0[label] > 0 } < count }
        guard few.isEmpty else {
            let words = few.map { label in
                let own = weights.count { $0[label] > 0 }
                return "the genre '\(set.genres[label])' has tracks of \(own) artist\(own == 1 ? "" : "s") only"
            }
            throw .badSplit(words.joined(separator: ", ") + "; \(count) are needed to keep artists on one side")
        }
        var stream = RandomStream(seed: seed, purpose: "split by artist")
        let known = "\(Set(artists.keys.joined()).count) artists, \(unknown) tracks of unknown ones (seed \(seed))"
        guard case .artistFolds = rule else {
            let parts = BalancedParts(
                weights: weights, shares: [0.75, 0.25], stream: &stream)
            let sides = groups.groupOfTrack.map {
                parts.partOfGroup[$0] == 0 ? SegmentSet.Side.training : .validation
            }
            let split = TrackSplit(
                sides: sides, rule: "artist: about 0.75 of each genre's tracks train, no artist on both sides; \(known)"
            )
            try split.checkGenres(set)
            return DrawnSplits(one: split, warnings: warnings)
        }
        let parts = BalancedParts(
            weights: weights, shares: Array(repeating: 1 / Double(count), count: count),
            stream: &stream)
        return try DrawnSplits(
            folds: groups.groupOfTrack.map { parts.partOfGroup[$0] }, count: count, set,
            rule: "artist-kfold: \(count) folds of whole artists; \(known)", warnings: warnings)
    }
}

extension DrawnSplits {
    fileprivate init(one split: TrackSplit, warnings: [String] = []) {
        self.init(splits: [split], rule: split.rule, warnings: warnings)
    }

    /// - Parameter folds: of each track.
    fileprivate init(
        folds: [Int?], count: Int, _ set: SegmentSet, rule: String, warnings: [String] = []
    ) throws(DatasetError) {
        self.init(splits: [], rule: rule, warnings: warnings)
        for held in 0..<count {
            let split = TrackSplit(
                sides: folds.map { $0 == held ? .validation : .training },
                rule: "\(rule), fold \(held + 1) held out")
            try split.checkGenres(set)
            splits.append(split)
        }
    }
}
