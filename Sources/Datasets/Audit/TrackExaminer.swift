import Audio
import Features
import Foundation

/// Listens to one file from its start to its end and keeps measures only. One examiner serves any number of threads.
struct TrackExaminer: Sendable {
    /// What is known of one track.
    struct Facts: Sendable {
        var properties: AudioProperties
        /// Seconds of sound.
        var seconds: Double
        /// Of the samples at the fingerprint's rate.
        var sound: UInt64
        var levels: SoundLevels
        var remarks: SoundRemarks
        /// Whether there is nothing in it but silence or a constant.
        var isConstant: Bool
        var isCutOff: Bool

        /// The artist that the file's tags tell.
        var artist: String? { ArtistNames.artist(ofTags: properties.tags) }
    }

    /// Seconds of a file that are examined: a day.
    static let longest: Double = 24 * 3600
    /// Seconds of a silent stretch that is remarked on.
    static let longSilence: Double = 2

    private let fingerprinter: Fingerprinter

    /// - Throws: `FeatureError.outOfMemory`.
    init() throws(FeatureError) { fingerprinter = try Fingerprinter() }

    /// - Throws: `AudioError`.
    func examine(_ url: URL) throws -> (Facts, Fingerprint) {
        let rate = Fingerprint.sampleRate
        var stream = fingerprinter.stream()
        var levels = SoundLevels(leastSilence: Int(Self.longSilence * rate))
        var silence = SilenceMeter(sampleRate: rate)
        var hash = ContentHash()
        let (source, remarks) = try AudioDecoder.decode(
            url, sampleRate: rate, longest: .infinity,
            restart: {
                stream = fingerprinter.stream()
                levels = SoundLevels(leastSilence: Int(Self.longSilence * rate))
                silence = SilenceMeter(sampleRate: rate)
                hash = ContentHash()
            }
        ) { block in
            levels.add(block)
            silence.add(block)
            hash.update(UnsafeRawBufferPointer(block))
            stream.add(block)
            return Double(levels.samples) < Self.longest * rate
        }
        let seconds = Double(levels.samples) / rate
        let facts = Facts(
            properties: source, seconds: seconds, sound: hash.value, levels: levels,
            remarks: remarks,
            isConstant: silence.isWhole,
            isCutOff: seconds >= Self.longest)
        return (facts, stream.finish())
    }
}
