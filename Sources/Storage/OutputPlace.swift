import Foundation

/// A kind of file that this package writes, and how an earlier one is recognized.
public struct OutputKind: Sendable {
    /// With its article: "a model's card".
    public let name: String
    private let mark: @Sendable (URL) -> Bool

    /// - Parameter mark: whether a regular file is an earlier one of this kind; it is called for files that are not empty.
    public init(_ name: String, recognizedBy mark: @escaping @Sendable (URL) -> Bool) {
        self.name = name
        self.mark = mark
    }

    /// A kind that is known by what is within the first bytes of its files.
    public init(_ name: String, firstBytes count: Int, _ mark: @escaping @Sendable (Data) -> Bool) {
        self.init(name) { url in (try? WholeFile.beginning(of: url, count: count)).map(mark) ?? false }
    }

    func recognizes(_ url: URL) -> Bool { mark(url) }
}

/// The one rule by which every command writes: a file is replaced only where it is empty, is an earlier output of the same
/// kind, or where a person asked for it. It is held before the work begins.
public enum OutputPlace {
    /// - Parameter replacing: whether a person asked for a file of another kind, or a link, to be replaced.
    /// - Throws: `StorageError.taken`, `.isLink`, `.notAFile`, `.cannotWrite`.
    public static func check(_ url: URL, _ kind: OutputKind, replacing: Bool = false) throws(StorageError) {
        try check([url], replacing: replacing) { _ in kind }
    }

    /// The same of several files; the error names all that are in the way.
    ///
    /// - Parameter makingFolder: whether the folder that they belong in will be made.
    public static func check(
        _ urls: [URL], makingFolder: Bool = false, replacing: Bool = false, _ kind: (URL) -> OutputKind
    ) throws(StorageError) {
        var taken: [(path: String, kind: String)] = []
        for url in urls {
            var status = stat()
            guard lstat(url.path, &status) == 0 else {
                if errno != ENOENT || !makingFolder { try checkFolder(of: url) }
                continue
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                if !replacing, status.st_size > 0, !kind(url).recognizes(url) {
                    taken.append((url.path, kind(url).name))
                }
            case S_IFLNK:
                if !replacing { throw .isLink(path: url.path) }
            default: throw .notAFile(path: url.path)
            }
            try checkFolder(of: url)
            AtomicFile.removeLeftovers(of: url)
        }
        guard taken.isEmpty else { throw .taken(paths: taken.map(\.path), kind: taken[0].kind) }
    }

    /// A folder inside one of this package's own that is to be filled: it may be missing, and must be no link.
    ///
    /// - Throws: `StorageError.isLink`, `.cannotWrite` where a file is in its place.
    public static func checkInnerFolder(_ url: URL) throws(StorageError) {
        var status = stat()
        guard lstat(url.path, &status) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: break
        case S_IFLNK: throw .isLink(path: url.path)
        default: throw .cannotWrite(path: url.path, reason: systemFault(EEXIST))
        }
    }

    /// Whether a file is an earlier output of a kind, and no link.
    public static func isEarlier(_ url: URL, _ kind: OutputKind) -> Bool {
        var status = stat()
        return lstat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && kind.recognizes(url)
    }

    /// A folder that is to be filled, and made where it is missing: whether that can be.
    ///
    /// - Throws: `StorageError.cannotWrite`.
    public static func checkFolder(_ url: URL) throws(StorageError) {
        var folder = url.standardizedFileURL.path
        var status = stat()
        while lstat(folder, &status) != 0, errno == ENOENT, folder != "/" {
            folder = (folder as NSString).deletingLastPathComponent
        }
        guard stat(folder, &status) == 0 else { throw .cannotWrite(path: url.path, reason: systemFault()) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .cannotWrite(path: url.path, reason: systemFault(ENOTDIR))
        }
        guard access(folder, W_OK | X_OK) == 0 else { throw .cannotWrite(path: url.path, reason: systemFault()) }
    }

    private static func checkFolder(of url: URL) throws(StorageError) {
        let folder = url.deletingLastPathComponent().path
        var status = stat()
        guard stat(folder, &status) == 0 else { throw .cannotWrite(path: url.path, reason: systemFault()) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .cannotWrite(path: url.path, reason: systemFault(ENOTDIR))
        }
        guard access(folder, W_OK | X_OK) == 0 else { throw .cannotWrite(path: url.path, reason: systemFault()) }
    }
}
