import Foundation

/// What a file system says of a file: while it stays the same, so do the bytes, almost surely; as in git's index.
public struct FileStamp: Codable, Sendable, Hashable {
    /// Bytes.
    public var size: Int
    /// Of the last change of the bytes, in nanoseconds since 1970.
    public var modified: Int
    /// Of the last change of the bytes, name or rights, in nanoseconds since 1970.
    public var changed: Int
    public var inode: UInt64

    /// The stamp of a regular file, links followed; nil where there is none.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    fileprivate init?(_ status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        func nanoseconds(_ time: timespec) -> Int {
            let (scaled, _) = Int(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
            return scaled &+ Int(time.tv_nsec)
        }
        size = Int(status.st_size)
        inode = UInt64(status.st_ino)
        #if canImport(Darwin)
            modified = nanoseconds(status.st_mtimespec)
            changed = nanoseconds(status.st_ctimespec)
        #else
            modified = nanoseconds(status.st_mtim)
            changed = nanoseconds(status.st_ctim)
        #endif
    }

    /// Whether the file had lain still for two seconds at a time (in nanoseconds since 1970): a younger file may change
    /// once more without a new stamp, for clocks of file systems are coarse.
    public func isSettled(at now: Int) -> Bool { max(modified, changed) < now - 2_000_000_000 }

    /// The present time as stamps count it.
    public static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }
}

/// Reads regular files piece by piece; unlike a mapping it survives a file that is cut short meanwhile.
public enum FilePieces {
    /// Gives the file's bytes in pieces of `buffer`'s size, the last one shorter.
    ///
    /// - Returns: the file's stamp when it was opened.
    /// - Throws: `StorageError.missing`, `.notAFile`, `.unreadable`.
    @discardableResult
    public static func read(
        _ url: URL, through buffer: UnsafeMutableRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(StorageError) -> FileStamp {
        let (descriptor, _) = try openRegularFile(url.path)
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, let stamp = FileStamp(status) else { throw .notAFile(path: url.path) }
        while true {
            var filled = 0
            while filled < buffer.count {
                #if canImport(Darwin)
                    let got = Darwin.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
                #else
                    let got = Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
                #endif
                if got < 0 && errno == EINTR { continue }
                guard got >= 0 else { throw .unreadable(path: url.path, reason: systemFault()) }
                if got == 0 { break }
                filled += got
            }
            if filled > 0 { body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<filled])) }
            if filled < buffer.count { return stamp }
        }
    }
}
