import Foundation

/// One array of numpy's, as an .npy file or a member of an .npz archive holds it (numpy's NEP 1, versions 1 to 3). The
/// header is checked whole: after `init` the elements are known to lie in the bytes. Arrays of Python objects are refused.
public struct NpyArray: @unchecked Sendable {  // the bytes are never written
    public enum Element: Sendable, Hashable {
        case float16, float32, float64
        case int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool
        /// Texts of so many UTF-32 characters, or so many bytes.
        case unicode(Int), byteString(Int)

        public var bytes: Int {
            switch self {
            case .int8, .uint8, .bool: 1
            case .float16, .int16, .uint16: 2
            case .float32, .int32, .uint32: 4
            case .float64, .int64, .uint64: 8
            case .unicode(let count): 4 * count
            case .byteString(let count): count
            }
        }
    }

    /// The file, and the archive's member, for messages.
    public let name: String
    public let element: Element
    /// Extents, outermost first; row by row in memory.
    public let shape: [Int]
    public var count: Int { shape.reduce(1, *) }

    private let owner: AnyObject
    private let bytes: UnsafeRawBufferPointer

    /// - Parameters:
    ///   - bytes: of the whole file or member.
    ///   - owner: keeps the bytes.
    /// - Throws: `StorageError.malformed`.
    init(name: String, bytes: UnsafeRawBufferPointer, owner: AnyObject) throws(StorageError) {
        func malformed(_ fault: String) -> StorageError { .malformed(path: name, format: "npy", fault: fault) }
        guard bytes.count >= 10, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
            throw malformed("it does not start with numpy's magic bytes")
        }
        let version = bytes[6]
        guard 1...3 ~= version else { throw malformed("its version \(version) is not known") }
        let lengthBytes = version == 1 ? 2 : 4
        guard bytes.count >= 8 + lengthBytes else { throw malformed("it ends in its header") }
        let length =
            version == 1
            ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
            : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        let start = 8 + lengthBytes + length
        guard length <= 1 << 16, start <= bytes.count else { throw malformed("it claims a header of \(length) bytes") }
        let header = try NpyHeader.parse(bytes[(8 + lengthBytes)..<start], fault: malformed)
        guard !header.isFortranOrder || header.shape.count < 2 else {
            throw malformed("it is in Fortran order; write it with numpy.ascontiguousarray")
        }
        var size = header.element.bytes
        for extent in header.shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw malformed("its shape \(header.shape) is impossible") }
            size = product
        }
        guard size == bytes.count - start else {
            throw malformed(
                "its shape \(header.shape) needs \(size) bytes, and \(bytes.count - start) are there")
        }
        self.name = name
        self.owner = owner
        element = header.element
        shape = header.shape
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[start...])
    }

    /// Opens an .npy file, mapped.
    /// - Throws: `StorageError`.
    public init(contentsOf url: URL) throws(StorageError) {
        let file = try MappedFile(url)
        try self.init(name: url.path, bytes: file.bytes, owner: file)
    }

    /// The elements' bytes, little-endian, row by row; valid during the call.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(owner) { try body(bytes) }
    }

    /// Whole numbers; nil where the elements are of another kind, or one is beyond Int.
    public func integers() -> [Int]? {
        func map<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) -> [Int]? {
            withBytes { bytes in
                var result: [Int] = []
                result.reserveCapacity(count)
                for index in 0..<count {
                    let value = Value(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: index * MemoryLayout<Value>.size, as: Value.self))
                    guard let value = Int(exactly: value) else { return nil }
                    result.append(value)
                }
                return result
            }
        }
        return switch element {
        case .int8: map(Int8.self)
        case .int16: map(Int16.self)
        case .int32: map(Int32.self)
        case .int64: map(Int64.self)
        case .uint8: map(UInt8.self)
        case .uint16: map(UInt16.self)
        case .uint32: map(UInt32.self)
        case .uint64: map(UInt64.self)
        default: nil
        }
    }

    /// Texts, without the zeros that fill them up; nil where the elements are of another kind, or one is no text.
    public func texts() -> [String]? {
        let size = element.bytes
        return withBytes { bytes in
            var result: [String] = []
            result.reserveCapacity(count)
            for index in 0..<count {
                let own = UnsafeRawBufferPointer(rebasing: bytes[(index * size)..<((index + 1) * size)])
                switch element {
                case .unicode(let length):
                    var text = String.UnicodeScalarView()
                    for place in 0..<length {
                        let code = UInt32(
                            littleEndian: own.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self))
                        if code == 0 { break }
                        guard let scalar = Unicode.Scalar(code) else { return nil }
                        text.append(scalar)
                    }
                    result.append(String(text))
                case .byteString:
                    guard let text = String(validating: own.prefix { $0 != 0 }, as: UTF8.self) else { return nil }
                    result.append(text)
                default: return nil
                }
            }
            return result
        }
    }
}
