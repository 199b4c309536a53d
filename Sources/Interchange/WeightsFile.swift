import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage

/// Weights alone, as `torch.nn.Module.load_state_dict` takes them: a safetensors file whose tensors have the names and
/// layouts of a plain PyTorch net (convolutions [out, in, mels, frames], dense [out, in], nn.LSTM's own names).
public enum WeightsFile {
    /// Writes a model's weights in single precision. The metadata hold `format` ("pt", as PyTorch's writer sets it),
    /// `architecture`, `genres` (a JSON list, in the order of the classes), `recipe`, `recipe_parameters` (JSON),
    /// `sample_rate` (Hz) and, of a model that has one, `calibration` (JSON: the temperature by which a track's mean
    /// probabilities become confidences).
    public static func write(_ model: TrainedModel, to url: URL) throws {
        let card = model.card
        var metadata = try description(of: card)
        metadata["format"] = "pt"
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
        public var calibration: Calibration?
    }

    /// - Throws: ``InterchangeError/unreadable(problem:)``, ``InterchangeError/pickled(file:)``,
    ///   ``InterchangeError/badMetadata(file:key:)`` where something is said that cannot be understood.
    ///
    /// - Parameter passedOver: keys of the metadata that are not read.
    public static func describe(_ url: URL, without passedOver: Set<String> = []) throws -> Description {
        let metadata = try open(url).metadata.filter { !passedOver.contains($0.key) }
        func value<Value: Decodable>(_ type: Value.Type, of key: String) throws -> Value? {
            guard let text = metadata[key] else { return nil }
            do { return try JSONDecoder().decode(type, from: Data(text.utf8)) } catch {
                throw InterchangeError.badMetadata(file: url.path, key: key)
            }
        }
        // Plain names with commas between are what model files of this tool have.
        let isList = metadata["genres"]?.first == "["
        let names = metadata["genres"]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        return Description(
            architecture: metadata["architecture"],
            genres: isList ? try value([String].self, of: "genres") : names, recipe: metadata["recipe"],
            recipeParameters: try value(FeatureRecipe.self, of: "recipe_parameters"),
            calibration: try value(Calibration.self, of: "calibration"))
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

/// What other programs are told of a model beside its weights, as strings; structures as JSON.
func description(of card: ModelCard) throws -> [String: String] {
    var description = [
        "architecture": card.architecture,
        "genres": try json(card.genres),
        "recipe": card.recipe.name,
        "recipe_parameters": try json(card.recipe),
        "sample_rate": String(card.recipe.sampleRate),
    ]
    if let outputs = card.outputs { description["outputs"] = outputs.rawValue }
    if let calibration = card.calibration { description["calibration"] = try json(calibration) }
    return description
}

/// A value as compact JSON, keys in order.
func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
