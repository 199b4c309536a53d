import Evaluation
import Features
import NeuralNetwork

/// What a model says about itself: enough to use it rightly, and to make it again.
public struct ModelCard: Codable, Sendable {
    /// Name of the architecture, and the architecture itself.
    public var architecture: String
    public var blueprint: Blueprint
    /// Genre names in the order of the classes; of a model that tells tags, the tags'.
    public var genres: [String]
    /// What its outputs are; nil for genres that exclude each other.
    public var outputs: ModelOutputs?
    /// How its segments were made; it never meets others.
    public var recipe: FeatureRecipe
    /// Where the weights came from, if another program trained them; nil for this tool's own. Of such a model only its
    /// maker knows the configuration, the split, the tracks and the data: these are nil then.
    public var imported: ImportedWeights?
    /// The installed model that holds all weights but the last layer's; nil where the file holds all.
    public var backbone: Backbone?
    public var configuration: TrainingConfiguration?
    /// The rule that parted training from held-out tracks.
    public var split: String?
    /// Ids of the tracks it learned from and of those it was judged on after each epoch.
    public var trainingTracks: [String]?
    public var heldOutTracks: [String]?
    /// Ids of the tracks it was judged on once, at the end; nil where the split has no such side.
    public var testTracks: [String]?
    /// Digest of the training data's segments.
    public var dataHash: String?
    /// Seed of the segment draw where it is not the configuration's: the runs of a series share their data.
    public var dataSeed: UInt64?
    /// After the last epoch: on the test tracks where there are any, else on the held-out ones.
    public var scores: Scores?
    /// On the held-out tracks after the last epoch, where `scores` are of the test tracks.
    public var validationScores: Scores?
    /// Epochs that it learned for; nil in older files, which always have all.
    public var epoch: Int?
    /// What turns its probabilities of a track into confidences; nil where too few tracks were held out.
    public var calibration: Calibration?
    /// Instruction set of the kernels that trained it: another one rounds differently. Nil for imported weights.
    public var instructionSet: String?
    /// Version of the tool that wrote it.
    public var toolVersion: String

    public init(
        blueprint: Blueprint, genres: [String], recipe: FeatureRecipe, configuration: TrainingConfiguration,
        split: String, trainingTracks: [String], heldOutTracks: [String], testTracks: [String]? = nil,
        dataHash: String, scores: Scores?, validationScores: Scores? = nil, epoch: Int? = nil,
        calibration: Calibration? = nil, instructionSet: String, toolVersion: String
    ) {
        architecture = blueprint.name
        self.blueprint = blueprint
        self.genres = genres
        self.recipe = recipe
        self.configuration = configuration
        self.split = split
        self.trainingTracks = trainingTracks
        self.heldOutTracks = heldOutTracks
        self.testTracks = testTracks
        self.dataHash = dataHash
        self.scores = scores
        self.validationScores = validationScores
        self.epoch = epoch
        self.calibration = calibration
        self.instructionSet = instructionSet
        self.toolVersion = toolVersion
    }

    /// Which tracks `scores` are of, in words.
    public var scoredSide: String {
        testTracks != nil ? "test" : heldOutTracks?.isEmpty == true ? "cross-validated training" : "held-out"
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

/// A model that another one is built on: a head's file does not hold it, but names it.
public struct Backbone: Codable, Sendable, Hashable {
    /// As ``InstalledModels`` knows it.
    public var name: String
    /// Digest of its weights, hexadecimal.
    public var weights: String
    /// So many of the net's first layers are its; nil for all but the last, as in older files.
    public var layers: Int?

    public init(name: String, weights: String, layers: Int? = nil) {
        self.name = name
        self.weights = weights
        self.layers = layers
    }

    /// The model, if it is installed and the same.
    ///
    /// - Parameter file: whose backbone it is, for the error.
    /// - Throws: ``ModelFileError/noBackbone(file:name:)``, ``ModelFileError/otherBackbone(file:name:place:)``.
    public func open(for file: String, among installed: InstalledModels? = .standard()) throws -> TrainedModel {
        guard let place = installed?.file(of: name) else { throw ModelFileError.noBackbone(file: file, name: name) }
        let model = try TrainedModel(contentsOf: place)
        guard model.card.backbone == nil, model.parameters.digest == weights else {
            throw ModelFileError.otherBackbone(file: file, name: name, place: place.path)
        }
        return model
    }
}

/// What the outputs of a net are.
public enum ModelOutputs: String, Codable, Sendable, Hashable {
    /// Each tag holds or not by itself: a sigmoid an output, in place of one softmax over all.
    case tags
}

extension ModelCard {
    /// Whether it tells tags, of which a track may have several or none, and no genre.
    public var tellsTags: Bool { outputs == .tags }

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
    /// Whose work it is, in words; nil where nobody knows but the user.
    public var work: String?
    /// The text of the licence that came with the file.
    public var licence: String?
    /// What was changed, in words; nil for nothing.
    public var changes: String?

    public init(
        file: String, sha256: String, work: String? = nil, licence: String? = nil, changes: String? = nil
    ) {
        self.file = file
        self.sha256 = sha256
        self.work = work
        self.licence = licence
        self.changes = changes
    }
}
