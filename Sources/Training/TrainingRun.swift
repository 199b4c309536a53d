import Architectures
import Datasets
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork
import Storage

/// A training from data to a run folder: config.json and split.json before the first step, a line of log.jsonl an epoch,
/// checkpoints and the best model on the way, model.safetensors and verdicts.json at the end.
public struct TrainingRun {
    /// How a run's turn ended.
    public enum Outcome {
        /// The model as written.
        case finished(TrainedModel, TrainingEnd)
        /// A checkpoint was written; ``run(pool:checkpoints:resuming:warning:callbacks:)`` can go on from it.
        case interrupted
    }

    public internal(set) var configuration: TrainingConfiguration
    public let data: LoadedDataset
    public let split: TrackSplit
    public private(set) var folder: RunFolder
    /// What the data was opened from, for the record.
    public let paths: [String]
    public let toolVersion: String
    public let blueprint: Blueprint
    /// The model to begin with.
    public let base: BaseModel?
    /// The models whose layers towers begin with, by the towers' names; nil for none.
    public let towers: [String: BaseModel]?
    /// Tracks that the models to begin with learned from.
    public let learnedBefore: [String]?
    /// The recipe that was asked for, and the seed of the segment draw, for the record.
    public private(set) var requestedRecipe: String?
    public private(set) var dataSeed: UInt64
    /// What config.json is to say of a run that goes on; nil for one that begins.
    private let begun: RunRecord?
    /// The installed model that a head is fitted on.
    let backbone: TrainedModel?
    /// Where the backbone's outputs are kept; nil for nowhere.
    public var cache: FeatureCache?

    /// - Parameters:
    ///   - configuration: its net is the base's where there is one; what it says of augmented sound is what the data says.
    ///   - paths: what the data was opened from, for the record.
    ///   - split: nil for the data's own where they have one, else random by the configuration's seed.
    ///   - base: a model to begin with, and where it lies; its last layer is drawn anew where the data's genres differ.
    ///   - towers: models whose layers towers begin with; not beside a base.
    /// - Throws: ``TrainingError/badConfiguration(_:)`` for a net that is unknown or not the base's,
    ///   ``TrainingError/dataDoesNotFit(_:)`` where the base needs other features.
    public init(
        configuration: TrainingConfiguration, data: LoadedDataset, split: TrackSplit? = nil, paths: [String],
        folder: RunFolder, base: (model: TrainedModel, path: String)? = nil,
        towers: [(tower: String, model: TrainedModel, path: String)] = [], toolVersion: String
    ) throws {
        let genres = data.set.genres
        var configuration = configuration
        if data.augmentation != configuration.augmentation?.sound {
            configuration.augmentation = configuration.augmentation ?? AugmentationConfiguration()
            configuration.augmentation?.sound = data.augmentation
        }
        func checkRecipe(of model: TrainedModel, _ path: String) throws {
            guard model.card.recipe == data.set.recipe else {
                throw TrainingError.dataDoesNotFit(
                    "\(path) needs segments of recipe '\(model.card.recipe.name)', the data has "
                        + "'\(data.set.recipe.name)'")
            }
        }
        precondition(base == nil || towers.isEmpty, "a run begins with one model, or with several for its towers")
        if let (model, path) = base {
            guard configuration.net == model.card.architecture else {
                throw TrainingError.badConfiguration(
                    "\(path) is a net '\(model.card.architecture)', not '\(configuration.net)': leave --net out")
            }
            try checkRecipe(of: model, path)
            let record = BaseModel(model, path: path, genres: genres)
            configuration.base = record.weights
            self.base = record
            blueprint = model.card.blueprint.classes(genres.count)
        } else if let written = configuration.blueprint {
            blueprint = written.classes(genres.count)
            self.base = nil
        } else if data.set.recipe.isOutputs {
            throw TrainingError.dataDoesNotFit(
                "the data hold what another net says of segments, in place of sound: only a head learns from them, with "
                    + "--backbone")
        } else {
            guard let architecture = Architecture.named(configuration.net) else {
                throw TrainingError.badConfiguration("there is no net '\(configuration.net)'")
            }
            blueprint = architecture.blueprint(genres: genres.count, input: data.set.mels × data.set.frames)
            self.base = nil
        }
        let trial = towers.isEmpty ? nil : try ParameterStore(plan: NetworkPlan(blueprint))
        for (tower, model, path) in towers {
            try checkRecipe(of: model, path)
            do { try trial?.setTower(tower, to: model.parameters) } catch {
                throw TrainingError.dataDoesNotFit("the tower '\(tower)' cannot begin with \(path): \(error)")
            }
        }
        let begun = towers.map { ($0.tower, BaseModel($0.model, path: $0.path, genres: nil)) }
        self.towers = towers.isEmpty ? nil : Dictionary(uniqueKeysWithValues: begun)
        configuration.towers = self.towers?.mapValues(\.weights)
        learnedBefore = Self.tracks(of: base.map { [$0.model] } ?? towers.map(\.model))
        self.configuration = configuration
        self.data = data
        self.paths = paths
        self.folder = folder
        self.toolVersion = toolVersion
        dataSeed = configuration.seed
        self.begun = nil
        backbone = try configuration.head?.backbone.open(for: folder.url.path)
        self.split = try split ?? SplitRequest(seed: configuration.seed).draw(data).splits[0]
        try check()
    }

