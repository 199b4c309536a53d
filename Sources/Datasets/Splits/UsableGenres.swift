extension SplitRequest {
    /// Tracks that each genre needs for this split, as far as their number alone tells. Data that name sides themselves
    /// need fewer.
    public var leastTracks: Int {
        switch rule {
        case .random, .artist, nil: 2
        case .folds(let count), .artistFolds(let count): count
        case .gtzan, .lists, .fixed, .all: 1
        }
    }

    /// The data without genres that have too few tracks for this split: of a random one a track to train and one to judge,
    /// of folds one each; copies of one recording count as one, and so do tracks of one artist where artists stay together.
    ///
    /// - Parameter warning: gets all genres that are left out, in one sentence.
    /// - Throws: `DatasetError.tooFewGenres` where fewer than two genres remain; `.badTable` and the like for artists.
    public func usable(_ data: LoadedDataset, warning: (String) -> Void) throws(DatasetError) -> LoadedDataset {
        let set = data.set
        let least: Int
        var what = "track"
        var groups = TrackGroups.copies(set)
        switch rule {
        case .random: least = 2
        case nil where set.tracks.allSatisfy({ $0.side == nil }): least = 2
        case .folds(let count): least = count
        case .artist, .artistFolds:
            if case .artistFolds(let count) = rule { least = count } else { least = 2 }
            what = "artist"
            let artists = try ArtistKeys(set, from: artists)
            let keys = zip(artists.keys, TrackGroups.copyKeys(set)).map { $0.map { "artist \($0)" } + $1 }
            groups = TrackGroups(set, keys: keys)
        case .gtzan, .lists, .fixed, .all, nil: return data
        }
        var members = [Set<Int>](repeating: [], count: set.genres.count)
        for (index, track) in set.tracks.enumerated() { members[track.label].insert(groups.groupOfTrack[index]) }
        let left = try genresLeftOut(
            set.genres, members.map(\.count), least: least, of: what, warning: warning)
        var data = data
        data.keep(set.renamingGenres { left.contains($0) ? nil : $0 })
        return data
    }
}

extension SplitRequest {
    /// Reads what the split needs beside the data: lists, and a table of artists.
    ///
    /// - Throws: `DatasetError`, before any data is opened.
    func checkLists() throws(DatasetError) {
        if case .lists(let path) = rule { _ = try SplitLists(path: path) }
        if case .table(let path) = artists { _ = try ArtistKeys.table(path) }
    }

    /// Holds lists and sides against the names of files, none of which has been decoded yet: what they lack now they
    /// will lack then.
    ///
    /// - Throws: `DatasetError.badSplit` where no list names a track, a track is on two sides or a side lacks a genre.
    func checkNames(_ listing: AudioListing) throws(DatasetError) {
        let lists: SplitLists
        switch rule {
        case .lists(let path): lists = try SplitLists(path: path)
        case .gtzan(let partition): lists = SplitLists(partition)
        case .fixed where listing.files.allSatisfy({ $0.side == nil }):
            throw .badSplit("the data name no sides; leave --split fixed out, or choose another rule")
        case .random, .folds, .artist, .artistFolds, .fixed, .all, nil: return
        }
        let files = listing.files.filter { $0.fault == nil }
        let set = SegmentSet(
            genres: listing.genres, recipe: .precomputed(mels: 1, frames: 1),
            tracks: files.map { .init(id: $0.id, label: $0.label, source: $0.url) }, values: files.map { _ in [] })
        var warnings: [String] = []
        let sides = SplitLists.judging(try lists.sides(of: set) { warnings.append($0) })
        do { try TrackSplit(sides: sides, rule: lists.source).checkGenres(set) } catch {
            throw .badSplit((["\(error)"] + warnings).joined(separator: "; "))
        }
    }
}
