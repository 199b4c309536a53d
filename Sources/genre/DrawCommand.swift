import Architectures
import ArgumentParser
import Foundation
import ModelFile
import NeuralNetwork
import Report

struct DrawCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "draw", abstract: "Draw nets, as SVG and PNG.",
        discussion: """
            A net by its name, or that of a model file or a built-in model. Each gives NET.svg (light or dark as the reader's system is), NET.png and NET-dark.png.

            Nets:
            \(netList)
            """)

    @Argument(help: "Nets or models to draw; by default all nets.") var nets: [String] = []
    @Option(help: "Number of genres.") var genres = 10
    @Option(name: [.short, .long], help: "The folder of the figures.") var output = "."

    func run() throws {
        guard 2...10_000 ~= genres else { throw ValidationError("--genres must be 2 to 10000.") }
        let folder = URL(fileURLWithPath: output)
        let figures = try (nets.isEmpty ? Architecture.all.map(\.name) : nets).map(figure)
        try FigureFiles.write(figures, to: folder)
        for figure in figures { show(folder.appendingPathComponent(figure.name + ".svg").path) }
    }

    private func figure(of net: String) throws -> Figure {
        if let architecture = Architecture.named(net) {
            return ArchitectureFigure.figure(of: try NetworkPlan(architecture.blueprint(genres: genres)), name: net)
        }
        let isModel = FileManager.default.fileExists(atPath: net) || BuiltInModel.all.contains { $0.name == net }
        guard isModel else { throw ValidationError("There is no net or model '\(net)'. The nets are \(netNames).") }
        let stem = URL(fileURLWithPath: net).deletingPathExtension().lastPathComponent
        return ArchitectureFigure.figure(of: try openModel(net).parameters.plan, name: stem)
    }
}

/// The net of that name, or a complaint.
func architecture(named name: String) throws -> Architecture {
    guard let architecture = Architecture.named(name) else {
        throw ValidationError("There is no net '\(name)'. The nets are \(netNames).")
    }
    return architecture
}
