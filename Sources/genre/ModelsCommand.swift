import ArgumentParser
import Backbones
import Foundation
import ModelFile
import Report

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models that have names: built-in ones, their fusions, installed ones.",
        discussion: """
            Each can be used where a command takes a model. A fusion needs all of its members; a head needs the model that \
            it was built on, which 'genre fetch' installs. The first that is ready classifies where no model is named.

            Examples:
              genre models
              genre models --json
            """)

    @Flag(help: "Print one JSON object a model.") var json = false

    func run() throws {
        let rows = KnownModel.all()
        if json {
            for row in rows { try printJSON(row) }
            return
        }
        let width = rows.map(\.name.displayWidth).max() ?? 0
        for row in rows {
            show(
                "\(StandardStreams.oneLine(row.name).left(width))  \(row.words)"
                    + (row.isDefault ? " (used where none is named)" : ""))
            if let problem = row.problem { showText("".left(width) + "  not ready: \(problem)") }
        }
        let missing = MusicnnRelease.installedNames.filter { InstalledModels.standard()?.file(of: $0) == nil }
        if !missing.isEmpty { noteNext([("fetch", missing.map { "genre fetch \($0)" }.joined(separator: ", "))]) }
    }
}

/// A model with a name, and whether it can be used.
struct KnownModel: Encodable {
    let name: String
    /// "built in", "fusion", "installed"
    let kind: String
    /// Of a fusion; else none.
    let members: [String]?
    let file: String?
    /// Why it cannot be used; nil where it can.
    let problem: String?
    let isDefault: Bool

    private enum CodingKeys: String, CodingKey {
        case name, kind, members, file, problem
        case isDefault = "default"
    }

    var words: String {
        switch kind {
        case "fusion": "fusion of \(members?.joined(separator: " and ") ?? "")"
        case "installed": "installed: \(StandardStreams.oneLine(file ?? ""))"
        default: kind
        }
    }

    static func all() -> [KnownModel] {
        let installed = InstalledModels.standard()
        let standard = (try? StandardModel.open(among: installed))?.name
        func problem(_ open: () throws -> Void) -> String? {
            do { try open() } catch { return "\(error)" }
            return nil
        }
        let fusions = BuiltInFusion.all.filter { $0.isComplete(among: installed) }.map { fusion in
            KnownModel(
                name: fusion.name, kind: "fusion", members: fusion.memberNames, file: nil,
                problem: problem { _ = try fusion.open(among: installed) }, isDefault: fusion.name == standard)
        }
        let builtIn = BuiltInModel.all.map { model in
            KnownModel(
                name: model.name, kind: "built in", members: nil, file: nil,
                problem: problem { _ = try model.open(among: installed) }, isDefault: model.name == standard)
        }
        let own = (installed?.names ?? []).compactMap { name -> KnownModel? in
            guard let file = installed?.file(of: name) else { return nil }
            return KnownModel(
                name: name, kind: "installed", members: nil, file: file.path,
                problem: problem { _ = try GenreModel(contentsOf: file, among: installed) }, isDefault: false)
        }
        return fusions + builtIn + own
    }
}
