import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage

/// Weights alone, as `torch.nn.Module.load_state_dict` takes them: a safetensors file whose tensors have the names and
/// layouts of a plain PyTorch net (convolutions [out, in, mels, frames], dense [out, in], nn.LSTM's own names).
public enum WeightsFile {
    /// Writes a model's weights in single precision. The metadata hold `format` ("pt", as PyTorch's writer sets it),
    /// `architecture`, `genres` (a JSON list, in the order of the classes), `recipe`, `recipe_parameters` (JSON) and
    /// `sample_rate` (Hz).
    public static func write(_ model: TrainedModel, to url: URL) throws {
        let card = model.card
        let metadata = [
            "format": "pt",
            "architecture": card.architecture,
            "genres": try json(card.genres),
            "recipe": card.recipe.name,
            "recipe_parameters": try json(card.recipe),
            "sample_rate": String(card.recipe.sampleRate),
        ]
        let parameters = model.parameters
        try Safetensors.write(
            tensors: parameters.plan.parameters.map { ($0.name, $0.shape, parameters.canonical($0)) },
            metadata: metadata, to: url)
    }

    /// What a weights file says of its net, where it was written by ``write(_:to:)`` or holds a whole model.
    public struct Description: Sendable, Hashable {
        public var architecture: String?
        public var genres: [String]?
        /// Its name.
        public var recipe: String?
        public var recipeParameters: FeatureRecipe?
    }

    /// - Throws: ``InterchangeError/unreadable(problem:)``, ``InterchangeError/pickled(file:)``.
    public static func describe(_ url: URL) throws -> Description {
        let metadata = try open(url).metadata
        let genres = metadata["genres"].map { text in
            (try? JSONDecoder().decode([String].self, from: Data(text.utf8)))
                ?? text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let recipe = metadata["recipe_parameters"].flatMap { text in
            try? JSONDecoder().decode(FeatureRecipe.self, from: Data(text.utf8))
        }
        return Description(
            architecture: metadata["architecture"], genres: genres, recipe: metadata["recipe"],
            recipeParameters: recipe)
    }

    static func open(_ url: URL) throws -> SafetensorsFile {
        do { return try SafetensorsFile(url) } catch {
            // torch.save writes a zip archive or, long ago, a bare pickle.
            if let file = try? MappedFile(url),
                file.bytes.starts(with: [0x50, 0x4B, 3, 4])
                    || file.bytes.starts(with: [0x80, 2])
            {
                throw InterchangeError.pickled(file: url.path)
            }
            throw InterchangeError.unreadable(problem: "\(error)")
        }
    }
}

/// A value as compact JSON, keys in order.
func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
