import CZlib
import Foundation
import Storage

/// A small picture of 256 colours as a PNG file (ISO/IEC 15948).
package struct PNGImage {
    let width: Int
    let height: Int
    let palette: [RGB]
    /// [height][width] indices into the palette, the top row first.
    let pixels: [UInt8]

    package init(width: Int, height: Int, palette: [RGB], pixels: [UInt8]) {
        self.width = width
        self.height = height
        self.palette = palette
        self.pixels = pixels
    }

    package var data: Data {
        precondition(pixels.count == width * height && !pixels.isEmpty, "[height][width]")
        var file = Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
        // 8 bits a pixel, colour type 3: indices into a palette.
        file += PNGChunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 3, 0, 0, 0]).data
        file += PNGChunk("PLTE", palette.flatMap { [$0.red, $0.green, $0.blue] }).data
        var lines: [UInt8] = []
        lines.reserveCapacity((width + 1) * height)
        for row in 0..<height { lines += [0] + pixels[row * width..<(row + 1) * width] }  // filter 0: none
        file += PNGChunk("IDAT", Self.deflated(lines)).data
        file += PNGChunk("IEND", []).data
        return file
    }

    /// A zlib stream (RFC 1950).
    private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var count = compressBound(uLong(bytes.count))
        var stream = [UInt8](repeating: 0, count: Int(count))
        let status = compress2(&stream, &count, bytes, uLong(bytes.count), 9)
        precondition(status == Z_OK, "the bound is enough, and memory of a picture's size is there")
        return Array(stream.prefix(Int(count)))
    }
}

/// What a PNG file says besides its pixels.
enum PNGFacts {
    /// Puts the resolution and the mark by which a figure of this package is known behind the header.
    static func adding(_ dpi: Double, to png: Data) -> Data {
        let headerEnd = 8 + 12 + 13
        guard png.count > headerEnd, dpi.isFinite, dpi > 0 else { return png }
        let perMetre = bigEndian(UInt32(min(max((dpi / 0.0254).rounded(), 1), Double(Int32.max))))
        return png.prefix(headerEnd) + PNGChunk("tEXt", Array(OutputKind.pngSoftware.utf8)).data
            + PNGChunk("pHYs", perMetre + perMetre + [1]).data + png.dropFirst(headerEnd)
    }
}

private struct PNGChunk {
    let data: Data

    init(_ kind: String, _ content: [UInt8]) {
        let body = Array(kind.utf8) + content
        data = Data(bigEndian(UInt32(content.count)) + body + bigEndian(Checksum.crc32(body)))
    }
}

private func bigEndian(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }
