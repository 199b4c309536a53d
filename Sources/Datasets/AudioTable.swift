import Foundation
import Storage

/// A table of audio files: path,genre and perhaps artist,split; other columns are left alone.
///
/// Paths are relative to the table's folder. A row that makes no sense or names no file is told in a warning, with its
/// line, and left out; so is, when it is decoded, a file that is bad.
enum AudioTable {
    /// - Throws: `DatasetError.badTable` where a column is missing, a side has another name than train, validation or test,
    ///   or a file is given twice with different genres; `.oneGenreOnly`, `.genresDifferInCaseOnly`, `.noTracks`.
    static func read(_ url: URL, warning: (String) -> Void) throws(DatasetError) -> AudioListing {
        let table = try TextTable(url)
        let path = try table.column("path", "file", "filename")
        let genre = try table.column("genre", "label")
        let artist = table.optionalColumn("artist")
        let split = table.optionalColumn("split", "side")
        for odd in table.oddRows {
            warning(
                "\(url.path), line \(odd.line): left out: \(odd.fields) fields, and the header has \(table.header.count)"
            )
        }
        let folder = url.deletingLastPathComponent()
        let root = folder.standardizedFileURL.path + "/"
        struct Entry {
            var genre: String
            var file: AudioListing.File
        }
        var entries: [Entry] = []
        // By bytes: a file system tells names apart that strings call equal.
        var genreOfPath: [[UInt8]: String] = [:]
        for row in table.rows {
            let (name, own) = (row.fields[path], row.fields[genre])
            guard !name.isEmpty, !own.isEmpty, !own.contains("/") else {
                warning("\(url.path), line \(row.line): left out: \(name.isEmpty ? "no path" : "no genre '\(own)'")")
                continue
            }
            let listed = ListedPath.path(ofFileURL: name) ?? name
            let found = ListedPath.find(listed, in: folder.path)
            let file = URL(fileURLWithPath: found ?? listed, relativeTo: folder).standardizedFileURL
            if let other = genreOfPath.updateValue(own, forKey: Array(file.path.utf8)) {
                guard other == own else {
                    throw .badTable(
                        path: url.path, line: row.line, problem: "'\(name)' is '\(own)' here and '\(other)' before")
                }
                warning("\(url.path), line \(row.line): left out: '\(name)' is listed before")
                continue
            }
            guard found != nil else {
                warning("\(url.path), line \(row.line): left out: there is no file \(file.path)")
                continue
            }
            var side: SegmentSet.Side?
            if let split, !row.fields[split].isEmpty {
                guard let known = SegmentSet.Side(named: row.fields[split]) else {
                    throw .badTable(
                        path: url.path, line: row.line,
                        problem: "'\(row.fields[split])' is no side; write train, validation or test")
                }
                side = known
            }
            let relative =
                file.path.hasPrefix(root) ? String(file.path.dropFirst(root.count)) : file.lastPathComponent
            let by = artist.flatMap { ArtistNames.somebody(row.fields[$0]) }
            entries.append(
                Entry(
                    genre: own,
                    file: .init(
                        id: relative.hasPrefix(own + "/") ? relative : "\(own)/\(relative)", label: 0, url: file,
                        artist: by, side: side)))
        }
        guard !entries.isEmpty else { throw .noTracks(path: url.path) }
        let genres = try GenreFolders.checkedGenres(entries.map(\.genre), path: url.path)
        entries.sort { $0.file.url.path.precedesByBytes($1.file.url.path) }
        let ids = UniqueNames.of(
            entries.map(\.file.id), prefixed: [{ "\(entries[$0].genre)\(entries[$0].file.url.path)" }], warning: warning
        )
        let files = zip(ids, entries).map { id, entry in
            var file = entry.file
            file.label = genres.firstIndex(of: entry.genre) ?? 0
            file.id = id
            return file
        }
        return AudioListing(genres: genres, files: files.sorted(by: AudioListing.inOrder), roots: [url, folder])
    }
}
