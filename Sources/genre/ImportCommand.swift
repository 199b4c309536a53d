import Architectures
import ArgumentParser
import Backbones
import Features
import Foundation
import Interchange
import ModelFile
import NeuralNetwork
import Storage

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a model from weights that PyTorch trained, or from the wheel of musicnn.",
        discussion: """
            WEIGHTS is a safetensors file (F32, F64, F16 or BF16) with the names and shapes of the net's PyTorch twin: \
            frequency.1.weight, time.1.weight … dense1, dense2, lstm with nn.LSTM's own. What the file's metadata say \
            ('genre export --format safetensors' writes them) need not be said again.

            WEIGHTS may also be the wheel of musicnn 0.1.0 (.whl), or the folder that it was unpacked to, whose nets tell tags. The wheel's SHA-256 and its net's \
            output on a test sound are checked, and the model is installed under a name (musicnn) in \
            $XDG_DATA_HOME or ~/.local/share, then genrekit/models; with -o it is written there instead. 'genre fetch' gets \
            the wheel by pip.

            Examples:
              genre import weights.safetensors -o mine.safetensors
              genre import weights.safetensors --net deep --recipe schindler \
                --genres blues,jazz,rock -o mine.safetensors
              genre import musicnn-0.1.0-py3-none-any.whl
            """)

    @Argument(
        help:
            "Weights: safetensors.torch.save_file(net.state_dict(), …); or the wheel of musicnn, or its unpacked folder.",
        completion: .file(extensions: ["safetensors", "whl"]))
    var weights: String
    @Option(help: "The net: \(netNames).", completion: Completions.net) var net: String?
    @Option(
        help: "Names of the classes in their order, with commas between: blues,classical,country …",
        completion: .default)
    var genres: String?
    @Option(
        help:
            "Recipe of the segments that it was trained on: \(FeatureRecipe.all.map(\.name).joined(separator: ", ")).",
        completion: .list(FeatureRecipe.all.map(\.name)))
    var recipe: String?
    @Option(
        help:
            "Of a wheel: the net, \(MusicnnRelease.current.variants.map(\.name).joined(separator: ", ")) (the first).",
        completion: .list(MusicnnRelease.current.variants.map(\.name)))
    var variant: String?
    @Option(
        name: [.short, .long], help: "The model to write; of a wheel by default among the installed models.",
        completion: .file(extensions: ["safetensors"]))
    var output: String?
    @OptionGroup var replacing: ReplacingOption

    private var isWheel: Bool {
        var isFolder: ObjCBool = false
        return weights.lowercased().hasSuffix(".whl")
            || FileManager.default.fileExists(atPath: weights, isDirectory: &isFolder) && isFolder.boolValue
    }

    func validate() throws {
        try refuseNetworkAddresses([weights])
        guard isWheel else {
            guard variant == nil else { throw ValidationError("--variant is for the wheel of musicnn (.whl).") }
            guard output != nil else { throw ValidationError("Name the model to write: -o MODEL.safetensors.") }
            return
        }
        let given = namesGiven([("--net", net), ("--genres", genres), ("--recipe", recipe)])
        guard given.isEmpty else {
            throw ValidationError("A wheel says all of its nets: leave \(given.joined(separator: ", ")) out.")
        }
        do { _ = try MusicnnRelease.current.variant(variant) } catch { throw ValidationError("\(error).") }
    }

    func run() throws {
        let url = URL(fileURLWithPath: weights)
        if isWheel {
            return try importWheel(
                url, variant: variant, output: output.map { URL(fileURLWithPath: $0) }, force: replacing.force)
        }
        guard let output else { return }
        let place = URL(fileURLWithPath: output)
        try refuse([place], amongst: [weights])
        try OutputPlace.check(place, .importedModel, replacing: replacing.force)
        // A calibration is of the segments that the file says.
        let given: [(Any?, [String])] = [
            (net, ["architecture"]), (genres, ["genres"]), (recipe, ["recipe", "recipe_parameters", "calibration"]),
        ]
        let said = try WeightsFile.describe(url, without: Set(given.flatMap { $0 == nil ? [] : $1 }))
        let net = try required(net ?? said.architecture, "--net")
        guard let architecture = Architecture.named(net) else {
            throw ValidationError(unknown("net", net, among: Completions.nets))
        }
        let genres = try required(
            genres?.split(separator: ",", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            } ?? said.genres, "--genres")
        guard genres.count >= 2, Set(genres).count == genres.count, !genres.contains("") else {
            throw ValidationError("--genres must name at least two genres, each once.")
        }
        let recipe = try recipe(said)
        // Trainings do the same: the net takes the size of the segments.
        let blueprint = architecture.blueprint(genres: genres.count, input: recipe.mels × recipe.segmentFrames)
        let model = try TrainedModel(
            importing: url, blueprint: blueprint, genres: genres, recipe: recipe, calibration: said.calibration,
            toolVersion: toolVersion)
        try model.write(to: place)
        show("\(net) of \(genres.count) genres: \(output)")
        noteNext([
            ("look into it", "genre inspect \(shellWord(output))"),
            ("evaluate it", "genre evaluate \(shellWord(output)) MUSIC"),
            ("classify music", "genre predict --model \(shellWord(output)) song.mp3"),
        ])
    }

    /// The recipe that the caller names, else that of the file, which may be one without a name of its own.
    private func recipe(_ said: WeightsFile.Description) throws -> FeatureRecipe {
        if recipe == nil, let recipe = said.recipeParameters { return recipe }
        let name = try required(recipe ?? said.recipe, "--recipe")
        guard let recipe = FeatureRecipe.named(name) else {
            throw ValidationError(unknown("recipe", name, among: FeatureRecipe.all.map(\.name)))
        }
        return recipe
    }

    private func required<Value>(_ value: Value?, _ option: String) throws -> Value {
        guard let value else { throw ValidationError("\(weights) does not say what \(option) is: give it.") }
        return value
    }
}
