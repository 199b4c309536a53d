import Foundation
import NeuralNetwork
import Report
import Training

/// What is said while a net is trained: a bar on the terminal, and on standard error a table with a row for each epoch.
final class TrainingProgress: TrainingCallback {
    private let run: TrainingRun
    private let threads: Int
    /// Runs that follow this one, as long as it.
    private let laterRuns: Int
    /// The command that goes on after an interruption.
    private let next: String
    private let line = ProgressLine()
    private let pace = Pace()
    /// Since this process began.
    private var segments = 0
    private var steps = 0
    private var hasHead = false

    /// - Parameter next: the command that goes on after an interruption; nil for that of the run alone.
    init(_ run: TrainingRun, threads: Int, laterRuns: Int = 0, next: String? = nil) {
        self.next = next ?? "genre train --resume \(shellWord(run.folder.url.path))"
        self.run = run
        self.threads = threads
        self.laterRuns = laterRuns
    }

    func clear() { line.clear() }

    func receive(_ event: TrainingEvent, from trainer: Trainer) {
        switch event {
        case .started(let training, let validation, let parameters):
            for text in beginning(training: training, validation: validation, parameters: parameters) { note(text) }
            if trainer.stepsDone > 0 {
                note(
                    "continuing after step \(trainer.stepsDone) (\(counted(trainer.history.count, "epoch")) "
                        + (trainer.history.count == 1 ? "is done)" : "are done)"))
            }
        case .step(let step):
            segments += step.segments
            steps += 1
            let left = step.total - step.done + laterRuns * step.total
            let inEpoch = (step.done - 1) % trainer.stepsPerEpoch + 1
            // By worth: a narrow terminal cuts off the end.
            line.show(
                "\(bar(inEpoch, of: trainer.stepsPerEpoch)) \(pace.left(done: steps, of: steps + left))"
                    + (laterRuns > 0 ? " in all" : "")
                    + "  epoch \(step.epoch)/\(run.configuration.epochs)  accuracy \(percent(step.epochAccuracy))"
                    + "  loss \(Self.loss(step.epochLoss))"
                    + "  \(Int(Double(segments) / max(pace.seconds(), 1e-3))) segments/s")
        case .epoch(let record):
            line.clear()
            if !hasHead { note(Self.head) }
            hasHead = true
            let watched = run.configuration.watched ?? .raw
            note(Self.row(record, isBest: watched.best(trainer.history)?.epoch == record.epoch))
        case .ended(let end):
            line.clear()
            switch end {
            case .completed: break
            case .stoppedEarly(let best):
                note(
                    "stopped after epoch \(trainer.history.count): nothing has improved since epoch \(best), whose model "
                        + "is \(run.folder.best.path)")
            case .interrupted:
                note("stopped after step \(trainer.stepsDone); continue with: \(next)")
            }
        }
    }

    /// What is trained, on what: each fact on a line that fits a terminal.
    private func beginning(training: Int, validation: Int, parameters: Int) -> [String] {
        let split = run.split
        return [
            "\(run.configuration.net): \(counted(parameters, "parameter")); \(counted(threads, "thread")), "
                + activeInstructionSet,
            "training on \(counted(training, "segment")) of \(counted(split.training.count, "track")), validating on "
                + "\(grouped(validation)) of \(grouped(split.validation.count))"
                + (split.test.isEmpty ? "" : "; \(counted(split.test.count, "track")) to test at the end"),
            "split: \(split.rule)",
        ]
    }

    // MARK: the table

    /// The head of the epochs' table, which is 74 columns wide.
    static let head =
        "        training".left(28) + "validation".left(33) + "* best so far\n"
        + zip(["epoch", "loss", "acc.", "loss", "raw", "max", "maj", "time"], widths).map { $0.right($1) }.joined()
    private static let widths = [5, 11, 9, 12, 8, 8, 8, 10]

    static func row(_ record: EpochRecord, isBest: Bool) -> String {
        let figures = [
            String(record.epoch), loss(record.trainLoss), percent(record.trainAccuracy), loss(record.validationLoss),
            percent(record.raw), percent(record.max), percent(record.maj), duration(record.seconds),
        ]
        return zip(figures, widths).map { $0.right($1) }.joined() + (isBest ? "  *" : "")
    }

    /// A loss in few characters, however large it is.
    static func loss(_ value: Double) -> String { abs(value) < 1000 ? decimal(value, places: 4) : scientific(value) }
}
