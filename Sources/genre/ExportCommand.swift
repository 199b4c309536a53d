import ArgumentParser
import Foundation
import Interchange
import ModelFile
import Storage

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
              genre export gtzan-compact --format safetensors -o weights.safetensors
              genre export --model my-run --format half -o small.safetensors
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case onnx, safetensors, half

        /// Of its files.
        var ending: String { self == .onnx ? "onnx" : "safetensors" }

        var kind: OutputKind {
            switch self {
            case .onnx: .onnx
            case .safetensors: .weights
            case .half: .halfModel
            }
        }
    }

    @Argument(
        help: ArgumentHelp(
            "A model file, a run folder, or a built-in model: \(builtInModelNames).", valueName: "model"),
        completion: Completions.model)
    var named: String?
    @Option(help: "The same.", completion: Completions.model) var model: String?
    @Option(
        help: "onnx, safetensors or half; onnx may be left out where the file's name ends in .onnx.",
        completion: .list(Format.allCases.map(\.rawValue)))
    var format: Format?
    @Option(
        name: [.short, .long], help: "The file to write; '-' for standard output.",
        completion: .file(extensions: ["onnx", "safetensors"]))
    var output: String
    @OptionGroup var replacing: ReplacingOption

    func run() throws {
        let name = try oneModel(named, model)
        let url = URL(fileURLWithPath: output)
        let isStream = StandardStreams.isOutput(output)
        let format = try format(of: url, isStream: isStream)
        if !isStream {
            try refuse([url], amongst: modelFile(name).map { [$0.path] } ?? [])
            try OutputPlace.check(url, format.kind, replacing: replacing.force)
        }
        let model = try openModel(name)
        if let caution = model.card.blueprint.caution { note("genre: \(caution)") }
        if isStream {
            let folder = try TemporaryPlace.makeFolder("genre-export")
            defer { try? FileManager.default.removeItem(at: folder) }
            let file = folder.appendingPathComponent("model")
            try write(model, as: format, to: file)
            return try showBytes(of: file)
        }
        try write(model, as: format, to: url)
        show(output)
        switch format {
        case .onnx: noteNext([("run it", "in ONNX Runtime: 'segments' in, 'probabilities' out")])
        case .safetensors:
            noteNext([("load it", "in Python: net.load_state_dict(safetensors.torch.load_file(…))")])
        case .half: noteNext([("use it", "genre predict --model \(shellWord(output)) song.mp3")])
        }
    }

    private func write(_ model: TrainedModel, as format: Format, to url: URL) throws {
        switch format {
        case .onnx: try ONNXFile.write(model, toolVersion: toolVersion, to: url)
        case .safetensors: try WeightsFile.write(model, to: url)
        case .half: try model.write(to: url, halfPrecision: true)
        }
    }

    /// The format that was asked for, or that the file's name asks for; both must not contradict each other.
    private func format(of url: URL, isStream: Bool) throws -> Format {
        let ending = url.pathExtension.lowercased()
        guard let format else {
            if ending == "onnx" { return .onnx }
            throw ValidationError("Say the --format: \(Format.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        guard isStream || ending.isEmpty || ending == format.ending else {
            throw ValidationError("--format \(format.rawValue) writes .\(format.ending): \(output) ends otherwise.")
        }
        return format
    }
}
