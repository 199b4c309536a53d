/// Whose the tracks are, and how they spread over genres.
struct ArtistTally {
    struct Track {
        var id: String
        var genre: String
        /// From tags or a table.
        var tag: String?
        var folder: String?
    }

    /// Artists listed at most.
    private static let mostListed = 20

    let tracks: [Track]
    /// Of each track.
    private let artists: [String?]
    private(set) var summary: DatasetAudit.Artists

    init(_ tracks: [Track]) {
        self.tracks = tracks
        var summary = DatasetAudit.Artists(
            fromTags: 0, fromIndex: 0, fromFolders: 0, unknown: 0, different: 0, main: [])
        var artists: [String?] = []
        var byArtist: [String: (tracks: Int, genres: Set<String>)] = [:]
        // The first spelling stands for all that differ in case, marks, width or space only.
        var spelling: [[String]: String] = [:]
        for track in tracks {
            var artist: String?
            if let tag = ArtistNames.somebody(track.tag) {
                summary.fromTags += 1
                artist = tag
            } else if let known = GTZAN.artist(of: track.id) {
                summary.fromIndex += 1
                artist = known
            } else if let folder = ArtistNames.somebody(track.folder) {
                summary.fromFolders += 1
                artist = folder
            } else {
                summary.unknown += 1
                artist = nil
            }
            if let own = artist {
                let key = ArtistNames.keys(own)
                artist = spelling[key] ?? own
                spelling[key] = artist
            }
            artists.append(artist)
            if let artist {
                byArtist[artist, default: (0, [])].tracks += 1
                // Files beside the genre folders are of no genre.
                if !track.genre.isEmpty { byArtist[artist]?.genres.insert(track.genre) }
            }
        }
        summary.different = byArtist.count
        summary.main = byArtist.filter { $0.value.tracks > 1 }
            .sorted { ($1.value.tracks, $0.key) < ($0.value.tracks, $1.key) }.prefix(Self.mostListed)
            .map { .init(name: $0.key, tracks: $0.value.tracks, genres: $0.value.genres.sorted()) }
        self.artists = artists
        self.summary = summary
    }

    /// - Parameter seconds: of each track; nil where they are not known.
    func genres(seconds: [Double]?) -> [DatasetAudit.Genre] {
        let byGenre = Dictionary(grouping: tracks.indices) { tracks[$0].genre }
        return byGenre.sorted { $0.key < $1.key }.map { genre, members in
            let counts = Dictionary(members.compactMap { artists[$0] }.map { ($0, 1) }, uniquingKeysWith: +)
            let main = counts.min { ($1.value, $0.key) < ($0.value, $1.key) }
            return DatasetAudit.Genre(
                name: genre, tracks: members.count, seconds: seconds.map { all in members.reduce(0) { $0 + all[$1] } },
                artists: counts.count, mainArtist: main?.key, mainArtistTracks: main?.value ?? 0)
        }
    }

    var balance: DatasetAudit.Balance {
        let counts = Dictionary(tracks.map { ($0.genre, 1) }, uniquingKeysWith: +).values
        return .init(least: counts.min() ?? 0, greatest: counts.max() ?? 0)
    }
}
