import Evaluation
import Features
import NeuralNetwork

/// What a model says about itself: enough to use it rightly, and to make it again.
public struct ModelCard: Codable, Sendable {
    /// Name of the architecture, and the architecture itself.
    public var architecture: String
    public var blueprint: Blueprint
    /// Genre names in the order of the classes.
    public var genres: [String]
    /// How its segments were made; it never meets others.
    public var recipe: FeatureRecipe
    /// Where the weights came from, if another program trained them; nil for this tool's own. Of such a model only its
    /// maker knows the configuration, the split, the tracks and the data: these are nil then.
    public var imported: ImportedWeights?
    public var configuration: TrainingConfiguration?
    /// The rule that parted training from held-out tracks.
    public var split: String?
    /// Ids of the tracks it learned from and of those it was judged on.
    public var trainingTracks: [String]?
    public var heldOutTracks: [String]?
    /// Digest of the training data's segments.
    public var dataHash: String?
    /// On the held-out tracks, after the last epoch.
    public var scores: Scores?
    /// Instruction set of the kernels that trained it: another one rounds differently. Nil for imported weights.
    public var instructionSet: String?
    /// Version of the tool that wrote it.
    public var toolVersion: String

    public init(
        blueprint: Blueprint, genres: [String], recipe: FeatureRecipe, configuration: TrainingConfiguration,
        split: String, trainingTracks: [String], heldOutTracks: [String], dataHash: String, scores: Scores?,
        instructionSet: String, toolVersion: String
    ) {
        architecture = blueprint.name
        self.blueprint = blueprint
        self.genres = genres
        self.recipe = recipe
        self.configuration = configuration
        self.split = split
        self.trainingTracks = trainingTracks
        self.heldOutTracks = heldOutTracks
        self.dataHash = dataHash
        self.scores = scores
        self.instructionSet = instructionSet
        self.toolVersion = toolVersion
    }

    /// The card of a model whose weights another program trained.
    public init(
        blueprint: Blueprint, genres: [String], recipe: FeatureRecipe, imported: ImportedWeights, toolVersion: String
    ) {
        architecture = blueprint.name
        self.blueprint = blueprint
        self.genres = genres
        self.recipe = recipe
        self.imported = imported
        self.toolVersion = toolVersion
    }
}

extension ModelCard {
    /// Whether nothing is left open that a training always knows.
    var saysHowItWasTrained: Bool {
        configuration != nil && split != nil && trainingTracks != nil && heldOutTracks != nil && dataHash != nil
            && instructionSet != nil
    }
}

/// The file that a model's weights were taken from.
public struct ImportedWeights: Codable, Sendable, Hashable {
    /// Its name, without folders.
    public var file: String
    /// Digest of its bytes, hexadecimal.
    public var sha256: String

    public init(file: String, sha256: String) {
        self.file = file
        self.sha256 = sha256
    }
}
