import Architectures
import Foundation
import ModelFile
import NeuralNetwork
import Storage

/// A net of musicnn's kind, small and drawn at random, installed under its name in a test's data folder.
enum SmallBackbone {
    static let tags = ["loud", "soft", "fast", "slow", "odd one"]

    static func install(in folder: TemporaryFolder, seed: UInt64 = 1) throws {
        var widths = MusicnnWidths()
        (widths.timbre, widths.rhythm, widths.middle, widths.units) = ([3, 2], [2, 2, 2], 4, 6)
        let parameters = try ParameterStore(plan: NetworkPlan(.musicnn(genres: tags.count, widths: widths)))
        parameters.initialise(seed: seed)
        var card = ModelCard(
            blueprint: parameters.plan.blueprint, genres: tags, recipe: .musicnn,
            imported: ImportedWeights(
                file: "a.whl", sha256: "12", work: "nobody's", licence: "as you like", changes: "none to speak of"),
            toolVersion: "test")
        card.outputs = .tags
        try InstalledModels(folder: folder.url.appendingPathComponent("data/genrekit/models"))
            .install(TrainedModel(card: card, parameters: parameters), as: "musicnn")
    }
}
