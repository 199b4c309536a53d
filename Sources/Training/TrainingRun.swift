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

    /// - Parameters:
    ///   - configuration: what it says of augmented sound is what the data says.
    ///   - paths: what the data was opened from, for the record.
    ///   - split: nil for the data's own where they have one, else random by the configuration's seed.
    public init(
        configuration: TrainingConfiguration, data: LoadedDataset, split: TrackSplit? = nil, paths: [String],
        folder: RunFolder, toolVersion: String
    ) throws {
        var complete = configuration
        if data.augmentation != configuration.augmentation?.sound {
            complete.augmentation = complete.augmentation ?? AugmentationConfiguration()
            complete.augmentation?.sound = data.augmentation
        }
        self.configuration = complete
        self.data = data
        self.paths = paths
        self.folder = folder
        self.toolVersion = toolVersion
        self.split = try split ?? SplitRequest(seed: configuration.seed).draw(data).splits[0]
    }

    /// Trains and writes the folder.
    ///
    /// - Parameter receive: called with every event.
    /// - Returns: the model as written; its scores are of the test side where the split has one, judged once, after the
    ///   last epoch, else of the validation side after the last epoch.
    public func run(pool: ThreadPool, _ receive: (TrainingEvent) throws -> Void) throws -> TrainedModel {
        guard let architecture = Architecture.named(configuration.net) else {
            throw TrainingError.badConfiguration("there is no net '\(configuration.net)'")
        }
        let set = data.set
        var blueprint = architecture.blueprint(genres: set.genres.count)
        blueprint.input = set.mels × set.frames
        let trainer = try Trainer(
            set: set, split: split, blueprint: blueprint, configuration: configuration, pool: pool)
        try folder.write(
            configuration: RunRecord(
                configuration: configuration, data: paths, recipe: set.recipe.name, genres: set.genres,
                split: split.rule, trainingTracks: split.training.count, heldOutTracks: split.validation.count,
                testTracks: split.test.isEmpty ? nil : split.test.count,
                skipped: data.skipped.map { .init(file: $0.url.path, reason: $0.reason) }, dataHash: set.contentHash,
                threads: pool.threads, instructionSet: activeInstructionSet, toolVersion: toolVersion))
        try trainer.run { event in
            if case .epoch(let record) = event { try folder.append(record) }
            try receive(event)
        }
        let testScores = try scores(.test, of: trainer.parameters, pool: pool)
        let card = ModelCard(
            blueprint: blueprint, genres: set.genres, recipe: set.recipe, configuration: configuration,
            split: split.rule, trainingTracks: split.training.map { set.tracks[$0].id },
            heldOutTracks: split.validation.map { set.tracks[$0].id },
            testTracks: split.test.isEmpty ? nil : split.test.map { set.tracks[$0].id }, dataHash: set.contentHash,
            scores: testScores ?? trainer.scores, validationScores: testScores == nil ? nil : trainer.scores,
            calibration: try calibration(of: trainer.parameters, pool: pool),
            instructionSet: activeInstructionSet, toolVersion: toolVersion)
        let model = TrainedModel(card: card, parameters: trainer.parameters)
        try folder.write(model)
        return model
    }

    /// From the validation side: the test side is for judging alone.
    private func calibration(of parameters: ParameterStore, pool: ThreadPool) throws -> Calibration? {
        let judge = try Judge(parameters: parameters, batch: configuration.batch, pool: pool)
        return try judge.calibration(
            of: data.set, segments: split.segments(.validation, of: data.set), labels: data.set.tracks.map(\.label))
    }

    /// Nil where the side has no track.
    private func scores(
        _ side: SegmentSet.Side, of parameters: ParameterStore, pool: ThreadPool
    ) throws -> Scores? {
        guard !split.tracks(side).isEmpty else { return nil }
        let judge = try Judge(parameters: parameters, batch: configuration.batch, pool: pool)
        return try judge.scores(
            of: data.set, segments: split.segments(side, of: data.set), genres: data.set.genres,
            labels: data.set.tracks.map(\.label))
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
    let testTracks: Int?
    let skipped: [Skipped]
    let dataHash: String
    let threads: Int
    let instructionSet: String
    let toolVersion: String

    private enum CodingKeys: String, CodingKey {
        case configuration, data, recipe, genres, split, skipped, threads
        case trainingTracks = "training_tracks"
        case heldOutTracks = "held_out_tracks"
        case testTracks = "test_tracks"
        case dataHash = "data_hash"
        case instructionSet = "instruction_set"
        case toolVersion = "tool_version"
    }
}
