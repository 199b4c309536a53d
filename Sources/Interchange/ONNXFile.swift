import ModelFile
import NeuralNetwork
import Storage
import SwiftProtobuf

import struct Foundation.Data
import struct Foundation.URL

/// Models for ONNX Runtime and whatever else reads ONNX (operator set 17, IR version 8).
public enum ONNXFile {
    static let operatorSet: Int64 = 17
    static let irVersion: Int64 = 8

    /// Writes a model's net: input `segments` [batch, 1, mels, frames] (mel band 0 the lowest, of the recipe's values),
    /// outputs `logits` and `probabilities` [batch, classes], the batch's size free. The metadata hold `genres` (a JSON
    /// list, in the order of the classes), `architecture`, `recipe`, `recipe_parameters` (JSON), `sample_rate` (Hz) and, of
    /// a model that has one, `calibration` (JSON).
    ///
    /// - Parameter toolVersion: of the program that writes.
    public static func write(_ model: TrainedModel, toolVersion: String, to url: URL) throws {
        try AtomicFile.write(data(of: model, toolVersion: toolVersion), to: url)
    }

    /// The file's bytes; equal models give equal bytes.
    static func data(of model: TrainedModel, toolVersion: String) throws -> Data {
        let card = model.card
        var file = ONNX_Model()
        file.irVersion = irVersion
        file.producerName = "GenreKit"
        file.producerVersion = toolVersion
        file.graph = ONNXNet.graph(of: model.parameters, outputs: card.outputs)
        var operators = ONNX_OperatorSet()
        operators.version = operatorSet
        file.opsetImport = [operators]
        let input = card.blueprint.input
        file.docString =
            "\(card.architecture): log-mel segments [batch, 1, \(input.mels), \(input.frames)] of recipe "
            + "'\(card.recipe.name)' in, logits and probabilities of \(card.genres.count) \(card.tellsTags ? "tags" : "genres") out."
        if let caution = card.blueprint.caution { file.docString += " Caution: \(caution)" }
        file.graph.docString = file.docString
        file.metadataProps = try description(of: card).sorted { $0.key < $1.key }.map { key, value in
            var entry = ONNX_StringEntry()
            entry.key = key
            entry.value = value
            return entry
        }
        return try file.serializedData()
    }
}
