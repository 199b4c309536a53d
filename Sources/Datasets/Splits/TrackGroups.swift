/// Tracks that must stay together: copies of one recording, or all of one artist.
struct TrackGroups {
    /// Members by id, groups by their first member's id.
    let groups: [[Int]]
    /// The group of each track.
    let groupOfTrack: [Int]

    /// - Parameter keys: of each track; tracks that share a key are in one group.
    init(_ set: SegmentSet, keys: [[String]]) {
        var parent = Array(set.tracks.indices)
        func root(_ track: Int) -> Int {
            var track = track
            while parent[track] != track {
                parent[track] = parent[parent[track]]
                track = parent[track]
            }
            return track
        }
        var owner: [String: Int] = [:]
        for (track, own) in keys.enumerated() {
            for key in own {
                if let other = owner[key] { parent[root(track)] = root(other) } else { owner[key] = track }
            }
        }
        var place: [Int: Int] = [:]
        var groups: [[Int]] = []
        var groupOfTrack = [Int](repeating: 0, count: set.tracks.count)
        for track in set.tracks.indices.sorted(by: { set.tracks[$0].id < set.tracks[$1].id }) {
            let root = root(track)
            if place[root] == nil {
                place[root] = groups.count
                groups.append([])
            }
            groups[place[root]!].append(track)
            groupOfTrack[track] = place[root]!
        }
        self.groups = groups
        self.groupOfTrack = groupOfTrack
    }

    /// Copies of one recording: tracks whose sound has the same hash, and GTZAN's known ones.
    static func copies(_ set: SegmentSet) -> TrackGroups { TrackGroups(set, keys: copyKeys(set)) }

    static func copyKeys(_ set: SegmentSet) -> [[String]] {
        set.tracks.map { track in
            [track.soundHash.map { "sound \($0)" }, GTZAN.recording(of: track.id).map { "gtzan \($0)" }]
                .compactMap(\.self)
        }
    }

    /// Groups with members on two sides: of each, one member on either.
    func straddling(_ sides: [SegmentSet.Side?]) -> [(Int, Int)] {
        groups.compactMap { group in
            guard let first = group.first(where: { sides[$0] != nil }),
                let other = group.first(where: { sides[$0] != nil && sides[$0] != sides[first] })
            else { return nil }
            return (first, other)
        }
    }
}
