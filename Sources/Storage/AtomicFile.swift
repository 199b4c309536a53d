import Foundation

/// Writes files so that their place holds the old file or the whole new one, and never a part.
///
/// The bytes go to a hidden file in the same folder, reach the disk, and the file is renamed over its place; after a
/// failure nothing is left behind. A symbolic link stays, and the file it leads to is replaced.
public enum AtomicFile {
    /// Writes what `body` gives to the writer.
    /// - Throws: `StorageError.cannotWrite`, `.notAFile` where the place is a folder or device, and what `body` throws.
    public static func write<Result>(to url: URL, _ body: (Writer) throws -> Result) throws -> Result {
        let place = url.resolvingSymlinksInPath().path
        var status = stat()
        if stat(place, &status) == 0, status.st_mode & S_IFMT != S_IFREG { throw StorageError.notAFile(path: url.path) }

        let writer = try Writer(beside: place, reportedPath: url.path)
        let result: Result
        do {
            result = try body(writer)
            try writer.finish(renamingTo: place)
        } catch {
            writer.discard()
            throw error
        }
        return result
    }

    public static func write(_ data: Data, to url: URL) throws(StorageError) {
        try withStorageErrors(path: url.path) { try write(to: url) { writer in try writer.write(data) } }
    }

    /// Writes a text as UTF-8.
    public static func write(_ text: String, to url: URL) throws(StorageError) {
        try write(Data(text.utf8), to: url)
    }

    /// Takes away what writers that were killed left in a folder. Only for folders that no one else writes to just now.
    public static func removeLeftovers(in folder: URL) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where name.hasPrefix(".") && name.hasSuffix(".part") {
            unlink(folder.appendingPathComponent(name).path)
        }
    }

    /// Takes a new file's bytes, in order. It is of use only inside the call that made it.
    public final class Writer {
        private static let bufferBytes = 1 << 18

        private let temporaryPath: String
        private let reportedPath: String
        private var descriptor: Int32
        private var buffer: [UInt8] = []
        /// Bytes taken so far.
        public private(set) var count = 0

        fileprivate init(beside place: String, reportedPath: String) throws(StorageError) {
            let folder = (place as NSString).deletingLastPathComponent
            // The name is shortened, for folders allow 255 bytes; the random part makes it ours alone.
            let name = String((place as NSString).lastPathComponent.prefix(40))
            let random = String(UInt64.random(in: .min ... .max), radix: 36)
            temporaryPath = (folder as NSString).appendingPathComponent(".\(name).\(random).part")
            self.reportedPath = reportedPath
            descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw .cannotWrite(path: reportedPath, reason: systemFault()) }
        }

        deinit { discard() }

        public func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
            guard descriptor >= 0 else { throw .cannotWrite(path: reportedPath, reason: "the writer is closed") }
            count += bytes.count
            if buffer.count + bytes.count > Self.bufferBytes { try flush() }
            if bytes.count >= Self.bufferBytes {
                try put(bytes)
            } else {
                buffer.append(contentsOf: bytes)
            }
        }

        public func write(_ data: Data) throws(StorageError) {
            try withStorageErrors(path: reportedPath) { try data.withUnsafeBytes { try write($0) } }
        }

        public func write(_ text: String) throws(StorageError) {
            try write(Array(text.utf8))
        }

        /// Writes the elements' bytes as they lie in memory.
        public func write<Element: BitwiseCopyable>(_ elements: [Element]) throws(StorageError) {
            try withStorageErrors(path: reportedPath) { try elements.withUnsafeBytes { try write($0) } }
        }

        private func flush() throws(StorageError) {
            try withStorageErrors(path: reportedPath) { try buffer.withUnsafeBytes { try put($0) } }
            buffer.removeAll(keepingCapacity: true)
        }

        private func put(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
            var left = bytes
            while let start = left.baseAddress, !left.isEmpty {
                #if canImport(Darwin)
                    let written = Darwin.write(descriptor, start, left.count)
                #else
                    let written = Glibc.write(descriptor, start, left.count)
                #endif
                if written < 0 {
                    if errno == EINTR { continue }
                    throw .cannotWrite(path: reportedPath, reason: systemFault())
                }
                left = UnsafeRawBufferPointer(rebasing: left[written...])
            }
        }

        fileprivate func finish(renamingTo place: String) throws(StorageError) {
            try flush()
            guard fsync(descriptor) == 0 else { throw .cannotWrite(path: reportedPath, reason: systemFault()) }
            let closed = close(descriptor)
            descriptor = -1
            guard closed == 0, rename(temporaryPath, place) == 0 else {
                let reason = systemFault()
                unlink(temporaryPath)
                throw .cannotWrite(path: reportedPath, reason: reason)
            }
            syncFolder(of: place)
        }

        /// The new name must reach the disk too. Some file systems cannot do it; the file is in place all the same.
        private func syncFolder(of place: String) {
            let folder = open((place as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
            guard folder >= 0 else { return }
            fsync(folder)
            close(folder)
        }

        fileprivate func discard() {
            guard descriptor >= 0 else { return }
            close(descriptor)
            descriptor = -1
            unlink(temporaryPath)
        }
    }
}
