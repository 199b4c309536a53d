import Foundation

extension Scores {
    /// Judges class probabilities against the tracks' labels.
    ///
    /// - Parameters:
    ///   - genres: names of the classes.
    ///   - probabilities: [segments][classes].
    ///   - segmentTracks: each segment's track, as an index into `trackLabels`; a track's segments may lie anywhere.
    ///   - trackLabels: each track's class index. Tracks without segments do not count.
    ///   - meanLoss: the segments' mean cross-entropy where it is known from the logits; else it is taken from the
    ///     probabilities, which cannot tell a loss beyond 87.
    public init(
        genres: [String], probabilities: [Float], segmentTracks: [Int], trackLabels: [Int], meanLoss: Double? = nil
    ) {
        let classes = genres.count
        precondition(probabilities.count == segmentTracks.count * classes, "[segments][classes]")
        var segmentsOfTrack: [Int: [Float]] = [:]
        var confusion = Self.emptyMatrix(classes)
        var hits = 0
        var loss = 0.0
        for (segment, track) in segmentTracks.enumerated() {
            let row = Array(probabilities[segment * classes..<(segment + 1) * classes])
            let label = trackLabels[track]
            let predicted = mostProbable(row)
            confusion[label][predicted] += 1
            hits += predicted == label ? 1 : 0
            loss -= log(Swift.max(Double(row[label]), Double(Float.leastNormalMagnitude)))
            segmentsOfTrack[track, default: []] += row
        }
        var trackConfusion = Self.emptyMatrix(classes)
        var maxHits = 0
        var majHits = 0
        for (track, rows) in segmentsOfTrack {
            let verdict = Verdict(segments: rows, classes: classes)
            let label = trackLabels[track]
            trackConfusion[label][verdict.bySum] += 1
            maxHits += verdict.bySum == label ? 1 : 0
            majHits += verdict.byVote == label ? 1 : 0
        }
        let segments = Double(Swift.max(segmentTracks.count, 1))
        let tracks = Double(Swift.max(segmentsOfTrack.count, 1))
        self.genres = genres
        self.segments = segmentTracks.count
        self.tracks = segmentsOfTrack.count
        raw = Double(hits) / segments
        max = Double(maxHits) / tracks
        maj = Double(majHits) / tracks
        self.loss = meanLoss ?? loss / segments
        self.confusion = confusion
        self.trackConfusion = trackConfusion
    }

    private static func emptyMatrix(_ classes: Int) -> [[Int]] {
        Array(repeating: Array(repeating: 0, count: classes), count: classes)
    }
}
