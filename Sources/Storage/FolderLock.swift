import Foundation

/// One writer at a time in a folder, among all programs on the machine: an advisory lock on a hidden file in it. The lock
/// goes with the object, or with the process however it ends.
///
/// Where the file system knows no locks there is none, and that is no error.
public final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Waits for the lock, after a call of `waiting` where someone else holds it.
    /// - Throws: `StorageError.cannotWrite` where the file cannot be made.
    public init(_ folder: URL, waiting: () -> Void = {}) throws(StorageError) {
        descriptor = try Self.openFile(folder)
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
        waiting()
        while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
    }

    /// The lock, if no one holds it just now; else nil.
    public init?(ifFree folder: URL) throws(StorageError) {
        descriptor = try Self.openFile(folder)
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { return nil }
    }

    deinit { close(descriptor) }

    /// Notes the time, for `lastUse(of:)`.
    public func markUse() { futimens(descriptor, nil) }

    /// When the folder's lock was last marked, in nanoseconds since 1970; 0 where it never was.
    public static func lastUse(of folder: URL) -> Int { FileStamp(file(folder))?.modified ?? 0 }

    private static func file(_ folder: URL) -> String { folder.appendingPathComponent(".lock").path }

    private static func openFile(_ folder: URL) throws(StorageError) -> Int32 {
        let descriptor = open(file(folder), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .cannotWrite(path: folder.path, reason: systemFault()) }
        return descriptor
    }
}
