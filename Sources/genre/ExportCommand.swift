import ArgumentParser
import Foundation
import Interchange
import ModelFile

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model for other programs.",
        discussion: """
            onnx: the net for ONNX Runtime and its like (operator set 17). Input 'segments' [batch, 1, mel bands, frames], \
            the recipe's values; outputs 'logits' and 'probabilities' [batch, genres]; genres and recipe in the metadata.

            safetensors: the weights alone, with PyTorch's names and layouts: load_state_dict takes them as they are.

            half: the model itself, its weights in 16 bits, in half the room.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case onnx, safetensors, half
    }

    @Argument(help: "A model that 'genre train' or 'genre import' wrote, or the name of a built-in one.")
    var model: String
    @Option(help: "\(Format.allCases.map(\.rawValue).joined(separator: ", ")).") var format: Format
    @Option(name: [.short, .long], help: "The file to write.") var output: String

    func run() throws {
        let model = try openModel(model)
        if let caution = model.card.blueprint.caution { note("genre: \(caution)") }
        let url = URL(fileURLWithPath: output)
        try refuse([url], amongst: [self.model])
        switch format {
        case .onnx: try ONNXFile.write(model, toolVersion: toolVersion, to: url)
        case .safetensors: try WeightsFile.write(model, to: url)
        case .half: try model.write(to: url, halfPrecision: true)
        }
        show(url.path)
    }
}
