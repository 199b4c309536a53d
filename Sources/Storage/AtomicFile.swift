import Foundation

/// Writes files so that their place holds the old file or the whole new one, and never a part.
///
/// The bytes go to a hidden file in the same folder, reach the disk, and the file is renamed over its place; after a
/// failure nothing is left behind. Nothing is written through a symbolic link: one in the file's place gives way, and what
/// it leads to stays as it is.
///
/// The hidden file is called `.NAME.RANDOM.part` and is locked while its writer lives. What a killed writer left is
/// removed by the next writer of the same name.
public enum AtomicFile {
    /// Writes what `body` gives to the writer.
    /// - Throws: `StorageError.cannotWrite`, `.notAFile` where the place is a folder or device, and what `body` throws.
    public static func write<Result>(to url: URL, _ body: (Writer) throws -> Result) throws -> Result {
        let place = url.path
        var status = stat()
        if lstat(place, &status) == 0, ![S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) {
            throw StorageError.notAFile(path: url.path)
        }

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

    /// Removes what writers that were killed left in a folder; what a living writer holds stays.
    public static func removeLeftovers(in folder: URL) {
        removeLeftovers(in: folder.path) { part in part.dropFirst().contains(".") && isRandom(part, atLeast: 8) }
    }

    /// Removes what killed writers of one file left beside its place; what a living writer holds stays.
    public static func removeLeftovers(of url: URL) {
        let place = url.path as NSString
        let prefix = "." + hiddenStem(of: place.lastPathComponent) + "."
        removeLeftovers(in: place.deletingLastPathComponent) { part in
            part.hasPrefix(prefix) && !part.dropFirst(prefix.count).contains(".") && isRandom(part, atLeast: 1)
        }
    }

    private static let suffix = ".part"

    /// Whether a hidden file's name, without its suffix, ends as ``Writer`` ends names.
    private static func isRandom(_ part: Substring, atLeast least: Int) -> Bool {
        let random = part.utf8.reversed().prefix { $0 != UInt8(ascii: ".") }
        return least...13 ~= random.count
            && random.allSatisfy { 0x30...0x39 ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }
    }

    private static func removeLeftovers(in folder: String, where isOurs: (Substring) -> Bool) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        for name in names where name.hasPrefix(".") && name.hasSuffix(suffix) && isOurs(name.dropLast(suffix.count)) {
            let path = (folder as NSString).appendingPathComponent(name)
            let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                flock(descriptor, LOCK_EX | LOCK_NB) == 0
            else { continue }
            unlink(path)
        }
    }

    /// The beginning of a name that leaves room for the rest: folders allow 255 bytes.
    private static func hiddenStem(of name: String) -> String {
        var stem = String.UnicodeScalarView()
        var bytes = 0
        for scalar in name.unicodeScalars.prefix(40) {
            bytes += UTF8.width(scalar)
            if bytes > 160 { break }
            stem.append(scalar)
        }
        return String(stem)
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
            let name = AtomicFile.hiddenStem(of: (place as NSString).lastPathComponent)
            AtomicFile.removeLeftovers(of: URL(fileURLWithPath: place))
            var path = ""
            var file: Int32 = -1
            repeat {
                // The random part makes it ours alone.
                let digits = String(UInt64.random(in: .min ... .max), radix: 36)
                let random = String(repeating: "0", count: 13 - digits.count) + digits
                path = (folder as NSString).appendingPathComponent(".\(name).\(random)\(AtomicFile.suffix)")
                file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
                guard file >= 0 else { throw .cannotWrite(path: reportedPath, reason: systemFault()) }
            } while !Self.hold(file, path)
            temporaryPath = path
            descriptor = file
            self.reportedPath = reportedPath
        }

        /// Locks a new hidden file, so that no other writer takes it for a left-over.
        ///
        /// - Returns: false where one was faster, and the file is gone.
        private static func hold(_ descriptor: Int32, _ path: String) -> Bool {
            // Where the file system knows no locks, nobody removes it either.
            let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
            var (opened, there) = (stat(), stat())
            if !isTaken, fstat(descriptor, &opened) == 0, lstat(path, &there) == 0, opened.st_dev == there.st_dev,
                opened.st_ino == there.st_ino
            {
                return true
            }
            close(descriptor)
            return false
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
            try writeAll(bytes, to: descriptor, path: reportedPath)
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

/// Writes all bytes, however few the system takes at once.
///
/// - Parameter path: for the error.
/// - Throws: `StorageError.cannotWrite`.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(StorageError) {
    var left = bytes
    while let start = left.baseAddress, !left.isEmpty {
        #if canImport(Darwin)
            let written = Darwin.write(descriptor, start, left.count)
        #else
            let written = Glibc.write(descriptor, start, left.count)
        #endif
        if written < 0 {
            if errno == EINTR { continue }
            throw .cannotWrite(path: path, reason: systemFault())
        }
        left = UnsafeRawBufferPointer(rebasing: left[written...])
    }
}
