import Audio
import Foundation
import Storage

/// A sound of any format as a mono WAV file of 16 bits, written as it is decoded.
enum PlayableSound {
    /// Hz.
    private static let rate = 44_100

    /// Writes beside the place, then renames: a reader never sees half a file.
    static func write(_ file: URL, to place: URL) throws {
        let part = URL(fileURLWithPath: "\(place.path).\(UUID().uuidString)")
        let descriptor = open(part.path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StorageError.cannotWrite(path: part.path, reason: String(cString: strerror(errno)))
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: header(samples: 0))
            var count = 0
            func rewind() throws {
                count = 0
                try handle.truncate(atOffset: 44)
            }
            try AudioDecoder.decode(file, sampleRate: Double(rate), restart: rewind) { piece in
                let coded = piece.map { Int16(max(-32768, min(32767, ($0 * 32768).rounded()))).littleEndian }
                try coded.withUnsafeBytes { try handle.write(contentsOf: Data($0)) }
                count += piece.count
                return true
            }
            try handle.seek(toOffset: 0)
            try handle.write(contentsOf: header(samples: min(count, Int(UInt32.max - 44) / 2)))
            try handle.close()
            guard rename(part.path, place.path) == 0 else {
                throw StorageError.cannotWrite(path: place.path, reason: String(cString: strerror(errno)))
            }
        } catch {
            unlink(part.path)
            throw error
        }
    }

    private static func header(samples: Int) -> Data {
        var bytes = Data()
        func append<Value: FixedWidthInteger>(_ value: Value) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: Array("RIFF".utf8))
        append(UInt32(36 + 2 * samples))
        bytes.append(contentsOf: Array("WAVEfmt ".utf8))
        append(UInt32(16))  // bytes of the format chunk
        append(UInt16(1))  // PCM
        append(UInt16(1))  // channels
        append(UInt32(rate))
        append(UInt32(2 * rate))  // bytes a second
        append(UInt16(2))  // bytes a frame
        append(UInt16(16))  // bits a sample
        bytes.append(contentsOf: Array("data".utf8))
        append(UInt32(2 * samples))
        return bytes
    }
}
