import Features
import Foundation

/// What tells genres: one net, or several whose verdicts are joined.
public enum GenreModel {
    case single(TrainedModel)
    case fused(FusedModel)

    /// Opens a model file of either kind.
    ///
    /// - Parameter installed: where backbones are looked for.
    /// - Throws: ``ModelFileError``.
    public init(contentsOf url: URL, among installed: InstalledModels? = .standard()) throws {
        let tensors = try TrainedModel.tensors(of: url)
        if tensors.metadata[FusedModel.cardKey] != nil {
            self = .fused(try FusedModel(tensors, among: installed))
        } else {
            self = .single(try TrainedModel(tensors, among: installed))
        }
    }

    /// The nets that it is of.
    public var nets: [TrainedModel] {
        switch self {
        case .single(let model): [model]
        case .fused(let model): model.members.map(\.model)
        }
    }

    /// Names of the classes, in their order.
    public var genres: [String] { nets[0].card.genres }

    /// How the segments that each net hears are made.
    public var recipes: [FeatureRecipe] {
        switch self {
        case .single(let model): [model.card.recipe]
        case .fused(let model): model.members.map(\.recipe)
        }
    }

    /// Whether it tells tags, which no fusion does.
    public var tellsTags: Bool { nets[0].card.tellsTags }
}
