import ArgumentParser
import Foundation
import Interchange
import ModelFile

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model for other programs: ONNX, PyTorch's weights, or half precision.",
        discussion: """
            onnx: the net for ONNX Runtime and its like (operator set 17). Input 'segments' [batch, 1, mel bands, frames], \
            the recipe's values; outputs 'logits' and 'probabilities' [batch, genres]; genres and recipe in the metadata.

            safetensors: the weights alone, with PyTorch's names and layouts: load_state_dict takes them as they are.

            half: the model itself, its weights in 16 bits, in half the space.

            The model stands as the first word, or behind --model.

            Examples:
              genre export my-run --format onnx -o net.onnx
              genre export gtzan-deep --format safetensors -o weights.safetensors
              genre export --model my-run --format half -o small.safetensors
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case onnx, safetensors, half
    }

    @Argument(
        help: ArgumentHelp(
            "A model file, a run folder, or a built-in model: \(builtInModelNames).", valueName: "model"),
        completion: Completions.model)
    var named: String?
    @Option(help: "The same.", completion: Completions.model) var model: String?
    @Option(help: "\(Format.allCases.map(\.rawValue).joined(separator: ", ")).") var format: Format
    @Option(name: [.short, .long], help: "The file to write.", completion: .file(extensions: ["onnx", "safetensors"]))
    var output: String

    func run() throws {
        let name = try oneModel(named, model)
        let model = try openModel(name)
        if let caution = model.card.blueprint.caution { note("genre: \(caution)") }
        let url = URL(fileURLWithPath: output)
        try refuse([url], amongst: modelFile(name).map { [$0.path] } ?? [])
        switch format {
        case .onnx: try ONNXFile.write(model, toolVersion: toolVersion, to: url)
        case .safetensors: try WeightsFile.write(model, to: url)
        case .half: try model.write(to: url, halfPrecision: true)
        }
        show(output)
        switch format {
        case .onnx: noteNext([("run it", "in ONNX Runtime: 'segments' in, 'probabilities' out")])
        case .safetensors:
            noteNext([("load it", "in Python: net.load_state_dict(safetensors.torch.load_file(…))")])
        case .half: noteNext([("use it", "genre predict --model \(shellWord(output)) song.mp3")])
        }
    }
}
