import Architectures
import Datasets
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork

/// A training from data to a run folder: config.json before the first step, a line of log.jsonl an epoch,
/// model.safetensors at the end.
public struct TrainingRun {
    public let configuration: TrainingConfiguration
    public let data: LoadedDataset
    public let split: TrackSplit
    public let folder: RunFolder
    /// What the data was opened from, for the record.
    public let paths: [String]
    public let toolVersion: String

    /// - Parameter paths: what the data was opened from, for the record.
    public init(
        configuration: TrainingConfiguration, data: LoadedDataset, paths: [String], folder: RunFolder,
        toolVersion: String
    ) throws {
        self.configuration = configuration
        self.data = data
        self.paths = paths
        self.folder = folder
        self.toolVersion = toolVersion
        split = try TrackSplit.fixed(data.set) ?? .random(data.set, seed: configuration.seed)
    }

    /// Trains and writes the folder.
    ///
    /// - Parameter receive: called with every event.
    /// - Returns: the model as written, its scores those of the last epoch.
    public func run(pool: ThreadPool, _ receive: (TrainingEvent) throws -> Void) throws -> TrainedModel {
        guard let architecture = Architecture.named(configuration.net) else {
            throw TrainingError.badConfiguration("there is no net '\(configuration.net)'")
        }
        let set = data.set
        let blueprint = architecture.blueprint(genres: set.genres.count)
        let trainer = try Trainer(
            set: set, split: split, blueprint: blueprint, configuration: configuration, pool: pool)
        try folder.write(
            configuration: RunRecord(
                configuration: configuration, data: paths, recipe: set.recipe.name, genres: set.genres,
                split: split.rule, trainingTracks: split.training.count, heldOutTracks: split.validation.count,
                skipped: data.skipped.map { .init(file: $0.url.path, reason: $0.reason) }, dataHash: set.contentHash,
                threads: pool.threads, instructionSet: activeInstructionSet, toolVersion: toolVersion))
        try trainer.run { event in
            if case .epoch(let record) = event { try folder.append(record) }
            try receive(event)
        }
        let card = ModelCard(
            blueprint: blueprint, genres: set.genres, recipe: set.recipe, configuration: configuration,
            split: split.rule, trainingTracks: split.training.map { set.tracks[$0].id },
            heldOutTracks: split.validation.map { set.tracks[$0].id }, dataHash: set.contentHash,
            scores: trainer.scores, instructionSet: activeInstructionSet, toolVersion: toolVersion)
        let model = TrainedModel(card: card, parameters: trainer.parameters)
        try folder.write(model)
        return model
    }
}

/// config.json: all that determines the run, and on what machine it ran.
private struct RunRecord: Encodable {
    struct Skipped: Encodable {
        let file: String
        let reason: String
    }

    let configuration: TrainingConfiguration
    let data: [String]
    let recipe: String
    let genres: [String]
    let split: String
    let trainingTracks: Int
    let heldOutTracks: Int
    let skipped: [Skipped]
    let dataHash: String
    let threads: Int
    let instructionSet: String
    let toolVersion: String

    private enum CodingKeys: String, CodingKey {
        case configuration, data, recipe, genres, split, skipped, threads
        case trainingTracks = "training_tracks"
        case heldOutTracks = "held_out_tracks"
        case dataHash = "data_hash"
        case instructionSet = "instruction_set"
        case toolVersion = "tool_version"
    }
}