    /// The tracks that models learned from; nil for none.
    private static func tracks(of models: [TrainedModel]) -> [String]? {
        let lists = models.compactMap(\.card.trainingTracks)
        guard !lists.isEmpty else { return nil }
        var known: Set<String> = []
        return lists.joined().filter { known.insert($0).inserted }
    }

    /// A run that cannot be trained is told before its folder is touched.
    private func check() throws {
        let isOutputs = data.set.recipe.isOutputs
        if isOutputs, configuration.head?.unfreezes == true {
            throw TrainingError.dataDoesNotFit(
                "a whole net learns from sound, and the data hold what a net said: leave --unfreeze out")
        }
        let head = isOutputs ? try blueprint.head(on: configuration.head?.backbone) : nil
        if let head, head.input != data.set.mels × 1 {
            throw TrainingError.dataDoesNotFit(
                "the data hold \(data.set.mels) numbers a segment; the head reads \(head.input.mels) of its backbone")
        }
        let setup = try TrainingSetup(
            set: data.set, split: split, blueprint: head ?? blueprint, configuration: configuration,
            renewsHead: base?.headRenewed ?? false)
        // What readers of the model would refuse at the end is refused now.
        let card = card(epoch: configuration.epochs, nil)
        do { try card.checkNumbers() } catch {
            throw TrainingError.badConfiguration("no model of this training could be read: \(error)")
        }
        guard try TrainedModel.canHold(card, tensors: setup.plan.parameters.count) else {
            throw TrainingError.dataDoesNotFit(
                "the names of its tracks and genres are longer in all than a model file can hold: train on fewer tracks"
            )
        }
    }

    /// The same run in another folder, and with what its record is to say of the data.
    ///
    /// - Parameters:
    ///   - recipe: that was asked for; nil for the data's own or the default.
    ///   - dataSeed: of the segment draw.
    public func recorded(in folder: RunFolder, recipe: String?, dataSeed: UInt64) -> TrainingRun {
        var run = self
        run.folder = folder
        run.requestedRecipe = recipe
        run.dataSeed = dataSeed
        return run
    }

