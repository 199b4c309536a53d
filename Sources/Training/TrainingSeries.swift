import Evaluation
import Foundation
import Randomness
import Storage

/// Trainings that belong together (the folds of a cross-validation, one training under several seeds), and what they
/// say together: summary.json of their common folder.
public struct TrainingSeries: Sendable {
    public struct Member: Sendable {
        /// Also the name of its run's folder in the series' folder: "fold-1", "run-3".
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

/// A measure over the members of a series.
public struct Spread: Sendable, Hashable, Encodable {
    public let values: [Double]
    public let mean: Double
    /// The sample's standard deviation (divided by n - 1); nil for fewer than two values.
    public let deviation: Double?
    /// The greatest value.
    public let best: Double?
    /// That of the mean, 95 %, by Student's t; nil for fewer than two values. It covers the chance in the members
    /// (seeds), not that in the choice of the tracks.
    public let interval: Interval?

    public init(_ values: [Double]) {
        self.values = values
        let count = Double(values.count)
        let mean = values.reduce(0, +) / Swift.max(count, 1)
        self.mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        deviation = values.count > 1 ? (squares / (count - 1)).squareRoot() : nil
        best = values.max()
        interval = Interval(meanOf: values)
    }
}

extension TrainingSeries {
    /// Seeds for several trainings, told by one; below 2^32, so that every reader of JSON keeps them.
    public static func seeds(_ count: Int, from seed: UInt64) -> [UInt64] {
        var stream = RandomStream(seed: seed, purpose: "seeds of several trainings")
        var result: [UInt64] = []
        while result.count < count {
            let next = stream.next() >> 32
            if !result.contains(next) { result.append(next) }
        }
        return result
    }
}

/// The folder of a series: a run's folder for each member, series.json, which says what belongs to it, and at the end
/// summary.json.
public struct SeriesFolder: Sendable {
    public let url: URL
    /// By the members' names, in their order.
    public let runs: [(name: String, folder: RunFolder)]

    public var summary: URL { url.appendingPathComponent("summary.json") }

    /// Which runs belong to it, so that it can be resumed.
    public var plan: URL { url.appendingPathComponent("series.json") }

    /// Whether a folder is that of a series.
    public static func isSeries(_ url: URL) -> Bool {
        FileManager.default.fileExists(atPath: url.appendingPathComponent("series.json").path)
    }

    /// A series that is there already, and its plan.
    ///
    /// - Throws: ``TrainingError/notARun(folder:problem:)``.
    public static func open(_ url: URL) throws(TrainingError) -> (folder: SeriesFolder, plan: SeriesPlan) {
        let file = url.appendingPathComponent("series.json")
        let plan = try RunFolder(at: url).read(SeriesPlan.self, from: file)
        guard !plan.members.isEmpty else {
            throw .notARun(folder: url.path, problem: "its series.json names no member")
        }
        for member in plan.members where member.contains("/") || member.hasPrefix(".") || member.isEmpty {
            throw .notARun(folder: url.path, problem: "its series.json names a member '\(member)'")
        }
        return (SeriesFolder(at: url, members: plan.members), plan)
    }

    private init(at url: URL, members: [String]) {
        self.url = url
        runs = members.map { ($0, RunFolder(at: url.appendingPathComponent($0))) }
    }

    public func write(_ plan: SeriesPlan) throws { try RunFolder(at: url).write(json: plan, to: self.plan) }

    /// Makes the folders of all members before the first of them trains.
    ///
    /// - Parameters:
    ///   - replacing: whether a run, a series or members that are there already may be replaced.
    ///   - needed: files that must not be replaced.
    /// - Throws: ``TrainingError``; then nothing was removed.
    public init(creating url: URL, members: [String], replacing: Bool, needing needed: [URL] = []) throws {
        try Replacement(of: url, members: members, allowed: replacing, needed: needed).remove()
        self.init(at: url, members: members)
        for (_, folder) in runs { try folder.make() }
    }

    /// Keeps other processes from training the series, or replacing it, until the result goes away.
    ///
    /// - Throws: ``TrainingError/runInProgress(folder:)``.
    public func lock() throws -> FolderLock { try RunFolder(at: url).lock() }

    public func write(_ series: TrainingSeries) throws { try RunFolder(at: url).write(json: series, to: summary) }
}

/// series.json.
public struct SeriesPlan: Codable, Sendable {
    public var kind: TrainingSeries.Kind
    /// The split's rule, in words.
    public var rule: String
    /// Names of the members' folders, in their order.
    public var members: [String]

    public init(kind: TrainingSeries.Kind, rule: String, members: [String]) {
        self.kind = kind
        self.rule = rule
        self.members = members
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
