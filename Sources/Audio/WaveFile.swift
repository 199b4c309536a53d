import Foundation

/// Writes uncompressed sound.
public enum WaveFile {
    /// Writes mono samples as a 16-bit PCM WAV file, beside its place and then renamed.
    ///
    /// A sample x becomes round(x × 32768), kept within -32768...32767: what `AudioDecoder` read from a 16-bit file
    /// goes back unchanged. NaN becomes 0.
    ///
    /// - Parameters:
    ///   - samples: full scale ±1; at most 2,147,483,629, the format's own limit.
    ///   - sampleRate: Hz, a whole number within `AudioDecoder.sampleRates`.
    public static func write(_ samples: [Float], sampleRate: Double, to url: URL) throws(AudioError) {
        guard let rate = Int(exactly: sampleRate), AudioDecoder.sampleRates.contains(rate) else {
            throw .unusableTargetRate(sampleRate)
        }
        let headerBytes = 44
        guard let dataBytes = UInt32(exactly: 2 * samples.count), dataBytes <= UInt32.max - UInt32(headerBytes) else {
            throw .cannotWrite(path: url.path, reason: "\(samples.count) samples are more than a WAV file can hold")
        }
        var bytes = Data(capacity: headerBytes + Int(dataBytes))
        func append<Value: FixedWidthInteger>(_ value: Value) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: Array("RIFF".utf8))
        append(dataBytes + UInt32(headerBytes - 8))
        bytes.append(contentsOf: Array("WAVEfmt ".utf8))
        append(UInt32(16))  // bytes of the format chunk
        append(UInt16(1))  // PCM
        append(UInt16(1))  // channels
        append(UInt32(rate))
        append(UInt32(2 * rate))  // bytes a second
        append(UInt16(2))  // bytes a frame
        append(UInt16(16))  // bits a sample
        bytes.append(contentsOf: Array("data".utf8))
        append(dataBytes)

        let coded = samples.map { sample -> Int16 in
            guard !sample.isNaN else { return 0 }
            return Int16(max(-32768, min(32767, (sample * 32768).rounded(.toNearestOrEven)))).littleEndian
        }
        coded.withUnsafeBytes { bytes.append(contentsOf: $0) }
        do {
            try bytes.write(to: url, options: .atomic)
        } catch {
            throw .cannotWrite(path: url.path, reason: error.localizedDescription)
        }
    }
}
