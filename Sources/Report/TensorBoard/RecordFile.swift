import Foundation

/// TensorFlow's framing of records in a file: the length (8 bytes, little-endian), its masked CRC-32C, the bytes, and
/// their masked CRC-32C (tensorflow/core/lib/io/record_writer.h).
enum RecordFile {
    static func frame(_ record: Data) -> Data {
        var framed = Data(capacity: record.count + 16)
        let length = littleEndian(UInt64(record.count))
        framed.append(contentsOf: length)
        framed.append(contentsOf: littleEndian(masked(Checksum.crc32c(length))))
        framed.append(record)
        framed.append(contentsOf: littleEndian(masked(Checksum.crc32c(record))))
        return framed
    }

    /// A sum that is stored beside what it guards is rotated and shifted, since a sum over bytes that hold their own sum
    /// says little.
    static func masked(_ sum: UInt32) -> UInt32 { (sum >> 15 | sum << 17) &+ 0xa282_ead8 }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
