import CZlib
import Foundation

/// A zip archive's members, stored or deflated. ZIP64 is known; encrypted and split archives are not.
///
/// Opening reads the directory alone; a member is inflated when it is asked for, and its CRC-32 is checked. Sizes are only
/// claims until then: a member that claims to be longer than deflate can make its bytes is refused before memory is taken.
package final class ZipFile: Sendable {
    /// Deflate makes at most 1,032 bytes of one.
    private static let greatestRatio = 1032
    private static let greatestNumberOfMembers = 1 << 16
    /// Arrays of numbers deflate to a third or a tenth; what claims to be this many times longer than its file, and long, is
    /// made to fill the memory. Stored members are mapped, and may be of any size.
    private static let greatestUsualRatio = 64
    private static let alwaysTaken = 64 << 20

    struct Member: Sendable {
        var method: UInt16
        var crc: UInt32
        var compressed: Int
        var size: Int
        var header: Int
    }

    /// A member's bytes; valid while `owner` lives.
    package struct Contents {
        package let bytes: UnsafeRawBufferPointer
        package let owner: AnyObject & Sendable

        package init(bytes: UnsafeRawBufferPointer, owner: AnyObject & Sendable) {
            self.bytes = bytes
            self.owner = owner
        }
    }

    package let url: URL
    /// In increasing order.
    package let names: [String]
    private let format: String
    private let advice: String
    private let file: MappedFile
    private let members: [String: Member]

    /// - Parameters:
    ///   - format: what the archive is to a user: "npz", "wheel".
    ///   - advice: how it can be written so that its members can be read, after a semicolon.
    ///   - wanted: which members count.
    /// - Throws: `StorageError.missing`, `.notAFile`, `.unreadable`, `.malformed`.
    package init(
        _ url: URL, format: String, advice: String = "", where wanted: (String) -> Bool = { _ in true }
    ) throws(StorageError) {
        self.url = url
        self.format = format
        self.advice = advice
        file = try MappedFile(url)
        members = try ZipDirectory(path: url.path, bytes: file.bytes, format: format).members(
            limit: Self.greatestNumberOfMembers, where: wanted)
        names = members.keys.sorted()
    }

    private func malformed(_ fault: String) -> StorageError {
        .malformed(path: url.path, format: format, fault: fault)
    }

    /// A member's bytes, their checksum checked.
    ///
    /// - Parameters:
    ///   - label: how messages call it; nil for its name.
    ///   - limit: bytes; a longer member is an error.
    /// - Throws: `StorageError.noSuchTensor`, `.malformed`.
    package func contents(
        of name: String, called label: String? = nil, atMost limit: Int = .max
    ) throws(StorageError) -> Contents {
        let label = label ?? name
        guard let member = members[name] else { throw malformed("it lacks '\(label)'") }
        guard member.size <= limit else {
            throw malformed("'\(label)' claims \(member.size) bytes, more than the \(limit) that it may have")
        }
        let packed = try ZipDirectory(path: url.path, bytes: file.bytes, format: format).data(of: member, named: label)
        switch member.method {
        case 0:
            guard member.size == member.compressed else {
                throw malformed("'\(label)' is stored, but its two sizes differ")
            }
            try check(packed, member.crc, label)
            return Contents(bytes: packed, owner: file)
        case 8:
            let (most, overflow) = member.compressed.multipliedReportingOverflow(by: Self.greatestRatio)
            guard overflow || member.size <= most + Self.greatestRatio else {
                throw malformed(
                    "'\(label)' claims \(member.size) bytes out of \(member.compressed), more than deflate can make")
            }
            let usual = member.compressed.multipliedReportingOverflow(by: Self.greatestUsualRatio)
            guard usual.overflow || member.size <= max(usual.partialValue, Self.alwaysTaken) else {
                throw malformed(
                    "'\(label)' would inflate \(member.compressed) bytes to \(member.size >> 20) MB, more than "
                        + "\(Self.greatestUsualRatio) times as much\(advice)")
            }
            guard let memory = Inflated(count: member.size) else {
                throw malformed("'\(label)' claims \(member.size) bytes, for which there is no memory")
            }
            guard withExtendedLifetime(file, { memory.fill(from: packed) }) else {
                throw malformed("'\(label)' cannot be inflated to the \(member.size) bytes that it claims")
            }
            try check(memory.bytes, member.crc, label)
            return Contents(bytes: memory.bytes, owner: memory)
        case let method: throw malformed("'\(label)' is packed by method \(method), which is not read\(advice)")
        }
    }

    private func check(_ bytes: UnsafeRawBufferPointer, _ crc: UInt32, _ name: String) throws(StorageError) {
        let found = crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        guard UInt32(truncatingIfNeeded: found) == crc || (bytes.isEmpty && crc == 0) else {
            throw malformed("the checksum of '\(name)' is wrong")
        }
    }
}

/// Memory that deflated bytes are inflated into. Pages are only taken as they are written.
private final class Inflated: @unchecked Sendable {  // filled once, before anyone else has it
    let bytes: UnsafeRawBufferPointer
    private let memory: UnsafeMutableRawPointer

    init?(count: Int) {
        guard let memory = malloc(max(count, 1)) else { return nil }
        self.memory = memory
        bytes = UnsafeRawBufferPointer(start: memory, count: count)
    }

    deinit { free(memory) }

    /// Inflates a raw deflate stream; false where it does not give exactly `bytes.count` bytes.
    func fill(from packed: UnsafeRawBufferPointer) -> Bool {
        var stream = z_stream()
        guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return false
        }
        defer { inflateEnd(&stream) }
        // zlib counts in 32 bits.
        let piece = 1 << 30
        var read = 0
        var written = 0
        while true {
            let offered = min(piece, packed.count - read)
            let room = min(piece, bytes.count - written)
            stream.next_in = UnsafeMutablePointer(
                mutating: packed.baseAddress.map { ($0 + read).assumingMemoryBound(to: UInt8.self) })
            stream.avail_in = UInt32(offered)
            stream.next_out = (memory + written).assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(room)
            let status = inflate(&stream, Z_NO_FLUSH)
            let taken = offered - Int(stream.avail_in)
            let made = room - Int(stream.avail_out)
            read += taken
            written += made
            if status == Z_STREAM_END { return written == bytes.count && read == packed.count }
            guard status == Z_OK, taken + made > 0 else { return false }
        }
    }
}
