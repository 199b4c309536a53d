import Datasets
import Evaluation
import Foundation

extension DatasetAudit {
    /// Checks the numbers of an audit that was read: a page counts and measures by them.
    ///
    /// - Throws: `SenselessNumber` naming the first field that makes no sense.
    func check() throws(SenselessNumber) {
        func count(_ value: Int, _ field: String) throws(SenselessNumber) {
            try NumberBounds.check(count: value, field)
        }
        func seconds(_ value: Double, _ field: String) throws(SenselessNumber) {
            // The largest collection, track by track.
            try NumberBounds.check(amount: value, atMost: 1e15, field)
        }
        try count(files, "files")
        try count(tracks, "tracks")
        try count(otherFiles, "otherFiles")
        try count(landmarks, "landmarks")
        if let durations {
            try seconds(durations.total, "durations.total")
            try seconds(durations.least, "durations.least")
            try seconds(durations.median, "durations.median")
            try seconds(durations.greatest, "durations.greatest")
        }
        try seconds(readingSeconds, "readingSeconds")
        try seconds(comparisonSeconds, "comparisonSeconds")
        for (index, genre) in genres.enumerated() {
            try count(genre.tracks, "genres[\(index)].tracks")
            try count(genre.artists, "genres[\(index)].artists")
            try count(genre.mainArtistTracks, "genres[\(index)].mainArtistTracks")
            try seconds(genre.seconds ?? 0, "genres[\(index)].seconds")
        }
        for (index, format) in formats.enumerated() {
            try count(format.sampleRate, "formats[\(index)].sampleRate")
            try count(format.channels, "formats[\(index)].channels")
            try count(format.tracks, "formats[\(index)].tracks")
        }
        for (index, remark) in remarks.enumerated() { try seconds(remark.measure, "remarks[\(index)].measure") }
        for (index, relation) in (relations ?? []).enumerated() {
            try seconds(relation.trackStart, "relations[\(index)].trackStart")
            try seconds(relation.otherStart, "relations[\(index)].otherStart")
            try seconds(relation.seconds, "relations[\(index)].seconds")
            try NumberBounds.check(share: relation.difference, "relations[\(index)].difference")
        }
        try count(artists.fromTags, "artists.fromTags")
        try count(artists.fromIndex, "artists.fromIndex")
        try count(artists.fromFolders, "artists.fromFolders")
        try count(artists.unknown, "artists.unknown")
        try count(artists.different, "artists.different")
        for (index, artist) in artists.main.enumerated() { try count(artist.tracks, "artists.main[\(index)].tracks") }
        try count(balance.least, "balance.least")
        try count(balance.greatest, "balance.greatest")
        try count(gtzan?.tracks ?? 0, "gtzan.tracks")
    }
}

extension FinishedRun {
    /// Reads the JSON of an audit. One of another make is taken as it is.
    ///
    /// - Throws: ``ReportError/badJSON(file:)``, ``ReportError/senseless(file:problem:)``.
    package static func audit(_ file: URL, folder: URL) throws(ReportError) -> JSONValue {
        let value = try json(file, folder: folder)
        guard
            let audit = (try? JSONEncoder().encode(value)).flatMap({
                try? JSONDecoder().decode(DatasetAudit.self, from: $0)
            })
        else { return value }
        do { try audit.check() } catch { throw .senseless(file: file.path, problem: "\(error)") }
        return value
    }
}
