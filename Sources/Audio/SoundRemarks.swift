/// What decoding shows of a file beside its samples: why a result made of them may deserve less trust.
///
/// Whoever judges the samples passes this on to whoever reads the result: damage and a missing end as a warning (the file
/// is used all the same), the channel as a note.
public struct SoundRemarks: Sendable, Equatable, Hashable {
    /// Packets that were corrupt by their checksum or failed to decode, and were left out, or that held samples that
    /// were not finite numbers (taken as 0). Above 0 the sound may have gaps.
    public var damagedPackets: Int
    /// Whether the sound ends before the end that its header names: a download that broke off, a copy cut short.
    /// Streams that name no end are never taken for that.
    public var endIsMissing: Bool
    /// The channel, from 0, that the samples are of, because the channels cancel where they are mixed (left and right of
    /// opposite sign, say); nil where the samples are the mean of all channels.
    public var channelTaken: Int?
    /// Whether the samples are a mean that lacks most of the sound, because the channels cancel. It is set only where a
    /// caller of streamed decoding gave no `restart`: what is made of the samples is then worth nothing.
    public var channelsCancel: Bool

    public init(
        damagedPackets: Int = 0, endIsMissing: Bool = false, channelTaken: Int? = nil, channelsCancel: Bool = false
    ) {
        self.damagedPackets = damagedPackets
        self.endIsMissing = endIsMissing
        self.channelTaken = channelTaken
        self.channelsCancel = channelsCancel
    }

    /// Whether part of the sound is missing or in doubt.
    public var isDamaged: Bool { damagedPackets > 0 || endIsMissing }
}
