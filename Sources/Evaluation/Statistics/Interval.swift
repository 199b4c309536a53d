import Foundation
import Randomness

/// A range of a measure that holds its true value with a given confidence.
public struct Interval: Codable, Sendable, Hashable {
    public var low: Double
    public var high: Double

    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// Of the mean of a normal population of which `values` are a sample, by Student's t; nil for fewer than two values.
    public init?(meanOf values: [Double], confidence: Double = 0.95) {
        guard values.count > 1 else { return nil }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        let half = studentT(confidence: confidence, degrees: values.count - 1) * (variance / count).squareRoot()
        self.init(low: mean - half, high: mean + half)
    }

    /// Of a share, 95 %, where `right` of `total` chance draws were right: the score interval of Wilson 1927, which keeps
    /// within 0 to 1 and serves few draws, too. All of it for no draws.
    public init(ofShare right: Int, of total: Int) {
        precondition(right >= 0 && right <= total, "a part of the whole")
        guard total > 0 else {
            self.init(low: 0, high: 1)
            return
        }
        let z = 1.959964
        let count = Double(total)
        let share = Double(right) / count
        let scale = 1 + z * z / count
        let middle = (share + z * z / (2 * count)) / scale
        let half = z / scale * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
        self.init(low: right == 0 ? 0 : middle - half, high: right == total ? 1 : middle + half)
    }

    /// Of a measure over the population of which the tracks are a sample, by the bootstrap (Efron 1979): the measure's
    /// percentiles over samples of as many tracks, drawn with replacement. A track's segments stay together, since they
    /// are alike. Nil without tracks.
    public init?(
        bootstrapping tracks: [TrackOutcome], samples: Int = 2000, confidence: Double = 0.95, seed: UInt64 = 0,
        _ measure: ([TrackOutcome]) -> Double
    ) {
        guard !tracks.isEmpty, samples > 0 else { return nil }
        var stream = RandomStream(seed: seed, purpose: "bootstrap over tracks")
        var values = (0..<samples).map { _ in
            measure((0..<tracks.count).map { _ in tracks[stream.index(below: tracks.count)] })
        }
        values.sort()
        let tail = (1 - confidence) / 2
        self.init(low: values.quantile(tail), high: values.quantile(1 - tail))
    }
}

extension [Double] {
    /// Of sorted values, between neighbours evenly.
    func quantile(_ share: Double) -> Double {
        let place = share * Double(count - 1)
        let below = Int(place)
        let above = Swift.min(below + 1, count - 1)
        return self[below] + (place - Double(below)) * (self[above] - self[below])
    }
}

/// The t that a variable of Student's distribution exceeds in absolute value with probability 1 - confidence.
///
/// - Parameter degrees: of freedom, at least 1.
public func studentT(confidence: Double, degrees: Int) -> Double {
    var low = 0.0
    var high = 1.0
    while studentCentre(high, degrees: degrees) < confidence { high *= 2 }
    for _ in 0..<100 {
        let middle = (low + high) / 2
        if studentCentre(middle, degrees: degrees) < confidence { low = middle } else { high = middle }
    }
    return (low + high) / 2
}

/// The probability that a variable of Student's distribution lies within ± t: Abramowitz & Stegun 26.7.3 and 26.7.4.
func studentCentre(_ t: Double, degrees: Int) -> Double {
    let angle = atan(t / Double(degrees).squareRoot())
    let square = cos(angle) * cos(angle)
    var term = 1.0
    var sum = 0.0
    if degrees.isMultiple(of: 2) {
        for step in 0..<degrees / 2 {
            if step > 0 { term *= square * Double(2 * step - 1) / Double(2 * step) }
            sum += term
        }
        return sin(angle) * sum
    }
    for step in 0..<degrees / 2 {
        if step > 0 { term *= square * Double(2 * step) / Double(2 * step + 1) }
        sum += term
    }
    return 2 / Double.pi * (angle + sin(angle) * cos(angle) * sum)
}
