import Audio
import Foundation

/// Audio files by genre, as folders say.
enum GenreFolders {
    /// Every folder in a data folder that holds audio, at any depth, is a genre. A data folder with a single folder
    /// "genres" (GTZAN's own layout) stands for that.
    static func scan(_ roots: [URL], warning: (String) -> Void) throws(DatasetError) -> AudioListing {
        struct Found {
            var root: URL
            var relative: String
            var url: URL
        }
        var byGenre: [String: [Found]] = [:]
        for given in roots {
            let root = try descend(given)
            let entries = try contents(of: root)
            var isEmpty = true
            for entry in entries where isFolder(entry) {
                let genre = entry.lastPathComponent
                var visited: Set<FolderIdentity> = []
                let files = try audioFiles(in: entry, visited: &visited)
                guard !files.isEmpty else {
                    warning("\(entry.path) holds no audio and is left out")
                    continue
                }
                isEmpty = false
                byGenre[genre, default: []] += files.map { Found(root: given, relative: $0.relative, url: $0.url) }
            }
            let loose = entries.filter { isAudio($0) && !isFolder($0) }
            if isEmpty { throw loose.isEmpty ? .emptyFolder(path: given.path) : .looseFiles(path: given.path) }
            if let first = loose.first {
                warning(
                    "\(root.path): \(loose.count) audio file\(loose.count == 1 ? "" : "s") beside the genre folders "
                        + "(\(first.lastPathComponent)\(loose.count == 1 ? "" : ", ...")) left out")
            }
        }
        let genres = byGenre.keys.sorted()
        var folded: [String: String] = [:]
        for genre in genres {
            if let other = folded.updateValue(genre, forKey: genre.lowercased()) {
                throw .genresDifferInCaseOnly(other, genre)
            }
        }
        guard genres.count > 1 else {
            throw .oneGenreOnly(path: roots.map(\.path).joined(separator: ", "), genre: genres[0])
        }

        var files: [AudioListing.File] = []
        for (label, genre) in genres.enumerated() {
            let found = byGenre[genre] ?? []
            // Names that several data folders share carry the folder's name, or its path where those are equal too.
            var ids = found.map { "\(genre)/\($0.relative)" }
            for prefix in [{ (root: URL) in root.lastPathComponent }, { $0.path }] {
                let counts = Dictionary(ids.map { ($0, 1) }, uniquingKeysWith: +)
                for index in ids.indices where counts[ids[index], default: 0] > 1 {
                    ids[index] = "\(prefix(found[index].root))/\(genre)/\(found[index].relative)"
                }
            }
            // A data folder given twice adds nothing.
            var seen: Set<String> = []
            for (id, file) in zip(ids, found).sorted(by: { $0.0 < $1.0 }) where seen.insert(id).inserted {
                files.append(.init(id: id, label: label, url: file.url))
            }
        }
        return AudioListing(genres: genres, files: files, roots: roots)
    }

    /// The one folder "genres" in a folder that holds nothing else of use; else the folder itself.
    static func descend(_ root: URL) throws(DatasetError) -> URL {
        let folders = try contents(of: root).filter(isFolder)
        guard folders.count == 1, folders[0].lastPathComponent == "genres" else { return root }
        return folders[0]
    }

    /// Visible entries by name.
    static func contents(of folder: URL) throws(DatasetError) -> [URL] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.path)
                .filter { !$0.hasPrefix(".") }.sorted().map { folder.appendingPathComponent($0) }
        } catch {
            throw .unreadable(path: folder.path, reason: error.localizedDescription)
        }
    }

    /// Audio files at any depth, with their paths within the genre's folder. Links are followed, but no folder is
    /// entered twice.
    static func audioFiles(
        in genre: URL, visited: inout Set<FolderIdentity>
    ) throws(DatasetError) -> [(relative: String, url: URL)] {
        var result: [(relative: String, url: URL)] = []
        var pending: [(prefix: String, folder: URL)] = [("", genre)]
        while let (prefix, folder) = pending.popLast() {
            guard let identity = FolderIdentity(folder.path), visited.insert(identity).inserted else { continue }
            for entry in try contents(of: folder) {
                let relative = prefix + entry.lastPathComponent
                if isFolder(entry) {
                    pending.append((relative + "/", entry))
                } else if isAudio(entry) {
                    result.append((relative, entry))
                }
            }
        }
        return result
    }

    static func isAudio(_ url: URL) -> Bool {
        AudioFileNames.extensions.contains(url.pathExtension.lowercased())
    }

    static func isFolder(_ url: URL) -> Bool { FolderIdentity(url.path) != nil }
}
