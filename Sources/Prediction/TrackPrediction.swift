import Evaluation
import ModelFile

/// What a model says of one track.
public struct TrackPrediction: Sendable {
    /// One stretch of a track, and what the model says of it.
    public struct Moment: Sendable, Hashable {
        /// Seconds from the start of the track.
        public let start: Double
        /// Of each genre.
        public let probabilities: [Float]
    }

    public let genres: [String]
    /// Mean probabilities and votes of the track's segments, as the net gives them.
    public let verdict: Verdict
    /// The track's probabilities as confidences: where the model is calibrated, about so many of the verdicts with a
    /// confidence are right as it says, on music like that of the calibration.
    public let confidences: [Double]
    /// Every segment, in their order.
    public let moments: [Moment]
    /// Seconds that were heard.
    public let seconds: Double
    /// Whether the track was shorter than a segment and was padded to one.
    public let isPadded: Bool

    /// - Parameter segments: class probabilities of the track's segments, [segments][genres].
    init(card: ModelCard, segments: [Float], startTimes: [Double], seconds: Double, isPadded: Bool) {
        genres = card.genres
        verdict = Verdict(segments: segments, classes: card.genres.count)
        confidences = card.calibration?.confidences(of: verdict) ?? verdict.probabilities
        moments = startTimes.enumerated().map { index, start in
            Moment(
                start: start,
                probabilities: Array(segments[index * card.genres.count..<(index + 1) * card.genres.count]))
        }
        self.seconds = seconds
        self.isPadded = isPadded
    }

    public var segments: Int { moments.count }
    /// The most probable genre.
    public var genre: String { genres[verdict.bySum] }
    /// How sure the model is of it.
    public var confidence: Double { confidences[verdict.bySum] }

    /// The `count` most probable genres, the most probable first.
    public func top(_ count: Int) -> [(genre: String, confidence: Double)] {
        verdict.ranking.prefix(count).map { (genres[$0], confidences[$0]) }
    }
}