    /// A run that is to go on, with the data that it began with.
    ///
    /// - Parameter record: the folder's config.json, see ``RunFolder/record()``, perhaps
    ///   ``RunRecord/extended(to:)`` or ``RunRecord/moved(to:)``; the file is brought up to date once the run goes on.
    /// - Throws: ``TrainingError/dataDoesNotFit(_:)`` where the data has changed.
    public init(resuming folder: RunFolder, _ record: RunRecord, data: LoadedDataset, toolVersion: String) throws {
        guard data.set.contentHash == record.dataHash else {
            throw TrainingError.dataDoesNotFit(
                "the data is not what \(folder.url.path) was trained on: its hash is \(data.set.contentHash), "
                    + "then it was \(record.dataHash)")
        }
        let sides = try folder.read(SplitRecord.self, from: folder.split)
        configuration = record.configuration
        self.data = data
        split = try sides.split(of: data.set)
        self.folder = folder
        paths = record.data
        self.toolVersion = toolVersion
        blueprint = record.blueprint
        guard try NetworkPlan(blueprint).parameterCount < 1 << 30 else {
            throw TrainingError.notARun(
                folder: folder.url.path, problem: "its config.json holds a net beyond all measure")
        }
        base = record.base
        towers = record.towers
        learnedBefore = sides.learnedBefore
        requestedRecipe = record.requestedRecipe
        dataSeed = record.dataSeed
        begun = record
        backbone = try configuration.head?.backbone.open(for: folder.url.path)
        try check()
    }

    /// Tracks to be judged on that the model to begin with had learned from: they flatter the scores.
    public var judgedTracksLearnedBefore: [String] {
        guard let learnedBefore else { return [] }
        let known = Set(learnedBefore.map(JudgedTracks.recording))
        return (split.validation + split.test).map { data.set.tracks[$0].id }
            .filter { known.contains(JudgedTracks.recording($0)) }
    }

    /// Writes config.json and split.json, so that the run can be resumed even if it never begins.
    ///
    /// - Parameter checkpoints: the rule that a run without another one keeps to; nil for the usual one.
    public func prepare(threads: Int, checkpoints: CheckpointRule? = nil) throws {
        let set = data.set
        try folder.write(json: SplitRecord(split, set: set, learnedBefore: learnedBefore), to: folder.split)
        try folder.write(
            configuration: RunRecord(
                configuration: configuration, blueprint: blueprint, data: paths,
                workingFolder: FileManager.default.currentDirectoryPath, recipe: set.recipe.name,
                requestedRecipe: requestedRecipe, dataSeed: dataSeed, genres: set.genres, split: split.rule,
                trainingTracks: split.training.count, heldOutTracks: split.validation.count,
                testTracks: split.test.isEmpty ? nil : split.test.count,
                skipped: data.skipped.map { .init(file: $0.url.path, reason: $0.reason) },
                allowsDamaged: data.allowsDamaged, dataHash: set.contentHash,
                base: base, towers: towers, checkpoints: checkpoints, threads: threads,
                instructionSet: activeInstructionSet,
                toolVersion: toolVersion, provenance: .now()))
    }

    /// What the checkpoints of this run, and of no other, carry: a digest of configuration, data, split and net. The
    /// number of epochs is left out where nothing hangs on it, so that a run can go on for more.
    var identity: String {
        var told = configuration
        if !told.dependsOnEpochs { told.epochs = 0 }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var hash = SHA256()
        for part in [try? encoder.encode(told), try? encoder.encode(split), try? encoder.encode(blueprint)] {
            hash.update(part ?? Data())
        }
        hash.update(Data(data.set.contentHash.utf8))
        return hash.hexDigest()
    }

