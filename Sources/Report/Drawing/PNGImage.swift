import Foundation
import Storage

/// A small picture of 256 colours as a PNG file (ISO/IEC 15948), its data stored rather than compressed.
struct PNGImage {
    let width: Int
    let height: Int
    let palette: [RGB]
    /// [height][width] indices into the palette, the top row first.
    let pixels: [UInt8]

    var data: Data {
        precondition(pixels.count == width * height && !pixels.isEmpty, "[height][width]")
        var file = Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
        // 8 bits a pixel, colour type 3: indices into a palette.
        append("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 3, 0, 0, 0], to: &file)
        append("PLTE", palette.flatMap { [$0.red, $0.green, $0.blue] }, to: &file)
        var lines: [UInt8] = []
        for row in 0..<height { lines += [0] + pixels[row * width..<(row + 1) * width] }  // filter 0: none
        append("IDAT", stored(lines), to: &file)
        append("IEND", [], to: &file)
        return file
    }

    /// A zlib stream of stored blocks (RFC 1950, RFC 1951).
    private func stored(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var start = 0
        repeat {
            let end = min(start + 65_535, bytes.count)
            let count = UInt16(end - start)
            stream.append(end == bytes.count ? 1 : 0)
            stream += [UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8)]
            stream += bytes[start..<end]
            start = end
        } while start < bytes.count
        var a: UInt32 = 1
        var b: UInt32 = 0
        for byte in bytes {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return stream + bigEndian(b << 16 | a)
    }

    /// The same picture, with the mark by which a figure of this package is known behind its header.
    static func marked(_ file: Data) -> Data {
        // The signature's 8 bytes, and the header's chunk of 25.
        let headerEnd = 33
        guard file.count > headerEnd else { return file }
        let start = file.startIndex + headerEnd
        return file[..<start] + chunk("tEXt", Array(OutputKind.pngSoftware.utf8)) + file[start...]
    }

    private func append(_ kind: String, _ content: [UInt8], to file: inout Data) {
        file.append(contentsOf: Self.chunk(kind, content))
    }

    private func bigEndian(_ value: UInt32) -> [UInt8] { Self.bigEndian(value) }

    private static func chunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(kind.utf8) + content
        return bigEndian(UInt32(content.count)) + body + bigEndian(Checksum.crc32(body))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
    }
}
