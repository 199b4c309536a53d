import Datasets
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork

/// How a run ends: its models are judged and written with their scores.
extension TrainingRun {
    typealias Said = (validation: JudgedSegments, last: JudgedSegments)

    /// Judges and writes: the best model's scores on the test side, the verdicts, and last the model.
    func finish(_ trainer: Trainer, pool: ThreadPool, isStopped: () -> Bool) throws -> TrainedModel {
        _ = try finishBest(pool: pool, isStopped: isStopped)
        let said = try judge(trainer.parameters, pool: pool, isStopped: isStopped)
        try write(verdicts: said)
        var model = model(
            of: trainer.parameters, epoch: trainer.history.count, trainer.scores,
            test: split.test.isEmpty ? nil : said.last.scores(genres: data.set.genres))
        model.card.calibration = said.validation.calibration
        try folder.write(model)
        return model
    }

    /// Judges the best model, and writes it with its scores.
    ///
    /// - Returns: nil where there is none.
    private func finishBest(pool: ThreadPool, isStopped: () -> Bool) throws -> Said? {
        guard FileManager.default.fileExists(atPath: folder.best.path) else { return nil }
        var best = try TrainedModel(contentsOf: folder.best)
        let said = try judge(best.parameters, pool: pool, isStopped: isStopped)
        best.card.scores = said.last.scores(genres: data.set.genres)
        best.card.calibration = said.validation.calibration
        try folder.write(best: best)
        return said
    }

    func write(verdicts said: Said) throws {
        let outcomes = said.last.outcomes(names: data.set.tracks.map(\.id))
        let verdicts = RunVerdicts(
            side: split.test.isEmpty ? .validation : .test, genres: data.set.genres, tracks: outcomes)
        try folder.write(json: verdicts, to: folder.verdicts)
    }

    /// - Parameters:
    ///   - validation: scores of the validation side.
    ///   - test: of the test side; nil where there is none, or not yet.
    func model(
        of parameters: ParameterStore, epoch: Int, _ validation: Scores?, test: Scores? = nil
    ) -> TrainedModel {
        TrainedModel(card: card(epoch: epoch, validation, test: test), parameters: parameters)
    }

    func card(epoch: Int, _ validation: Scores?, test: Scores? = nil) -> ModelCard {
        let set = data.set
        let hasTest = !split.test.isEmpty
        let own = split.training.map { set.tracks[$0].id }
        let known = Set(own)
        var card = ModelCard(
            blueprint: blueprint, genres: set.genres, recipe: backbone?.card.recipe ?? set.recipe,
            configuration: configuration,
            split: split.rule, trainingTracks: own + (learnedBefore ?? []).filter { !known.contains($0) },
            heldOutTracks: split.validation.map { set.tracks[$0].id },
            testTracks: hasTest ? split.test.map { set.tracks[$0].id } : nil, dataHash: set.contentHash,
            scores: hasTest ? test : validation, validationScores: hasTest ? validation : nil, epoch: epoch,
            instructionSet: activeInstructionSet, toolVersion: toolVersion)
        if configuration.head?.unfreezes != true { card.backbone = configuration.head?.backbone }
        card.imported =
            backbone?.card.imported ?? base?.imported
            ?? towers?.sorted { $0.key < $1.key }.lazy.compactMap(\.value.imported).first
        if dataSeed != configuration.seed { card.dataSeed = dataSeed }
        return card
    }

    /// What a model says of the validation side, from which it is calibrated, and of the side that it is judged on at
    /// last: the test side where there is one, which is for judging alone.
    ///
    /// - Parameter other: the data's segments as `parameters` read them; nil for the data's own.
    func judge(
        _ parameters: ParameterStore, on other: SegmentSet? = nil, pool: ThreadPool, isStopped: () -> Bool
    ) throws -> Said {
        let set = other ?? data.set
        let judge = try Judge(parameters: parameters, batch: configuration.batch, pool: pool)
        func said(of side: SegmentSet.Side) throws -> JudgedSegments {
            try judge.judge(
                set, segments: split.segments(side, of: set), labels: set.tracks.map(\.label),
                isStopped: isStopped)
        }
        let validation = try said(of: .validation)
        return (validation, split.test.isEmpty ? validation : try said(of: .test))
    }

    /// Notes in config.json why a run was given up, and judges the best model before that, so that it can be reported.
    func giveUp(_ divergence: Divergence, best: EpochRecord?, pool: ThreadPool) throws {
        var record = try folder.record()
        record.divergence = divergence
        try folder.write(configuration: record)
        guard best != nil, let said = try finishBest(pool: pool, isStopped: { false }) else { return }
        try write(verdicts: said)
    }
}

/// verdicts.json: what the model said of each track of the side that it was judged on.
public struct RunVerdicts: Codable, Sendable {
    public var side: SegmentSet.Side
    public var genres: [String]
    public var tracks: [TrackOutcome]
}
