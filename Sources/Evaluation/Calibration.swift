import Foundation

/// What turns a track's mean probabilities into confidences that can be believed: their logarithms divided by a
/// temperature, fitted on tracks that the model did not learn from (Guo et al. 2017, "On Calibration of Modern Neural
/// Networks", applied to the track instead of the segment).
///
/// The fit is to smoothed outcomes, as Platt fits his sigmoid (1999, "Probabilistic Outputs for Support Vector Machines",
/// section 2.2): of N tracks that were right, each counts as right with probability (N + 1) / (N + 2), and of M that were
/// wrong each with 1 / (M + 2). So few tracks without an error do not make the model certain.
public struct Calibration: Codable, Sendable, Hashable {
    /// Above 1 where the model is too sure, below 1 where its mean over the segments is too careful.
    public var temperature: Double
    /// Tracks that it was fitted on.
    public var tracks: Int
    /// Expected calibration error on those tracks before and after: the mean distance, over ten equal ranges of
    /// confidence, between confidence and the share that is right.
    public var errorBefore: Double
    public var errorAfter: Double

    /// The temperature of a track that is one segment only: no others soften its probabilities. Nil in older files, and
    /// where tracks are single segments anyway.
    public var segmentTemperature: Double?
    /// Segments of a track, in the mean, that `temperature` was fitted on; nil where `segmentTemperature` is.
    public var segmentsPerTrack: Double?

    /// Probabilities of the classes, 1 in all.
    public func confidences(of verdict: Verdict) -> [Double] {
        Self.softened(verdict.probabilities, by: temperature(segments: verdict.votes.reduce(0, +)))
    }

    /// The temperature for a track of so many segments: between the two that were fitted its logarithm goes with one over
    /// their number, as the variance of a mean does.
    func temperature(segments: Int) -> Double {
        guard let single = segmentTemperature, let usual = segmentsPerTrack, usual > 1 else { return temperature }
        let share = min(max((1 / Double(max(segments, 1)) - 1 / usual) / (1 - 1 / usual), 0), 1)
        return exp(share * log(single) + (1 - share) * log(temperature))
    }

    /// The temperature with the least log loss on tracks whose classes are known; nil for fewer than twenty.
    public init?(verdicts: [Verdict], labels: [Int]) {
        guard verdicts.count >= 20, verdicts.count == labels.count else { return nil }
        let fitted = Self.fitted(verdicts, labels)
        temperature = fitted
        tracks = verdicts.count
        errorBefore = Self.expectedError(verdicts.map(\.probabilities), labels)
        errorAfter = Self.expectedError(verdicts.map { Self.softened($0.probabilities, by: fitted) }, labels)
    }

    /// The same, and the temperature of single segments from those of the tracks.
    ///
    /// - Parameters:
    ///   - segments: a verdict of each segment by itself.
    ///   - segmentLabels: its track's class.
    public init?(verdicts: [Verdict], labels: [Int], segments: [Verdict], segmentLabels: [Int]) {
        self.init(verdicts: verdicts, labels: labels)
        guard segments.count > verdicts.count, segments.count == segmentLabels.count else { return }
        segmentTemperature = Self.fitted(segments, segmentLabels)
        segmentsPerTrack = Double(segments.count) / Double(verdicts.count)
    }

    private static func fitted(_ verdicts: [Verdict], _ labels: [Int]) -> Double {
        let good = zip(verdicts, labels).count { $0.bySum == $1 }
        let bad = verdicts.count - good
        func loss(_ logarithm: Double) -> Double {
            zip(verdicts, labels).reduce(0) { sum, pair in
                let (verdict, label) = pair
                let confidences = softened(verdict.probabilities, by: exp(logarithm))
                let called = verdict.bySum
                func loss(_ share: Double) -> Double { -log(max(share, 1e-300)) }
                // Two outcomes each: the verdict is right, or it is wrong; of which class instead is known only where it is.
                if called == label {
                    let others = confidences.indices.reduce(0) { $1 == called ? $0 : $0 + confidences[$1] }
                    let target = Double(good + 1) / Double(good + 2)
                    return sum + target * loss(confidences[called]) + (1 - target) * loss(others)
                }
                let target = 1 / Double(bad + 2)
                return sum + target * loss(confidences[called]) + (1 - target) * loss(confidences[label])
            }
        }
        // Each track's loss has one minimum in the temperature: golden sections of its logarithm from 1/20 to 20.
        let ratio = (5.0.squareRoot() - 1) / 2
        var (low, high) = (-log(20.0), log(20.0))
        var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
        var (atLeft, atRight) = (loss(left), loss(right))
        while high - low > 1e-4 {
            if atLeft < atRight {
                (high, right, atRight) = (right, left, atLeft)
                left = high - ratio * (high - low)
                atLeft = loss(left)
            } else {
                (low, left, atLeft) = (left, right, atRight)
                right = low + ratio * (high - low)
                atRight = loss(right)
            }
        }
        return exp((low + high) / 2)
    }

    static func softened(_ probabilities: [Double], by temperature: Double) -> [Double] {
        let logarithms = probabilities.map { log(max($0, 1e-300)) / temperature }
        let greatest = logarithms.max() ?? 0
        let powers = logarithms.map { exp($0 - greatest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    static func expectedError(_ confidences: [[Double]], _ labels: [Int]) -> Double {
        var bins = [(count: Int, right: Int, sum: Double)](repeating: (0, 0, 0), count: 10)
        for (row, label) in zip(confidences, labels) {
            let best = mostProbable(row)
            let bin = min(9, Int(row[best] * 10))
            bins[bin].count += 1
            bins[bin].right += best == label ? 1 : 0
            bins[bin].sum += row[best]
        }
        return bins.reduce(0) { $0 + abs($1.sum - Double($1.right)) } / Double(max(labels.count, 1))
    }
}
