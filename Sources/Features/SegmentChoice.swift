import Randomness

/// Which segments of a track are used.
public enum SegmentChoice: Sendable, Hashable, Codable {
    case all
    /// So many at random; all where a track has no more.
    case random(count: Int)

    /// The indices chosen, in increasing order. They hang on the seed and the track's name alone: neither the order of
    /// the files nor the other tracks matter.
    public func indices(of available: Int, seed: UInt64, track: String) -> [Int] {
        switch self {
        case .all: return Array(0..<available)
        case .random(let count):
            var stream = RandomStream(seed: seed, purpose: "segments of \(track)")
            return stream.sample(max(0, count), below: available)
        }
    }
}
