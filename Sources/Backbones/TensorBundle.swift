import Foundation
import Storage

/// A checkpoint of TensorFlow's ("tensor bundle", version 2) in one shard: an index of names, types, shapes and places, and
/// the values. Fields as in tensorflow/core/protobuf/tensor_bundle.proto; nothing of TensorFlow is needed.
struct TensorBundle {
    struct Entry: Equatable {
        var type = 0
        var shape: [Int] = []
        var shard = 0
        var offset = 0
        var size = 0
        /// Masked CRC-32C of the bytes.
        var checksum: UInt32 = 0
        var isSliced = false
    }

    /// TensorFlow's DT_FLOAT.
    private static let float = 1

    let entries: [String: Entry]
    /// Hold `owner` as long as they are used.
    private let data: UnsafeRawBufferPointer
    private let owner: AnyObject?

    /// - Parameters:
    ///   - index: the `.index` file's bytes.
    ///   - data: the bytes of `.data-00000-of-00001`.
    ///   - owner: keeps them.
    init(index: [UInt8], data: UnsafeRawBufferPointer, owner: AnyObject?) throws(ByteCursor.Fault) {
        self.data = data
        self.owner = owner
        var entries: [String: Entry] = [:]
        var hasHeader = false
        for (key, value) in try SortedTable(index).entries {
            if key.isEmpty {
                hasHeader = true
                try Self.checkHeader(value)
                continue
            }
            guard let name = String(validating: key, as: UTF8.self) else {
                throw .init(problem: "a tensor's name is no text")
            }
            guard entries.updateValue(try Self.entry(value), forKey: name) == nil else {
                throw .init(problem: "it holds the tensor '\(name)' twice")
            }
        }
        guard hasHeader else { throw .init(problem: "it has no header") }
        self.entries = entries
    }

    /// The values of a tensor, row by row; shape, type, place and checksum are held against what it claims.
    ///
    /// - Parameter shape: that it must have.
    func floats(_ name: String, shape: [Int]) throws(ByteCursor.Fault) -> [Float] {
        guard let entry = entries[name] else { throw .init(problem: "the tensor '\(name)' is missing") }
        guard entry.type == Self.float, !entry.isSliced else {
            throw .init(problem: "the tensor '\(name)' is not of single precision in one piece")
        }
        guard entry.shape == shape else {
            throw .init(problem: "the tensor '\(name)' has shape \(entry.shape), and must have \(shape)")
        }
        let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max / 4 : $0 * $1 }
        guard entry.shard == 0, entry.size / 4 == count, entry.size % 4 == 0, entry.offset <= data.count,
            entry.size <= data.count - entry.offset
        else {
            throw .init(
                problem:
                    "the tensor '\(name)' claims \(entry.size) bytes at \(entry.offset), and the file has \(data.count)"
            )
        }
        let bytes = UnsafeRawBufferPointer(rebasing: data[entry.offset..<entry.offset + entry.size])
        return try withExtendedLifetime(owner) { () throws(ByteCursor.Fault) in
            guard Checksum.masked(Checksum.crc32c(bytes)) == entry.checksum else {
                throw .init(problem: "the checksum of the tensor '\(name)' is wrong")
            }
            let values = (0..<count).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
            guard values.allSatisfy(\.isFinite) else {
                throw .init(problem: "the tensor '\(name)' holds values that are no numbers")
            }
            return values
        }
    }

    // MARK: - Messages

    private enum Field {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed32(UInt32)
        case fixed64(UInt64)
    }

    private static func fields(
        _ message: ArraySlice<UInt8>, _ take: (Int, Field) throws(ByteCursor.Fault) -> Void
    ) throws(ByteCursor.Fault) {
        var cursor = ByteCursor(message)
        while !cursor.isAtEnd {
            let tag = try cursor.count()
            switch tag & 7 {
            case 0: try take(tag >> 3, .number(try cursor.varint()))
            case 1: try take(tag >> 3, .fixed64(try cursor.fixed64()))
            case 2: try take(tag >> 3, .bytes(try cursor.take(try cursor.count())))
            case 5: try take(tag >> 3, .fixed32(try cursor.fixed32()))
            default: throw .init(problem: "a message in it cannot be read")
            }
        }
    }

    /// BundleHeaderProto: 1 shards, 2 endianness (0 little), 3 versions.
    private static func checkHeader(_ message: ArraySlice<UInt8>) throws(ByteCursor.Fault) {
        try fields(message) { (field, value) throws(ByteCursor.Fault) in
            switch (field, value) {
            case (1, .number(let shards)) where shards != 1:
                throw .init(problem: "it is one of \(shards) parts, and one whole is read")
            case (2, .number(let order)) where order != 0:
                throw .init(problem: "its numbers are big-endian, which is not read")
            default: break
            }
        }
    }

    /// BundleEntryProto: 1 type, 2 shape, 3 shard, 4 offset, 5 size, 6 checksum, 7 slices.
    private static func entry(_ message: ArraySlice<UInt8>) throws(ByteCursor.Fault) -> Entry {
        var entry = Entry()
        func size(_ value: UInt64) throws(ByteCursor.Fault) -> Int {
            guard value <= UInt64(Int32.max) else { throw .init(problem: "a size of \(value) in it is impossible") }
            return Int(value)
        }
        try fields(message) { (field, value) throws(ByteCursor.Fault) in
            switch (field, value) {
            case (1, .number(let type)): entry.type = try size(type)
            case (2, .bytes(let shape)): entry.shape = try sizes(shape)
            case (3, .number(let shard)): entry.shard = try size(shard)
            case (4, .number(let offset)): entry.offset = try size(offset)
            case (5, .number(let count)): entry.size = try size(count)
            case (6, .fixed32(let sum)): entry.checksum = sum
            case (7, _): entry.isSliced = true
            default: break
            }
        }
        return entry
    }

    /// TensorShapeProto: 2 a dimension, of which 1 is the size.
    private static func sizes(_ message: ArraySlice<UInt8>) throws(ByteCursor.Fault) -> [Int] {
        var shape: [Int] = []
        try fields(message) { (field, value) throws(ByteCursor.Fault) in
            guard field == 2, case .bytes(let dimension) = value else { return }
            var size = 0
            try fields(dimension) { (field, value) throws(ByteCursor.Fault) in
                guard field == 1, case .number(let given) = value else { return }
                guard given <= UInt64(Int32.max) else { throw .init(problem: "a shape in it is impossible") }
                size = Int(given)
            }
            shape.append(size)
            guard shape.count <= 8 else { throw .init(problem: "a shape in it has more than 8 dimensions") }
        }
        return shape
    }
}
