import Audio

/// What a reader of a verdict must know of the sound that it is of.
public struct HeardSound: Sendable, Hashable {
    /// Seconds that were read.
    public var seconds: Double
    /// Seconds with nothing to hear, which have no part in the verdict.
    public var silentSeconds: Double
    /// Whether the track was shorter than a segment, and was padded to one.
    public var isPadded: Bool
    /// What decoding showed of the file: damage, and the channel that was taken where channels cancel.
    public var remarks: SoundRemarks

    public init(
        seconds: Double, silentSeconds: Double = 0, isPadded: Bool = false, remarks: SoundRemarks = SoundRemarks()
    ) {
        self.seconds = seconds
        self.silentSeconds = silentSeconds
        self.isPadded = isPadded
        self.remarks = remarks
    }
}

extension HeardSound {
    /// Faults of the file: corrupt packets, and one for an end that is missing.
    public var damage: Int { remarks.damagedPackets + (remarks.endIsMissing ? 1 : 0) }

    /// Seconds of the silent segments, each as long as until the next begins.
    static func silentSeconds(_ isSilent: [Bool], starts: [Double], seconds: Double) -> Double {
        isSilent.indices.reduce(0) { sum, index in
            guard isSilent[index] else { return sum }
            let end = index + 1 < starts.count ? starts[index + 1] : max(seconds, starts[index])
            return sum + end - starts[index]
        }
    }
}
