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
        /// Whether there is nothing to hear: it has no part in the verdict.
        public let isSilent: Bool
    }

    /// What one member of a fusion says of the track.
    public struct Member: Sendable, Hashable {
        public let name: String
        /// All members' are 1 together.
        public let weight: Double
        /// Of each genre.
        public let confidences: [Double]
        /// The audible segments that it heard.
        public let segments: Int
    }

    public let genres: [String]
    /// Mean probabilities and votes of the track's audible segments, as the net gives them; of a fusion the mean of its
    /// members' confidences, and the votes of its moments.
    public let verdict: Verdict
    /// The track's probabilities as confidences: where the model is calibrated, about so many of the verdicts with a
    /// confidence are right as it says, on music like that of the calibration.
    public let confidences: [Double]
    /// Every segment, in their order; of a fusion those of its first member that heard the track.
    public let moments: [Moment]
    /// What a reader of the verdict must know of the sound.
    public let sound: HeardSound
    /// Of a fusion: the members that heard the track; of one net none.
    public let members: [Member]

    init(
        genres: [String], verdict: Verdict, confidences: [Double], moments: [Moment], sound: HeardSound,
        members: [Member]
    ) {
        self.genres = genres
        self.verdict = verdict
        self.confidences = confidences
        self.moments = moments
        self.sound = sound
        self.members = members
    }

    /// - Parameters:
    ///   - segments: class probabilities of the track's segments, [segments][genres].
    ///   - isSilent: of each segment; not of all.
    init(card: ModelCard, segments: [Float], startTimes: [Double], isSilent: [Bool], sound: HeardSound) {
        genres = card.genres
        let classes = card.genres.count
        var audible = segments
        if isSilent.contains(true) {
            audible = isSilent.indices.filter { !isSilent[$0] }
                .flatMap { segments[$0 * classes..<($0 + 1) * classes] }
        }
        verdict = Verdict(segments: audible, classes: classes)
        confidences = card.calibration?.confidences(of: verdict) ?? verdict.probabilities
        moments = startTimes.enumerated().map { index, start in
            Moment(
                start: start,
                probabilities: Array(segments[index * classes..<(index + 1) * classes]), isSilent: isSilent[index])
        }
        self.sound = sound
        members = []
    }

    /// The audible segments, which the verdict is of.
    public var segments: Int { moments.count { !$0.isSilent } }
    /// Seconds that were read.
    public var seconds: Double { sound.seconds }
    /// Whether the track was shorter than a segment and was padded to one.
    public var isPadded: Bool { sound.isPadded }
    /// The most probable genre.
    public var genre: String { genres[verdict.bySum] }
    /// How sure the model is of it.
    public var confidence: Double { confidences[verdict.bySum] }

    /// The `count` most probable genres, the most probable first.
    public func top(_ count: Int) -> [(genre: String, confidence: Double)] {
        verdict.ranking.prefix(count).map { (genres[$0], confidences[$0]) }
    }
}
