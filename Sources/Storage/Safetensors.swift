import Foundation

/// Writes safetensors files.
public enum Safetensors {
    /// A tensor's place in a file: all but its values.
    public struct Layout: Sendable, Hashable {
        public var name: String
        public var type: TensorType
        /// Extents, outermost first; empty for a single number.
        public var shape: [Int]

        public init(name: String, type: TensorType, shape: [Int]) {
            self.name = name
            self.type = type
            self.shape = shape
        }
    }

    /// Writes float tensors (F32), beside their place and then renamed. Equal input gives equal bytes: tensors and
    /// metadata lie in the order of their names, whatever order they are given in.
    ///
    /// - Parameters:
    ///   - tensors: `values` row by row, as many as the shape's product; an empty shape is a single number.
    ///   - metadata: free text.
    /// - Throws: `StorageError.unwritable` for names given twice or shapes that do not fit, `.cannotWrite`, `.notAFile`.
    public static func write(
        tensors: [(name: String, shape: [Int], values: [Float])], metadata: [String: String] = [:], to url: URL
    ) throws(StorageError) {
        for tensor in tensors {
            guard SafetensorsHeader.byteCount(shape: tensor.shape, type: .float32) == 4 * tensor.values.count else {
                throw .unwritable(
                    path: url.path,
                    fault: "tensor \"\(tensor.name)\" has shape \(tensor.shape) but \(tensor.values.count) values")
            }
        }
        try write(
            layout: tensors.map { Layout(name: $0.name, type: .float32, shape: $0.shape) }, metadata: metadata, to: url
        ) { index, writer in try writer.write(tensors[index].values) }
    }

    /// Writes tensors of any type whose values need not be in memory at once, as `write(tensors:)` does.
    ///
    /// - Parameter values: called for each tensor, in the order of their names, with its index in `layout`; it writes the
    ///   values row by row, little-endian.
    public static func write(
        layout: [Layout], metadata: [String: String] = [:], to url: URL,
        values: (_ index: Int, AtomicFile.Writer) throws -> Void
    ) throws(StorageError) {
        let order = layout.indices.sorted { layout[$0].name < layout[$1].name }
        var fields: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var ends: [Int] = []
        var offset = 0
        var previous: String?
        for tensor in order.map({ layout[$0] }) {
            func unwritable(_ fault: String) -> StorageError {
                .unwritable(path: url.path, fault: "tensor \"\(tensor.name)\" \(fault)")
            }
            guard tensor.name != previous else { throw unwritable("is given twice") }
            guard tensor.name != "__metadata__" else { throw unwritable("has the name kept for metadata") }
            previous = tensor.name
            guard tensor.shape.count <= SafetensorsHeader.greatestRank,
                let bytes = SafetensorsHeader.byteCount(shape: tensor.shape, type: tensor.type)
            else { throw unwritable("has the shape \(tensor.shape), beyond what the format holds") }
            let shape = tensor.shape.map { "\($0)" }.joined(separator: ",")
            fields.append(
                "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(offset + bytes)]}")
            offset += bytes
            ends.append(offset)
        }
        var header = Array("{\(fields.joined(separator: ","))}".utf8)
        // The data must begin at a multiple of 8 bytes; spaces may follow the JSON text.
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        guard header.count <= SafetensorsFile.greatestHeader else {
            throw .unwritable(path: url.path, fault: "its header would have \(header.count) bytes")
        }
        try withStorageErrors(path: url.path) {
            try AtomicFile.write(to: url) { writer in
                try writer.write([UInt64(header.count).littleEndian])
                try writer.write(header)
                let start = writer.count
                for (index, end) in zip(order, ends) {
                    try values(index, writer)
                    guard writer.count - start == end else {
                        throw StorageError.unwritable(
                            path: url.path,
                            fault: "tensor \"\(layout[index].name)\" has values that do not fit its shape")
                    }
                }
            }
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
