import Architectures
import ArgumentParser
import Foundation
import NeuralNetwork
import Report

struct DrawCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "draw", abstract: "Draw nets, as SVG and PNG.",
        discussion: """
            Each net gives NET.svg (light or dark as the reader's system is), NET.png and NET-dark.png.

            Nets:
            \(netList)
            """)

    @Argument(help: "Nets to draw; by default all.") var nets: [String] = []
    @Option(help: "Number of genres.") var genres = 10
    @Option(name: [.short, .long], help: "The folder of the figures.") var output = "."

    func run() throws {
        guard 2...10_000 ~= genres else { throw ValidationError("--genres must be 2 to 10000.") }
        let chosen = try nets.isEmpty ? Architecture.all : nets.map(architecture(named:))
        let folder = URL(fileURLWithPath: output)
        let figures = try chosen.map {
            ArchitectureFigure.figure(of: try NetworkPlan($0.blueprint(genres: genres)), name: $0.name)
        }
        try FigureFiles.write(figures, to: folder)
        for figure in figures { show(folder.appendingPathComponent(figure.name + ".svg").path) }
    }
}

/// The net of that name, or a complaint.
func architecture(named name: String) throws -> Architecture {
    guard let architecture = Architecture.named(name) else {
        throw ValidationError("There is no net '\(name)'. The nets are \(netNames).")
    }
    return architecture
}
