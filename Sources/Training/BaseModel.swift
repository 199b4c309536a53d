import Foundation
import ModelFile
import NeuralNetwork
import Storage

/// A model that a training began with.
public struct BaseModel: Codable, Sendable, Hashable {
    /// Absolute, or the name of a built-in model.
    public var path: String
    /// Digest of its weights, hexadecimal.
    public var weights: String
    /// Whether the last layer was drawn anew, since the genres differ.
    public var headRenewed: Bool
    /// Where its weights came from, if another program trained them, and it or a model before it began with those.
    public var imported: ImportedWeights?
    /// Whether no one knows the tracks that it learned from, or all of them.
    public var isOfUnknownTracks: Bool { imported != nil }

    private enum CodingKeys: String, CodingKey {
        case path, weights, imported
        case headRenewed = "head_renewed"
    }

    /// - Parameter genres: of the data; nil where the last layer is drawn anew in any case.
    public init(_ model: TrainedModel, path: String, genres: [String]?) {
        let isFile = FileManager.default.fileExists(atPath: path)
        self.path = isFile ? URL(fileURLWithPath: path).path : path
        weights = Self.digest(model.parameters)
        headRenewed = model.card.genres != genres
        imported = model.card.imported
    }

    /// Digest of a net's weights by name and shape, hexadecimal.
    public static func digest(_ parameters: ParameterStore) -> String {
        parameters.digest
    }

    /// The model, where it is still the one that the training began with.
    ///
    /// - Throws: ``TrainingError/dataDoesNotFit(_:)`` where another one lies there now.
    func open() throws -> TrainedModel {
        let builtIn = BuiltInModel.all.first { $0.name == path }
        let model = try builtIn?.open() ?? TrainedModel(contentsOf: URL(fileURLWithPath: path))
        guard Self.digest(model.parameters) == weights else {
            throw TrainingError.dataDoesNotFit("\(path) is no longer the model that this run is to begin with")
        }
        return model
    }
}
