import ArgumentParser
import ModelFile
import NeuralNetwork
import Prediction
import Training

/// A head on an installed model, and how it is trained.
struct HeadOptions: ParsableArguments {
    @Option(
        help: """
            Train only a head on an installed model of tags, such as musicnn ('genre fetch musicnn'); what that model \
            gives for each segment is computed once and kept in the cache.
            """, completion: Completions.model)
    var backbone: String?
    @Option(
        help: """
            What the head reads: tags (the tags' probabilities), penultimate (what the backbone's last layer reads) or \
            pools (what the dense layer before that reads).
            """, completion: .default)
    var features: HeadFeatures = .tags
    @Option(
        help: """
            logistic (logistic regression on each track's mean, the penalty chosen by folds inside the training tracks) \
            or dense:UNITS (a dense layer before the last, the epochs chosen by these folds).
            """, completion: .list(["logistic", "dense:64"]))
    var head: String = "logistic"
    @Flag(
        help: """
            After the head train the whole net, at a low rate (10 epochs, learning rate 1e-5; options say otherwise). \
            The model file then holds all weights.
            """)
    var unfreeze = false
}

extension HeadFeatures: ExpressibleByArgument {}

extension HeadOptions {
    /// The options that were given and mean nothing without a backbone.
    var givenWithoutBackbone: [String] {
        guard backbone == nil else { return [] }
        return namesGiven([("--unfreeze", unfreeze)]) + (features == .tags ? [] : ["--features"])
            + (head == "logistic" ? [] : ["--head"])
    }

    /// Units of a dense head; nil for logistic regression.
    func units() throws -> Int? {
        if head == "logistic" { return nil }
        let parts = head.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "dense", let units = Int(parts[1]), 1...4096 ~= units else {
            throw ValidationError("--head must be logistic or dense:UNITS (1 to 4096), not '\(head)'.")
        }
        return units
    }
}

/// The installed model that a head is to be fitted on.
struct HeadChoice {
    static let epochs = 10
    static let learningRate = 1e-5
    private static let batch = 16

    let model: TrainedModel
    private let blueprint: Blueprint
    private let configuration: HeadConfiguration

    /// - Returns: nil where no backbone is named.
    init?(_ options: HeadOptions) throws {
        guard let name = options.backbone else { return nil }
        guard InstalledModels.standard()?.file(of: name) != nil else {
            // Says what is there instead, or how to get it.
            _ = try modelFile(name)
            throw ValidationError(
                "--backbone needs an installed model by name, such as musicnn; '\(name)' is a file or built in.")
        }
        model = try openModel(name)
        guard model.card.tellsTags else {
            throw ValidationError(
                "--backbone needs a model of tags, and '\(name)' tells genres: --from begins with it.")
        }
        let units = try options.units()
        guard
            let (blueprint, layers) = Blueprint.head(
                on: model.card.blueprint, reading: options.features, units: units, genres: 2)
        else {
            throw ValidationError("'\(name)' has no such layers: leave --features \(options.features.rawValue) out.")
        }
        self.blueprint = blueprint
        configuration = HeadConfiguration(
            backbone: Backbone(name: name, weights: model.parameters.digest, layers: layers),
            features: options.features == .tags ? nil : options.features, units: units,
            unfreezes: options.unfreeze ? true : nil)
    }

    /// - Parameters:
    ///   - options: of which only a training of the whole net has a use.
    func apply(to configuration: inout TrainingConfiguration, _ options: HyperparameterOptions) {
        configuration.net = blueprint.name
        configuration.blueprint = blueprint
        configuration.head = self.configuration
        // Nothing is saved by leaving segments out.
        if options.segments == nil { configuration.segmentsPerTrack = nil }
        if options.batch == nil { configuration.batch = Self.batch }
        if options.l1 == nil { configuration.l1 = 0 }
        if self.configuration.unfreezes == true {
            if options.epochs == nil { configuration.epochs = Self.epochs }
            if options.learningRate == nil { configuration.learningRate = Self.learningRate }
        } else {
            configuration.epochs = 1
        }
    }
}
