/// A size or position on the two axes of a spectrogram: mel bands (rows) by frames (columns).
public struct Extent: Sendable, Hashable, Codable {
    public var mels: Int
    public var frames: Int

    public init(mels: Int, frames: Int) {
        self.mels = mels
        self.frames = frames
    }

    public var area: Int { mels * frames }

    public init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        self.init(mels: try values.decode(Int.self), frames: try values.decode(Int.self))
        guard values.isAtEnd else { throw decoder.problem("a size is two numbers: mel bands and frames") }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.unkeyedContainer()
        try values.encode(mels)
        try values.encode(frames)
    }
}

extension Extent: CustomStringConvertible {
    public var description: String { "\(mels)x\(frames)" }
}

infix operator × : MultiplicationPrecedence

/// `10 × 23`: ten mel bands by twenty-three frames, as the papers write kernels and pools.
public func × (mels: Int, frames: Int) -> Extent {
    Extent(mels: mels, frames: frames)
}

/// The shape of what a layer puts out for one segment: channels by mel bands by frames.
public struct FeatureShape: Sendable, Hashable {
    public var channels: Int
    public var extent: Extent

    public init(channels: Int, extent: Extent) {
        self.channels = channels
        self.extent = extent
    }

    public var count: Int { channels * extent.area }
}

extension FeatureShape: CustomStringConvertible {
    public var description: String { "\(channels)x\(extent)" }
}
