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
        /// What its training was told, the first member's; nil of models that do not say.
        public var configuration: TrainingConfiguration?
        /// Tracks judged: of all folds together, or of each run.
        public var tracks: Int
        /// Digest of the data's segments; nil where the members' differ.
        public var dataHash: String?
        public var raw: Measure
        public var max: Measure
        public var maj: Measure
        /// The log of each run.
        public var curves: [[EpochRecord]]
        /// Names of the tracks judged.
        var judged: Set<String>
        /// Whether a run diverged: its best model before that is shown.
        var hasDiverged = false
        /// What was said of each track; nil for a series of seeds, which judges each track several times, and where it is
        /// not known of all.
        var outcomes: [TrackOutcome]?
        private enum CodingKeys: String, CodingKey {
            case name, net, epochs, runs, split, configuration, tracks, raw, max, maj, curves
            case dataHash = "data_hash"
        }
    }

    /// A measure of an entry.
    public struct Measure: Sendable, Encodable {
        /// Of the run; of all folds' tracks together; or the mean over a series of seeds.
        public var value: Double
        /// Over the series' members; nil for a run.
        public var deviation: Double?
        /// The best member's; nil for a run.
        public var best: Double?
        /// 95 %, for chance in the choice of tracks: by bootstrap over the tracks of a run or of all folds; nil where it is
        /// not known what was said of each track.
        /// For a series of seeds 95 %, for chance in the training: of the mean, by Student's t.
        public var interval: Interval?
    }

    /// A paired test of two entries that judged the same tracks.
    public struct Pair: Sendable, Encodable {
        public var first: String
        public var second: String
        /// Whether their segments are the same, too.
        public var isOfSameData: Bool
        /// By the verdict of the summed probability.
        public var max: McNemar
        private enum CodingKeys: String, CodingKey {
            case first, second, max
            case isOfSameData = "same_data"
        }
    }

    public var entries: [Entry]
    public var pairs: [Pair]
    /// What a reader of the figures must know.
    public var cautions: [String]

    /// - Parameter folders: of runs and of series.
    /// - Throws: ``TrainingError/notARun(folder:problem:)`` for a folder that is neither, or whose run is not finished.
    public init(_ folders: [String]) throws {
        entries = try folders.map(Self.entry)
        pairs = []
        for (index, first) in entries.enumerated() {
            for second in entries[(index + 1)...] {
                guard let mine = first.outcomes, let theirs = second.outcomes,
                    Set(mine.map(\.track)) == Set(theirs.map(\.track)), let test = McNemar(mine, theirs)
                else { continue }
                let isOfSameData = first.dataHash != nil && first.dataHash == second.dataHash
                pairs.append(Pair(first: first.name, second: second.name, isOfSameData: isOfSameData, max: test))
            }
        }
        cautions = entries.filter(\.hasDiverged).map {
            "\($0.name) diverged: its best model before that is shown"
        }
        if entries.contains(where: { $0.judged != entries[0].judged }) {
            cautions.append(
                "they were not all judged on the same tracks: scores do not compare one to one, and only those of the same "
                    + "tracks are tested")
        }
        if entries.contains(where: { $0.dataHash == nil || $0.dataHash != entries[0].dataHash }) {
            cautions.append("their data differ (other files, features or draw of segments)")
        }
    }

    private struct Run {
        let card: ModelCard
        let scores: Scores
        /// Nil for runs of the first version, which kept none.
        let outcomes: [TrackOutcome]?
        let records: [EpochRecord]
        /// Whether it was given up, and these are the best model's before that.
        let hasDiverged: Bool

        init(_ folder: RunFolder) throws {
            guard RunFolder.isRun(folder.url) else {
                throw TrainingError.notARun(folder: folder.url.path, problem: "there is no run (no config.json)")
            }
            card = try TrainedModel(contentsOf: folder.reportedModel()).card
            guard let scores = card.scores else {
                throw TrainingError.notARun(folder: folder.url.path, problem: "its model has no scores")
            }
            self.scores = scores
            outcomes =
                FileManager.default.fileExists(atPath: folder.verdicts.path)
                ? try folder.read(RunVerdicts.self, from: folder.verdicts).tracks : nil
            hasDiverged = !folder.isFinished
            guard (outcomes ?? []).allSatisfy({ 0...1_000_000_000 ~= $0.segments && 0...$0.segments ~= $0.right })
            else {
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
            return entry(name, [run], tracks: run.scores.tracks, outcomes: run.outcomes) { value, bootstrapped in
                Measure(
                    value: value(run.scores),
                    interval: run.outcomes.flatMap { Interval(bootstrapping: $0, bootstrapped) })
            }
        }
        let (folder, plan) = try SeriesFolder.open(url)
        let runs = try folder.runs.map { try Run($0.folder) }
        guard let genres = runs.first?.scores.genres else {
            throw TrainingError.notARun(folder: name, problem: "the series has no runs")
        }
        guard runs.allSatisfy({ $0.scores.genres == genres }) else {
            throw TrainingError.notARun(folder: name, problem: "the series' runs do not know the same genres")
        }
        switch plan.kind {
        case .seeds:
            return entry(name, runs, tracks: runs[0].scores.tracks, outcomes: nil) { value, _ in
                let spread = Spread(runs.map { value($0.scores) })
                return Measure(
                    value: spread.mean, deviation: spread.deviation, best: spread.best, interval: spread.interval)
            }
        case .folds:
            let pooled = Scores(pooling: runs.map(\.scores))
            let known = runs.compactMap(\.outcomes)
            let outcomes = known.count == runs.count ? known.flatMap { $0 } : nil
            return entry(name, runs, tracks: pooled.tracks, outcomes: outcomes) { value, bootstrapped in
                let spread = Spread(runs.map { value($0.scores) })
                return Measure(
                    value: value(pooled), deviation: spread.deviation, best: spread.best,
                    interval: outcomes.flatMap { Interval(bootstrapping: $0, bootstrapped) })
            }
        }
    }

    private static func entry(
        _ name: String, _ runs: [Run], tracks: Int, outcomes: [TrackOutcome]?,
        measure: (_ value: (Scores) -> Double, _ bootstrapped: ([TrackOutcome]) -> Double) -> Measure
    ) -> Entry {
        let card = runs[0].card
        return Entry(
            name: name, net: card.architecture, epochs: card.epoch ?? card.configuration?.epochs ?? 0, runs: runs.count,
            split: card.split ?? "unknown", configuration: card.configuration, tracks: tracks,
            dataHash: runs.allSatisfy { $0.card.dataHash == card.dataHash } ? card.dataHash : nil,
            raw: measure(\.raw, \.raw), max: measure(\.max, \.max), maj: measure(\.maj, \.maj),
            curves: runs.map(\.records),
            judged: Set(runs.flatMap { $0.card.testTracks ?? $0.card.heldOutTracks ?? [] }),
            hasDiverged: runs.contains(where: \.hasDiverged), outcomes: outcomes)
    }
}
