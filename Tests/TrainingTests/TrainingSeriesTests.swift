import Evaluation
import Foundation
import Testing
import Training

@Suite struct TrainingSeriesTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("series-\(UUID().uuidString)")

    /// `right` of `segments` right in tracks of one segment each, all of genre 0 of two.
    private func scores(_ right: Int, of segments: Int) -> Scores {
        JudgedSegments(
            probabilities: (0..<segments).flatMap { $0 < right ? [Float(0.9), 0.1] : [Float(0.2), 0.8] },
            classes: 2, segmentTracks: Array(0..<segments), trackLabels: Array(repeating: 0, count: segments)
        ).scores(genres: ["a", "b"])
    }

    @Test func foldsGiveMeanDeviationAndPooledScores() throws {
        var series = TrainingSeries(kind: .folds, rule: "test")
        #expect(series.pooled == nil && series.spread(of: \.raw).deviation == nil)
        for (number, right) in [1, 2, 5].enumerated() {
            series.add(.init(name: "fold-\(number + 1)", seed: 0, scores: scores(right, of: [4, 4, 5][number])))
        }
        let spread = series.spread(of: \.raw)
        #expect(spread.values == [0.25, 0.5, 1])
        #expect(abs(spread.mean - 1.75 / 3) < 1e-12)
        // Deviations of a third of 1, 0.25 and 1.25 from the mean, squared, over n - 1.
        #expect(abs(spread.deviation! - (21.0 / 144).squareRoot()) < 1e-12)
        let pooled = try #require(series.pooled)
        #expect(pooled.tracks == 13 && pooled.segments == 13)
        #expect(pooled.raw == 8.0 / 13 && pooled.max == 8.0 / 13 && pooled.maj == 8.0 / 13)
        #expect(pooled.confusion == [[8, 5], [0, 0]] && pooled.trackConfusion == [[8, 5], [0, 0]])
        let whole = scores(8, of: 13)
        #expect(abs(pooled.loss - whole.loss) < 1e-6)
    }

    @Test func seedsAreNotPooled() {
        var series = TrainingSeries(kind: .seeds, rule: "test")
        series.add(.init(name: "seed-0", seed: 0, scores: scores(1, of: 4)))
        #expect(series.pooled == nil)
    }

    @Test func foldersOfAllMembersAreLookedAtFirst() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = try SeriesFolder(creating: folder, members: ["fold-1", "fold-2"], replacing: false)
        #expect(made.runs.map(\.folder.url.lastPathComponent) == ["fold-1", "fold-2"])
        var series = TrainingSeries(kind: .folds, rule: "test")
        series.add(.init(name: "fold-1", seed: 3, scores: scores(1, of: 4)))
        try made.write(series)
        let summary = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: made.summary)) as? [String: Any])
        #expect((summary["raw"] as? [String: Any])?["mean"] as? Double == 0.25)
        #expect((summary["members"] as? [[String: Any]])?.first?["seed"] as? Int == 3)
        #expect(throws: TrainingError.self) {
            try SeriesFolder(creating: folder, members: ["fold-1", "fold-2"], replacing: false)
        }
        _ = try SeriesFolder(creating: folder, members: ["fold-1"], replacing: true)
        #expect(!FileManager.default.fileExists(atPath: made.summary.path))
        try Data("{}".utf8).write(to: made.runs[1].folder.configuration)
        #expect(throws: TrainingError.self) {
            try SeriesFolder(creating: folder, members: ["fold-1", "fold-2"], replacing: false)
        }
    }
}
