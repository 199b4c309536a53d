import ArgumentParser
import ModelFile
import NeuralNetwork
import Prediction
import Training

/// The installed model that a head is to be fitted on.
struct HeadChoice {
    let model: TrainedModel
    private let backbone: Backbone

    init(_ name: String) throws {
        guard InstalledModels.standard()?.file(of: name) != nil else {
            // Says what is there instead, or how to get it.
            _ = try modelFile(name)
            throw ValidationError(
                "--backbone needs an installed model by name, such as musicnn; '\(name)' is a file or built in.")
        }
        model = try openModel(name)
        guard model.card.tellsTags else {
            throw ValidationError(
                "--backbone needs a model of tags, and '\(name)' tells genres: --from begins with it.")
        }
        backbone = Backbone(name: name, weights: model.parameters.digest)
    }

    /// - Parameter allSegments: of each track; nothing is saved by leaving some out.
    func apply(to configuration: inout TrainingConfiguration, allSegments: Bool) {
        let blueprint = Blueprint.head(on: model.card.blueprint, genres: 2)
        configuration.net = blueprint.name
        configuration.blueprint = blueprint
        configuration.head = HeadConfiguration(backbone: backbone)
        configuration.epochs = 1
        configuration.batch = 16
        configuration.l1 = 0
        if allSegments { configuration.segmentsPerTrack = nil }
    }
}
