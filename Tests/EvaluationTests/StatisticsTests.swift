import Evaluation
import Foundation
import Randomness
import Testing

@Suite struct StatisticsTests {
    /// Quantiles as tables of Student's distribution print them.
    @Test func studentsQuantiles() {
        let table = [
            1: 12.706_204_736, 2: 4.302_652_730, 3: 3.182_446_305, 4: 2.776_445_105, 9: 2.262_157_163,
            10: 2.228_138_852, 30: 2.042_272_456,
        ]
        for (degrees, quantile) in table {
            #expect(abs(studentT(confidence: 0.95, degrees: degrees) - quantile) < 1e-8, "\(degrees)")
        }
        #expect(abs(studentT(confidence: 0.99, degrees: 5) - 4.032_142_984) < 1e-8)
    }

    @Test func theIntervalOfAMean() throws {
        // Mean 3, variance 2.5: 3 ± 2.7764 * sqrt(2.5 / 5).
        let interval = try #require(Interval(meanOf: [1, 2, 3, 4, 5]))
        #expect(abs(interval.low - 1.036_756_838) < 1e-8 && abs(interval.high - 4.963_243_162) < 1e-8)
        #expect(Interval(meanOf: [1]) == nil)
    }

    /// Wilson's bounds are where the normal test of the share just fails: (share - bound)^2 = z^2 bound (1 - bound) / n.
    @Test func theIntervalOfAShare() {
        for (right, total) in [(63, 99), (1, 10), (9, 10), (500, 1000)] {
            let interval = Interval(ofShare: right, of: total)
            let share = Double(right) / Double(total)
            #expect(interval.low < share && share < interval.high)
            for bound in [interval.low, interval.high] {
                let left = (share - bound) * (share - bound)
                #expect(abs(left - 3.841_459 * bound * (1 - bound) / Double(total)) < 1e-7, "\(right) of \(total)")
            }
        }
        #expect(Interval(ofShare: 0, of: 10).low == 0 && Interval(ofShare: 10, of: 10).high == 1)
        #expect(Interval(ofShare: 0, of: 0) == Interval(low: 0, high: 1))
    }

    private func outcome(_ track: Int, right: Bool, segments: Int = 1) -> TrackOutcome {
        TrackOutcome(
            track: "\(track)", label: 0, max: right ? 0 : 1, maj: right ? 0 : 1, segments: segments,
            right: right ? segments : 0)
    }

    /// Of 400 tracks with 70 % right, the normal approximation: 0.7 ± 1.96 sqrt(0.21 / 400).
    @Test func theBootstrapOverTracks() throws {
        let tracks = (0..<400).map { outcome($0, right: $0 < 280, segments: 7) }
        let interval = try #require(Interval(bootstrapping: tracks, \.raw))
        #expect(abs(interval.low - 0.6551) < 0.006 && abs(interval.high - 0.7449) < 0.006)
        #expect(Interval(bootstrapping: tracks, \.raw) == interval)
        #expect(Interval(bootstrapping: tracks, seed: 1, \.raw) != interval)
        #expect(Interval(bootstrapping: Array(tracks[..<280]), \.max) == Interval(low: 1, high: 1))
        #expect(Interval(bootstrapping: [], \.max) == nil)
    }

    @Test func mcNemarsExactTest() throws {
        // 2 (C(8,0) + C(8,1)) / 2^8, and what the binomial distribution gives for the others.
        #expect(abs(McNemar(onlyFirst: 1, onlySecond: 7, tracks: 20).p - 0.070_312_5) < 1e-12)
        #expect(abs(McNemar(onlyFirst: 10, onlySecond: 0, tracks: 20).p - 2.0 / 1024) < 1e-12)
        #expect(McNemar(onlyFirst: 4, onlySecond: 4, tracks: 9).p == 1)
        #expect(McNemar(onlyFirst: 0, onlySecond: 0, tracks: 9).p == 1)
        let large = McNemar(onlyFirst: 2000, onlySecond: 3000, tracks: 9000).p
        #expect(large > 0 && large < 1e-40)

        let first = [outcome(1, right: true), outcome(2, right: true), outcome(3, right: false)]
        let second = [outcome(3, right: true), outcome(2, right: false), outcome(4, right: true)]
        let test = try #require(McNemar(first, second))
        #expect((test.tracks, test.onlyFirst, test.onlySecond) == (2, 1, 1))
        #expect(McNemar(first, [outcome(9, right: true)]) == nil)
    }

    @Test func outcomesAgreeWithScores() {
        var stream = RandomStream(seed: 3, purpose: "probabilities")
        let tracks = (0..<60).map { _ in stream.index(below: 9) }
        let probabilities = (0..<60 * 3).map { _ in Float(stream.uniform()) }
        let labels = (0..<9).map { $0 % 3 }
        let judged = JudgedSegments(
            probabilities: probabilities, classes: 3, segmentTracks: tracks, trackLabels: labels)
        let scores = judged.scores(genres: ["a", "b", "c"])
        let outcomes = judged.outcomes(names: (0..<9).map { "track \($0)" })
        #expect((outcomes.raw, outcomes.max, outcomes.maj) == (scores.raw, scores.max, scores.maj))
        #expect(outcomes.map(\.track) == Swift.Set(tracks).sorted().map { "track \($0)" })
    }
}
