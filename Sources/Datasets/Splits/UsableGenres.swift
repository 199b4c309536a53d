extension SplitRequest {
    /// Tracks that each genre needs for this split, as far as their number alone tells. Data that name sides themselves
    /// need fewer.
    public var leastTracks: Int {
        switch rule {
        case .random, .artist, nil: 2
        case .folds(let count), .artistFolds(let count): count
        case .gtzan, .lists, .fixed: 1
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
        case .gtzan, .lists, .fixed, nil: return data
        }
        var members = [Set<Int>](repeating: [], count: set.genres.count)
        for (index, track) in set.tracks.enumerated() { members[track.label].insert(groups.groupOfTrack[index]) }
        let left = try genresLeftOut(
            set.genres, members.map(\.count), least: least, of: what, warning: warning)
        var data = data
        data.set = set.renamingGenres { left.contains($0) ? nil : $0 }
        return data
    }
}
