import Evaluation
import Foundation
import Storage

/// Trainings that belong together (the folds of a cross-validation, one training under several seeds), and what they
/// say together: summary.json of their common folder.
public struct TrainingSeries: Sendable {
    public struct Member: Sendable {
        /// Also the name of its run's folder in the series' folder: "fold-1", "seed-3".
        public var name: String
        public var seed: UInt64
        /// On the tracks that the member was judged on at its end.
        public var scores: Scores

        public init(name: String, seed: UInt64, scores: Scores) {
            self.name = name
            self.seed = seed
            self.scores = scores
        }
    }

    /// What differs between the members.
    public enum Kind: String, Sendable, Codable {
        case folds, seeds
    }

    public var kind: Kind
    /// The split's rule, in words.
    public var rule: String
    public private(set) var members: [Member] = []

    public init(kind: Kind, rule: String) {
        self.kind = kind
        self.rule = rule
    }

    public mutating func add(_ member: Member) { members.append(member) }

    /// Of the members' scores, each member weighing alike.
    public func spread(of measure: (Scores) -> Double) -> Spread { Spread(members.map { measure($0.scores) }) }

    /// All folds' tracks together, each judged once by the net that did not learn it; nil for seeds, whose members judge
    /// the same tracks, and where there is no member.
    public var pooled: Scores? {
        kind == .folds && !members.isEmpty ? Scores(pooling: members.map(\.scores)) : nil
    }
}

/// Mean and deviation of a measure over the members of a series.
public struct Spread: Sendable, Hashable, Encodable {
    public let values: [Double]
    public let mean: Double
    /// The sample's standard deviation (divided by n - 1); nil for fewer than two values.
    public let deviation: Double?

    public init(_ values: [Double]) {
        self.values = values
        let count = Double(values.count)
        let mean = values.reduce(0, +) / Swift.max(count, 1)
        self.mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        deviation = values.count > 1 ? (squares / (count - 1)).squareRoot() : nil
    }
}

/// The folder of a series: a run's folder for each member, and summary.json.
public struct SeriesFolder: Sendable {
    public let url: URL
    /// By the members' names, in their order.
    public let runs: [(name: String, folder: RunFolder)]

    public var summary: URL { url.appendingPathComponent("summary.json") }

    /// Makes the folders of all members before the first of them trains.
    ///
    /// - Parameter replacing: whether runs that are there already may be replaced.
    /// - Throws: ``TrainingError/runExists(folder:)``, ``TrainingError/cannotWrite(file:problem:)``.
    public init(creating url: URL, members: [String], replacing: Bool) throws {
        self.url = url
        let files = FileManager.default
        let summary = url.appendingPathComponent("summary.json")
        let single = RunFolder.isRun(url)
        guard replacing || !(files.fileExists(atPath: summary.path) || single) else {
            throw TrainingError.runExists(folder: url.path)
        }
        // All are looked at before any is touched.
        let folders = members.map { url.appendingPathComponent($0) }
        if !replacing, let taken = folders.first(where: RunFolder.isRun) {
            throw TrainingError.runExists(folder: taken.path)
        }
        if single { _ = try RunFolder(creating: url, replacing: true) }
        if files.fileExists(atPath: summary.path) {
            do { try files.removeItem(at: summary) } catch {
                throw TrainingError.cannotWrite(file: summary.path, problem: error.localizedDescription)
            }
        }
        runs = try zip(members, folders).map { ($0, try RunFolder(creating: $1, replacing: replacing)) }
    }

    public func write(_ series: TrainingSeries) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(series) + Data("\n".utf8)
        do { try AtomicFile.write(data, to: summary) } catch {
            throw TrainingError.cannotWrite(file: summary.path, problem: "\(error)")
        }
    }
}

extension TrainingSeries: Encodable {
    private struct Line: Encodable {
        let name: String
        let seed: UInt64
        let raw: Double
        let max: Double
        let maj: Double
        let loss: Double
        let segments: Int
        let tracks: Int
    }

    private enum CodingKeys: String, CodingKey {
        case kind, rule, members, raw, max, maj, pooled
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(rule, forKey: .rule)
        let lines = members.map {
            Line(
                name: $0.name, seed: $0.seed, raw: $0.scores.raw, max: $0.scores.max, maj: $0.scores.maj,
                loss: $0.scores.loss, segments: $0.scores.segments, tracks: $0.scores.tracks)
        }
        try container.encode(lines, forKey: .members)
        try container.encode(spread(of: \.raw), forKey: .raw)
        try container.encode(spread(of: \.max), forKey: .max)
        try container.encode(spread(of: \.maj), forKey: .maj)
        try container.encodeIfPresent(pooled, forKey: .pooled)
    }
}
