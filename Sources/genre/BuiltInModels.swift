import ArgumentParser
import Backbones
import Foundation
import ModelFile
import Training

/// A model as a person names it: a built-in or an installed one, a model file, or the folder of a run.
///
/// Of a run, the model after its last epoch is taken; where the run has not ended, the best so far, and it is said which.
/// - Parameter name: nil for the first built-in one.
func openModel(_ name: String?) throws -> TrainedModel {
    guard let place = try modelFile(name) else {
        return try BuiltInModel.all.first { name == nil || $0.name == name }!.open()
    }
    do { return try TrainedModel(contentsOf: place) } catch let error as ModelFileError {
        guard case .unreadable = error else { throw error }
        let kind = FileKind(place.path)
        if kind == .model { throw error }
        throw ToolError.notAModel(path: place.relativePath, kind: kind.words)
    }
}

/// Where a model's file lies; nil for a built-in model.
///
/// - Throws: ``ToolError``, or a complaint about a word that is no model's name.
func modelFile(_ name: String?) throws -> URL? {
    guard let name else { return nil }
    let isBuiltIn = BuiltInModel.all.contains { $0.name == name }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else {
        if isBuiltIn { return nil }
        if let installed = InstalledModels.standard()?.file(of: name) { return installed }
        try refuseNetworkAddresses([name])
        if MusicnnRelease.installedNames.contains(name) { throw ToolError.notInstalled(name: name) }
        throw ToolError.noSuchModel(name: name, known: knownModelNames)
    }
    let url = URL(fileURLWithPath: name)
    guard isFolder.boolValue else { return url }
    if isBuiltIn { return nil }
    if SeriesFolder.isSeries(url) {
        let members = (try? SeriesFolder.open(url))?.plan.members ?? []
        throw ToolError.seriesForModel(path: name, members: members)
    }
    let run = RunFolder(at: url)
    if run.isFinished { return run.model }
    if FileManager.default.fileExists(atPath: run.best.path) {
        note("genre: the run \(name) has not ended: its best model so far is taken, \(run.best.lastPathComponent)")
        return run.best
    }
    let kind = FileKind(name)
    throw kind == .run
        ? ToolError.runWithoutModel(path: name) : ToolError.notAModel(path: name, kind: kind.words)
}

/// All models that have names here: built-in ones, then installed ones.
var knownModelNames: [String] { BuiltInModel.all.map(\.name) + (InstalledModels.standard()?.names ?? []) }

/// "gtzan-deep, gtzan-shallow", for help.
let builtInModelNames = BuiltInModel.all.map(\.name).joined(separator: ", ")

/// The model of a command that takes one, as a word or behind --model.
func oneModel(_ word: String?, _ option: String?) throws -> String {
    guard word == nil || option == nil else {
        throw ValidationError("'\(word!)' and --model \(option!) both name a model: leave one out.")
    }
    guard let name = word ?? option else {
        throw ValidationError("Name a model: a model file, a run folder, or a built-in model (\(builtInModelNames)).")
    }
    return name
}

/// Whether a word can only mean a model: a built-in one's name, a model file or a run folder.
func isModel(_ word: String) -> Bool {
    guard FileManager.default.fileExists(atPath: word) else {
        return BuiltInModel.all.contains { $0.name == word } || InstalledModels.standard()?.file(of: word) != nil
    }
    let run = RunFolder(at: URL(fileURLWithPath: word))
    return FileKind.isModelFile(word)
        || [run.model, run.best].contains { FileManager.default.fileExists(atPath: $0.path) }
}
