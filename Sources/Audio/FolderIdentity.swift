import Foundation

/// What tells one folder from another, whatever path leads to it: a search for audio enters none twice, so that links back
/// end.
public struct FolderIdentity: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64

    /// Nil for what is no folder.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
