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
        case configuration, blueprint, data, recipe, genres, split, skipped, base, checkpoints, threads, provenance
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

/// A model that a training began with.
public struct BaseModel: Codable, Sendable, Hashable {
    /// Absolute, or the name of a built-in model.
    public var path: String
    /// Digest of its weights, hexadecimal.
    public var weights: String
    /// Whether the last layer was drawn anew, since the genres differ.
    public var headRenewed: Bool
    /// Where its weights came from, if another program trained them, and it or a model before it began with those.
    public var imported: ImportedWeights?
    /// Whether no one knows the tracks that it learned from, or all of them.
    public var isOfUnknownTracks: Bool { imported != nil }

    private enum CodingKeys: String, CodingKey {
        case path, weights, imported
        case headRenewed = "head_renewed"
    }

    /// - Parameter genres: of the data.
    public init(_ model: TrainedModel, path: String, genres: [String]) {
        let isFile = FileManager.default.fileExists(atPath: path)
        self.path = isFile ? URL(fileURLWithPath: path).path : path
        weights = Self.digest(model.parameters)
        headRenewed = model.card.genres != genres
        imported = model.card.imported
    }

    /// Digest of a net's weights by name and shape, hexadecimal.
    public static func digest(_ parameters: ParameterStore) -> String {
        var hash = SHA256()
        for specification in parameters.plan.parameters {
            hash.update(Data("\(specification.name) \(specification.shape);".utf8))
            parameters.canonical(specification).withUnsafeBytes { hash.update($0) }
        }
        return hash.hexDigest()
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
