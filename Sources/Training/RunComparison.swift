import Evaluation
import Foundation
import ModelFile

/// Finished runs and series side by side.
public struct RunComparison: Sendable, Encodable {
    /// One run, or one series of runs.
    public struct Entry: Sendable, Encodable {
        /// The folder, as it was given.
        public var name: String
        public var net: String
        /// Epochs of the model, or of the first member's.
        public var epochs: Int
        /// Runs: 1, or the series' members.
        public var runs: Int
        public var split: String
        /// Tracks judged: of all folds together, or of each run.
        public var tracks: Int
        public var raw: Measure
        public var max: Measure
        public var maj: Measure
        /// The log of each run.
        public var curves: [[EpochRecord]]
        /// What was said of each track; nil for a series of seeds, which judges each track several times.
        var outcomes: [TrackOutcome]?
        private enum CodingKeys: String, CodingKey {
            case name, net, epochs, runs, split, tracks, raw, max, maj, curves
        }
    }

    /// A measure of an entry.
    public struct Measure: Sendable, Encodable {
        /// Of the run, or the mean over the series' members.
        public var value: Double
        /// Over the series' members; nil for a run.
        public var deviation: Double?
        /// The best member's; nil for a run.
        public var best: Double?
        /// 95 %, for chance in the choice of tracks: by bootstrap over the tracks of a run or of all folds.
        /// For a series of seeds 95 %, for chance in the training: of the mean, by Student's t.
        public var interval: Interval?
    }

    /// A paired test of two entries that judged the same tracks.
    public struct Pair: Sendable, Encodable {
        public var first: String
        public var second: String
        /// By the verdict of the summed probability.
        public var max: McNemar
    }

    public var entries: [Entry]
    public var pairs: [Pair]

    /// - Parameter folders: of runs and of series.
    /// - Throws: ``TrainingError/notARun(folder:problem:)`` for a folder that is neither, or whose run is not finished.
    public init(_ folders: [String]) throws {
        entries = try folders.map(Self.entry)
        pairs = []
        for (index, first) in entries.enumerated() {
            for second in entries[(index + 1)...] {
                guard let mine = first.outcomes, let theirs = second.outcomes, let test = McNemar(mine, theirs) else {
                    continue
                }
                pairs.append(Pair(first: first.name, second: second.name, max: test))
            }
        }
    }

    private struct Run {
        let card: ModelCard
        let scores: Scores
        let outcomes: [TrackOutcome]
        let records: [EpochRecord]

        init(_ folder: RunFolder) throws {
            guard folder.isFinished else {
                throw TrainingError.notARun(
                    folder: folder.url.path,
                    problem: RunFolder.isRun(folder.url)
                        ? "the run is not finished: go on with 'genre train --resume'"
                        : "there is no run (no config.json)")
            }
            card = try TrainedModel(contentsOf: folder.model).card
            guard let scores = card.scores else {
                throw TrainingError.notARun(folder: folder.url.path, problem: "its model has no scores")
            }
            self.scores = scores
            // Runs of the first version have none.
            outcomes =
                FileManager.default.fileExists(atPath: folder.verdicts.path)
                ? try folder.read(RunVerdicts.self, from: folder.verdicts).tracks : []
            guard outcomes.allSatisfy({ 0...1_000_000_000 ~= $0.segments && 0...$0.segments ~= $0.right }) else {
                throw TrainingError.notARun(
                    folder: folder.url.path, problem: "its verdicts.json holds senseless numbers")
            }
            records = try folder.records()
        }
    }

    private static func entry(_ name: String) throws -> Entry {
        let url = URL(fileURLWithPath: name)
        guard SeriesFolder.isSeries(url) else {
            let run = try Run(RunFolder(at: url))
            return entry(name, [run], outcomes: run.outcomes) { value, bootstrapped in
                Measure(value: value(run.scores), interval: Interval(bootstrapping: run.outcomes, bootstrapped))
            }
        }
        let (folder, plan) = try SeriesFolder.open(url)
        let runs = try folder.runs.map { try Run($0.folder) }
        guard !runs.isEmpty else { throw TrainingError.notARun(folder: name, problem: "the series has no runs") }
        let pooled = plan.kind == .folds ? runs.flatMap(\.outcomes) : nil
        return entry(name, runs, outcomes: pooled) { value, bootstrapped in
            let spread = Spread(runs.map { value($0.scores) })
            return Measure(
                value: spread.mean, deviation: spread.deviation, best: spread.best,
                interval: pooled.map { Interval(bootstrapping: $0, bootstrapped) } ?? spread.interval)
        }
    }

    private static func entry(
        _ name: String, _ runs: [Run], outcomes: [TrackOutcome]?,
        measure: (_ value: (Scores) -> Double, _ bootstrapped: ([TrackOutcome]) -> Double) -> Measure
    ) -> Entry {
        let card = runs[0].card
        return Entry(
            name: name, net: card.architecture, epochs: card.epoch ?? card.configuration?.epochs ?? 0, runs: runs.count,
            split: card.split ?? "unknown", tracks: outcomes.map(\.count) ?? runs[0].scores.tracks,
            raw: measure(\.raw, \.raw), max: measure(\.max, \.max), maj: measure(\.maj, \.maj),
            curves: runs.map(\.records), outcomes: outcomes)
    }
}
