import ArgumentParser
import Foundation
import ModelFile

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what is in a model file.")

    @Argument(help: "A model that 'genre train' wrote.") var model: String
    @Flag(help: "Print the model's card as a JSON object.") var json = false

    func run() throws {
        let model = try TrainedModel(contentsOf: URL(fileURLWithPath: model))
        if json { try printJSON(model.card) } else { show(text(of: model)) }
    }

    private func text(of model: TrainedModel) -> String {
        let card = model.card
        let plan = model.parameters.plan
        var lines = [
            "\(card.architecture): \(plan.parameterCount) parameters, \(card.genres.count) genres "
                + "(\(card.genres.joined(separator: ", ")))",
            "recipe: \(card.recipe.name), "
                + (card.recipe.makesSegmentsFromAudio ? "\(Int(card.recipe.sampleRate)) Hz" : "not made from audio")
                + ", segments of "
                + "\(plan.blueprint.input.mels) mel bands x \(plan.blueprint.input.frames) frames",
            "",
            "layers (channels x mel bands x frames)",
        ]
        for tower in plan.towers {
            for block in tower.blocks {
                let parts = [
                    "convolution \(block.kernel)", block.pool.area > 1 ? "max pool \(block.pool)" : nil,
                    activation(block.slope),
                ]
                lines.append(
                    "  \(block.name.left(14)) \("\(block.input.shape)".left(11)) -> \("\(block.output.shape)".left(11)) "
                        + parts.compactMap { $0 }.joined(separator: ", "))
            }
        }
        if let stage = plan.recurrent {
            let inputs = stage.inputs(ofLayer: 0).reduce(0) { $0 + $1.shape.count }
            let sequence = stage.steps.map { "over time, \($0) steps" } ?? "across the segments of the batch"
            let settings = stage.settings
            let parts = [
                settings.bidirectional ? "both directions" : nil,
                settings.layers > 1 ? "\(settings.layers) layers" : nil,
                stage.dropout > 0 ? "dropout \(stage.dropout)" : nil,
            ]
            lines.append(
                "  \(stage.name.left(14)) \(String(inputs).left(11)) -> "
                    + String(stage.hidden.count * settings.directions).left(11) + " "
                    + (["LSTM \(sequence)"] + parts.compactMap { $0 }).joined(separator: ", "))
        }
        for stage in plan.dense {
            let inputs = stage.segments.reduce(0) { $0 + $1.shape.count }
            let parts = [activation(stage.slope), stage.dropout > 0 ? "dropout \(stage.dropout)" : nil]
            lines.append(
                "  \(stage.name.left(14)) \(String(inputs).left(11)) -> \(String(stage.units.count).left(11)) "
                    + parts.compactMap { $0 }.joined(separator: ", "))
        }
        if let caution = card.blueprint.caution { lines += ["", "caution: \(caution)"] }
        let c = card.configuration
        lines += [
            "",
            "trained for \(card.epoch ?? c.epochs) epochs, batch \(c.batch), learning rate \(c.learningRate), L1 \(c.l1), seed \(c.seed)",
            "split: \(card.split): \(card.trainingTracks.count) tracks to train, \(card.heldOutTracks.count) held out"
                + (card.testTracks.map { ", \($0.count) to test" } ?? ""),
            "data hash \(card.dataHash)",
            "made by version \(card.toolVersion) on \(card.instructionSet) kernels",
        ]
        if let augmentation = c.augmentation { lines.append("augmentation: \(words(for: augmentation))") }
        if let schedule = c.schedule {
            lines.append("learning rate: \(schedule.shape), warm-up of \(schedule.warmupEpochs) epochs")
        }
        if let base = c.base { lines.append("began with the weights of digest \(base)") }
        if let frozen = c.frozen { lines.append("frozen: \(frozen.joined(separator: ", "))") }
        if let scores = card.scores { lines += ["", "on the \(card.scoredSide) tracks: " + table(of: scores)] }
        if let scores = card.validationScores { lines += ["", "on the held-out tracks: " + line(of: scores)] }
        if let calibration = card.calibration {
            lines += [
                "",
                "confidences: temperature \(decimal(calibration.temperature, places: 2)) fitted on "
                    + "\(calibration.tracks) held-out tracks; calibration error there "
                    + "\(percent(calibration.errorAfter)), \(percent(calibration.errorBefore)) without",
            ]
        }
        return lines.joined(separator: "\n")
    }

    private func activation(_ slope: Float) -> String? {
        slope == 1 ? nil : slope == 0 ? "ReLU" : "leaky ReLU \(slope)"
    }
}
