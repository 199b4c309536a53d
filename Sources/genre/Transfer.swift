import ArgumentParser
import Datasets
import Foundation
import ModelFile
import NeuralNetwork
import Training

/// What a training on audio begins with where nothing else is asked for: a built-in model, whose convolutions and norms stay as they
/// are.
///
/// On a few tracks a genre this beats a net that is trained from scratch, and takes less time (README.md has the figures).
struct Transfer {
    static let modelName = "gtzan-compact"
    /// What the new head needs; an option that is given comes first.
    static let epochs = 30
    static let learningRate = 1e-2
    static let frozen = ["towers"]

    let model: TrainedModel

    /// - Parameters:
    ///   - data: as given.
    ///   - recipe: that is asked for, if any.
    /// - Returns: nil for data that the model cannot learn from: pickles, numpy's files, stores of another recipe.
    init?(for data: [String], net: String?, recipe: String?) throws {
        guard net == nil, recipe == nil,
            let origin = DatasetLoader.featureOrigin(of: data.map { URL(fileURLWithPath: $0) })
        else { return nil }
        guard let model = try BuiltInModel.all.first(where: { $0.name == Self.modelName })?.open() else { return nil }
        if case .store(let recipe) = origin, recipe != model.card.recipe { return nil }
        self.model = model
    }

    /// Makes settings what they are where none are given.
    static func change(_ settings: inout TrainingSettings) {
        settings.epochs = epochs
        settings.optimiser.learningRate = learningRate
        // Features that stay need no careful start.
        settings.schedule?.warmupEpochs = 0
    }

    /// What is done, and how to have it otherwise, on one line.
    func words(_ configuration: TrainingConfiguration) -> String {
        "beginning with the built-in model \(Self.modelName), frozen: "
            + "\((configuration.frozen ?? []).joined(separator: ", ")); --from none trains from scratch"
    }
}