    /// Trains and writes the folder.
    ///
    /// - Parameters:
    ///   - checkpoints: when they are written; nil for what the run was told when it began, or the usual.
    ///   - resuming: go on from the newest checkpoint that can be used, or begin where there is none yet; else begin.
    ///   - warning: told what is not as it should be, such as a checkpoint that is refused.
    ///   - callbacks: told every event, after the run's own but before a checkpoint counts it as done.
    /// - Returns: the model; its scores are of the test side where the split has one, judged once, after the last epoch,
    ///   else of the validation side after the last epoch.
    public func run(
        pool: ThreadPool, checkpoints given: CheckpointRule? = nil, resuming: Bool = false,
        warning: (String) -> Void = { _ in }, callbacks: [any TrainingCallback] = []
    ) throws -> Outcome {
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        AtomicFile.removeLeftovers(in: folder.url)
        if !resuming { try prepare(threads: pool.threads, checkpoints: given) }
        let isStopped = { callbacks.contains { $0.isStopWanted } }
        if let head = configuration.head, head.unfreezes != true {
            do {
                return .finished(try fit(head, pool: pool, isStopped: isStopped), .completed)
            } catch TrainingError.judgingStopped {
                warning("stopped before the head was fitted; 'genre train --resume \(folder.url.path)' does that")
                return .interrupted
            }
        }
        let rule = given ?? begun?.checkpoints ?? CheckpointRule()

        let plan = try NetworkPlan(blueprint)
        let saved = CheckpointFolder(
            url: folder.checkpoints, run: identity, layout: SHA256.hexDigest(of: Data(plan.storedLayout.utf8)),
            values: plan.storedCount, moments: configuration.optimiserSettings.method.stateNames)
        var trainer = try makeTrainer(base: nil, pool: pool)
        let goesOn = try resuming && saved.restore(warning: warning) { try trainer.restore($0) }
        guard goesOn || !folder.isFinished else { throw TrainingError.noCheckpoint(folder: folder.url.path) }
        if !goesOn, let head = configuration.head {
            do {
                trainer = try makeTrainer(base: beginning(head, pool: pool, isStopped: isStopped), pool: pool)
            } catch TrainingError.judgingStopped {
                warning("stopped before the head was fitted; 'genre train --resume \(folder.url.path)' does that")
                return .interrupted
            }
        } else if !goesOn, base != nil || towers != nil {
            trainer = try makeTrainer(
                base: base?.open().parameters, towers: towers?.mapValues { try $0.open().parameters } ?? [:], pool: pool
            )
        }
        // From here on nothing stands in the way: what an earlier end left is no longer so.
        if folder.isFinished { try folder.putEndAside(epochs: trainer.history.count) }
        if let begun, resuming {
            if begun.divergence != nil {
                warning("the run diverged before; it keeps its options, and is likely to diverge again")
            }
            try folder.write(configuration: begun.goingOn())
        }

        let watched = configuration.watched ?? .raw
        var all: [any TrainingCallback] = [
            LearningRateControl(schedule: configuration.schedule ?? LearningRateSchedule(), watched: watched),
            EpochLog(folder: folder),
            BestModel(watched: watched) { trainer in
                try folder.write(best: model(of: trainer.parameters, epoch: trainer.history.count, trainer.scores))
            },
        ]
        if let patience = configuration.patience { all.append(EarlyStop(patience: patience, watched: watched)) }
        do {
            let end = try trainer.run(all + callbacks + [CheckpointWriter(rule, in: saved)])
            if end == .interrupted { return .interrupted }
            return .finished(try finish(trainer, pool: pool, isStopped: isStopped), end)
        } catch TrainingError.judgingStopped {
            warning("stopped before the model was judged; 'genre train --resume \(folder.url.path)' does that")
            return .interrupted
        } catch TrainingError.diverged(let divergence) {
            try giveUp(divergence, best: watched.best(trainer.history), pool: pool)
            throw TrainingError.diverged(divergence)
        }
    }

    private func makeTrainer(
        base: ParameterStore?, towers: [String: ParameterStore] = [:], pool: ThreadPool
    ) throws -> Trainer {
        try Trainer(
            set: data.set, split: split, blueprint: blueprint, configuration: configuration,
            base: base, renewsHead: self.base?.headRenewed ?? false, towers: towers, pool: pool)
    }
}

extension TrainingConfiguration {
    /// Whether what happens before the last epoch depends on the number of epochs.
    package var dependsOnEpochs: Bool { schedule?.shape == .cosine || averagedEpochs != nil }
}
