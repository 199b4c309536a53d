import Audio
import Foundation

/// The files that a user's words stand for, one after another: files, folders (all audio inside, at any depth, by name) and
/// playlists. Nothing is listed ahead but the folder that is being read, so a collection may be of any size.
public struct AudioInputs: Sequence, IteratorProtocol {
    /// A file to be heard.
    public struct Input: Sendable, Hashable {
        public let url: URL
        /// As results name it: the path as given, within the folder or playlist as given.
        public let name: String
        /// The part of the name that is the same wherever the collection lies.
        public let key: String
        /// Why it cannot be heard, where that is known before it is opened.
        public let fault: String?

        public init(url: URL, name: String, key: String? = nil, fault: String? = nil) {
            self.url = url
            self.name = name
            self.key = key ?? name
            self.fault = fault
        }

        /// - Throws: ``PredictionError/unusable(file:problem:)`` where it is known that it cannot be heard.
        public func check() throws(PredictionError) {
            if let fault { throw .unusable(file: name, problem: fault) }
        }
    }

    private enum Pending {
        case given(String)
        case entry(path: String, key: String)
        case file(Input)
    }

    /// What is still to come, the next one last.
    private var pending: [Pending]
    /// Folders entered so far, so that a link back to one ends there.
    private var visited: Set<FolderIdentity> = []
    private let warning: @Sendable (String) -> Void

    /// A folder or playlist that cannot be read comes as a file, so that it fails as one.
    ///
    /// - Parameter warning: gets folders and playlists that name no audio.
    public init(_ words: [String], warning: @escaping @Sendable (String) -> Void) {
        pending = words.reversed().map { .given($0) }
        self.warning = warning
    }

    public mutating func next() -> Input? {
        while let top = pending.popLast() {
            switch top {
            case .file(let input): return input
            case .given(let path):
                if FolderIdentity(path) != nil {
                    if !enter(path, key: "") { warning("\(path) holds no audio") }
                } else if Self.isPlaylist(path) {
                    readPlaylist(path)
                } else {
                    return Input(url: URL(fileURLWithPath: path), name: path, key: (path as NSString).lastPathComponent)
                }
            case .entry(let path, let key):
                if FolderIdentity(path) != nil {
                    _ = enter(path, key: key)
                } else {
                    return Input(url: URL(fileURLWithPath: path), name: path, key: key)
                }
            }
        }
        return nil
    }

    /// Puts the audio files and folders in a folder before everything else; false where there are none.
    private mutating func enter(_ path: String, key: String) -> Bool {
        guard let identity = FolderIdentity(path), visited.insert(identity).inserted else { return true }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path).sorted(by: >) } catch {
            let fault = "the folder cannot be read (\(error.localizedDescription)); its files are left out"
            pending.append(
                .file(
                    Input(
                        url: URL(fileURLWithPath: path), name: path, key: key.isEmpty ? nil : key, fault: fault)))
            return true
        }
        let before = pending.count
        for name in names where !name.hasPrefix(".") {
            let entry = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
            guard
                AudioFileNames.extensions.contains((name as NSString).pathExtension.lowercased())
                    || FolderIdentity(entry) != nil
            else { continue }
            pending.append(.entry(path: entry, key: key.isEmpty ? name : "\(key)/\(name)"))
        }
        return pending.count > before
    }

    // MARK: playlists

    private static func isPlaylist(_ path: String) -> Bool {
        ["m3u", "m3u8", "pls"].contains((path as NSString).pathExtension.lowercased())
    }

    /// Longest playlist that is read, in bytes.
    private static let greatestPlaylist = 64 << 20

    private mutating func readPlaylist(_ path: String) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            pending.append(.file(Input(url: URL(fileURLWithPath: path), name: path)))
            return
        }
        guard let data = try? handle.read(upToCount: Self.greatestPlaylist + 1), data.count <= Self.greatestPlaylist
        else {
            let fault = "the playlist cannot be read, or is larger than \(Self.greatestPlaylist >> 20) MB"
            pending.append(.file(Input(url: URL(fileURLWithPath: path), name: path, fault: fault)))
            return
        }
        let text = Self.text(data)
        let isPLS = (path as NSString).pathExtension.lowercased() == "pls"
        let folder = (path as NSString).deletingLastPathComponent
        var entries: [Pending] = []
        for line in text.split(whereSeparator: \.isNewline) {
            var entry = line.trimmingCharacters(in: .whitespaces.union(["\u{FEFF}"]))
            if isPLS {
                guard entry.lowercased().hasPrefix("file"), let equals = entry.firstIndex(of: "=") else { continue }
                entry = entry[entry.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            }
            guard !entry.isEmpty, isPLS || !entry.hasPrefix("#") else { continue }
            if entry.lowercased().hasPrefix("file://") {
                entry = URL(string: entry)?.path ?? entry
            } else if let scheme = entry.range(of: "://"), entry[..<scheme.lowerBound].allSatisfy(\.isLetter) {
                let fault = "is on the network; fetch it, and name the file"
                entries.append(.file(Input(url: URL(fileURLWithPath: entry), name: entry, fault: fault)))
                continue
            }
            let full = entry.hasPrefix("/") || folder.isEmpty ? entry : "\(folder)/\(entry)"
            entries.append(.file(Input(url: URL(fileURLWithPath: full), name: full, key: entry)))
        }
        if entries.isEmpty { warning("\(path) names no file") }
        pending += entries.reversed()
    }

    /// UTF-8, or UTF-16 where it says so; else Latin-1, which old .m3u files are in.
    private static func text(_ data: Data) -> String {
        if data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF]) {
            return String(data: data, encoding: .utf16) ?? ""
        }
        return String(validating: data, as: UTF8.self) ?? String(data: data, encoding: .isoLatin1) ?? ""
    }
}
