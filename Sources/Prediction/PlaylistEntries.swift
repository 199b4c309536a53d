import Audio
import Foundation
import Storage

/// The entries of a playlist (.m3u, .m3u8, .pls), one after another.
struct PlaylistEntries {
    struct Entry {
        var path: String
        /// As the playlist names it.
        var key: String
        var fault: String?
    }

    /// Longest playlist that is read, in bytes.
    private static let longest = 64 << 20

    let path: String
    /// The same for every path that leads to it.
    let identity: String
    /// Whether it has named nothing so far.
    private(set) var isEmpty = true
    private var text: ListText
    private let folder: String
    private let isPLS: Bool

    /// - Throws: `PredictionError.unusable` where it cannot be read.
    init(_ path: String) throws(PredictionError) {
        self.path = path
        identity = Self.identity(of: path)
        do { text = try ListText(contentsOf: path, limit: Self.longest, format: "playlist") } catch {
            let problem =
                switch error {
                case .missing: "there is no such file; check the path"
                case .notAFile: "it is not a regular file; name a file"
                case .unreadable(_, let reason): "the playlist cannot be read (\(reason)); check its permissions"
                case .malformed(_, _, let fault): "the playlist cannot be read: \(fault); split it"
                default: "\(error)"
                }
            throw .unusable(file: path, problem: problem)
        }
        isPLS = Self.ending(path) == "pls"
        folder = (path as NSString).deletingLastPathComponent
    }

    mutating func next() -> Entry? {
        while let bytes = text.nextBytes() {
            var entry = ListText.text(bytes).trimmingCharacters(in: .whitespaces.union(["\u{FEFF}", "\0"]))
            if isPLS {
                guard entry.lowercased().hasPrefix("file"), let equals = entry.firstIndex(of: "=") else { continue }
                entry = entry[entry.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            }
            guard !entry.isEmpty, isPLS || !entry.hasPrefix("#") else { continue }
            isEmpty = false
            return resolved(entry, bytes: bytes)
        }
        return nil
    }

    private func resolved(_ entry: String, bytes: ArraySlice<UInt8>) -> Entry {
        var entry = entry
        if let path = ListedPath.path(ofFileURL: entry) {
            entry = path
        } else if let scheme = entry.range(of: "://"), entry[..<scheme.lowerBound].allSatisfy(\.isLetter) {
            return Entry(path: entry, key: entry, fault: "is on the network; fetch it, and name the file")
        }
        let named = entry.hasPrefix("/") || folder.isEmpty ? entry : "\(folder)/\(entry)"
        let found = ListedPath.find(entry, in: folder) ?? ListedPath.misnamed(bytes, in: folder)
        return Entry(path: found ?? named, key: entry)
    }

    // MARK: kinds

    private static func ending(_ path: String) -> String { AudioFileNames.ending(of: path) }

    static func isPlaylist(_ path: String) -> Bool { ["m3u", "m3u8", "pls"].contains(ending(path)) }

    /// What to do with a list of a kind that is not read; nil for other files.
    static func faultOfOtherList(_ path: String) -> String? {
        switch ending(path) {
        case "cue": "is a cue sheet: name the audio file that it belongs to"
        case "xspf", "wpl", "asx", "zpl", "b4s", "fpl", "smil", "mpcpl", "aimppl4":
            "is a playlist of a kind that is not read; save it as .m3u8 in the player that wrote it"
        default: nil
        }
    }

    static func identity(of path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return path }
        return "\(status.st_dev):\(status.st_ino)"
    }
}
