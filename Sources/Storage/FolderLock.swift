import Foundation

/// One writer at a time in a folder, among all programs on the machine: an advisory lock on a hidden file in it. The lock
/// goes with the object, or with the process however it ends.
///
/// Where the file system knows no locks there is none, and that is no error.
public final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Waits for the lock, after a call of `waiting` where someone else holds it.
    /// - Throws: `StorageError.cannotWrite` where the file cannot be made, as in a folder that went away meanwhile.
    public init(_ folder: URL, waiting: () -> Void = {}) throws(StorageError) {
        while true {
            let file = try Self.openFile(folder)
            if flock(file, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                waiting()
                while flock(file, LOCK_EX) != 0 && errno == EINTR {}
            }
            if Self.isStill(file, in: folder) {
                descriptor = file
                return
            }
            close(file)
        }
    }

    /// The lock, if no one holds it just now; else nil.
    ///
    /// - Parameter real: whether a file system without locks counts as one that someone holds.
    public init?(ifFree folder: URL, real: Bool = false) throws(StorageError) {
        descriptor = try Self.openFile(folder)
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, real || errno == EWOULDBLOCK { return nil }
        if !Self.isStill(descriptor, in: folder) { return nil }
    }

    deinit { close(descriptor) }

    /// Notes the time, for `lastUse(of:)`.
    public func markUse() { futimens(descriptor, nil) }

    /// When the folder's lock was last marked, in nanoseconds since 1970; 0 where it never was.
    public static func lastUse(of folder: URL) -> Int { FileStamp(file(folder))?.modified ?? 0 }

    private static func file(_ folder: URL) -> String { folder.appendingPathComponent(".lock").path }

    /// Whether the folder's lock is the file that was opened: who held it may have removed the folder.
    private static func isStill(_ descriptor: Int32, in folder: URL) -> Bool {
        var opened = stat()
        var there = stat()
        guard fstat(descriptor, &opened) == 0, lstat(file(folder), &there) == 0 else { return false }
        return opened.st_dev == there.st_dev && opened.st_ino == there.st_ino
    }

    private static func openFile(_ folder: URL) throws(StorageError) -> Int32 {
        let descriptor = open(file(folder), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            if errno == ELOOP { throw .isLink(path: file(folder)) }
            throw .cannotWrite(path: folder.path, reason: systemFault())
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notAFile(path: file(folder))
        }
        return descriptor
    }
}
