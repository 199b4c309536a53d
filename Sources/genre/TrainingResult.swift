import Evaluation
import Foundation
import ModelFile
import Training

/// What 'genre train' prints of a finished run.
extension TrainCommand {
    func showResult(_ folder: RunFolder, _ card: ModelCard, report: URL? = nil) throws {
        guard let scores = card.scores else { return }
        let epochs = card.epoch ?? card.configuration?.epochs ?? 0
        let best = (card.configuration?.watched ?? .raw).best(try folder.records())
        if json {
            return try printJSON(
                TrainingResult(run: folder, epochs: epochs, best: best, card: card, scores: scores))
        }
        showText("split: \(card.split ?? "unknown")")
        show(
            "\(card.architecture)\(card.backbone == nil ? " after epoch \(epochs)" : ""), on the \(card.scoredSide) tracks:\n"
                + table(of: scores))
        if let held = card.validationScores { show("\non the held-out tracks:\n" + line(of: held)) }
        showText("\n" + certainty(of: scores))
        showText(
            "\nrun: \(folder.url.relativePath)\nmodel: \(folder.model.relativePath) \(card.backbone == nil ? "(after the last epoch)" : "(a head on \(card.backbone?.name ?? ""))")"
        )
        // Of a head alone there is one epoch, and nothing was chosen on what was held out.
        if let best, card.backbone == nil {
            let measure = (card.configuration?.watched ?? .raw).rawValue
            showText(
                "best: \(folder.best.relativePath) (epoch \(best.epoch), by \(measure) on the held-out tracks; it was chosen on "
                    + "these, so its accuracy there flatters)")
        }
        if let report {
            show("report: \(report.relativePath)")
        }
        let name = shellWord(folder.url.relativePath)
        var steps = report.map { [("open the report", fileLink($0))] } ?? []
        if card.recipe.makesSegmentsFromAudio {
            steps.append(("classify music", "genre predict --model \(name) song.mp3"))
        }
        steps.append(("evaluate on other data", "genre evaluate \(name) DATA"))
        if card.backbone == nil, card.configuration?.dependsOnEpochs == false {
            steps.append(("train longer", "genre train --resume \(name) --epochs \(2 * epochs)"))
        }
        noteNext(steps)
    }
}

private struct TrainingResult: Encodable {
    struct Best: Encodable {
        let epoch: Int
        let model: String
    }

    let run: String
    let model: String
    let epochs: Int
    let raw: Double
    let max: Double
    let maj: Double
    let split: String
    /// Whose the scores are: "held-out" or "test".
    let scored: String
    let scores: ScoresObject
    let validation: ScoresObject?
    let best: Best?

    init(run: RunFolder, epochs: Int, best: EpochRecord?, card: ModelCard, scores: Scores) {
        split = card.split ?? "unknown"
        scored = card.scoredSide
        validation = card.validationScores.map(ScoresObject.init)
        self.run = run.url.path
        model = run.model.path
        self.epochs = epochs
        raw = scores.raw
        max = scores.max
        maj = scores.maj
        self.scores = ScoresObject(scores)
        self.best = best.map { Best(epoch: $0.epoch, model: run.best.path) }
    }
}
