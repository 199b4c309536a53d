/// A file's sound as one channel.
public struct DecodedAudio: Sendable {
    /// Mono samples, full scale ±1. Lossy codecs and floating-point files may go a little beyond. Always finite.
    public var samples: [Float]
    /// Hz, of `samples`.
    public var sampleRate: Double
    /// The file as it was before mixing and resampling.
    public var source: AudioProperties
    /// What decoding showed of the file, beside its samples.
    public var remarks: SoundRemarks

    public init(
        samples: [Float], sampleRate: Double, source: AudioProperties, remarks: SoundRemarks = SoundRemarks()
    ) {
        self.samples = samples
        self.sampleRate = sampleRate
        self.source = source
        self.remarks = remarks
    }

    /// `SoundRemarks.damagedPackets` of `remarks`.
    public var damagedPackets: Int { remarks.damagedPackets }

    /// Seconds, by the samples decoded.
    public var duration: Double { Double(samples.count) / sampleRate }
}

/// What a file's header says of its sound.
public struct AudioProperties: Sendable, Equatable {
    /// Hz.
    public var sourceRate: Double
    public var channels: Int
    /// FFmpeg's short name: "mp3", "flac", "pcm_s16le".
    public var codec: String
    /// FFmpeg's short names of the container, comma-separated: "wav", "mov,mp4,m4a,3gp,3g2,mj2".
    public var container: String
    /// Seconds as the header claims, which may be wrong in a damaged file; nil where it says nothing.
    public var duration: Double?
    /// Title, artist and so on; keys in lower case. The container's tags go before the stream's.
    public var tags: [String: String]

    public init(
        sourceRate: Double, channels: Int, codec: String, container: String, duration: Double? = nil,
        tags: [String: String] = [:]
    ) {
        self.sourceRate = sourceRate
        self.channels = channels
        self.codec = codec
        self.container = container
        self.duration = duration
        self.tags = tags
    }
}
