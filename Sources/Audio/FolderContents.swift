import Foundation

/// What lies in a folder, told apart by the names alone, in the order of the names' bytes.
///
/// Names are kept byte by byte: a file system tells names apart that Swift's strings call equal.
package struct FolderContents: Sendable {
    package enum Kind: Sendable {
        case folder, audio
        /// What usually lies beside music: covers, cue sheets, lists, logs.
        case companion
        case other
        /// Its path has more bytes than the system takes, so that nobody can open it.
        case tooLong
    }

    package struct Entry: Sendable {
        package let name: String
        package let kind: Kind
    }

    package let entries: [Entry]

    /// Bytes of a path with the zero at its end.
    private static let longestPath = 4096

    package struct Unreadable: Error {
        package let reason: String
    }

    package init(of path: String) throws(Unreadable) {
        guard let stream = opendir(path.isEmpty ? "." : path) else {
            throw Unreadable(reason: String(cString: strerror(errno)))
        }
        defer { closedir(stream) }
        var entries: [Entry] = []
        let prefix = path.utf8.count + (path.hasSuffix("/") ? 0 : 1)
        while let entry = readdir(stream) {
            let (name, bytes) = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                let bytes = raw.prefix { $0 != 0 }
                return (String(decoding: bytes, as: UTF8.self), bytes.count)
            }
            // Hidden by whoever named it; a Mac leaves "._x" beside every x.
            if name.utf8.first == UInt8(ascii: ".") { continue }
            let full = path.hasSuffix("/") || path.isEmpty ? path + name : "\(path)/\(name)"
            let isTooLong = prefix + bytes >= Self.longestPath
            let isFolder =
                switch Int32(entry.pointee.d_type) {
                case Int32(DT_DIR): true
                case Int32(DT_REG): false
                default: FolderIdentity(full) != nil
                }
            let kind: Kind =
                isFolder
                ? (isTooLong ? .tooLong : .folder)
                : AudioFileNames.isAudio(name)
                    ? (isTooLong ? .tooLong : .audio)
                    : AudioFileNames.isCompanion(name) ? .companion : .other
            entries.append(Entry(name: name, kind: kind))
        }
        self.entries = entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Why a folder that was listed cannot be entered.
    package static func faultOfLostFolder(_ name: String) -> String {
        name.unicodeScalars.contains("\u{FFFD}")
            ? "a folder whose name is not UTF-8 cannot be opened; rename it (convmv does many)"
            : "the folder cannot be entered, or is gone; its files are left out"
    }

    package static let tooLong =
        "its path is longer than the \(longestPath - 1) bytes that the system takes; shorten it"
}

extension AudioFileNames {
    /// Endings of what usually lies beside music.
    private static let companions: Set<String> = [
        "jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "svg", "cue", "log", "txt", "nfo", "md", "rtf",
        "pdf",
        "html", "htm", "url", "m3u", "m3u8", "pls", "xspf", "wpl", "asx", "csv", "tsv", "json", "xml", "yaml", "yml",
        "lrc",
        "accurip", "sfv", "md5", "sha1", "sha256", "ffp", "st5", "ini", "db", "plist", "torrent", "par2", "toc",
        "mf", "lab", "jams",
    ]

    package static func isAudio(_ name: String) -> Bool { extensions.contains(ending(of: name)) }

    package static func isCompanion(_ name: String) -> Bool { companions.contains(ending(of: name)) }

    /// In lower case, without the dot; "" where there is none.
    package static func ending(of name: String) -> String {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return "" }
        return String(name[name.utf8.index(after: dot)...]).lowercased()
    }
}

/// Files in folders that are not looked at, since their names are not those of audio.
package struct UnheardFiles: Sendable {
    private var byEnding: [String: Int] = [:]
    /// Files of other kinds.
    package private(set) var others = 0
    /// What usually lies beside music.
    package private(set) var companions = 0

    package init() {}

    package mutating func count(_ contents: FolderContents) {
        for entry in contents.entries {
            switch entry.kind {
            case .companion: companions += 1
            case .other:
                others += 1
                let ending = AudioFileNames.ending(of: entry.name)
                byEnding[ending.isEmpty ? "without an ending" : ".\(ending)", default: 0] += 1
            case .folder, .audio, .tooLong: break
            }
        }
    }

    /// A sentence for people; nil where there is nothing that they might miss.
    package var words: String? {
        guard others > 0 else { return nil }
        let kinds = byEnding.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = kinds.prefix(6).map { "\($0.value) \($0.key)" } + (kinds.count > 6 ? ["…"] : [])
        let companionWords =
            companions == 0 ? "" : ", beside \(companions) cover\(companions == 1 ? "" : "s"), lists and the like"
        return
            "\(others) file\(others == 1 ? "" : "s") of other kinds \(others == 1 ? "was" : "were") not looked at "
            + "(\(shown.joined(separator: ", ")))\(companionWords); name one by itself to have it read"
    }
}
