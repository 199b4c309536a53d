import Foundation

/// Where the artists of tracks are told.
public enum ArtistSource: Sendable, Hashable {
    /// What came with the data (tags, a table); else, for GTZAN's tracks, Sturm's index.
    case known
    /// The folder in the genre's folder: genre/artist/…/file.
    case folder
    /// A table of track,artist.
    case table(path: String)
}

/// The artists of a set's tracks, as keys that are equal where artists are.
struct ArtistKeys {
    /// Of each track; empty where no artist is known. A track may have several.
    var keys: [[String]]

    /// - Throws: `DatasetError.badTable` and the like.
    init(_ set: SegmentSet, from source: ArtistSource) throws(DatasetError) {
        switch source {
        case .known:
            keys = set.tracks.map { ArtistNames.keys(ArtistNames.somebody($0.artist) ?? GTZAN.artist(of: $0.id)) }
        case .folder:
            keys = set.tracks.map { ArtistNames.keys(Self.folder(of: $0.id, genre: set.genres[$0.label])) }
        case .table(let path):
            let (table, track, artist) = try Self.table(path)
            let index = TrackNames(set)
            keys = Array(repeating: [], count: set.tracks.count)
            for row in table.rows {
                for found in index.tracks(named: row.fields[track]) {
                    keys[found] += ArtistNames.keys(row.fields[artist])
                }
            }
        }
    }

    /// A table of track,artist, and the places of these columns.
    /// - Throws: `DatasetError.badTable` and the like.
    static func table(_ path: String) throws(DatasetError) -> (table: TextTable, track: Int, artist: Int) {
        let table = try TextTable(URL(fileURLWithPath: path))
        let track = try table.column("track", "path", "file")
        let artist = try table.column("artist")
        if let odd = table.oddRows.first {
            throw .badTable(
                path: path, line: odd.line, problem: "\(odd.fields) fields, and the header has \(table.header.count)")
        }
        return (table, track, artist)
    }

    /// "artist" of "genre/artist/album/file" or "root/genre/artist/file"; nil for "genre/file".
    private static func folder(of id: String, genre: String) -> String? {
        let parts = id.split(separator: "/").map(String.init)
        guard let place = parts.firstIndex(of: genre), place + 2 < parts.count else { return nil }
        return "\(genre)/\(parts[place + 1])"
    }
}
