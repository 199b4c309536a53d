import Architectures
import ArgumentParser
import Foundation
import ModelFile
import NeuralNetwork
import Report

struct DrawCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "draw", abstract: "Draw the architecture of nets and models, as SVG, PDF and PNG.",
        discussion: """
            A net by its name, or that of a model file, a run folder or a built-in model. Each gives NET.svg (light or dark \
            as the reader's system is), NET.pdf, NET.png and NET-dark.png. Model files of one name go by their folders, too: a/model and \
            b/model give a-model.svg and b-model.svg.

            Examples:
              genre draw deep crnn -o figures
              genre draw my-run -o figures
              genre draw shallow --width 85mm --dpi 600 --no-title

            Nets:
            \(netList)
            """)

    @Argument(help: "Nets or models to draw; by default the paper's nets.", completion: Completions.netOrModel)
    var nets: [String] = []
    @Option(help: "A model to draw. Repeat for several.", completion: Completions.model) var model: [String] = []
    @Option(help: "Number of genres.", completion: .default) var genres = 10
    @Option(name: [.short, .long], help: "The folder of the figures.", completion: .directory) var output = "."
    @OptionGroup var replacing: ReplacingOption
    @OptionGroup(title: "Figures") var figureOptions: FigureOptions

    func run() throws {
        guard 2...10_000 ~= genres else { throw ValidationError("--genres must be 2 to 10000.") }
        let folder = URL(fileURLWithPath: output)
        let named = nets + model
        let nets = named.isEmpty ? Architecture.paper.map(\.name) : named
        let figures = try zip(nets, fileNames(of: nets)).map { try figure(of: $0, name: $1) }
        let options = try figureOptions.checked()
        try FigureFiles.check(figures, in: folder, options, replacing: replacing.force)
        for file in try FigureFiles.write(figures, to: folder, options, replacing: replacing.force) {
            show((output as NSString).appendingPathComponent(file.lastPathComponent))
        }
    }

    /// A name for each, told apart by the folders above where two would have one file.
    private func fileNames(of nets: [String]) throws -> [String] {
        let parts = nets.map { net in
            Architecture.named(net) != nil
                ? [net]
                : URL(fileURLWithPath: net).standardizedFileURL.deletingPathExtension()
                    .pathComponents.filter { $0 != "/" }
        }
        var lengths = nets.map { _ in 1 }
        while true {
            let names = zip(parts, lengths).map { $0.suffix($1).joined(separator: "-") }
            let uses = Dictionary(names.flatMap { [$0, $0 + "-dark"] }.map { ($0, 1) }, uniquingKeysWith: +)
            let shared = names.indices.filter { uses[names[$0]]! > 1 || uses[names[$0] + "-dark"]! > 1 }
            if shared.isEmpty { return names }
            let longer = shared.filter { lengths[$0] < parts[$0].count }
            guard !longer.isEmpty else {
                throw ValidationError("'\(nets[shared[0]])' and another have the same name: draw them apart.")
            }
            for index in longer { lengths[index] += 1 }
        }
    }

    private func figure(of net: String, name: String) throws -> Figure {
        if let architecture = Architecture.named(net) {
            return ArchitectureFigure.figure(of: try NetworkPlan(architecture.blueprint(genres: genres)), name: name)
        }
        let isModel = FileManager.default.fileExists(atPath: net) || BuiltInModel.all.contains { $0.name == net }
        guard isModel else {
            let known = Architecture.all.map(\.name) + BuiltInModel.all.map(\.name)
            throw ValidationError(
                "There is no net or model '\(net)'"
                    + (Suggestion.nearest(to: net, among: known).map { "; did you mean '\($0)'?" }
                        ?? ". The nets are \(netNames)."))
        }
        return ArchitectureFigure.figure(of: try openModel(net).parameters.plan, name: name)
    }
}

/// The net of that name, or a complaint.
func architecture(named name: String) throws -> Architecture {
    guard let architecture = Architecture.named(name) else {
        throw ValidationError(unknown("net", name, among: Completions.nets))
    }
    return architecture
}
