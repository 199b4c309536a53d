import Audio
import Foundation

/// Audio files by genre, as folders say.
enum GenreFolders {
    /// What was found below a genre's folder: an audio file, or what cannot be read.
    struct Found {
        var root: URL
        /// The path within the genre's folder.
        var relative: String
        var url: URL
        var fault: String?
    }

    /// Every folder in a data folder that holds audio, at any depth, is a genre. A data folder with a single folder
    /// "genres" (GTZAN's own layout) stands for that.
    static func scan(_ roots: [URL], warning: (String) -> Void) throws(DatasetError) -> AudioListing {
        var byGenre: [String: [Found]] = [:]
        var foldersOfGenre: [String: Set<[UInt8]>] = [:]
        var unheard = UnheardFiles()
        var known: Set<FolderIdentity> = []
        for given in roots {
            // A data folder given twice adds nothing.
            if let identity = FolderIdentity(given.path), !known.insert(identity).inserted { continue }
            let root = try descend(given)
            let contents = try contents(of: root)
            unheard.count(contents)
            var isEmpty = true
            for entry in contents.entries where entry.kind == .folder {
                let genre = entry.name
                let folder = root.appendingPathComponent(genre)
                var visited: Set<FolderIdentity> = []
                let files = audioFiles(in: folder, root: given, visited: &visited, unheard: &unheard)
                guard !files.isEmpty else {
                    warning("\(folder.path) holds no audio and is left out")
                    continue
                }
                isEmpty = false
                byGenre[genre, default: []] += files
                foldersOfGenre[genre, default: []].insert(Array(genre.utf8))
            }
            let loose = contents.entries.filter { $0.kind == .audio }
            if isEmpty { throw loose.isEmpty ? .emptyFolder(path: given.path) : .looseFiles(path: given.path) }
            if let first = loose.first {
                warning(
                    "\(root.path): \(loose.count) audio file\(loose.count == 1 ? "" : "s") beside the genre folders "
                        + "(\(first.name)\(loose.count == 1 ? "" : ", ...")) left out")
            }
        }
        for (genre, names) in foldersOfGenre.sorted(by: { $0.key < $1.key }) where names.count > 1 {
            warning(
                "\(names.count) genre folders are named '\(genre)', with composed and with decomposed letters (as a Mac "
                    + "writes them): they are taken for one genre")
        }
        if let words = unheard.words { warning(words) }
        let genres = try checkedGenres(
            byGenre.keys.map { genre in
                (foldersOfGenre[genre]?.count ?? 0) > 1 ? genre.precomposedStringWithCanonicalMapping : genre
            }, path: roots.map(\.path).joined(separator: ", "))
        if GenreNames.areNumbers(genres) {
            warning(
                "warning: all genre folders are numbers (\(firstFew(genres))). In the FMA data set such folders are no "
                    + "genres: its genres are in tracks.csv. Write a table with the columns path and genre, and name that "
                    + "as the data")
        }

        var files: [AudioListing.File] = []
        for (label, genre) in genres.enumerated() {
            // Names that several data folders share carry the folder's name, or its path where those are equal too.
            let found = (byGenre[genre] ?? []).sorted { $0.url.path.precedesByBytes($1.url.path) }
            let ids = UniqueNames.of(
                found.map { "\(genre)/\($0.relative)" },
                prefixed: [
                    { "\(found[$0].root.lastPathComponent)/\(genre)/\(found[$0].relative)" },
                    { "\(found[$0].root.path)/\(genre)/\(found[$0].relative)" },
                ], warning: warning)
            files += zip(ids, found).map { id, file in
                var listed = AudioListing.File(id: id, label: label, url: file.url)
                listed.fault = file.fault
                return listed
            }
        }
        return AudioListing(genres: genres, files: files.sorted(by: AudioListing.inOrder), roots: roots)
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

    /// The one folder "genres" in a folder that holds nothing else of use; else the folder itself.
    static func descend(_ root: URL) throws(DatasetError) -> URL {
        let folders = try contents(of: root).entries.filter { $0.kind == .folder }
        guard folders.count == 1, folders[0].name == "genres" else { return root }
        return root.appendingPathComponent("genres")
    }

    static func contents(of folder: URL) throws(DatasetError) -> FolderContents {
        do { return try FolderContents(of: folder.path) } catch {
            throw .unreadable(path: folder.path, reason: error.reason)
        }
    }

    /// Audio files at any depth, and what cannot be read. Links are followed, but no folder is entered twice.
    private static func audioFiles(
        in genre: URL, root: URL, visited: inout Set<FolderIdentity>, unheard: inout UnheardFiles
    ) -> [Found] {
        var result: [Found] = []
        var pending: [(relative: String, folder: URL)] = [("", genre)]
        while let (relative, folder) = pending.popLast() {
            func fail(_ fault: String) {
                let name = relative.isEmpty ? "(folder)" : relative
                result.append(Found(root: root, relative: name, url: folder, fault: fault))
            }
            guard let identity = FolderIdentity(folder.path) else {
                fail(FolderContents.faultOfLostFolder(folder.lastPathComponent))
                continue
            }
            guard visited.insert(identity).inserted else { continue }
            let contents: FolderContents
            do { contents = try FolderContents(of: folder.path) } catch {
                fail("the folder cannot be read (\(error.reason)); its files are left out")
                continue
            }
            unheard.count(contents)
            for entry in contents.entries {
                let own = relative.isEmpty ? entry.name : "\(relative)/\(entry.name)"
                let url = folder.appendingPathComponent(entry.name)
                switch entry.kind {
                case .folder: pending.append((own, url))
                case .audio: result.append(Found(root: root, relative: own, url: url))
                case .tooLong: result.append(Found(root: root, relative: own, url: url, fault: FolderContents.tooLong))
                case .companion, .other: break
                }
            }
        }
        return result
    }
}

extension AudioListing {
    /// By genre, then by id.
    static func inOrder(_ one: File, _ other: File) -> Bool { (one.label, one.id) < (other.label, other.id) }
}

/// Names that are told apart everywhere, also where strings are compared as Swift compares them.
enum UniqueNames {
    /// The names; where several are equal, those with the first prefix that tells them apart; where only the forms of
    /// their letters differ (composed or decomposed), or nothing does, numbered from the second on, with a word.
    ///
    /// - Parameter prefixed: longer names by index, the shorter first.
    static func of(
        _ names: [String], prefixed: [(Int) -> String] = [], warning: (String) -> Void
    ) -> [String] {
        var names = names
        for longer in prefixed {
            for group in Dictionary(grouping: names.indices, by: { names[$0] }).values where group.count > 1 {
                // A longer name helps only where it is another one to Swift, too.
                let others = group.map(longer)
                guard Set(others).count > 1 else { continue }
                for (index, name) in zip(group, others) { names[index] = name }
            }
        }
        var taken = Set(names)
        var seen: Set<String> = []
        for index in names.indices where !seen.insert(names[index]).inserted {
            let name = names[index]
            var number = 2
            while taken.contains("\(name) (\(number))") { number += 1 }
            names[index] = "\(name) (\(number))"
            taken.insert(names[index])
            seen.insert(names[index])
            warning(
                "'\(name)' is the name of two files, with composed and with decomposed letters or with bytes that are no "
                    + "UTF-8; both are kept, this one as '\(names[index])'")
        }
        return names
    }
}

extension String {
    /// By bytes: Swift's own order has no order for names that differ in the form of their letters only.
    func precedesByBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
