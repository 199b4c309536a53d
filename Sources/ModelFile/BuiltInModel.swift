import CModels
import Foundation
import Storage

/// A model that is part of the program.
public struct BuiltInModel: Sendable {
    /// As `--model` takes it.
    public let name: String
    private let index: Int32

    /// All of them, the one that is used where nothing is said first.
    public static let all: [BuiltInModel] = (0..<gk_model_count()).map { index in
        BuiltInModel(name: String(cString: gk_model_at(index).name), index: index)
    }

    public static func named(_ name: String) -> BuiltInModel? { all.first { $0.name == name } }

    /// What its card cannot say, as lines of text: what it is for, its data, its scores on artists that it never met, its
    /// limits.
    public var notes: String { String(cString: gk_model_at(index).notes) }

    /// - Parameter installed: where the backbone of a head is looked for.
    public func open(among installed: InstalledModels? = .standard()) throws -> TrainedModel {
        let model = gk_model_at(index)
        let bytes = UnsafeRawBufferPointer(start: model.bytes, count: model.size)
        let tensors: SafetensorsFile
        do { tensors = try SafetensorsFile(MappedFile(program: bytes, name: "the built-in model '\(name)'")) } catch {
            throw ModelFileError.unreadable(problem: "\(error)")
        }
        return try TrainedModel(tensors, among: installed)
    }
}
