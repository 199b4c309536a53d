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
    public var configuration: TrainingConfiguration
    /// The rule that parted training from held-out tracks.
    public var split: String
    /// Ids of the tracks it learned from and of those it was judged on.
    public var trainingTracks: [String]
    public var heldOutTracks: [String]
    /// Digest of the training data's segments.
    public var dataHash: String
    /// On the held-out tracks, after the last epoch.
    public var scores: Scores?
    /// Instruction set of the kernels that trained it: another one rounds differently.
    public var instructionSet: String
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
}
