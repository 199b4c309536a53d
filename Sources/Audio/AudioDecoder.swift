import CFFmpeg
import Foundation

/// Reads the sound of any file that FFmpeg's libraries can decode, video files too (their best audio stream).
///
/// - Mono is the mean of all channels, as librosa's `to_mono`: added in single precision, divided by their number.
/// - Resampling is libswresample's: a Kaiser-windowed sinc (beta 9, 64 taps at the lower rate, cut-off at 0.97 of the
///   lower Nyquist frequency), without delay. Where the file has the rate asked for, nothing is resampled: a 16-bit
///   mono file comes through with every sample × 32768 equal to its integer.
/// - The delay and padding that encoders add (MP3, AAC, Opus) are trimmed where the file tells them.
/// - A damaged or cut-off file gives what can be decoded; only a file that gives nothing is an error.
public enum AudioDecoder {
    /// Sample rates, in Hz, that files may have and callers may ask for.
    public static let sampleRates = Int(GK_AUDIO_LEAST_RATE)...Int(GK_AUDIO_GREATEST_RATE)

    /// Seconds that `decode(_:sampleRate:longest:)` takes where nothing else is said: six hours, 1.9 GB at 22,050 Hz.
    public static let longestInMemory: Double = 6 * 3600

    /// Decodes a whole file.
    ///
    /// - Parameters:
    ///   - sampleRate: of the result, in Hz: a whole number within `sampleRates`.
    ///   - longest: seconds of sound beyond which the file is refused (`AudioError.tooLong`), so that memory is
    ///     bounded; headers are never trusted for it.
    public static func decode(
        _ url: URL, sampleRate: Double, longest: Double = longestInMemory
    ) throws(AudioError) -> DecodedAudio {
        var samples: [Float] = []
        let (source, damagedPackets) = try decode(url, sampleRate: sampleRate, longest: longest, into: &samples)
        return DecodedAudio(
            samples: samples, sampleRate: sampleRate, source: source, damagedPackets: damagedPackets)
    }

    /// Decodes a whole file into an array that the caller keeps from file to file, so that its memory is used again.
    ///
    /// - Parameters:
    ///   - sampleRate: as for `decode(_:sampleRate:longest:)`.
    ///   - longest: likewise.
    ///   - samples: takes the samples, mono, ±1, in place of what it holds; after an error it holds any of them.
    /// - Returns: the file's properties and the damaged packets met.
    @discardableResult
    public static func decode(
        _ url: URL, sampleRate: Double, longest: Double = longestInMemory, into samples: inout [Float]
    ) throws(AudioError) -> (source: AudioProperties, damagedPackets: Int) {
        let file = try AudioFile(url, sampleRate: sampleRate)
        let limit = longest * sampleRate
        samples.removeAll(keepingCapacity: true)
        // Room for what the header claims, or for three minutes of it: a claim is not to be trusted with more.
        let claimed = min((file.duration ?? 0) * sampleRate, Double(1 << 22))
        samples.reserveCapacity(max(0, Int(claimed)))
        while let block = try file.next() {
            guard Double(samples.count + block.count) <= limit else {
                throw .tooLong(path: file.path, limit: longest)
            }
            samples.append(contentsOf: block)
        }
        guard !samples.isEmpty else { throw .noSamples(path: file.path) }
        return (file.properties, file.damagedPackets)
    }

    /// Decodes a file block by block, so that only one block is in memory, however long the file.
    ///
    /// - Parameters:
    ///   - sampleRate: of the blocks, in Hz: a whole number within `sampleRates`.
    ///   - chunk: takes the next samples, mono, ±1, valid during the call only; their number varies. It gives false to
    ///     stop early. What it throws ends the decoding and is passed on.
    /// - Returns: the file's properties and the damaged packets met.
    /// - Throws: `AudioError`, and what `chunk` throws.
    @discardableResult
    public static func decode(
        _ url: URL, sampleRate: Double, chunk: (UnsafeBufferPointer<Float>) throws -> Bool
    ) throws -> (source: AudioProperties, damagedPackets: Int) {
        let file = try AudioFile(url, sampleRate: sampleRate)
        var isEmpty = true
        while let block = try file.next() {
            isEmpty = false
            guard try chunk(block) else { break }
        }
        if isEmpty { throw AudioError.noSamples(path: file.path) }
        return (file.properties, file.damagedPackets)
    }

    /// What the file's header says, without decoding it.
    public static func properties(of url: URL) throws(AudioError) -> AudioProperties {
        try AudioFile(url, sampleRate: nil).properties
    }

    /// Decodes a file with FFmpeg's libraries alone and keeps nothing: what benchmarks hold decoding against.
    ///
    /// - Returns: the samples of one channel; nil where FFmpeg cannot decode the file.
    package static func decodeAlone(_ url: URL) -> Int? {
        let samples = gk_audio_decode_alone(url.path)
        return samples < 0 ? nil : Int(samples)
    }
}
