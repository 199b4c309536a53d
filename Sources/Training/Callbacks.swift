import Foundation
import ModelFile
import NeuralNetwork

/// Sets the learning rate of each step by the configuration's schedule.
struct LearningRateControl: TrainingCallback {
    let schedule: LearningRateSchedule
    let watched: WatchedMeasure

    func receive(_ event: TrainingEvent, from trainer: Trainer) {
        if case .ended = event { return }
        let factor = schedule.factor(
            step: trainer.stepsDone, stepsPerEpoch: trainer.stepsPerEpoch, epochs: trainer.configuration.epochs,
            watched: schedule.costs(trainer.history, watched: watched))
        trainer.learningRate = trainer.configuration.learningRate * factor
    }
}

/// Stops a training whose watched measure has not improved for `patience` epochs.
struct EarlyStop: TrainingCallback {
    let patience: Int
    let watched: WatchedMeasure

    func receive(_ event: TrainingEvent, from trainer: Trainer) {
        switch event {
        case .started, .epoch:
            guard let best = watched.best(trainer.history), trainer.history.count - best.epoch >= patience else {
                return
            }
            trainer.stop(.stoppedEarly(best: best.epoch))
        case .step, .ended: break
        }
    }
}

/// Calls `keep` after each epoch that is the best so far.
struct BestModel: TrainingCallback {
    let watched: WatchedMeasure
    let keep: (Trainer) throws -> Void

    func receive(_ event: TrainingEvent, from trainer: Trainer) throws {
        if case .epoch(let record) = event, watched.best(trainer.history) == record { try keep(trainer) }
    }
}

/// Adds a line to the run's log after each epoch.
struct EpochLog: TrainingCallback {
    let folder: RunFolder

    func receive(_ event: TrainingEvent, from trainer: Trainer) throws {
        switch event {
        case .started: try folder.write(log: trainer.history)
        case .epoch(let record): try folder.append(record)
        case .step, .ended: break
        }
    }
}

/// Writes checkpoints by a rule, and at the end. It comes after all callbacks that write anything else, so that nothing
/// that a checkpoint counts as done is missing.
final class CheckpointWriter: TrainingCallback {
    private let rule: CheckpointRule
    private let folder: CheckpointFolder
    private var last = ContinuousClock.now

    init(_ rule: CheckpointRule, in folder: CheckpointFolder) {
        self.rule = rule
        self.folder = folder
    }

    func receive(_ event: TrainingEvent, from trainer: Trainer) throws {
        let age = ContinuousClock.now - last
        switch event {
        case .started: last = ContinuousClock.now
        case .step: if age >= .seconds(rule.minutes * 60) { try write(trainer) }
        case .epoch(let record):
            // After the last epoch the end comes at once.
            guard trainer.epochsLeft > 0 else { return }
            if rule.epochs.map({ record.epoch % $0 == 0 }) ?? (age >= .seconds(30)) { try write(trainer) }
        case .ended(let end): try write(trainer, isLast: end != .interrupted)
        }
    }

    private func write(_ trainer: Trainer, isLast: Bool = false) throws {
        try folder.write(trainer.checkpoint(), isLast: isLast)
        last = ContinuousClock.now
    }
}
