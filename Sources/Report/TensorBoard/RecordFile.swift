import Foundation
import Storage

/// TensorFlow's framing of records in a file: the length (8 bytes, little-endian), its masked CRC-32C, the bytes, and
/// their masked CRC-32C (tensorflow/core/lib/io/record_writer.h).
enum RecordFile {
    static func frame(_ record: Data) -> Data {
        var framed = Data(capacity: record.count + 16)
        let length = littleEndian(UInt64(record.count))
        framed.append(contentsOf: length)
        framed.append(contentsOf: littleEndian(Checksum.masked(Checksum.crc32c(length))))
        framed.append(record)
        framed.append(contentsOf: littleEndian(Checksum.masked(Checksum.crc32c(record))))
        return framed
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
