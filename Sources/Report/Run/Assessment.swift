import Datasets
import Evaluation
import Features
import ModelFile
import NeuralNetwork
import Training

/// What a run's model says of each track that it was judged on, and of single segments worth a look.
public struct Assessment: Sendable {
    public struct Track: Sendable {
        public let id: String
        /// The true genre's index.
        public let label: Int
        public let verdict: Verdict
        /// Number of its segments.
        public let segments: Int

        public var isRight: Bool { verdict.bySum == label }
    }

    /// A segment and what the net says of it.
    public struct Example: Sendable {
        public let track: String
        /// The segment's number among those of its track that were judged, from 1.
        public let number: Int
        /// Seconds of the track at which it begins and ends; nil where they are not known.
        public let seconds: ClosedRange<Double>?
        public let label: Int
        public let probabilities: [Float]
        /// [mel][frame].
        public let values: [Float]

        public var predicted: Int { mostProbable(probabilities) }
        public var isRight: Bool { predicted == label }

        /// Where it lies, in words.
        var place: String {
            seconds.map { "\(decimal($0.lowerBound, places: 1)) s to \(decimal($0.upperBound, places: 1)) s" }
                ?? "segment \(number)"
        }
    }

    public let genres: [String]
    public let recipe: FeatureRecipe
    public let scores: Scores
    /// In the data's order.
    public let tracks: [Track]
    /// Two wrong ones and a right one, where there are such.
    public let examples: [Example]
    /// What a reader must know: that the data is not what the run was judged on.
    public let warnings: [String]

    /// Judges the tracks of the run's test side, or else its held-out ones, once more.
    ///
    /// - Parameters:
    ///   - model: as a training wrote it.
    ///   - set: the data of the run, opened as it was then.
    ///   - shown: a true genre and a verdict for each of the examples; others are taken where one of them does not occur.
    /// - Throws: ``ReportError/dataDoesNotFit(problem:)`` where the set holds none of them.
    public init(
        of model: TrainedModel, on set: SegmentSet, shown: [(label: String, predicted: String)] = [], pool: ThreadPool
    ) throws {
        let card = model.card
        guard set.recipe == card.recipe || set.recipe.isOutputs else {
            throw ReportError.dataDoesNotFit(
                problem: "the model needs segments of recipe '\(card.recipe.name)', the data has '\(set.recipe.name)'")
        }
        let labels = try JudgedTracks(card: card, set: set, includingTraining: true).labels
        let judgedIds = Set(card.testTracks ?? card.heldOutTracks ?? [])
        let judged = Set(set.tracks.indices.filter { judgedIds.contains(set.tracks[$0].id) })
        guard !judged.isEmpty else {
            throw ReportError.dataDoesNotFit(problem: "the data holds none of the tracks that the run was judged on")
        }
        let indices = (0..<set.count).filter { judged.contains(set.track(ofSegment: $0)) && !set.isAugmented($0) }
        let judge = try Judge(parameters: model.reader(of: set), batch: card.configuration?.batch ?? 64, pool: pool)
        let said = try judge.judge(set, segments: indices, labels: labels)
        genres = card.genres
        recipe = card.recipe
        scores = said.scores(genres: card.genres)
        tracks = said.tracks.map {
            Track(id: set.tracks[$0.index].id, label: $0.label, verdict: $0.verdict, segments: $0.segments)
        }

        var seen: [Int: Int] = [:]
        let candidates = indices.enumerated().map { place, index in
            let track = said.segmentTracks[place]
            seen[track, default: 0] += 1
            return Candidate(
                segment: index, track: track, number: seen[track]!, label: labels[track],
                probabilities: Array(said.probabilities(at: place)))
        }
        let wanted = shown.compactMap { label, predicted in
            card.genres.firstIndex(of: label).flatMap { label in
                card.genres.firstIndex(of: predicted).map { (label: label, predicted: $0) }
            }
        }
        let chosen = shown.count == wanted.count ? Candidate.choose(wanted, from: candidates) : nil
        // What a net said of a segment is no spectrogram.
        let examined = set.recipe.isOutputs ? [] : chosen ?? Candidate.choose(from: candidates)
        examples = try examined.map { candidate in
            var values = [Float](repeating: 0, count: set.valueCount)
            try values.withUnsafeMutableBufferPointer { try set.read(candidate.segment, into: $0.baseAddress!) }
            return Example(
                track: set.tracks[candidate.track].id, number: candidate.number,
                seconds: card.configuration?.segmentsPerTrack == nil
                    ? Self.seconds(ofSegment: candidate.number - 1, card.recipe) : nil, label: candidate.label,
                probabilities: candidate.probabilities, values: values)
        }
        var warnings: [String] = []
        if judged.count < judgedIds.count {
            warnings.append(
                "The data now holds only \(judged.count) of the \(judgedIds.count) tracks that the run was judged on.")
        } else if let then = card.scores, then.confusion != scores.confusion {
            warnings.append(
                "The data or the build has changed since the run was judged: some verdicts differ from its scores.")
        }
        self.warnings = warnings
    }

    /// Of a track whose segments are all there, in their order.
    private static func seconds(ofSegment index: Int, _ recipe: FeatureRecipe) -> ClosedRange<Double>? {
        guard recipe.makesSegmentsFromAudio, recipe.picture == nil, recipe.sampleRate > 0 else { return nil }
        let start = Double(index * recipe.segmentStride) / recipe.sampleRate
        return start...start + max(recipe.segmentSeconds, 0)
    }
}

/// A segment that may be shown.
struct Candidate {
    let segment: Int
    let track: Int
    let number: Int
    let label: Int
    let probabilities: [Float]

    var predicted: Int { mostProbable(probabilities) }
    var certainty: Float { probabilities[predicted] }

    /// The wrong one of the highest confidence; the next wrong one of another genre and track; the correct one of the
    /// highest confidence, of a third genre where there is one.
    static func choose(from candidates: [Candidate]) -> [Candidate] {
        let sorted = candidates.sorted { ($1.certainty, $0.segment) < ($0.certainty, $1.segment) }
        let wrong = sorted.filter { $0.predicted != $0.label }
        let right = sorted.filter { $0.predicted == $0.label }
        var chosen: [Candidate] = []
        if let first = wrong.first {
            chosen.append(first)
            let others = wrong.dropFirst().filter { $0.track != first.track }
            if let second = others.first(where: { $0.label != first.label }) ?? others.first { chosen.append(second) }
        }
        let shown = Set(chosen.map(\.label))
        if let last = right.first(where: { !shown.contains($0.label) }) ?? right.first { chosen.append(last) }
        return chosen
    }

    /// Of each pair the one of the highest confidence; nil where there are no pairs, or a pair does not occur.
    static func choose(_ pairs: [(label: Int, predicted: Int)], from candidates: [Candidate]) -> [Candidate]? {
        let chosen = pairs.compactMap { label, predicted in
            candidates.filter { $0.label == label && $0.predicted == predicted }
                .max { ($0.certainty, $1.segment) < ($1.certainty, $0.segment) }
        }
        return !pairs.isEmpty && chosen.count == pairs.count ? chosen : nil
    }
}
