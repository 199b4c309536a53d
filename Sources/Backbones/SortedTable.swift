import Storage

/// The entries of a LevelDB table (the format of `.index` files of TensorFlow's checkpoints): a footer that leads to a block
/// of blocks, each with a masked CRC-32C. Format: doc/table_format.md of LevelDB.
struct SortedTable {
    private static let magic: UInt64 = 0xdb47_7524_8b80_fb57
    private static let footer = 48
    /// No table of a checkpoint has nearly as many.
    private static let greatestNumberOfEntries = 100_000

    /// Keys and values, in the keys' order.
    let entries: [(key: [UInt8], value: ArraySlice<UInt8>)]

    init(_ bytes: [UInt8]) throws(ByteCursor.Fault) {
        guard bytes.count >= Self.footer else { throw .init(problem: "it is cut off") }
        var footer = ByteCursor(bytes[(bytes.count - Self.footer)...])
        _ = try Self.handle(&footer)
        let index = try Self.handle(&footer)
        var end = ByteCursor(bytes[(bytes.count - 8)...])
        guard try end.fixed64() == Self.magic else {
            throw .init(problem: "it does not end as a table does; it is cut off, or none")
        }
        var entries: [(key: [UInt8], value: ArraySlice<UInt8>)] = []
        for (_, value) in try Self.entries(of: Self.block(index, in: bytes)) {
            var cursor = ByteCursor(value)
            entries += try Self.entries(of: Self.block(Self.handle(&cursor), in: bytes))
            guard entries.count <= Self.greatestNumberOfEntries else {
                throw .init(problem: "it claims more than \(Self.greatestNumberOfEntries) entries")
            }
        }
        self.entries = entries
    }

    private typealias Handle = (offset: Int, size: Int)

    private static func handle(_ cursor: inout ByteCursor) throws(ByteCursor.Fault) -> Handle {
        (try cursor.count(), try cursor.count())
    }

    /// A block's bytes, without the byte that names its compression and its checksum.
    private static func block(_ handle: Handle, in bytes: [UInt8]) throws(ByteCursor.Fault) -> ArraySlice<UInt8> {
        guard handle.offset + handle.size + 5 <= bytes.count else {
            throw .init(problem: "a block of it lies beyond its end")
        }
        let end = handle.offset + handle.size
        var trailer = ByteCursor(bytes[(end + 1)...])
        guard try trailer.fixed32() == Checksum.masked(Checksum.crc32c(bytes[handle.offset...end])) else {
            throw .init(problem: "the checksum of a block is wrong")
        }
        guard bytes[end] == 0 else { throw .init(problem: "a block of it is compressed, which is not read") }
        return bytes[handle.offset..<end]
    }

    /// Each key is what it shares with the one before it, and what is its own.
    private static func entries(
        of block: ArraySlice<UInt8>
    ) throws(ByteCursor.Fault) -> [(key: [UInt8], value: ArraySlice<UInt8>)] {
        guard block.count >= 4 else { throw .init(problem: "a block of it is cut off") }
        var end = ByteCursor(block[(block.endIndex - 4)...])
        let restarts = Int(try end.fixed32())
        guard restarts <= (block.count - 4) / 4 else { throw .init(problem: "a block of it is cut off") }
        var cursor = ByteCursor(block[..<(block.endIndex - 4 - 4 * restarts)])
        var key: [UInt8] = []
        var result: [(key: [UInt8], value: ArraySlice<UInt8>)] = []
        while !cursor.isAtEnd {
            let (shared, own, value) = (try cursor.count(), try cursor.count(), try cursor.count())
            guard shared <= key.count else { throw .init(problem: "a key in it begins with what is not there") }
            key = Array(key[..<shared]) + Array(try cursor.take(own))
            guard key.count <= 4096 else { throw .init(problem: "a key in it is too long") }
            result.append((key, try cursor.take(value)))
        }
        return result
    }
}
