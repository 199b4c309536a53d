import Foundation

/// Files that grow line by line.
public enum AppendedFile {
    /// Adds bytes to a regular file, which is made where it is missing. Nothing is written through a symbolic link.
    ///
    /// - Throws: `StorageError.isLink`, `.notAFile`, `.cannotWrite`.
    public static func append(_ data: Data, to url: URL) throws(StorageError) {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = open(url.path, flags, 0o666)
        guard descriptor >= 0 else {
            if errno == ELOOP { throw .isLink(path: url.path) }
            // A pipe that nobody reads.
            if errno == ENXIO || errno == EISDIR { throw .notAFile(path: url.path) }
            throw .cannotWrite(path: url.path, reason: systemFault())
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .notAFile(path: url.path)
        }
        try withStorageErrors(path: url.path) {
            try data.withUnsafeBytes { try writeAll($0, to: descriptor, path: url.path) }
        }
    }
}
