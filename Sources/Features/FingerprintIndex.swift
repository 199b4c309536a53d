import CKernels

/// Finds stretches that tracks share, among any number of tracks: one sorted array of all landmarks, one of the votes of
/// those that meet, and a comparison of the words of the few pairs that remain. Memory and work grow with the number of
/// landmarks, however alike the tracks are.
public struct FingerprintIndex: Sendable {
    /// A stretch that two tracks share.
    public struct Match: Sendable, Hashable {
        /// Tracks by their index, `first` < `second`.
        public var first: Int
        public var second: Int
        /// Seconds from the start of each.
        public var firstStart: Double
        public var secondStart: Double
        public var seconds: Double
        /// Fraction of the words' bits that differ: 0 for the same sound, about 0.5 for unrelated ones.
        public var difference: Double
        /// Landmarks found in both.
        public var landmarks: Int
    }

    /// Entries of one hash that each meets at most: what is more common tells nothing.
    static let mostMeetings: Int32 = 24
    /// Landmarks at one offset that make a pair worth a comparison.
    static let leastVotes: Int32 = 4
    /// Offsets of one pair that are compared.
    static let mostOffsets: Int32 = 3
    /// Differing bits of a word below which a stretch grows.
    static let limit: Float = 10.5
    /// Of a match: seconds at least, and the fraction of bits that may differ.
    static let leastSeconds = 1.0
    static let greatestDifference = 0.28

    private let trackBits: Int32
    private var entries: [UInt64] = []
    private var words: [[UInt32]]

    /// - Parameter tracks: their number, at most 2^24.
    public init(tracks: Int) {
        precondition(tracks <= 1 << 24, "an index holds at most 16,777,216 tracks")
        trackBits = Int32(max(1, Int.bitWidth - max(0, tracks - 1).leadingZeroBitCount))
        words = Array(repeating: [], count: tracks)
    }

    public var landmarkCount: Int { entries.count }

    /// Adds a track's fingerprint; the order of additions changes nothing.
    public mutating func add(_ fingerprint: Fingerprint, track: Int) {
        words[track] = fingerprint.words
        let hashBits = 48 - trackBits
        entries.append(
            contentsOf: fingerprint.landmarks.lazy.map { [trackBits] landmark in
                let hash = (landmark >> 32) >> UInt64(max(0, 32 - hashBits))
                return (hash << UInt64(trackBits) | UInt64(track)) << 16 | landmark & 0xFFFF
            })
    }

    /// What tracks share, by first and second track: for each pair its best stretch.
    public consuming func matches() -> [Match] {
        var entries = self.entries
        gk_sort_u64(&entries, Int64(entries.count))
        let voteCount = gk_landmark_votes(entries, Int64(entries.count), trackBits, Self.mostMeetings, nil)
        var votes = [UInt64](unsafeUninitializedCapacity: Int(voteCount)) { buffer, count in
            count = Int(
                gk_landmark_votes(
                    entries, Int64(entries.count), trackBits, Self.mostMeetings, buffer.baseAddress))
        }
        entries = []
        gk_sort_u64(&votes, Int64(votes.count))
        func pairs(into buffer: UnsafeMutablePointer<gk_landmark_pair>?) -> Int {
            Int(
                gk_landmark_pairs(
                    votes, Int64(votes.count), trackBits, Self.leastVotes, Self.mostOffsets, buffer))
        }
        let candidates = [gk_landmark_pair](unsafeUninitializedCapacity: pairs(into: nil)) { buffer, count in
            count = pairs(into: buffer.baseAddress)
        }
        votes = []
        var result: [Match] = []
        for candidate in candidates {
            guard let match = compare(candidate) else { continue }
            if let last = result.last, last.first == match.first, last.second == match.second {
                if match.seconds > last.seconds { result[result.count - 1] = match }
            } else {
                result.append(match)
            }
        }
        return result
    }

    /// The stretch that a pair shares about the offset that its landmarks tell; nil where its words say otherwise.
    private func compare(_ pair: gk_landmark_pair) -> Match? {
        let first = words[Int(pair.first)]
        let second = words[Int(pair.second)]
        var best: (stretch: gk_word_stretch, offset: Int)?
        var offset = Int(pair.offset)
        // Landmarks tell the offset modulo 65,536 frames.
        while offset - 65_536 > -first.count { offset -= 65_536 }
        while offset < second.count {
            for near in offset - 1...offset + 1 {
                let stretch = gk_best_stretch(
                    first, Int64(first.count), second, Int64(second.count), Int64(near), Self.limit)
                if stretch.score > best?.stretch.score ?? 0 { best = (stretch, near) }
            }
            offset += 65_536
        }
        guard let best, best.stretch.difference <= Self.greatestDifference else { return nil }
        let seconds = Double(best.stretch.end - best.stretch.start) * Fingerprint.frameSeconds
        guard Double(best.stretch.compared) * Fingerprint.frameSeconds >= Self.leastSeconds else { return nil }
        return Match(
            first: Int(pair.first), second: Int(pair.second),
            firstStart: Double(best.stretch.start) * Fingerprint.frameSeconds,
            secondStart: Double(Int(best.stretch.start) + best.offset) * Fingerprint.frameSeconds, seconds: seconds,
            difference: best.stretch.difference, landmarks: Int(pair.votes))
    }
}

extension gk_word_stretch {
    fileprivate var score: Float { Float(compared) * FingerprintIndex.limit - Float(differing) }
    fileprivate var difference: Double { compared > 0 ? Double(differing) / Double(32 * compared) : 1 }
}
