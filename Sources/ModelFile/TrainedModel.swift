import Features
import Foundation
import NeuralNetwork
import Storage

/// A model: its card and its weights. One safetensors file holds both; the tensors have PyTorch's names and layouts.
public struct TrainedModel {
    public var card: ModelCard
    public let parameters: ParameterStore

    public init(card: ModelCard, parameters: ParameterStore) {
        self.card = card
        self.parameters = parameters
    }

    /// What a model file's metadata call its format.
    public static let format = "genrekit"
    /// Version 2 has cards of imported weights, which leave open what version 1 always says; version 3 has outputs that are
    /// no genres, which earlier readers would take for such, or lie in two files; version 4 has several models
    /// (``FusedModel``). All others stay version 1.
    static let latestVersion = 4

    private var version: Int {
        if card.outputs != nil || card.backbone != nil { return 3 }
        return card.imported == nil ? 1 : 2
    }

    /// What the file holds: of a model on a backbone the layers after it.
    var ownParameters: [ParameterSpecification] {
        get throws { try Self.ownParameters(of: parameters.plan, card) }
    }

    private static func ownParameters(
        of plan: NetworkPlan, _ card: ModelCard
    ) throws(NeuralNetworkError) -> [ParameterSpecification] {
        guard let head = try card.blueprint.head(on: card.backbone) else { return plan.parameters }
        return try plan.parameters.suffix(NetworkPlan(head).parameters.count)
    }

    // MARK: - Writing

