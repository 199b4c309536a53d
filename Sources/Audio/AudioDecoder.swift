import CFFmpeg
import Foundation

/// Reads the sound of any file that FFmpeg's libraries can decode, video files too (their best audio stream).
///
/// - Mono is the mean of all channels, as librosa's `to_mono`: added in single precision, divided by their number. Where
///   the channels cancel, it is the loudest channel alone (`SoundRemarks`).
/// - Resampling is libswresample's: a Kaiser-windowed sinc (beta 9, 64 taps at the lower rate, cut-off at 0.97 of the
///   lower Nyquist frequency), without delay. Where the file has the rate asked for, nothing is resampled: a 16-bit
///   mono file comes through with every sample × 32768 equal to its integer.
/// - The delay and padding that encoders add (MP3, AAC, Opus) are trimmed where the file tells them.
/// - A damaged or cut-off file gives what can be decoded; only a file that gives nothing is an error.
public enum AudioDecoder {
    /// Sample rates, in Hz, that files may have and callers may ask for.
    public static let sampleRates = Int(GK_AUDIO_LEAST_RATE)...Int(GK_AUDIO_GREATEST_RATE)

    /// Seconds of sound that decoding into memory takes where neither the caller nor `AudioLimits` names a limit: six hours, 1.9 GB at 22,050 Hz.
    public static let longestInMemory: Double = 6 * 3600
    /// Seconds of sound that streamed decoding takes where nobody names a limit: twelve hours.
    public static let longestStreamed: Double = 12 * 3600

    /// Decodes a whole file. Where its channels cancel, the loudest one is taken (`DecodedAudio.remarks`).
    ///
    /// - Parameters:
    ///   - sampleRate: of the result, in Hz: a whole number within `sampleRates`.
    ///   - longest: seconds of sound beyond which the file is refused (`AudioError.tooLong`), so that memory is
    ///     bounded; headers are never trusted for it.
    public static func decode(
        _ url: URL, sampleRate: Double, longest: Double? = nil
    ) throws(AudioError) -> DecodedAudio {
        var samples: [Float] = []
        let (source, remarks) = try decode(url, sampleRate: sampleRate, longest: longest, into: &samples)
        return DecodedAudio(samples: samples, sampleRate: sampleRate, source: source, remarks: remarks)
    }

    /// Decodes a whole file into an array that the caller keeps from file to file, so that its memory is used again.
    /// Where the channels cancel, the loudest one is taken (`SoundRemarks.channelTaken`).
    ///
    /// - Parameters:
    ///   - sampleRate: as for `decode(_:sampleRate:longest:)`.
    ///   - longest: likewise.
    ///   - samples: takes the samples, mono, ±1, in place of what it holds; after an error it holds any of them.
    /// - Returns: the file's properties and what decoding showed of it.
    @discardableResult
    public static func decode(
        _ url: URL, sampleRate: Double, longest: Double? = nil, into samples: inout [Float]
    ) throws(AudioError) -> (source: AudioProperties, remarks: SoundRemarks) {
        let longest = AudioLimits.seconds(longest, otherwise: longestInMemory)
        var channel: Int?
        while true {
            let file = try AudioFile(url, sampleRates: [sampleRate], channel: channel)
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
            guard channel == nil, let loudest = file.channelInsteadOfMean else {
                return (file.properties, file.remarks)
            }
            channel = loudest
        }
    }

    /// Decodes a file block by block, so that only one block is in memory, however long the file.
    ///
    /// Only at the end of the sound is it known whether its channels cancel. Where they do and the caller gives
    /// `restart`, the sound comes a second time from its start, as the loudest channel alone, and
    /// `SoundRemarks.channelTaken` names that channel. Without `restart` the mean stands, and
    /// `SoundRemarks.channelsCancel` says that it holds little of the sound.
    ///
    /// - Parameters:
    ///   - sampleRate: of the blocks, in Hz: a whole number within `sampleRates`.
    ///   - longest: seconds of sound beyond which the file is refused (`AudioError.tooLong`).
    ///   - restart: is called once at most, between the last block of the first pass and the first of the second. The
    ///     caller drops all that it made of the blocks so far. What it throws ends the decoding and is passed on.
    ///   - chunk: takes the next samples, mono, ±1, valid during the call only; their number varies. It gives false to
    ///     stop early. What it throws ends the decoding and is passed on.
    /// - Returns: the file's properties and what decoding showed of it; after an early stop, of the part that was read.
    /// - Throws: `AudioError`, and what `restart` and `chunk` throw.
    @discardableResult
    public static func decode(
        _ url: URL, sampleRate: Double, longest: Double? = nil, restart: (() throws -> Void)? = nil,
        chunk: (UnsafeBufferPointer<Float>) throws -> Bool
    ) throws -> (source: AudioProperties, remarks: SoundRemarks) {
        try decode(url, sampleRates: [sampleRate], longest: longest, restart: restart) { try chunk($1) }
    }

    /// Decodes a file once and gives its sound at several rates, each as if it alone had been asked for.
    ///
    /// - Parameters:
    ///   - sampleRates: in Hz: whole numbers within `sampleRates`; 1 to 16 of them.
    ///   - longest: as for `decode(_:sampleRate:longest:restart:chunk:)`.
    ///   - restart: likewise.
    ///   - chunk: takes the next samples at the rate of that index. How the rates take turns is not said.
    /// - Returns: the file's properties and what decoding showed of it; after an early stop, of the part that was read.
    /// - Throws: `AudioError`, and what `restart` and `chunk` throw.
    @discardableResult
    public static func decode(
        _ url: URL, sampleRates: [Double], longest: Double? = nil, restart: (() throws -> Void)? = nil,
        chunk: (_ rate: Int, UnsafeBufferPointer<Float>) throws -> Bool
    ) throws -> (source: AudioProperties, remarks: SoundRemarks) {
        precondition(1...AudioFile.mostRates ~= sampleRates.count, "1 to \(AudioFile.mostRates) rates")
        let longest = AudioLimits.seconds(longest, otherwise: longestStreamed)
        var channel: Int?
        while true {
            let file = try AudioFile(url, sampleRates: sampleRates, channel: channel)
            var counts = [Int](repeating: 0, count: sampleRates.count)
            while try file.decodeNext() {
                for rate in sampleRates.indices {
                    let block = file.samples(atRate: rate)
                    if block.isEmpty { continue }
                    counts[rate] += block.count
                    guard Double(counts[rate]) <= longest * sampleRates[rate] else {
                        throw AudioError.tooLong(path: file.path, limit: longest)
                    }
                    guard try chunk(rate, block) else { return (file.properties, file.remarks) }
                }
            }
            if counts.allSatisfy({ $0 == 0 }) { throw AudioError.noSamples(path: file.path) }
            guard let restart, channel == nil, let loudest = file.channelInsteadOfMean else {
                return (file.properties, file.remarks)
            }
            channel = loudest
            try restart()
        }
    }

    /// What the file's header says, without decoding it.
    public static func properties(of url: URL) throws(AudioError) -> AudioProperties {
        try AudioFile(url, sampleRates: [], channel: nil).properties
    }

    /// Decodes a file with FFmpeg's libraries alone and keeps nothing: what benchmarks hold decoding against.
    ///
    /// - Returns: the samples of one channel; nil where FFmpeg cannot decode the file.
    package static func decodeAlone(_ url: URL) -> Int? {
        let samples = gk_audio_decode_alone(url.path)
        return samples < 0 ? nil : Int(samples)
    }
}
