import ArgumentParser
import Backbones
import Foundation
import ModelFile
import Storage

/// Makes a model of a wheel, and installs it or writes it where it is wanted.
///
/// - Parameters:
///   - output: nil for the installed models.
///   - force: whether another file there is replaced.
func importWheel(_ wheel: URL, variant name: String?, output: URL?, force: Bool) throws {
    let variant = try MusicnnRelease.current.variant(name)
    let installed = InstalledModels.standard()
    guard let place = output ?? installed?.place(of: variant.installedName) else { throw ToolError.noDataFolder }
    if output == nil { try installed?.makeFolder() } else { try refuse([place], amongst: [wheel.path]) }
    try OutputPlace.check(place, .importedModel, replacing: force)
    let model = try TrainedModel(musicnnWheel: wheel, variant: variant.name, toolVersion: toolVersion)
    if output == nil {
        try installed?.install(model, as: variant.installedName)
    } else {
        try model.write(to: place)
    }
    let name = output.map { shellWord($0.relativePath) } ?? variant.installedName
    show("\(variant.name), \(model.card.genres.count) tags, its numbers checked: \(place.relativePath)")
    if let changes = model.card.imported?.changes { showText("\(changes)") }
    let option = name == MusicnnRelease.current.variants[0].installedName ? "" : " --model \(name)"
    noteNext([
        ("tag music", "genre tags\(option) song.mp3"), ("look into it", "genre inspect \(name)"),
        ("train on your genres", "genre train MUSIC --backbone \(name)"),
    ])
}
