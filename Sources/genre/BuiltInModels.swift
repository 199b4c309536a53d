import Foundation
import ModelFile

/// A model by path or by the name of a built-in one; the first built-in one where nothing is said.
func openModel(_ name: String?) throws -> TrainedModel {
    if let name, FileManager.default.fileExists(atPath: name) {
        return try TrainedModel(contentsOf: URL(fileURLWithPath: name))
    }
    guard let model = BuiltInModel.all.first(where: { name == nil || $0.name == name }) else {
        throw ToolError.noSuchModel(name: name ?? "", known: BuiltInModel.all.map(\.name))
    }
    return try model.open()
}
