import Randomness

/// Which segments of a track are used.
public enum SegmentChoice: Sendable, Hashable, Codable {
    case all
    /// So many at random; all where a track has no more.
    case random(count: Int)

    /// The indices chosen, in increasing order. They depend on the seed and the track's name alone: neither the order of
    /// the files nor the other tracks matter.
    public func indices(of available: Int, seed: UInt64, track: String) -> [Int] {
        switch self {
        case .all: return Array(0..<available)
        case .random(let count):
            var stream = RandomStream(seed: seed, purpose: "segments of \(track)")
            return stream.sample(max(0, count), below: available)
        }
    }

    /// As `indices(of:seed:track:)`, of the segments that are there: where none is left out, the same.
    ///
    /// - Parameter audible: indices in increasing order, say of those that are not silent.
    public func indices(among audible: [Int], seed: UInt64, track: String) -> [Int] {
        indices(of: audible.count, seed: seed, track: track).map { audible[$0] }
    }
}