    /// Writes the model beside `url`, then renames it: a reader never sees half a file.
    ///
    /// - Parameter halfPrecision: weights of 16 bits, in half the room.
    public func write(to url: URL, halfPrecision: Bool = false) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var metadata = [
            "format": Self.format,
            "format_version": String(version),
            // Twice in the file for readers of other tools, who look for plain strings.
            "architecture": card.architecture,
            "genres": card.genres.joined(separator: ","),
            "recipe": card.recipe.name,
            "sample_rate": String(card.recipe.sampleRate),
            "card": String(decoding: try encoder.encode(card), as: UTF8.self),
        ]
        if let configuration = card.configuration { metadata["seed"] = String(configuration.seed) }
        let tensors = try ownParameters.map { ($0.name, $0.shape, parameters.canonical($0)) }
        guard halfPrecision else { return try Safetensors.write(tensors: tensors, metadata: metadata, to: url) }
        // From here on a value rounds to infinity.
        if let large = tensors.first(where: { $0.2.withUnsafeBufferPointer(FeatureChecks.greatestMagnitude) >= 65_520 })
        {
            throw ModelFileError.beyondHalf(file: url.path, tensor: large.0)
        }
        try Safetensors.write(
            layout: tensors.map { .init(name: $0.0, type: .float16, shape: $0.1) }, metadata: metadata, to: url
        ) { index, writer in try writer.write(halfValues(tensors[index].2)) }
    }

    /// Whether a file's header has room for a card, beside so many tensors.
    package static func canHold(_ card: ModelCard, tensors: Int) throws -> Bool {
        let size = try JSONEncoder().encode(card).count
        // Quotes are escaped once more in the header, scores come later, and names of genres come twice.
        return 2 * size + 1000 * tensors + (1 << 20) <= SafetensorsFile.greatestHeader
    }

    // MARK: - Reading

    /// Opens a model file and checks all of it: format, card and its numbers, architecture, and the shape and values of
    /// every tensor.
    ///
    /// - Parameter installed: where a backbone is looked for.
    /// - Throws: ``ModelFileError``; ``ModelFileError/isFusion(file:members:)`` where the file holds several models, which
    ///   ``GenreModel`` opens.
    public init(contentsOf url: URL, among installed: InstalledModels? = .standard()) throws {
        try self.init(Self.tensors(of: url), among: installed)
    }

    static func tensors(of url: URL) throws(ModelFileError) -> SafetensorsFile {
        do { return try SafetensorsFile(url) } catch { throw .unreadable(problem: "\(error)") }
    }

    init(_ tensors: SafetensorsFile, among installed: InstalledModels? = .standard()) throws {
        let file = tensors.path
        let metadata = try Self.checkedMetadata(of: tensors)
        if metadata[FusedModel.cardKey] != nil {
            throw ModelFileError.isFusion(file: file, members: FusedModel.memberNames(metadata))
        }
        guard let text = metadata["card"] else {
            throw ModelFileError.notAModel(file: file, problem: "its metadata lacks the card")
        }
        let card: ModelCard
        do {
            card = try JSONDecoder().decode(ModelCard.self, from: Data(text.utf8))
        } catch {
            throw ModelFileError.notAModel(file: file, problem: "its card cannot be read (\(error))")
        }
        try self.init(card: card, tensors: tensors, among: installed)
    }

    /// What a file says of itself, once it is known to be a model that this version can read.
    static func checkedMetadata(of tensors: SafetensorsFile) throws(ModelFileError) -> [String: String] {
        let file = tensors.path
        let metadata = tensors.metadata
        guard metadata["format"] == Self.format else {
            throw .notAModel(file: file, problem: "its metadata lacks format=\(Self.format)")
        }
        guard let version = metadata["format_version"], !version.isEmpty, Int(version) ?? 1 >= 1 else {
            throw .notAModel(file: file, problem: "its metadata lacks a format version")
        }
        guard let number = Int(version), 1...Self.latestVersion ~= number else {
            throw .laterVersion(file: file, version: version)
        }
        return metadata
    }

    /// - Parameter prefix: of the tensors' names, where a file holds several models.
    init(card: ModelCard, tensors: SafetensorsFile, prefix: String = "", among installed: InstalledModels?) throws {
        let file = tensors.path
        guard card.imported != nil || card.saysHowItWasTrained else {
            throw ModelFileError.notAModel(file: file, problem: "its card does not say how it was trained")
        }

        let plan: NetworkPlan
        let parameters: ParameterStore
        do {
            plan = try NetworkPlan(card.blueprint)
            // The sizes in a blueprint are only claims: hold them against the tensors before memory is taken for them.
            let own = try Self.ownParameters(of: plan, card)
            for specification in own {
                let found = try tensors.shape(of: prefix + specification.name)
                guard found == specification.shape else {
                    throw ModelFileError.badWeights(
                        file: file,
                        problem: "tensor '\(prefix + specification.name)' has shape \(found); the net needs "
                            + "\(specification.shape)")
                }
            }
            let backbone = try card.backbone?.open(for: file, among: installed)
            parameters = try ParameterStore(plan: plan)
            if let backbone, let missing = try parameters.take(from: backbone.parameters, besides: own.map(\.name)) {
                throw ModelFileError.badWeights(
                    file: file, problem: "its backbone has no tensor '\(missing)' of the shape that the net needs")
            }
            for specification in own {
                try parameters.set(specification, to: tensors.floats(named: prefix + specification.name))
            }
        } catch let error as NeuralNetworkError {
            throw ModelFileError.badWeights(file: file, problem: "\(error)")
        } catch let error as StorageError {
            throw ModelFileError.badWeights(file: file, problem: "\(error)")
        }
        guard plan.classes == card.genres.count else {
            throw ModelFileError.badWeights(
                file: file, problem: "it names \(card.genres.count) genres for a net of \(plan.classes) classes")
        }
        guard card.recipe.mels == plan.blueprint.input.mels,
            card.recipe.segmentFrames == plan.blueprint.input.frames
        else {
            throw ModelFileError.badWeights(
                file: file,
                problem: "its recipe '\(card.recipe.name)' does not make segments of \(plan.blueprint.input)")
        }
        try card.check(file: file)
        self.init(card: card, parameters: parameters)
    }
}
