import Foundation

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
        var genreOfPath: [String: String] = [:]
        for row in table.rows {
            let (name, own) = (row.fields[path], row.fields[genre])
            guard !name.isEmpty, !own.isEmpty, !own.contains("/") else {
                warning("\(url.path), line \(row.line): left out: \(name.isEmpty ? "no path" : "no genre '\(own)'")")
                continue
            }
            let file = URL(fileURLWithPath: name, relativeTo: folder).standardizedFileURL
            if let other = genreOfPath.updateValue(own, forKey: file.path) {
                guard other == own else {
                    throw .badTable(
                        path: url.path, line: row.line, problem: "'\(name)' is '\(own)' here and '\(other)' before")
                }
                warning("\(url.path), line \(row.line): left out: '\(name)' is listed before")
                continue
            }
            guard FileManager.default.fileExists(atPath: file.path) else {
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
            let by = artist.map { row.fields[$0] }.flatMap { $0.isEmpty ? nil : $0 }
            entries.append(
                Entry(
                    genre: own,
                    file: .init(
                        id: relative.hasPrefix(own + "/") ? relative : "\(own)/\(relative)", label: 0, url: file,
                        artist: by, side: side)))
        }
        guard !entries.isEmpty else { throw .noTracks(path: url.path) }
        let genres = try checkedGenres(entries.map(\.genre), path: url.path)
        let counts = Dictionary(entries.map { ($0.file.id, 1) }, uniquingKeysWith: +)
        let files = entries.map { entry in
            var file = entry.file
            file.label = genres.firstIndex(of: entry.genre) ?? 0
            if counts[file.id, default: 0] > 1 { file.id = "\(entry.genre)\(file.url.path)" }
            return file
        }
        return AudioListing(
            genres: genres, files: files.sorted { ($0.label, $0.id) < ($1.label, $1.id) }, roots: [url, folder])
    }

    /// Genres in alphabetical order.
    static func checkedGenres(_ names: [String], path: String) throws(DatasetError) -> [String] {
        let genres = Set(names).sorted()
        var folded: [String: String] = [:]
        for genre in genres {
            if let other = folded.updateValue(genre, forKey: genre.lowercased()) {
                throw .genresDifferInCaseOnly(other, genre)
            }
        }
        guard genres.count > 1 else { throw .oneGenreOnly(path: path, genre: genres[0]) }
        return genres
    }
}
