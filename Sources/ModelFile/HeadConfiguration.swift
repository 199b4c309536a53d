/// What a head reads of its backbone.
public enum HeadFeatures: String, Codable, Sendable, Hashable, CaseIterable {
    /// The probabilities of the tags.
    case tags
    /// What the last layer of the backbone reads: of musicnn 200 numbers, after their norm.
    case penultimate
    /// What the dense layer before it reads: of musicnn the greatest and the mean over time of each channel, after their
    /// norm.
    case pools
}

/// How a head is fitted on what its backbone gives.
public struct HeadConfiguration: Codable, Sendable, Hashable {
    public var backbone: Backbone
    /// Nil for the tags, as in older files.
    public var features: HeadFeatures?
    /// Units of a dense layer; nil for none: multinomial logistic regression on each track's means.
    public var units: Int?
    /// Of a logistic regression scikit-learn's C: the smaller, the stronger the penalty. Chosen among ``candidates``; nil
    /// before that.
    public var strength: Double?
    /// Epochs of a dense layer's training: about where the folds' losses were least; nil before that.
    public var epochs: Int?
    /// Parts of the training tracks, artists whole, that the choice is made by.
    public var folds: Int
    /// Whether the whole net is trained after the head; nil for not.
    public var unfreezes: Bool?

    public static let candidates = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3]

    public init(
        backbone: Backbone, features: HeadFeatures? = nil, units: Int? = nil, strength: Double? = nil, folds: Int = 5,
        unfreezes: Bool? = nil
    ) {
        self.backbone = backbone
        self.features = features
        self.units = units
        self.strength = strength
        self.folds = folds
        self.unfreezes = unfreezes
    }
}

extension HeadConfiguration {
    /// What it is, in words.
    public var words: String {
        let what =
            units.map { "a head with a dense layer of \($0)\(epochs.map { ", \($0) epochs" } ?? "")" }
            ?? "a logistic regression\(strength.map { ", C \($0)" } ?? "")"
        return "\(what), on the \((features ?? .tags).rawValue) of \(backbone.name); chosen by \(folds) folds of the "
            + "training tracks"
    }
}
