import Foundation

/// Reads regular files at once, links followed: pipes and devices are refused, so that nothing waits for ever.
public enum WholeFile {
    /// - Parameter limit: bytes; a longer file is an error.
    /// - Throws: `StorageError.missing`, `.notAFile`, `.unreadable`, `.tooLarge`.
    public static func read(_ url: URL, atMost limit: Int) throws(StorageError) -> Data {
        let (descriptor, size) = try openRegularFile(url.path)
        defer { close(descriptor) }
        guard size <= limit else { throw .tooLarge(path: url.path, bytes: size, limit: limit) }
        let data = try bytes(of: descriptor, path: url.path, atMost: limit + 1)
        guard data.count <= limit else { throw .tooLarge(path: url.path, bytes: data.count, limit: limit) }
        return data
    }

    /// The first bytes of a file, `count` at most.
    ///
    /// - Throws: `StorageError.missing`, `.notAFile`, `.unreadable`.
    public static func beginning(of url: URL, count: Int) throws(StorageError) -> Data {
        let (descriptor, _) = try openRegularFile(url.path)
        defer { close(descriptor) }
        return try bytes(of: descriptor, path: url.path, atMost: count)
    }

    /// All that an open stream gives, `limit` bytes at most; it is not closed.
    ///
    /// - Parameter path: for the error.
    /// - Throws: `StorageError.unreadable`, `.notAFile` for a folder.
    public static func bytes(of descriptor: Int32, path: String, atMost limit: Int) throws(StorageError) -> Data {
        var data = Data()
        var piece = [UInt8](repeating: 0, count: min(max(limit, 1), 1 << 16))
        while data.count < limit {
            let wanted = min(piece.count, limit - data.count)
            let got = piece.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress!, wanted) }
            if got < 0, errno == EINTR { continue }
            if got < 0, errno == EISDIR { throw .notAFile(path: path) }
            guard got >= 0 else { throw .unreadable(path: path, reason: systemFault()) }
            if got == 0 { break }
            data.append(contentsOf: piece[..<got])
        }
        return data
    }
}

private func systemRead(_ descriptor: Int32, _ place: UnsafeMutableRawPointer, _ count: Int) -> Int {
    #if canImport(Darwin)
        Darwin.read(descriptor, place, count)
    #else
        Glibc.read(descriptor, place, count)
    #endif
}
