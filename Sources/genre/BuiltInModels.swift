import ArgumentParser
import Backbones
import Foundation
import ModelFile
import Training

/// A model as a person names it: a built-in or an installed one, a model file, or the folder of a run.
///
/// Of a run, the model after its last epoch is taken; where the run has not ended, the best so far, and it is said which.
/// - Parameter name: nil for the first built-in one.
/// - Throws: `ModelFileError.isFusion(file:members:)` of a fusion, beside what the file lacks.
func openModel(_ name: String?) throws -> TrainedModel {
    guard let place = try modelFile(name) else {
        if let fusion = name.flatMap(builtInFusion) {
            throw ModelFileError.isFusion(file: fusion.name, members: fusion.memberNames)
        }
        return try BuiltInModel.all.first { name == nil || $0.name == name }!.open()
    }
    return try opening(place) { try TrainedModel(contentsOf: place) }
}

/// A model that may be a fusion, as a person names it; without a name the best that is there.
struct NamedModel {
    /// As the person named it, without folders.
    let name: String
    let model: GenreModel
    /// What would be there in its place; nil where it was named.
    var better: StandardModel.Better?

    init(_ name: String?) throws {
        guard let name else {
            let standard = try StandardModel.open()
            (self.name, model, better) = (standard.name, standard.model, standard.better)
            return
        }
        self.name = URL(fileURLWithPath: name).lastPathComponent
        if let place = try modelFile(name) {
            model = try opening(place) { try GenreModel(contentsOf: place) }
        } else if let fusion = builtInFusion(name) {
            model = .fused(try fusion.open())
        } else {
            model = .single(try openModel(name))
        }
    }
}

private func opening<Model>(_ place: URL, _ body: () throws -> Model) throws -> Model {
    do { return try body() } catch let error as ModelFileError {
        guard case .unreadable = error else { throw error }
        let kind = FileKind(place.path)
        if kind == .model { throw error }
        throw ToolError.notAModel(path: place.relativePath, kind: kind.words)
    }
}

/// The built-in fusion of that name, where its members are there.
func builtInFusion(_ name: String) -> BuiltInFusion? {
    BuiltInFusion.all.first { $0.name == name && $0.isComplete() }
}

/// Where a model's file lies; nil for a built-in model, or a built-in fusion.
///
/// - Throws: ``ToolError``, or a complaint about a word that is no model's name.
func modelFile(_ name: String?) throws -> URL? {
    guard let name else { return nil }
    let isBuiltIn = isBuiltIn(name)
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

/// Whether a word is the name of a built-in model or fusion.
func isBuiltIn(_ word: String) -> Bool { BuiltInModel.named(word) != nil || builtInFusion(word) != nil }

/// All models that have names here: built-in ones, then installed ones.
var knownModelNames: [String] { builtInNames + (InstalledModels.standard()?.names ?? []) }

/// Fusions go before their members.
let builtInNames = BuiltInFusion.all.filter { $0.isComplete() }.map(\.name) + BuiltInModel.all.map(\.name)

/// Their names as one list, for help.
let builtInModelNames = builtInNames.joined(separator: ", ")

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
        return isBuiltIn(word) || InstalledModels.standard()?.file(of: word) != nil
    }
    let run = RunFolder(at: URL(fileURLWithPath: word))
    return FileKind.isModelFile(word)
        || [run.model, run.best].contains { FileManager.default.fileExists(atPath: $0.path) }
}
