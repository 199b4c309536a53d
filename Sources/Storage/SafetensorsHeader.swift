/// The element types of the safetensors format.
public enum TensorType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8e5m2 = "F8_E5M2"
    case float8e4m3 = "F8_E4M3"
    case int16 = "I16"
    case uint16 = "U16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int32 = "I32"
    case uint32 = "U32"
    case float32 = "F32"
    case int64 = "I64"
    case uint64 = "U64"
    case float64 = "F64"

    public var bytesPerElement: Int {
        switch self {
        case .bool, .uint8, .int8, .float8e5m2, .float8e4m3: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }
}

/// One tensor's place in a file.
struct TensorEntry {
    let name: String
    let type: TensorType
    let shape: [Int]
    /// Bytes, counted from the first after the header.
    let range: Range<Int>
}

/// The JSON header of a safetensors file: exactly the objects that the format knows, and nothing nested deeper, so that
/// a hostile header costs no more than its length.
struct SafetensorsHeader {
    static let greatestRank = 64

    private(set) var entries: [String: TensorEntry] = [:]
    private(set) var metadata: [String: String] = [:]

    /// - Parameter dataCount: bytes that follow the header.
    init(parsing bytes: UnsafeRawBufferPointer, dataCount: Int) throws(JSONFault) {
        guard bytes.first == UInt8(ascii: "{") else { throw JSONFault("its header does not begin with \"{\"") }
        var scanner = JSONScanner(bytes)
        var hasMetadata = false
        try scanner.object { scanner, key throws(JSONFault) in
            if key == "__metadata__" {
                guard !hasMetadata else { throw JSONFault("\"__metadata__\" appears twice") }
                hasMetadata = true
                metadata = try Self.metadata(&scanner)
            } else {
                guard entries[key] == nil else { throw JSONFault("tensor \"\(key)\" appears twice") }
                entries[key] = try Self.entry(&scanner, name: key)
            }
        }
        try scanner.end()
        try checkLayout(dataCount: dataCount)
    }

    private static func metadata(_ scanner: inout JSONScanner) throws(JSONFault) -> [String: String] {
        var result: [String: String] = [:]
        try scanner.object { scanner, key throws(JSONFault) in
            guard result[key] == nil else { throw JSONFault("metadata \"\(key)\" appears twice") }
            result[key] = try scanner.string()
        }
        return result
    }

    private static func entry(_ scanner: inout JSONScanner, name: String) throws(JSONFault) -> TensorEntry {
        var type: TensorType?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.object { scanner, key throws(JSONFault) in
            switch key {
            case "dtype" where type == nil:
                let text = try scanner.string()
                type = TensorType(rawValue: text)
                guard type != nil else { throw JSONFault("tensor \"\(name)\" has the unknown type \"\(text)\"") }
            case "shape" where shape == nil: shape = try scanner.naturals(atMost: greatestRank)
            case "data_offsets" where offsets == nil: offsets = try scanner.naturals(atMost: 2)
            default: throw JSONFault("tensor \"\(name)\" has the key \"\(key)\", unknown or a second time")
            }
        }
        guard let type, let shape, let offsets, offsets.count == 2 else {
            throw JSONFault("tensor \"\(name)\" needs dtype, shape and two data_offsets")
        }
        guard offsets[0] <= offsets[1] else { throw JSONFault("tensor \"\(name)\" ends before it begins") }
        guard let bytes = byteCount(shape: shape, type: type) else {
            throw JSONFault("tensor \"\(name)\" has a shape too large to count")
        }
        guard bytes == offsets[1] - offsets[0] else {
            throw JSONFault("tensor \"\(name)\" needs \(bytes) bytes, but has \(offsets[1] - offsets[0])")
        }
        return TensorEntry(name: name, type: type, shape: shape, range: offsets[0]..<offsets[1])
    }

    /// nil where the product overflows.
    static func byteCount(shape: [Int], type: TensorType) -> Int? {
        var result = type.bytesPerElement
        for extent in shape {
            let (product, overflow) = result.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { return nil }
            result = product
        }
        return result
    }

    /// The tensors must cover the data without overlap or hole, as the format asks.
    private func checkLayout(dataCount: Int) throws(JSONFault) {
        let inOrder = entries.values.sorted {
            ($0.range.lowerBound, $0.range.upperBound, $0.name) < ($1.range.lowerBound, $1.range.upperBound, $1.name)
        }
        var end = 0
        for entry in inOrder {
            guard entry.range.upperBound <= dataCount else {
                throw JSONFault(
                    "tensor \"\(entry.name)\" ends at byte \(entry.range.upperBound) of \(dataCount); the file is cut off"
                )
            }
            guard entry.range.lowerBound == end else {
                let what = entry.range.lowerBound < end ? "overlaps another" : "leaves a hole before it"
                throw JSONFault("tensor \"\(entry.name)\" \(what)")
            }
            end = entry.range.upperBound
        }
        guard end == dataCount else { throw JSONFault("\(dataCount - end) bytes belong to no tensor") }
    }
}
