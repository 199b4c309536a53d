/// Cyclic redundancy checks of 32 bits, reflected.
package enum Checksum {
    /// The polynomial of PNG and zip.
    package static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 { value(of: bytes, table: ieee) }

    /// Castagnoli's polynomial (RFC 3720, appendix B.4), as TensorFlow's records use it.
    package static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 { value(of: bytes, table: castagnoli) }

    /// A sum as TensorFlow and LevelDB store it beside what it guards: rotated and shifted, since a sum over bytes that hold
    /// their own sum says little.
    package static func masked(_ sum: UInt32) -> UInt32 { (sum >> 15 | sum << 17) &+ 0xa282_ead8 }

    private static let ieee = table(polynomial: 0xedb8_8320)
    private static let castagnoli = table(polynomial: 0x82f6_3b78)

    private static func table(polynomial: UInt32) -> [UInt32] {
        (0..<256).map { index in
            (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
        }
    }

    private static func value(of bytes: some Sequence<UInt8>, table: [UInt32]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { sum, byte in table[Int((sum ^ UInt32(byte)) & 255)] ^ sum >> 8 }
    }
}
