import Foundation

/// A safetensors file, opened and checked whole: after `init` every tensor is known to lie inside the file.
///
/// The format (version as of safetensors 0.4 to 0.6): 8 bytes with the header's length, a JSON header, the tensors'
/// bytes, little-endian, row by row, without overlap or hole.
public final class SafetensorsFile: Sendable {
    /// Bytes; the format's own limit.
    public static let greatestHeader = 100_000_000

    public let url: URL
    /// As messages name it.
    public var path: String { file.path }
    /// Free text that the writer added.
    public let metadata: [String: String]
    /// In increasing order.
    public let names: [String]

    private let file: MappedFile
    private let entries: [String: TensorEntry]
    private let dataStart: Int

    /// - Throws: `StorageError.missing`, `.notAFile`, `.unreadable`, `.malformed`.
    public convenience init(_ url: URL) throws(StorageError) { try self.init(MappedFile(url)) }

    /// - Throws: `StorageError.malformed`.
    public init(_ file: MappedFile) throws(StorageError) {
        url = file.url
        self.file = file
        let bytes = file.bytes
        func malformed(_ fault: String) -> StorageError {
            .malformed(path: file.path, format: "safetensors", fault: fault)
        }
        guard bytes.count >= 8 else { throw malformed("it has \(bytes.count) bytes, too few for a header") }
        let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard claimed <= UInt64(Self.greatestHeader) else {
            throw malformed("it claims a header of \(claimed) bytes, beyond the limit of \(Self.greatestHeader)")
        }
        dataStart = 8 + Int(claimed)
        guard dataStart <= bytes.count else {
            throw malformed("it claims a header of \(claimed) bytes, but has \(bytes.count) bytes in all")
        }
        let header: SafetensorsHeader
        do {
            header = try SafetensorsHeader(
                parsing: UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]), dataCount: bytes.count - dataStart)
        } catch {
            throw malformed(error.text)
        }
        entries = header.entries
        metadata = header.metadata
        names = entries.keys.sorted()
    }

    private func entry(_ name: String) throws(StorageError) -> TensorEntry {
        guard let entry = entries[name] else { throw .noSuchTensor(path: path, name: name) }
        return entry
    }

    public func contains(_ name: String) -> Bool { entries[name] != nil }

    /// Extents, outermost first; empty for a single number.
    public func shape(of name: String) throws(StorageError) -> [Int] { try entry(name).shape }

    public func type(of name: String) throws(StorageError) -> TensorType { try entry(name).type }

    /// Gives a tensor's bytes where they lie in the file, not aligned to any boundary; valid during the call.
    public func withBytes<Result>(named name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
        -> Result
    {
        let range = try entry(name).range
        return try withExtendedLifetime(file) { try body(bytes(range)) }
    }

    /// A tensor's bytes where they lie in the file, not aligned to any boundary; valid while this object lives.
    public func bytes(of name: String) throws(StorageError) -> UnsafeRawBufferPointer { bytes(try entry(name).range) }

    /// Bytes in the file.
    public var count: Int { file.count }

    private func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: file.bytes[(dataStart + range.lowerBound)..<(dataStart + range.upperBound)])
    }

    /// A tensor's elements, row by row. F32 comes bit for bit, NaN included; F16 and BF16 exactly; F64 and whole
    /// numbers are rounded to the nearest float, and truth values become 0 and 1.
    /// - Throws: `StorageError.noSuchTensor`, `.unusableType` for 8-bit floats.
    public func floats(named name: String) throws(StorageError) -> [Float] {
        let entry = try entry(name)
        return try withExtendedLifetime(file) { () throws(StorageError) -> [Float] in
            let bytes = bytes(entry.range)
            switch entry.type {
            case .float32: return Self.copy(bytes)
            case .float16: return Self.map(bytes) { (bits: UInt16) in float(half: bits) }
            case .bfloat16: return Self.map(bytes) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
            case .float64: return Self.map(bytes) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
            case .int8: return Self.map(bytes) { (value: Int8) in Float(value) }
            case .uint8: return Self.map(bytes) { (value: UInt8) in Float(value) }
            case .int16: return Self.map(bytes) { (value: Int16) in Float(value) }
            case .uint16: return Self.map(bytes) { (value: UInt16) in Float(value) }
            case .int32: return Self.map(bytes) { (value: Int32) in Float(value) }
            case .uint32: return Self.map(bytes) { (value: UInt32) in Float(value) }
            case .int64: return Self.map(bytes) { (value: Int64) in Float(value) }
            case .uint64: return Self.map(bytes) { (value: UInt64) in Float(value) }
            case .bool: return Self.map(bytes) { (value: UInt8) in value == 0 ? 0 : 1 }
            case .float8e5m2, .float8e4m3:
                throw .unusableType(path: path, name: name, type: entry.type.rawValue)
            }
        }
    }

    private static func copy(_ bytes: UnsafeRawBufferPointer) -> [Float] {
        [Float](unsafeUninitializedCapacity: bytes.count / 4) { floats, count in
            UnsafeMutableRawBufferPointer(floats).copyMemory(from: bytes)
            count = bytes.count / 4
        }
    }

    private static func map<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, _ convert: (Bits) -> Float
    ) -> [Float] {
        let width = MemoryLayout<Bits>.size
        return (0..<(bytes.count / width)).map {
            convert(Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * width, as: Bits.self)))
        }
    }
}

/// The value of an IEEE 754 half-precision number's bits. (Swift's Float16 is not on every platform.)
@inline(__always)
func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF) << 13
    // The exponent of a float is 112 greater; the product is exact, of subnormal numbers too.
    let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    return Float(bitPattern: sign | (bits & 0x7C00 == 0x7C00 ? magnitude | 0x7F80_0000 : scaled))
}
