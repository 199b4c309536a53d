import Datasets
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork
import Storage

/// config.json: all that determines the run, where its data came from, and on what machine it ran.
public struct RunRecord: Codable, Sendable, Hashable {
    public struct Skipped: Codable, Sendable, Hashable {
        public let file: String
        public let reason: String
    }

    public var configuration: TrainingConfiguration
    public var blueprint: Blueprint
    /// As they were given, relative to `workingFolder`.
    public var data: [String]
    public var workingFolder: String
    public var recipe: String
    /// The recipe that was asked for; nil for the data's own or the default.
    public var requestedRecipe: String?
    /// Seed of the segment draw: of a series' common data, not of its member.
    public var dataSeed: UInt64
    public var genres: [String]
    /// In words; split.json names the tracks.
    public var split: String
    public var trainingTracks: Int
    public var heldOutTracks: Int
    public var testTracks: Int?
    public var skipped: [Skipped]
    /// Whether damaged audio was to be taken; nil of ready-made segments, and of runs from before it was asked.
    public var allowsDamaged: Bool?
    public var dataHash: String
    /// The model that the training began with.
    public var base: BaseModel?
    /// The models whose layers its towers began with, by the towers' names; nil for none.
    public var towers: [String: BaseModel]?
    /// When checkpoints are written; nil for the usual rule. The result does not hang on it.
    public var checkpoints: CheckpointRule?
    public var threads: Int
    public var instructionSet: String
    public var toolVersion: String
    /// How the run was begun; nil in older runs.
    public var provenance: Provenance?
    /// Each time that it went on, the last few; nil for never.
    public var resumed: [Provenance]?
    /// Why the run was given up; nil for one that was not.
    public var divergence: Divergence?

    private enum CodingKeys: String, CodingKey {
        case configuration, blueprint, data, recipe, genres, split, skipped, base, towers, checkpoints, threads,
            provenance
        case resumed, divergence
        case workingFolder = "working_folder"
        case requestedRecipe = "requested_recipe"
        case dataSeed = "data_seed"
        case allowsDamaged = "allows_damaged"
        case trainingTracks = "training_tracks"
        case heldOutTracks = "held_out_tracks"
        case testTracks = "test_tracks"
        case dataHash = "data_hash"
        case instructionSet = "instruction_set"
        case toolVersion = "tool_version"
    }

    /// How many times of going on are kept.
    private static let resumptionsKept = 20

    /// The record of a run that goes on now, in this process.
    func goingOn() -> RunRecord {
        var record = self
        record.resumed = ((resumed ?? []) + [.now()]).suffix(Self.resumptionsKept)
        return record
    }

    /// Checks what its readers divide and wait by, and what no other reader checks.
    ///
    /// - Throws: `SenselessNumber` naming the first field that makes no sense.
    func check() throws(SenselessNumber) {
        if let checkpoints {
            try NumberBounds.check(count: checkpoints.epochs, from: 1, "checkpoints.epochs")
            try NumberBounds.check(amount: checkpoints.minutes, atMost: 1e6, "checkpoints.minutes")
        }
        try NumberBounds.check(count: threads, "threads")
        try NumberBounds.check(count: trainingTracks, "training_tracks")
        try NumberBounds.check(count: heldOutTracks, "held_out_tracks")
        try NumberBounds.check(count: testTracks, "test_tracks")
        try NumberBounds.check(count: configuration.epochs, from: 1, "configuration.epochs")
        try NumberBounds.check(
            amount: configuration.schedule?.warmupEpochs ?? 0, atMost: Double(NumberBounds.greatestCount),
            "configuration.schedule.warmup_epochs")
    }

    /// The paths of the data from anywhere.
    public var paths: [String] {
        data.map { URL(fileURLWithPath: $0, relativeTo: URL(fileURLWithPath: workingFolder, isDirectory: true)).path }
    }
}

extension RunFolder {
    /// What config.json says.
    ///
    /// - Throws: ``TrainingError/notARun(folder:problem:)``.
    public func record() throws(TrainingError) -> RunRecord {
        let record = try read(RunRecord.self, from: configuration)
        do { try record.check() } catch {
            throw .notARun(folder: url.path, problem: "its \(configuration.lastPathComponent) makes no sense: \(error)")
        }
        return record
    }
}

extension RunRecord {
    /// The record of the run when it goes on for more epochs than it was told, though it may be finished.
    ///
    /// - Throws: ``TrainingError/badConfiguration(_:)`` for fewer epochs, and where the learning rate depends on their number.
    public func extended(to epochs: Int) throws(TrainingError) -> RunRecord {
        guard epochs >= configuration.epochs else {
            throw .badConfiguration("--epochs must not be below the run's \(configuration.epochs) when it is resumed")
        }
        guard epochs > configuration.epochs else { return self }
        guard configuration.head == nil else {
            throw .badConfiguration("the head of a backbone is fitted at once, and has no epochs to go on with")
        }
        guard !configuration.dependsOnEpochs else {
            throw .badConfiguration("a run with --schedule cosine or --average-last ends where it was told to")
        }
        var longer = self
        longer.configuration.epochs = epochs
        longer.divergence = nil
        try longer.configuration.check()
        return longer
    }

    /// The record of the run when its data lie elsewhere now.
    ///
    /// - Parameter data: paths, absolute or from the working folder.
    public func moved(to data: [String]) -> RunRecord {
        var moved = self
        moved.data = data
        moved.workingFolder = FileManager.default.currentDirectoryPath
        return moved
    }
}

/// split.json: the tracks of each side by name.
public struct SplitRecord: Codable, Sendable {
    public var rule: String
    public var training: [String]
    public var validation: [String]
    public var test: [String]
    /// What the model that the training began with had learned from before.
    public var learnedBefore: [String]?

    private enum CodingKeys: String, CodingKey {
        case rule, training, validation, test
        case learnedBefore = "learned_before"
    }

    init(_ split: TrackSplit, set: SegmentSet, learnedBefore: [String]?) {
        func names(_ tracks: [Int]) -> [String] { tracks.map { set.tracks[$0].id } }
        rule = split.rule
        training = names(split.training)
        validation = names(split.validation)
        test = names(split.test)
        self.learnedBefore = learnedBefore
    }

    /// - Throws: ``TrainingError/dataDoesNotFit(_:)`` where the set lacks a track.
    func split(of set: SegmentSet) throws(TrainingError) -> TrackSplit {
        let places = Dictionary(set.tracks.enumerated().map { ($1.id, $0) }) { first, _ in first }
        func tracks(_ names: [String]) throws(TrainingError) -> [Int] {
            var result: [Int] = []
            for name in names {
                guard let place = places[name] else {
                    throw .dataDoesNotFit("the data has no track '\(name)', which the run's split.json names")
                }
                result.append(place)
            }
            return result.sorted()
        }
        return TrackSplit(
            training: try tracks(training), validation: try tracks(validation), test: try tracks(test), rule: rule)
    }
}
