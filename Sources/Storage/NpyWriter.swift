import Foundation

/// Writes NumPy's array files (.npy, version 1.0 of the format in NumPy's numpy.lib.format).
public enum NpyWriter {
    /// Writes a float32 array, row by row, beside its place and then renamed.
    ///
    /// - Throws: `StorageError.unwritable` where the shape does not fit the values, `.cannotWrite`, `.notAFile`.
    public static func write(_ values: [Float], shape: [Int], to url: URL) throws(StorageError) {
        guard shape.allSatisfy({ $0 >= 0 }), shape.reduce(1, *) == values.count else {
            throw .unwritable(path: url.path, fault: "shape \(shape) does not fit \(values.count) values")
        }
        // A Python tuple: one extent alone needs its comma.
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }"
        // Magic, version and length take 10 bytes; spaces and a line feed fill up to a multiple of 64.
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        let length = header.utf8.count
        guard length <= 65_535 else { throw .unwritable(path: url.path, fault: "its shape is too long") }
        try withStorageErrors(path: url.path) {
            try AtomicFile.write(to: url) { writer in
                try writer.write([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)])
                try writer.write(header)
                try writer.write(values)
            }
        }
    }
}
