import Foundation

/// What a classifier said of labelled segments, put together track by track: scores, outcomes and calibration are all
/// counted from these verdicts.
public struct JudgedSegments: Sendable {
    /// One track that has segments among those judged.
    public struct Track: Sendable {
        /// Its index into the tracks' labels.
        public let index: Int
        /// Its class.
        public let label: Int
        public let segments: Int
        public let verdict: Verdict
    }

    /// [segments][classes]
    public let probabilities: [Float]
    /// Each segment's track.
    public let segmentTracks: [Int]
    /// The tracks that have segments, in order of their index.
    public let tracks: [Track]
    private let classes: Int
    private let trackLabels: [Int]
    private let meanLoss: Double?

    /// - Parameters:
    ///   - probabilities: [segments][classes].
    ///   - segmentTracks: each segment's track, as an index into `trackLabels`; a track's segments may lie anywhere.
    ///   - trackLabels: each track's class index. Tracks without segments do not count.
    ///   - meanLoss: the segments' mean cross-entropy where it is known from the logits; else it is taken from the
    ///     probabilities, which cannot tell a loss beyond 87.
    ///   - verdicts: on tracks, by their index, where they are no means of the segments: a fusion's.
    public init(
        probabilities: [Float], classes: Int, segmentTracks: [Int], trackLabels: [Int], meanLoss: Double? = nil,
        verdicts: [Int: Verdict] = [:]
    ) {
        precondition(probabilities.count == segmentTracks.count * classes, "[segments][classes]")
        var rows: [Int: [Float]] = [:]
        for (segment, track) in segmentTracks.enumerated() {
            rows[track, default: []] += probabilities[segment * classes..<(segment + 1) * classes]
        }
        tracks = rows.sorted { $0.key < $1.key }.map { track, rows in
            Track(
                index: track, label: trackLabels[track], segments: rows.count / classes,
                verdict: verdicts[track] ?? Verdict(segments: rows, classes: classes))
        }
        self.probabilities = probabilities
        self.classes = classes
        self.segmentTracks = segmentTracks
        self.trackLabels = trackLabels
        self.meanLoss = meanLoss
    }

    /// The class probabilities of the segment at `place` among those judged.
    public func probabilities(at place: Int) -> ArraySlice<Float> {
        probabilities[place * classes..<(place + 1) * classes]
    }

    /// How well it did.
    ///
    /// - Parameter genres: names of the classes.
    public func scores(genres: [String]) -> Scores {
        precondition(genres.count == classes, "a name for each class")
        let empty = Array(repeating: Array(repeating: 0, count: classes), count: classes)
        var confusion = empty
        for (place, track) in segmentTracks.enumerated() {
            confusion[trackLabels[track]][mostProbable(Array(probabilities(at: place)))] += 1
        }
        var trackConfusion = empty
        for track in tracks { trackConfusion[track.label][track.verdict.bySum] += 1 }
        func share(_ hits: Int, of count: Int) -> Double { Double(hits) / Double(max(count, 1)) }
        func diagonal(_ matrix: [[Int]]) -> Int { matrix.indices.reduce(0) { $0 + matrix[$1][$1] } }
        return Scores(
            genres: genres, segments: segmentTracks.count, tracks: tracks.count,
            raw: share(diagonal(confusion), of: segmentTracks.count),
            max: share(diagonal(trackConfusion), of: tracks.count),
            maj: share(tracks.count { $0.verdict.byVote == $0.label }, of: tracks.count),
            loss: meanLoss ?? lossOfProbabilities, confusion: confusion, trackConfusion: trackConfusion)
    }

    /// Mean cross-entropy of the segments.
    private var lossOfProbabilities: Double {
        let sum = segmentTracks.enumerated().reduce(0.0) { sum, segment in
            let share = probabilities[segment.offset * classes + trackLabels[segment.element]]
            return sum - log(max(Double(share), Double(Float.leastNormalMagnitude)))
        }
        return sum / Double(max(segmentTracks.count, 1))
    }

    /// What was said of each track.
    ///
    /// - Parameter names: of all tracks, by their index.
    public func outcomes(names: [String]) -> [TrackOutcome] {
        tracks.map {
            TrackOutcome(
                track: names[$0.index], label: $0.label, max: $0.verdict.bySum, maj: $0.verdict.byVote,
                segments: $0.segments, right: $0.verdict.votes[$0.label])
        }
    }

    /// What turns these probabilities into confidences; nil for too few tracks.
    public var calibration: Calibration? {
        Calibration(
            verdicts: tracks.map(\.verdict), labels: tracks.map(\.label),
            segments: segmentTracks.indices.map { Verdict(segments: probabilities(at: $0), classes: classes) },
            segmentLabels: segmentTracks.map { trackLabels[$0] })
    }
}
