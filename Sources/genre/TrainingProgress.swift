import Foundation
import NeuralNetwork
import Report
import Training

/// What is said while a net is trained: a bar on the terminal, a line an epoch on standard error.
final class TrainingProgress: TrainingCallback {
    private let run: TrainingRun
    private let threads: Int
    private let line = ProgressLine()
    private let pace = Pace()
    /// Since this process began.
    private var segments = 0
    private var steps = 0

    init(_ run: TrainingRun, threads: Int) {
        self.run = run
        self.threads = threads
    }

    func clear() { line.clear() }

    func receive(_ event: TrainingEvent, from trainer: Trainer) {
        let split = run.split
        switch event {
        case .started(let training, let validation, let parameters):
            note(
                "\(run.configuration.net): \(parameters) parameters; \(training) segments of \(split.training.count) "
                    + "tracks to train, \(validation) of \(split.validation.count) held out"
                    + (split.test.isEmpty ? "" : ", \(split.test.count) tracks to test at the end")
                    + " (\(split.rule)); \(threads) threads, \(activeInstructionSet)")
            if trainer.stepsDone > 0 {
                note("going on after step \(trainer.stepsDone) (\(trainer.history.count) epochs done)")
            }
        case .step(let step):
            segments += step.segments
            steps += 1
            let inEpoch = (step.done - 1) % trainer.stepsPerEpoch + 1
            line.show(
                "epoch \(step.epoch)/\(run.configuration.epochs) \(bar(inEpoch, of: trainer.stepsPerEpoch))  "
                    + "loss \(decimal(step.epochLoss, places: 4))  accuracy \(percent(step.epochAccuracy))  "
                    + "\(Int(Double(segments) / max(pace.seconds(), 1e-3))) segments/s  "
                    + pace.left(done: steps, of: steps + step.total - step.done))
        case .epoch(let record):
            line.clear()
            note(
                String(
                    format: "epoch %3d  train loss %.4f  accuracy %5.1f %%  penalty %.3f  |  validation loss %.4f  "
                        + "raw %5.1f %%  max %5.1f %%  maj %5.1f %%  (%.1f s)",
                    record.epoch, record.trainLoss, record.trainAccuracy * 100, record.penalty, record.validationLoss,
                    record.raw * 100, record.max * 100, record.maj * 100, record.seconds))
        case .ended(let end):
            line.clear()
            switch end {
            case .completed: break
            case .stoppedEarly(let best):
                note(
                    "stopped after epoch \(trainer.history.count): nothing has improved since epoch \(best), whose model "
                        + "is \(run.folder.best.path)")
            case .interrupted:
                note("stopped after step \(trainer.stepsDone); go on with: genre train --resume \(run.folder.url.path)")
            }
        }
    }
}
