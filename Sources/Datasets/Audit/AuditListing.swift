import Audio
import Foundation

/// Every audio file below some folders, whatever their layout: an audit also looks at what no training would take.
struct AuditListing {
    struct File {
        /// The path below the data folder, after the folder's name where several are given.
        var id: String
        /// The first folder of the path; "" for files beside the genre folders.
        var genre: String
        /// The second folder of the path, where there is one.
        var folder: String?
        /// Where a table tells it.
        var artist: String?
        var url: URL
    }

    /// By id.
    var files: [File] = []
    /// Files that do not look like audio.
    var others = 0
    /// Folders that cannot be read, and paths that are too long: what would be files may be lost there.
    var faults: [DatasetAudit.Fault] = []

    /// Of a table.
    init(_ listing: AudioListing) {
        files = listing.files.map {
            File(id: $0.id, genre: listing.genres[$0.label], folder: nil, artist: $0.artist, url: $0.url)
        }.sorted { $0.id < $1.id }
    }

    /// - Throws: `DatasetError.unreadable`, `.emptyFolder`.
    init(_ roots: [URL], warning: (String) -> Void) throws(DatasetError) {
        var seen: Set<FolderIdentity> = []
        for given in roots {
            if let identity = FolderIdentity(given.path), !seen.insert(identity).inserted { continue }
            let root = try GenreFolders.descend(given)
            let prefix = roots.count > 1 ? "\(given.lastPathComponent)/" : ""
            try add(root, prefix: prefix, warning: warning)
        }
        guard !files.isEmpty else { throw .emptyFolder(path: roots.map(\.path).joined(separator: ", ")) }
        // Folders of one name: the whole path tells them apart.
        files.sort { $0.url.path.precedesByBytes($1.url.path) }
        let ids = UniqueNames.of(files.map(\.id), prefixed: [{ [files] in files[$0].url.path }], warning: warning)
        for index in files.indices { files[index].id = ids[index] }
        files.sort { $0.id < $1.id }
    }

    /// Links are followed, but no folder is entered twice. A folder that cannot be read is named and passed over.
    private mutating func add(_ root: URL, prefix: String, warning: (String) -> Void) throws(DatasetError) {
        var visited: Set<FolderIdentity> = []
        var pending: [(path: String, url: URL)] = [("", root)]
        while let (path, folder) = pending.popLast() {
            guard let identity = FolderIdentity(folder.path) else {
                let fault = FolderContents.faultOfLostFolder(folder.lastPathComponent)
                warning("\(folder.path): \(fault)")
                faults.append(.init(track: prefix + path, reason: fault))
                continue
            }
            guard visited.insert(identity).inserted else { continue }
            let contents: FolderContents
            do { contents = try GenreFolders.contents(of: folder) } catch {
                if folder == root { throw error }
                warning("\(error)")
                faults.append(.init(track: prefix + path, reason: "\(error)"))
                continue
            }
            for entry in contents.entries {
                let relative = path + entry.name
                let url = folder.appendingPathComponent(entry.name)
                switch entry.kind {
                case .folder: pending.append((relative + "/", url))
                case .audio:
                    let parts = relative.split(separator: "/")
                    files.append(
                        File(
                            id: prefix + relative, genre: parts.count > 1 ? String(parts[0]) : "",
                            folder: parts.count > 2 ? String(parts[1]) : nil, url: url))
                case .companion, .other: others += 1
                case .tooLong: faults.append(.init(track: prefix + relative, reason: FolderContents.tooLong))
                }
            }
        }
    }
}
