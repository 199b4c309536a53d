import Foundation

/// The bytes and lines of a text that another program wrote: a list of paths, a playlist, a table.
///
/// The whole text is kept as bytes, and a line becomes a string when it is asked for, so that a list of a million lines
/// takes no more memory than its file.
package struct ListText: Sendable {
    /// Without a byte-order mark; UTF-16 has become UTF-8.
    package let bytes: [UInt8]
    /// Lines end with LF or CRLF, or where the text has no LF with CR alone; so a CR may be part of a name.
    private let end: UInt8
    private var place = 0
    /// Of the line that ``next()`` gave last, from 1.
    package private(set) var line = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = Self.withoutMark(bytes)
        end = self.bytes.contains(0x0A) ? 0x0A : 0x0D
    }

    /// - Parameter limit: the greatest length in bytes.
    /// - Throws: `StorageError.missing`, `.notAFile` (a pipe, a device), `.unreadable`, `.malformed` where it is longer
    ///   than the limit.
    package init(contentsOf path: String, limit: Int, format: String) throws(StorageError) {
        self.init(try regularFileBytes(path, limit: limit, format: format))
    }

    /// The bytes of the next line without its end; nil at the end of the text.
    package mutating func nextBytes() -> ArraySlice<UInt8>? {
        guard place < bytes.count else { return nil }
        line += 1
        let start = place
        while place < bytes.count, bytes[place] != end { place += 1 }
        let own = bytes[start..<place]
        place += 1
        return own.last == 0x0D ? own.dropLast() : own
    }

    /// The next line as text; nil at the end.
    package mutating func next() -> String? { nextBytes().map(Self.text) }

    /// The whole text.
    package var text: String { Self.text(bytes[...]) }

    /// UTF-8 where it is valid, else Windows-1252, which holds Latin-1's letters and the quotes, dashes and currency
    /// signs that programs on Windows write.
    package static func text(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return String(String.UnicodeScalarView(bytes.map { windows1252[Int($0)] }))
    }

    /// Code page 1252; the five bytes that it leaves free stand for the control characters of Latin-1.
    private static let windows1252: [Unicode.Scalar] = {
        let upper: [UInt32] = [
            0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
            0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
            0x0153, 0x9D, 0x017E, 0x0178,
        ]
        return (0..<256).map { byte in
            Unicode.Scalar(0x80..<0xA0 ~= byte ? upper[byte - 0x80] : UInt32(byte)) ?? "\u{FFFD}"
        }
    }()

    /// UTF-16 is told by its mark, or without one by zeros in most of every other of the first bytes, as ASCII letters have.
    private static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(bytes.dropFirst(3)) }
        let start = bytes.prefix(64)
        func zeros(_ parity: Int) -> Int { start.indices.count { $0 % 2 == parity && start[$0] == 0 } }
        let isLittle = bytes.starts(with: [0xFF, 0xFE])
        let isBig = bytes.starts(with: [0xFE, 0xFF])
        let half = start.count / 2
        let seemsLittle = half >= 4 && 4 * zeros(1) >= 3 * half && zeros(0) == 0
        let seemsBig = half >= 4 && 4 * zeros(0) >= 3 * half && zeros(1) == 0
        guard isLittle || isBig || seemsLittle || seemsBig else { return bytes }
        let first = isLittle || isBig ? 2 : 0
        let low = isLittle || seemsLittle ? 0 : 1
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        var place = first
        while place + 1 < bytes.count {
            units.append(UInt16(bytes[place + low]) | UInt16(bytes[place + 1 - low]) << 8)
            place += 2
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }
}

/// The bytes of a regular file. What is no regular file is refused without a wait; a file that is cut short while it is
/// read gives what it still held.
///
/// - Throws: `StorageError.missing`, `.notAFile`, `.unreadable`, `.malformed` where it is longer than the limit.
package func regularFileBytes(_ path: String, limit: Int, format: String) throws(StorageError) -> [UInt8] {
    let (descriptor, size) = try openRegularFile(path)
    defer { close(descriptor) }
    guard size <= limit else {
        throw .malformed(
            path: path, format: format, fault: "it has \(size >> 20) MB, and at most \(limit >> 20) MB are read")
    }
    return try allBytes(of: descriptor, path: path, limit: limit, expecting: size)
}

/// The bytes of a list that may come through a pipe which the shell made (`<(find …)`), but not through a named one,
/// which nobody might ever write to.
///
/// - Throws: as ``regularFileBytes(_:limit:format:)``.
package func listBytes(_ path: String, limit: Int, format: String) throws(StorageError) -> [UInt8] {
    guard path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/") || path == "/dev/stdin" else {
        return try regularFileBytes(path, limit: limit, format: format)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: systemFault()) }
    defer { close(descriptor) }
    return try listBytes(of: descriptor, path: path, limit: limit, format: format)
}

/// - Throws: `StorageError.unreadable`, `.malformed` where more than the limit comes.
package func listBytes(
    of descriptor: Int32, path: String, limit: Int, format: String
) throws(StorageError) -> [UInt8] {
    let bytes = try allBytes(of: descriptor, path: path, limit: limit + 1, expecting: 0)
    guard bytes.count <= limit else {
        throw .malformed(path: path, format: format, fault: "it has more than \(limit >> 20) MB")
    }
    return bytes
}

private func allBytes(
    of descriptor: Int32, path: String, limit: Int, expecting size: Int
) throws(StorageError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < limit {
        let wanted = min(piece.count, limit - bytes.count)
        let count = read(descriptor, &piece, wanted)
        if count < 0 && errno == EINTR { continue }
        if count < 0 && errno == EISDIR { throw .notAFile(path: path) }
        guard count >= 0 else { throw .unreadable(path: path, reason: systemFault()) }
        guard count > 0 else { break }
        bytes += piece[..<count]
    }
    return bytes
}

/// The first bytes of a regular file; nil where there is none.
package func regularFileStart(_ path: String, count: Int) -> [UInt8]? {
    guard let (descriptor, size) = try? openRegularFile(path) else { return nil }
    defer { close(descriptor) }
    return try? allBytes(of: descriptor, path: path, limit: min(count, size), expecting: min(count, size))
}
