/// What a classifier said of one track, beside the truth.
public struct TrackOutcome: Codable, Sendable, Hashable {
    public var track: String
    /// Class indices: the truth, the verdict by summed probability (max), the verdict by vote (maj).
    public var label: Int
    public var max: Int
    public var maj: Int
    /// Segments, and those whose most probable class is right.
    public var segments: Int
    public var right: Int

    public init(track: String, label: Int, max: Int, maj: Int, segments: Int, right: Int) {
        self.track = track
        self.label = label
        self.max = max
        self.maj = maj
        self.segments = segments
        self.right = right
    }
}

extension [TrackOutcome] {
    /// Shares that are right: of the segments, of the tracks by sum, of the tracks by vote.
    public var raw: Double { share(of: { $0.right }, among: { $0.segments }) }
    public var max: Double { share(of: { $0.max == $0.label ? 1 : 0 }, among: { _ in 1 }) }
    public var maj: Double { share(of: { $0.maj == $0.label ? 1 : 0 }, among: { _ in 1 }) }

    private func share(of hits: (TrackOutcome) -> Int, among all: (TrackOutcome) -> Int) -> Double {
        let total = reduce(0) { $0 + all($1) }
        return total == 0 ? 0 : Double(reduce(0) { $0 + hits($1) }) / Double(total)
    }
}
