import Foundation
import Testing

@testable import Evaluation

@Suite struct CalibrationTests {
    /// Tracks of one segment with a probability of class 0 of `claimed`, `right` in ten of which are of class 0.
    private func fitted(claimed: Float, right: Int) -> Calibration? {
        Calibration(
            verdicts: (0..<100).map { _ in Verdict(segments: [claimed, 1 - claimed], classes: 2) },
            labels: (0..<100).map { $0 % 10 < right ? 0 : 1 })
    }

    @Test func theTemperatureTurnsClaimsIntoShares() throws {
        // ln(0.99 / 0.01) / T = ln(s / (1 - s)), s the mean of Platt's targets: 80 of 81/82, 20 of 1/22.
        let share = (80 * 81.0 / 82 + 20 / 22.0) / 100
        let calibration = try #require(fitted(claimed: 0.99, right: 8))
        #expect(abs(calibration.temperature - log(99.0) / log(share / (1 - share))) < 1e-3)
        let confidences = calibration.confidences(of: Verdict(segments: [0.99, 0.01], classes: 2))
        #expect(abs(confidences[0] - 0.8) < 1e-3)
        #expect(abs(confidences.reduce(0, +) - 1) < 1e-12)
        #expect(abs(calibration.errorBefore - 0.19) < 1e-6)
        #expect(calibration.errorAfter < 1e-3)
        // A mean that is too careful is sharpened.
        #expect(try #require(fitted(claimed: 0.6, right: 9)).temperature < 1)
    }

    @Test func tracksWithoutAnErrorDoNotMakeCertain() throws {
        let calibration = try #require(fitted(claimed: 0.9, right: 10))
        let confidences = calibration.confidences(of: Verdict(segments: [0.9, 0.1], classes: 2))
        #expect(abs(confidences[0] - 101.0 / 102) < 1e-4)
        // With three classes as well: one is called, and the others share what is left.
        let three = try #require(
            Calibration(
                verdicts: (0..<20).map { _ in Verdict(segments: [0.6, 0.2, 0.2], classes: 3) },
                labels: [Int](repeating: 0, count: 20)))
        let shares = three.confidences(of: Verdict(segments: [0.6, 0.2, 0.2], classes: 3))
        #expect(abs(shares[0] - 21.0 / 22) < 1e-4)
    }

    @Test func theOrderOfTheClassesStays() throws {
        let calibration = try #require(fitted(claimed: 0.99, right: 8))
        let verdict = Verdict(segments: [0.2, 0.5, 0.3], classes: 3)
        let confidences = calibration.confidences(of: verdict)
        #expect(confidences[1] > confidences[2] && confidences[2] > confidences[0])
    }

    @Test func certaintyAndZerosAreBorne() throws {
        let calibration = try #require(
            Calibration(
                verdicts: (0..<20).map { _ in Verdict(segments: [1, 0], classes: 2) },
                labels: [1] + [Int](repeating: 0, count: 19)))
        let confidences = calibration.confidences(of: Verdict(segments: [1, 0], classes: 2))
        #expect(confidences.allSatisfy { $0.isFinite })
    }

    /// Segments that are surer than they are right, and whose means over tracks are not.
    @Test func singleSegmentsHaveATemperatureOfTheirOwn() throws {
        // Four segments a track, three of which say the same; three tracks of four are right.
        let sure: [Float] = [0.95, 0.05]
        let other: [Float] = [0.05, 0.95]
        let judged = JudgedSegments(
            probabilities: (0..<40).flatMap { _ in sure + sure + sure + other }, classes: 2,
            segmentTracks: (0..<160).map { $0 / 4 }, trackLabels: (0..<40).map { $0 % 4 == 0 ? 1 : 0 })
        let calibration = try #require(judged.calibration)
        let single = try #require(calibration.segmentTemperature)
        #expect(calibration.segmentsPerTrack == 4)
        // Right are 3/4 * 3/4 + 1/4 * 1/4 of the segments, all of which claim 0.95.
        #expect(abs(1 / (1 + pow(0.05 / 0.95, 1 / single)) - 0.625) < 0.01)
        func confidence(_ segments: [Float]) -> Double {
            calibration.confidences(of: Verdict(segments: segments, classes: 2))[0]
        }
        #expect(abs(confidence(sure) - 0.625) < 0.01)
        #expect(abs(confidence(sure + sure + sure + other) - 0.75) < 0.02)
        let between = (1...5).map { calibration.temperature(segments: $0) }
        #expect(between[0] == single && abs(between[3] - calibration.temperature) < 1e-12)
        #expect(between == between.sorted(by: single > calibration.temperature ? (>) : (<)))
        #expect(abs(between[4] - calibration.temperature) < 1e-12)
        // Tracks of one segment have one temperature.
        let bare = JudgedSegments(
            probabilities: (0..<40).flatMap { _ in sure }, classes: 2, segmentTracks: Array(0..<40),
            trackLabels: (0..<40).map { $0 % 4 == 0 ? 1 : 0 })
        #expect(bare.calibration?.segmentTemperature == nil && bare.calibration != nil)
    }

    @Test func tooFewTracksGiveNone() {
        #expect(Calibration(verdicts: [Verdict(segments: [0.5, 0.5], classes: 2)], labels: [0]) == nil)
    }
}
