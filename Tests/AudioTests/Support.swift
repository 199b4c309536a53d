import Audio
import Foundation

/// A folder for one test's files, removed with the object.
final class Sandbox {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("genrekit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func place(_ name: String) -> URL { folder.appendingPathComponent(name) }

    func file(_ name: String, _ bytes: [UInt8]) throws -> URL {
        let url = place(name)
        try Data(bytes).write(to: url)
        return url
    }

    func file(_ name: String, _ text: String) throws -> URL { try file(name, Array(text.utf8)) }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }
}

func fixture(_ name: String) throws -> URL {
    guard let url = Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures") else {
        throw CocoaError(.fileNoSuchFile)
    }
    return url
}

/// The recordings that may lie beside the package; they are no part of it.
let sharedTracks: URL? = {
    let root: URL
    if let path = ProcessInfo.processInfo.environment["GENREKIT_SHARED"] {
        root = URL(fileURLWithPath: path)
    } else {
        root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared").standardizedFileURL
    }
    let tracks = root.appendingPathComponent("data/gtzan")
    return FileManager.default.fileExists(atPath: tracks.path) ? tracks : nil
}()

/// Where a program lies on the PATH.
func program(_ name: String) -> URL? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }
}

// MARK: Files made by hand

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian, Array.init) }
    var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian, Array.init) }
}

enum WaveCoding: UInt16 {
    case integer = 1
    case float = 3
}

/// A WAV file's bytes around coded samples; `claimedBytes` is what its header says of their length.
func waveBytes(
    _ data: [UInt8], rate: UInt32 = 22_050, channels: UInt16 = 1, bits: UInt16 = 16, coding: WaveCoding = .integer,
    claimedBytes: UInt32? = nil
) -> [UInt8] {
    let frameBytes = UInt32(channels) * UInt32(bits / 8)
    let claimed = claimedBytes ?? UInt32(data.count)
    var bytes: [UInt8] = Array("RIFF".utf8) + (claimed &+ 36).littleEndianBytes + Array("WAVEfmt ".utf8)
    bytes += UInt32(16).littleEndianBytes + coding.rawValue.littleEndianBytes + channels.littleEndianBytes
    bytes += rate.littleEndianBytes + (rate &* frameBytes).littleEndianBytes
    bytes += UInt16(truncatingIfNeeded: frameBytes).littleEndianBytes + bits.littleEndianBytes
    return bytes + Array("data".utf8) + claimed.littleEndianBytes + data
}

/// Sun/NeXT audio, the format of GTZAN's first edition: big-endian 16-bit PCM.
func auBytes(_ samples: [Int16], rate: UInt32 = 22_050) -> [UInt8] {
    let header: [UInt32] = [0x2E73_6E64, 24, UInt32(2 * samples.count), 3, rate, 1]
    return header.flatMap(\.bigEndianBytes) + samples.flatMap(\.bigEndianBytes)
}

// MARK: Sines

func sine(_ frequency: Double, amplitude: Double = 0.5, rate: Double, count: Int) -> [Float] {
    (0..<count).map { Float(amplitude * sin(2 * .pi * frequency * Double($0) / rate)) }
}

/// The sine of a known frequency that fits best: amplitude, phase (radians, 0 for a sine beginning at the first
/// sample), and the root mean square of what remains.
func fitSine(
    _ frequency: Double, to samples: [Float], rate: Double, range: Range<Int>
) -> (amplitude: Double, phase: Double, remainder: Double) {
    // Whole periods make sine and cosine orthogonal.
    let period = rate / frequency
    let periods = (Double(range.count) / period).rounded(.down)
    let indices = range.lowerBound..<(range.lowerBound + Int((periods * period).rounded()))
    var inPhase = 0.0
    var quadrature = 0.0
    for i in indices {
        let angle = 2 * .pi * frequency * Double(i) / rate
        inPhase += 2 * Double(samples[i]) * sin(angle) / Double(indices.count)
        quadrature += 2 * Double(samples[i]) * cos(angle) / Double(indices.count)
    }
    let square = indices.reduce(0.0) { sum, i in
        let angle = 2 * .pi * frequency * Double(i) / rate
        let rest = Double(samples[i]) - inPhase * sin(angle) - quadrature * cos(angle)
        return sum + rest * rest
    }
    return (
        (inPhase * inPhase + quadrature * quadrature).squareRoot(), atan2(quadrature, inPhase),
        (square / Double(indices.count)).squareRoot()
    )
}
