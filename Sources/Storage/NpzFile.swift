import CZlib
import Foundation

/// An archive of numpy's (.npz): a zip file of .npy arrays, stored or deflated. ZIP64 is known; encrypted and split
/// archives are not.
///
/// Opening reads the directory alone; a member is inflated when it is asked for, and its CRC-32 is checked. Sizes are only
/// claims until then: a member that claims to be longer than deflate can make its bytes is refused before memory is taken.
public final class NpzFile: Sendable {
    /// Deflate makes at most 1,032 bytes of one.
    private static let greatestRatio = 1032
    private static let greatestNumberOfMembers = 1 << 16
    /// Spectrograms deflate to a third or a tenth; what claims to be this many times longer than its file, and long, is
    /// made to fill the memory. Uncompressed archives are mapped, and may be of any size.
    private static let greatestUsualRatio = 64
    private static let alwaysTaken = 64 << 20

    struct Member: Sendable {
        var method: UInt16
        var crc: UInt32
        var compressed: Int
        var size: Int
        var header: Int
    }

    public let url: URL
    /// Without ".npy", in increasing order.
    public let names: [String]
    private let file: MappedFile
    private let members: [String: Member]

    /// - Throws: `StorageError.missing`, `.notAFile`, `.unreadable`, `.malformed`.
    public init(_ url: URL) throws(StorageError) {
        self.url = url
        file = try MappedFile(url)
        members = try ZipDirectory(path: url.path, bytes: file.bytes).members(
            limit: Self.greatestNumberOfMembers)
        names = members.keys.sorted()
    }

    private func malformed(_ fault: String) -> StorageError {
        .malformed(path: url.path, format: "npz", fault: fault)
    }

    /// - Throws: `StorageError.noSuchTensor`, `.malformed`.
    public func array(_ name: String) throws(StorageError) -> NpyArray {
        guard let member = members[name] else { throw .noSuchTensor(path: url.path, name: name) }
        let zip = ZipDirectory(path: url.path, bytes: file.bytes)
        let packed = try zip.data(of: member, named: name)
        let label = "\(url.path) (\(name))"
        switch member.method {
        case 0:
            guard member.size == member.compressed else {
                throw malformed("'\(name)' is stored, but its two sizes differ")
            }
            try check(packed, member.crc, name)
            return try NpyArray(name: label, bytes: packed, owner: file)
        case 8:
            let (most, overflow) = member.compressed.multipliedReportingOverflow(by: Self.greatestRatio)
            guard overflow || member.size <= most + Self.greatestRatio else {
                throw malformed(
                    "'\(name)' claims \(member.size) bytes out of \(member.compressed), more than deflate can make")
            }
            let usual = member.compressed.multipliedReportingOverflow(by: Self.greatestUsualRatio)
            guard usual.overflow || member.size <= max(usual.partialValue, Self.alwaysTaken) else {
                throw malformed(
                    "'\(name)' would inflate \(member.compressed) bytes to \(member.size >> 20) MB, more than "
                        + "\(Self.greatestUsualRatio) times as much; if it is meant so, write it with numpy.savez "
                        + "(not savez_compressed)")
            }
            guard let memory = Inflated(count: member.size) else {
                throw malformed("'\(name)' claims \(member.size) bytes, for which there is no memory")
            }
            guard withExtendedLifetime(file, { memory.fill(from: packed) }) else {
                throw malformed("'\(name)' cannot be inflated to the \(member.size) bytes that it claims")
            }
            try check(memory.bytes, member.crc, name)
            return try NpyArray(name: label, bytes: memory.bytes, owner: memory)
        case let method:
            throw malformed("'\(name)' is packed by method \(method); write it with numpy.savez or savez_compressed")
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
private final class Inflated {
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
