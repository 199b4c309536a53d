import ArgumentParser
import Datasets
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Training

/// Opens data as the commands do: progress on the terminal, what is skipped on standard error.
///
/// - Parameters:
///   - recipe: by name, as the user gave it; nil for the data's own or the default.
///   - model: the recipe that a model needs; data of another is refused.
func openData(
    _ paths: [String], recipe: String? = nil, for model: FeatureRecipe? = nil, segments: SegmentChoice, seed: UInt64,
    threads: Int?
) throws -> LoadedDataset {
    let pace = Pace()
    let progress = ProgressLine()
    defer { progress.clear() }
    do {
        let data = try DatasetLoader.open(
            paths: paths.map { URL(fileURLWithPath: $0) }, recipe: recipe ?? model?.name, segments: segments,
            seed: seed, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount,
            progress: { done, total in
                progress.show("reading \(done)/\(total)  \(pace.left(done: done, of: total))")
            },
            warning: { text in
                progress.clear()
                note("genre: \(text)")
            })
        if let model, data.set.recipe != model {
            throw TrainingError.dataDoesNotFit(
                "the model needs segments of recipe '\(model.name)', the data has '\(data.set.recipe.name)'")
        }
        return data
    } catch let error as DatasetError where recipe != nil && error.isAboutRecipe {
        throw ValidationError("\(error)")
    }
}

extension DatasetError {
    /// Whether a `--recipe` that was given is at fault.
    fileprivate var isAboutRecipe: Bool {
        switch self {
        case .unknownRecipe, .notAnAudioRecipe, .recipeFixed: true
        default: false
        }
    }
}

/// Trains with progress on the terminal and a line an epoch on standard error.
func train(_ run: TrainingRun, threads: Int?) throws -> TrainedModel {
    let pool = try ThreadPool(threads: threads)
    let pace = Pace()
    let progress = ProgressLine()
    defer { progress.clear() }
    let configuration = run.configuration
    var stepSize = configuration.batch
    return try run.run(pool: pool) { event in
        switch event {
        case .started(let training, let validation, let parameters):
            stepSize = min(stepSize, training)
            note(
                "\(configuration.net): \(parameters) parameters; \(training) segments of \(run.split.training.count) "
                    + "tracks to train, \(validation) of \(run.split.validation.count) held out (\(run.split.rule)); "
                    + "\(pool.threads) threads, \(activeInstructionSet)")
        case .step(let done, let total, let epoch):
            progress.show(
                "epoch \(epoch)/\(configuration.epochs)  step \(done)/\(total)  "
                    + "\(Int(Double(done * stepSize) / pace.seconds())) segments/s  \(pace.left(done: done, of: total))"
            )
        case .epoch(let record):
            progress.clear()
            note(
                String(
                    format: "epoch %3d  train loss %.4f  accuracy %5.1f %%  penalty %.3f  |  validation loss %.4f  "
                        + "raw %5.1f %%  max %5.1f %%  maj %5.1f %%  (%.1f s)",
                    record.epoch, record.trainLoss, record.trainAccuracy * 100, record.penalty, record.validationLoss,
                    record.raw * 100, record.max * 100, record.maj * 100, record.seconds))
        }
    }
}
