import Audio
import Evaluation
import Features
import ModelFile

/// How the verdicts of a fusion's members become one.
///
/// - The track: the weighted geometric mean of the members' calibrated distributions (``GeometricMean``), then the fusion's
///   own calibration, if it has one. A member that could not hear the sound has no part, and a fusion's calibration holds
///   only where all have one.
/// - A moment: there is one for each segment of the first member that heard the sound. Its distribution is the same mean, as
///   if the moment were a short track: of the other members those audible segments count that overlap it, or the nearest
///   one where none does. It is silent where the first member's segment is.
struct FusionRule {
    private let members: [FusedModel.Member]
    private let calibration: Calibration?

    init(_ model: FusedModel) {
        members = model.members
        calibration = model.calibration
    }

    /// - Parameters:
    ///   - heard: of each member; nil where it has no part, but not of all.
    ///   - recipes: of the segments that were heard.
    func prediction(
        of heard: [NetRunner.Heard?], recipes: [FeatureRecipe], remarks: SoundRemarks
    ) -> TrackPrediction {
        let parts = heard.indices.compactMap { index in
            heard[index].map {
                Part(
                    member: members[index], heard: $0, seconds: recipes[index].segmentSeconds,
                    prediction: TrackPrediction(card: members[index].model.card, heard: $0, remarks: remarks))
            }
        }
        let mean = GeometricMean.of(parts.map(\.prediction.confidences), weights: parts.map(\.member.weight))
        let moments = parts[0].heard.starts.indices.map { index in
            TrackPrediction.Moment(
                start: parts[0].heard.starts[index], probabilities: probabilities(ofSegment: index, parts),
                isSilent: parts[0].heard.silence.isSilent[index])
        }
        var votes = [Int](repeating: 0, count: mean.count)
        for moment in moments where !moment.isSilent { votes[mostProbable(moment.probabilities)] += 1 }
        let verdict = Verdict(probabilities: mean, votes: votes)
        var sound = HeardSound(parts[0].heard, remarks)
        sound.isPadded = parts.contains { $0.heard.isPadded }
        return TrackPrediction(
            genres: members[0].model.card.genres, verdict: verdict,
            confidences: parts.count == members.count ? calibration?.confidences(of: verdict) ?? mean : mean,
            moments: moments, sound: sound,
            members: parts.map {
                TrackPrediction.Member(
                    name: $0.member.name, weight: $0.member.weight, confidences: $0.prediction.confidences,
                    segments: $0.prediction.segments)
            })
    }

    /// A member that heard the sound.
    private struct Part {
        let member: FusedModel.Member
        let heard: NetRunner.Heard
        /// Of a segment.
        let seconds: Double
        let prediction: TrackPrediction

        /// The audible segments that overlap a stretch, else the one that begins nearest to it, if it is audible.
        func segments(from start: Double, to end: Double) -> [Int] {
            let starts = heard.starts
            // Starts rise: those that begin before the stretch ends, and end after it starts.
            let first = starts.partitioningIndex { $0 + seconds > start }
            let last = starts.partitioningIndex { $0 >= end }
            let overlapping = (first..<max(first, last)).filter { !heard.silence.isSilent[$0] }
            guard first >= last else { return overlapping }
            let next = min(first, starts.count - 1)
            let nearest = next > 0 && start - starts[next - 1] < starts[next] - start ? next - 1 : next
            return heard.silence.isSilent[nearest] ? [] : [nearest]
        }

        /// What the member says of some of its segments, as of a track of them.
        func confidences(ofSegments segments: [Int], classes: Int) -> [Double] {
            let verdict = Verdict(
                segments: segments.flatMap { heard.values[$0 * classes..<($0 + 1) * classes] }, classes: classes)
            return member.model.card.calibration?.confidences(of: verdict) ?? verdict.probabilities
        }
    }

    private func probabilities(ofSegment index: Int, _ parts: [Part]) -> [Float] {
        let classes = members[0].model.card.genres.count
        let start = parts[0].heard.starts[index]
        let end = min(start + parts[0].seconds, max(parts[0].heard.seconds, start))
        var distributions = [parts[0].confidences(ofSegments: [index], classes: classes)]
        var weights = [parts[0].member.weight]
        for part in parts.dropFirst() {
            let segments = part.segments(from: start, to: end)
            if segments.isEmpty { continue }
            distributions.append(part.confidences(ofSegments: segments, classes: classes))
            weights.append(part.member.weight)
        }
        return GeometricMean.of(distributions, weights: weights).map { Float($0) }
    }
}

extension [Double] {
    /// The first index from which on a condition holds that holds to the end.
    fileprivate func partitioningIndex(where holds: (Double) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
