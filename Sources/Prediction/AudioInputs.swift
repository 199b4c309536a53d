import Audio
import Foundation

/// The files that a user's words stand for, one after another: files, folders (all audio inside, at any depth, by name) and
/// playlists. Nothing is listed ahead but the folder that is being read, so a collection may be of any size; of a playlist
/// nothing is kept but its bytes.
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

        /// A file of that name, without a look at the disk.
        init(file path: String, key: String) {
            self.init(url: URL(fileURLWithPath: path, isDirectory: false), name: path, key: key)
        }

        /// - Throws: ``PredictionError/unusable(file:problem:)`` where it is known that it cannot be heard.
        public func check() throws(PredictionError) {
            if let fault { throw .unusable(file: name, problem: fault) }
        }
    }

    private enum Pending {
        case folder(path: String, key: String)
        /// By its name; nobody has looked at the file yet, so that whoever takes a part of a collection leaves the others'
        /// files alone.
        case audio(path: String, key: String)
        case file(Input)
        /// A playlist that is being read.
        case playlist(PlaylistEntries)
    }

    private var words: ArraySlice<String>
    /// What is still to come of the words before, the next one last.
    private var pending: [Pending] = []
    /// Folders entered so far, so that a link back to one ends there.
    private var visited: Set<FolderIdentity> = []
    /// Playlists read so far that another one may name.
    private var readPlaylists: Set<String> = []
    private var unheard = UnheardFiles()
    private var repeatedPlaylists = 0
    private let warning: @Sendable (String) -> Void
    private var isAtEnd = false

    /// A folder or playlist that cannot be read comes as a file, so that it fails as one.
    ///
    /// - Parameter warning: gets folders and playlists that name no audio, and at the end the number of files in folders
    ///   that were not looked at.
    public init(_ words: [String], warning: @escaping @Sendable (String) -> Void) {
        self.words = words[...]
        self.warning = warning
    }

    public mutating func next() -> Input? {
        while true {
            switch pending.popLast() {
            case .file(let input): return input
            case .audio(let path, let key): return Input(file: path, key: key)
            case .folder(let path, let key):
                // One that is gone by now comes as a file, and fails as one.
                guard FolderIdentity(path) != nil else { return Input(file: path, key: key) }
                _ = enter(path, key: key)
            case .playlist(var entries):
                guard let entry = entries.next() else {
                    if entries.isEmpty { warning("\(entries.path) names no file") }
                    continue
                }
                pending.append(.playlist(entries))
                take(entry)
            case nil:
                guard let path = words.popFirst() else {
                    sayAtEnd()
                    return nil
                }
                take(given: path)
            }
        }
    }

    private mutating func take(given path: String) {
        if FolderIdentity(path) != nil {
            if !enter(path, key: "") { warning("\(path) holds no audio") }
        } else if PlaylistEntries.isPlaylist(path) {
            open(playlist: path)
        } else {
            let fault = PlaylistEntries.faultOfOtherList(path)
            let key = (path as NSString).lastPathComponent
            pending.append(.file(Input(url: URL(fileURLWithPath: path), name: path, key: key, fault: fault)))
        }
    }

    private mutating func sayAtEnd() {
        guard !isAtEnd else { return }
        isAtEnd = true
        if let words = unheard.words { warning(words) }
        if repeatedPlaylists > 0 {
            let isOne = repeatedPlaylists == 1
            warning(
                "\(repeatedPlaylists) playlist entr\(isOne ? "y names a playlist" : "ies name playlists") that "
                    + "\(isOne ? "was" : "were") read before, and \(isOne ? "was" : "were") passed over")
        }
    }

    /// Puts the audio files and folders in a folder before everything else; false where there are none.
    private mutating func enter(_ path: String, key: String) -> Bool {
        guard let identity = FolderIdentity(path), visited.insert(identity).inserted else { return true }
        func fail(_ path: String, key: String, _ fault: String) {
            pending.append(
                .file(
                    Input(
                        url: URL(fileURLWithPath: path), name: path, key: key.isEmpty ? nil : key, fault: fault)))
        }
        let contents: FolderContents
        do { contents = try FolderContents(of: path) } catch {
            fail(path, key: key, "the folder cannot be read (\(error.reason)); its files are left out")
            return true
        }
        unheard.count(contents)
        let before = pending.count
        for entry in contents.entries.reversed() {
            let full = path.hasSuffix("/") ? path + entry.name : "\(path)/\(entry.name)"
            let own = key.isEmpty ? entry.name : "\(key)/\(entry.name)"
            switch entry.kind {
            case .folder: pending.append(.folder(path: full, key: own))
            case .audio: pending.append(.audio(path: full, key: own))
            case .tooLong: fail(full, key: own, FolderContents.tooLong)
            case .companion, .other: break
            }
        }
        return pending.count > before
    }

    // MARK: playlists

    /// Playlists within playlists.
    private static let deepest = 32

    private mutating func open(playlist path: String) {
        let depth = pending.count { if case .playlist = $0 { true } else { false } }
        do throws(PredictionError) {
            guard depth < Self.deepest else {
                throw .unusable(file: path, problem: "more than \(Self.deepest) playlists lie within each other here")
            }
            let entries = try PlaylistEntries(path)
            _ = readPlaylists.insert(entries.identity)
            pending.append(.playlist(entries))
        } catch {
            var fault = "\(error)"
            if case .unusable(_, let problem) = error { fault = problem }
            pending.append(.file(Input(url: URL(fileURLWithPath: path), name: path, fault: fault)))
        }
    }

    private mutating func take(_ entry: PlaylistEntries.Entry) {
        let url = URL(fileURLWithPath: entry.path, isDirectory: false)
        guard entry.fault == nil, PlaylistEntries.isPlaylist(entry.path), FolderIdentity(entry.path) == nil else {
            let fault = entry.fault ?? PlaylistEntries.faultOfOtherList(entry.path)
            pending.append(.file(Input(url: url, name: entry.path, key: entry.key, fault: fault)))
            return
        }
        guard !readPlaylists.contains(PlaylistEntries.identity(of: entry.path)) else {
            repeatedPlaylists += 1
            return
        }
        open(playlist: entry.path)
    }
}
