import Foundation

/// A whole file as read-only memory; pages are read when touched and given back under pressure.
///
/// The mapping lasts as long as the object. Files in the project are replaced by renaming, never rewritten in place, so
/// the bytes stay; a file that another program cuts short while it is mapped ends this one (`CutShortFiles` says which).
public final class MappedFile: @unchecked Sendable {  // the pages are never written
    public let url: URL
    /// As messages name it.
    public let path: String
    /// Valid while the object lives: hold it (`withExtendedLifetime`) as long as the pointer is used.
    public let bytes: UnsafeRawBufferPointer

    private let isMapped: Bool

    public var count: Int { bytes.count }

    /// - Throws: `StorageError.missing`, `.notAFile`, `.unreadable`. An empty file is no error.
    public init(_ url: URL) throws(StorageError) {
        self.url = url
        isMapped = true
        path = url.path
        let (descriptor, size) = try openRegularFile(path)
        defer { close(descriptor) }
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let pages = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), pages != MAP_FAILED else {
            throw .unreadable(path: path, reason: systemFault())
        }
        bytes = UnsafeRawBufferPointer(start: pages, count: size)
        MappedRanges.add(bytes, path: path)
    }

    /// Bytes of the program itself, as if they were a file of that name.
    public init(program bytes: UnsafeRawBufferPointer, name: String) {
        url = URL(fileURLWithPath: name)
        path = name
        self.bytes = bytes
        isMapped = false
    }

    deinit {
        guard isMapped, let pages = bytes.baseAddress else { return }
        MappedRanges.remove(bytes)
        munmap(UnsafeMutableRawPointer(mutating: pages), bytes.count)
    }
}

/// Opens a regular file for reading; gives the descriptor, for the caller to close, and the bytes in the file.
func openRegularFile(_ path: String) throws(StorageError) -> (descriptor: Int32, size: Int) {
    // Not blocking: opening a pipe could wait for ever.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
        throw errno == ENOENT || errno == ENOTDIR
            ? .missing(path: path) : .unreadable(path: path, reason: systemFault())
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        close(descriptor)
        throw .notAFile(path: path)
    }
    return (descriptor, Int(status.st_size))
}
