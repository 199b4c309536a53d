import Foundation
import ModelFile

/// A model by path or by the name of a built-in one; the first built-in one where nothing is said.
func openModel(_ name: String?) throws -> TrainedModel {
    var isFolder: ObjCBool = false
    if let name, FileManager.default.fileExists(atPath: name, isDirectory: &isFolder),
        !isFolder.boolValue || !BuiltInModel.all.contains(where: { $0.name == name })
    {
        return try TrainedModel(contentsOf: URL(fileURLWithPath: name))
    }
    guard let model = BuiltInModel.all.first(where: { name == nil || $0.name == name }) else {
        throw ToolError.noSuchModel(name: name ?? "", known: BuiltInModel.all.map(\.name))
    }
    return try model.open()
}
