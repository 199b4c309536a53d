import Datasets
import ModelFile
import NeuralNetwork

/// What data, split, net and configuration make together, all of it checked: what has a setup can be trained.
struct TrainingSetup {
    let plan: NetworkPlan
    /// As indices into the set; neither side is empty.
    let trainingSegments: [Int]
    let validationSegments: [Int]
    /// Names of the parameters that are not trained.
    let frozen: Set<String>
    let augmentation: BatchAugmentation?

    /// - Parameter renewsHead: the last layer is drawn anew, though the training begins with a model.
    /// - Throws: ``TrainingError/badConfiguration(_:)``, ``TrainingError/dataDoesNotFit(_:)``, and `NeuralNetworkError`
    ///   for a net that cannot be, or lacks what is to be frozen.
    init(
        set: SegmentSet, split: TrackSplit, blueprint: Blueprint, configuration: TrainingConfiguration, renewsHead: Bool
    ) throws {
        try configuration.check()
        plan = try NetworkPlan(blueprint)
        guard plan.classes == set.genres.count else {
            throw TrainingError.dataDoesNotFit(
                "the net has \(plan.classes) classes, the data \(set.genres.count) genres")
        }
        guard blueprint.input.mels == set.mels, blueprint.input.frames == set.frames else {
            throw TrainingError.dataDoesNotFit(
                "the net takes segments of \(blueprint.input), the data has \(set.mels)x\(set.frames)")
        }
        let segments = split.segments(.training, of: set)
        trainingSegments = segments
        validationSegments = split.segments(.validation, of: set)
        if split.rule.hasPrefix("all:"), configuration.head == nil || configuration.head?.unfreezes == true {
            throw TrainingError.badConfiguration(
                "--split all leaves no track to judge a training by; heads alone (--backbone) are judged by folds inside"
            )
        }
        guard !trainingSegments.isEmpty, !validationSegments.isEmpty || configuration.head != nil else {
            throw TrainingError.dataDoesNotFit("the split '\(split.rule)' leaves one side without segments")
        }
        frozen = try plan.parameters(matching: configuration.frozen ?? [])
        do { _ = try (configuration.l2 ?? .none).factors(in: plan) } catch {
            throw TrainingError.badConfiguration("--l2: \(error)")
        }
        guard !renewsHead || frozen.isDisjoint(with: plan.headParameters) else {
            throw TrainingError.badConfiguration("--freeze must leave the last layer free: its genres are new")
        }
        augmentation = try configuration.augmentation.map {
            try BatchAugmentation($0, seed: configuration.seed, set: set, segments: segments)
        }
    }
}
