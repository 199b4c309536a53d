import ArgumentParser
import Audio
import Datasets
import Foundation
import ModelFile
import Training

/// What a path that a command cannot use leads to, so that the complaint can say it.
enum FileKind: Equatable {
    case missing
    case empty
    case model
    /// A finished or begun run of 'genre train'.
    case run
    case series
    case audio
    case playlist
    case data
    case pickles
    case store
    /// A folder of folders or files of music.
    case music
    case emptyFolder
    case folder
    /// Another file, in words.
    case other(String)

    init(_ path: String) {
        if let kind = FolderIdentity(path) == nil ? nil : Self.folder(path) {
            self = kind
            return
        }
        guard let handle = FileHandle(regularFileAtPath: path) else {
            self = FileManager.default.fileExists(atPath: path) ? .other("not a regular file") : .missing
            return
        }
        let head = (try? handle.read(upToCount: 512)) ?? Data()
        let ending = (path as NSString).pathExtension.lowercased()
        if head.isEmpty {
            self = .empty
        } else if Self.isSafetensors(head) {
            self = .model
        } else if ["m3u", "m3u8", "pls"].contains(ending) {
            self = .playlist
        } else if DatasetLoader.isData(URL(fileURLWithPath: path)) || ending == "pkl" {
            self = .data
        } else if let words = Self.known(head) {
            self = .other(words)
        } else if (try? AudioDecoder.properties(of: URL(fileURLWithPath: path))) != nil {
            self = .audio
        } else {
            self = .other(Self.isText(head) ? "a text file" : "of no kind that is known here")
        }
    }

    /// Whether a path leads to a model file; looks at no more than its beginning.
    static func isModelFile(_ path: String) -> Bool {
        let ending = (path as NSString).pathExtension.lowercased()
        guard !AudioFileNames.extensions.contains(ending), FolderIdentity(path) == nil,
            let handle = FileHandle(regularFileAtPath: path)
        else { return false }
        return isSafetensors((try? handle.read(upToCount: 16)) ?? Data())
    }

    /// Whether a word can be no music but the wrong name of a model: nothing is there, and no ending speaks of music.
    static func isNoMusic(_ word: String) -> Bool {
        let ending = (word as NSString).pathExtension.lowercased()
        return word != "-" && !isNetworkAddress(word) && !FileManager.default.fileExists(atPath: word)
            && (ending == "safetensors" || ending.isEmpty && !word.contains("/"))
    }

    /// "is a model file": what a complaint says behind the path.
    var words: String {
        switch self {
        case .missing: "is not there"
        case .empty: "is empty (0 bytes)"
        case .model: "is a model file"
        case .run: "is a run folder of 'genre train'"
        case .series: "is the folder of a series of runs"
        case .audio: "is an audio file"
        case .playlist: "is a playlist"
        case .data: "is a file of data to train on"
        case .pickles: "is a folder of coursework pickles"
        case .store: "is a segment store of 'genre features'"
        case .music: "is a folder of music"
        case .emptyFolder: "is an empty folder"
        case .folder: "is a folder without music"
        case .other(let words): "is \(words)"
        }
    }

    private static func folder(_ path: String) -> FileKind {
        let url = URL(fileURLWithPath: path)
        func has(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path)
        }
        if SeriesFolder.isSeries(url) { return .series }
        if ["model.safetensors", "best.safetensors"].contains(where: has) || has("config.json") && has("split.json") {
            return .run
        }
        if has("train.pkl") || has("val.pkl") { return .pickles }
        if has("index.json") { return .store }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return .folder }
        let seen = names.filter { !$0.hasPrefix(".") }
        if seen.isEmpty { return .emptyFolder }
        func isAudio(_ name: String) -> Bool {
            AudioFileNames.extensions.contains((name as NSString).pathExtension.lowercased())
        }
        if seen.contains(where: isAudio) { return .music }
        // One floor down is enough to say what a folder is.
        let hasMusic = seen.sorted().prefix(100).contains { name in
            let inside = try? FileManager.default.contentsOfDirectory(atPath: url.appendingPathComponent(name).path)
            return inside?.contains { isAudio($0) } ?? false
        }
        return hasMusic ? .music : .folder
    }

    private static func isSafetensors(_ head: Data) -> Bool {
        guard head.count > 9 else { return false }
        let length = head.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return 2...(100 << 20) ~= length && head[8] == UInt8(ascii: "{")
    }

    private static func known(_ head: Data) -> String? {
        let beginnings: [(String, String)] = [
            ("PK\u{3}\u{4}", "a zip archive"), ("%PDF", "a PDF document"), ("\u{89}PNG", "a picture (PNG)"),
            ("\u{FF}\u{D8}\u{FF}", "a picture (JPEG)"), ("GIF8", "a picture (GIF)"), ("\u{1F}\u{8B}", "a gzip archive"),
            ("<!DOCTYPE", "a web page"), ("<html", "a web page"), ("{", "a JSON file"),
        ]
        return beginnings.first { head.starts(with: $0.0.unicodeScalars.map { UInt8($0.value) }) }?.1
    }

    private static func isText(_ head: Data) -> Bool {
        !head.contains { $0 < 9 || 14..<32 ~= $0 && $0 != 27 }
    }
}

extension FileHandle {
    /// Opens a regular file only: opening a pipe could wait for ever.
    fileprivate convenience init?(regularFileAtPath path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.init(forReadingAtPath: path)
    }
}

/// Whether a word is an address on a network.
func isNetworkAddress(_ word: String) -> Bool { word.wholeMatch(of: /[A-Za-z][A-Za-z0-9+.-]+:\/\/.*/) != nil }

/// - Throws: a complaint about a word that is an address.
func refuseNetworkAddresses(_ words: [String]) throws {
    for word in words where isNetworkAddress(word) {
        if word.lowercased().hasPrefix("file://") {
            let path = URL(string: word)?.path ?? ""
            throw ValidationError("'\(word)' is an address: name the file, \(shellWord(path)).")
        }
        throw ValidationError(
            "'\(word)' is an address on a network, and only files are read: download it first, say with "
                + "'curl -LO \(word)'.")
    }
}
