import Audio
import Foundation
import Hummingbird
import Storage

/// A sound that a client sent, as a private file.
struct Upload: Sendable {
    let file: URL
    /// As the client calls it: a name and nothing else.
    let name: String
    let bytes: Int
}

/// Takes uploads piece by piece into private files, within bounds of size and time.
struct Uploads: Sendable {
    struct Limits: Sendable {
        var bytes = 2 << 30
        /// Seconds without a byte.
        var stall = 30
        /// Seconds for all of it.
        var whole = 1800
    }

    let folder: URL
    let limits: Limits

    /// Reads the body of a request: a form with one file, or the sound itself.
    ///
    /// - Throws: ``ServerError``; then nothing of it is left.
    func take(_ request: Request) async throws -> Upload {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > limits.bytes + (1 << 20) {
            throw ServerError.tooLarge(limit: limits.bytes)
        }
        let file = folder.appendingPathComponent("upload-\(UUID().uuidString)")
        do {
            let clock = UploadClock()
            return try await withThrowingTaskGroup(of: Upload.self) { [limits] group in
                group.addTask { try await write(request, to: file, clock) }
                group.addTask { throw try await clock.fault(stall: limits.stall, whole: limits.whole) }
                defer { group.cancelAll() }
                return try await group.next()!
            }
        } catch {
            unlink(file.path)
            switch error {
            case is ServerError, is StorageError, is CancellationError: throw error
            // Of the connection: the client went away.
            default: throw ServerError.badBody(problem: "it breaks off before its end")
            }
        }
    }

    private func write(_ request: Request, to file: URL, _ clock: UploadClock) async throws -> Upload {
        let type = request.headers[.contentType] ?? "application/octet-stream"
        let kind = type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        var sink = try UploadFile(file, limit: limits.bytes)
        defer { sink.close() }
        var name: String
        if kind == "multipart/form-data" {
            var reader = try MultipartReader(contentType: type)
            var isInFile = false
            var found: String?
            for try await piece in request.body {
                clock.tick()
                for event in try reader.take(piece.readableBytesView) {
                    switch event {
                    case .part(_, let file):
                        isInFile = file != nil
                        guard let file else { continue }
                        guard found == nil else { throw ServerError.badBody(problem: "the form holds several files") }
                        found = file
                    case .bytes(let bytes):
                        // Fields that are no file are not needed; their size counts all the same.
                        if isInFile { try sink.write(bytes) } else { try sink.count(bytes.count) }
                    case .partEnd: isInFile = false
                    case .end: break
                    }
                }
            }
            guard reader.isAtEnd else {
                throw ServerError.badBody(problem: "it ends before the form's closing boundary")
            }
            guard let found else { throw ServerError.badBody(problem: "the form holds no file") }
            name = found
        } else {
            guard Self.mayBeSound(kind) else { throw ServerError.unsupportedType(kind) }
            for try await piece in request.body {
                clock.tick()
                try sink.write(piece.readableBytesView)
            }
            if let length = request.headers[.contentLength].flatMap(Int.init), length != sink.size {
                throw ServerError.badBody(problem: "it ends after \(sink.size) of \(length) bytes")
            }
            name = request.uri.queryParameters["name"].map { String($0) } ?? ""
        }
        name = Self.cleaned(name)
        guard sink.size > 0 else { throw ServerError.badBody(problem: "the sound is empty (0 bytes)") }
        return Upload(file: file, name: name, bytes: sink.size)
    }

    /// Whether a body of this type is taken for a sound: of what programs send where nobody told them the type, too.
    static func mayBeSound(_ kind: String) -> Bool {
        kind.hasPrefix("audio/") || kind.hasPrefix("video/")
            || [
                "application/octet-stream", "application/ogg", "application/x-www-form-urlencoded",
                "binary/octet-stream",
            ]
            .contains(kind)
    }

    /// A client's name for a sound, for people to read: without folders and without what would steer a terminal.
    static func cleaned(_ name: String) -> String {
        let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        let visible = last.unicodeScalars.filter {
            !CharacterSet.controlCharacters.contains($0) && !CharacterSet.newlines.contains($0)
        }
        var text = String(String.UnicodeScalarView(visible)).trimmingCharacters(in: .whitespaces)
        while text.utf8.count > 200 { text.removeLast() }
        return text.isEmpty || text == "." || text == ".." ? "sound" : text
    }
}

/// A file that only this user may read, written up to a limit.
private struct UploadFile {
    private let descriptor: Int32
    private let path: String
    private let limit: Int
    private(set) var size = 0
    private var extra = 0

    init(_ file: URL, limit: Int) throws {
        path = file.path
        self.limit = limit
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StorageError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
    }

    mutating func count(_ bytes: Int) throws {
        extra += bytes
        guard size + extra <= limit else { throw ServerError.tooLarge(limit: limit) }
    }

    mutating func write(_ bytes: some Collection<UInt8>) throws {
        size += bytes.count
        guard size + extra <= limit else { throw ServerError.tooLarge(limit: limit) }
        let done: Void? = try bytes.withContiguousStorageIfAvailable { try put(UnsafeRawBufferPointer($0)) }
        if done == nil { try Array(bytes).withUnsafeBytes(put) }
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            #if canImport(Glibc)
                let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
            #else
                let count = Darwin.write(descriptor, piece.baseAddress, piece.count)
            #endif
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw StorageError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
            }
            rest = rest.dropFirst(count)
        }
    }

    func close() {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }
}

/// When the last byte of an upload came.
private final class UploadClock: @unchecked Sendable {  // behind the lock
    private let lock = NSLock()
    private let start = ContinuousClock.now
    private var last = ContinuousClock.now

    func tick() { lock.withLock { last = .now } }

    /// Waits until the upload has taken too long.
    func fault(stall: Int, whole: Int) async throws -> ServerError {
        while true {
            let now = ContinuousClock.now
            let deadline = min(start + .seconds(whole), lock.withLock { last } + .seconds(stall))
            if deadline <= now { return .tooSlow(seconds: now - start >= .seconds(whole) ? whole : stall) }
            try await Task.sleep(until: deadline, clock: .continuous)
        }
    }
}
