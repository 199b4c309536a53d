import Architectures
import ArgumentParser
import Datasets
import Evaluation
import Features
import Foundation
import ModelFile
import Training

/// `--threads` as given, or a complaint.
func checked(threads: Int?) throws -> Int? {
    guard threads.map({ 1...256 ~= $0 }) ?? true else {
        throw ValidationError("--threads must be 1 to 256.")
    }
    return threads
}

/// Hyperparameters of a training; every default is the paper's.
struct HyperparameterOptions: ParsableArguments {
    @Option(
        help: "The net: \(netNames). By default shallow, or that of the model to begin with.",
        completion: Completions.net)
    var net: String?
    @Option(
        help: "Passes over the training segments (100; from the default model \(Transfer.epochs)).",
        completion: .default)
    var epochs: Int?
    @Option(
        help: """
            Segments per step; the last, partial batch of an epoch is used too. By default the net's own (64, \
            crnn-published 32).
            """, completion: .default)
    var batch: Int?
    @Option(
        help: "Adam's learning rate (5e-5; from the default model \(Transfer.learningRate)).", completion: .default)
    var learningRate: Double?
    @Option(help: "Adam's first decay rate (0.9).", completion: .default) var beta1: Double?
    @Option(help: "Adam's second decay rate (0.999).", completion: .default) var beta2: Double?
    @Option(help: "Adam's epsilon (1e-8).", completion: .default) var epsilon: Double?
    @Option(
        help:
            "Factor of the weights' absolute values in the loss; by default the net's own (1e-4, deep-published 1e-5).",
        completion: .default)
    var l1: Double?
    @Option(help: "Seed of initial weights, order, dropout, split and segment draw (0).", completion: .default)
    var seed: UInt64?
    @Option(help: "Segments drawn from each track of audio: a number or 'all' (15).", completion: .list(["all", "15"]))
    var segments: String?
    @Option(
        help: "Make the model from the mean of the weights at the ends of this many last epochs.", completion: .default)
    var averageLast: Int?
}

/// The names of the options that were given, of a list: a flag is given where it is true, an option where it has a value.
func namesGiven(_ options: [(name: String, value: Any?)]) -> [String] {
    options.compactMap { name, value in
        switch value {
        case nil: nil
        case let flag as Bool: flag ? name : nil
        default: name
        }
    }
}

extension HyperparameterOptions {
    /// Names of those that were given, but for --epochs.
    var given: [String] {
        namesGiven([
            ("--net", net), ("--batch", batch), ("--learning-rate", learningRate), ("--beta1", beta1),
            ("--beta2", beta2),
            ("--epsilon", epsilon), ("--l1", l1), ("--seed", seed), ("--segments", segments),
            ("--average-last", averageLast),
        ])
    }

    /// The configuration that the options ask for.
    ///
    /// - Parameters:
    ///   - base: the net where none is named.
    ///   - usual: what is not given.
    func configuration(
        augmentation: AugmentationConfiguration? = nil, net base: String? = nil,
        usual: TrainingConfiguration = TrainingConfiguration()
    ) throws -> TrainingConfiguration {
        var net = net ?? base ?? "shallow"
        let blueprint = net.hasSuffix(".json") ? try readBlueprint(net) : nil
        let architecture: Architecture
        if let blueprint {
            net = blueprint.name
            // As of the field's nets: no penalty unless it is asked for.
            architecture = Architecture(name: net, summary: "", defaultL1: 0) { _, _ in blueprint }
        } else {
            guard let named = Architecture.named(net) else {
                throw ValidationError(unknown("net", net, among: Completions.nets))
            }
            architecture = named
        }
        var perTrack = usual.segmentsPerTrack
        if let segments {
            switch try segmentChoice(segments) {
            case .random(let count): perTrack = count
            default: perTrack = nil
            }
        }
        let configuration = TrainingConfiguration(
            net: net, epochs: epochs ?? usual.epochs, batch: batch ?? architecture.defaultBatch,
            learningRate: learningRate ?? usual.learningRate, beta1: beta1 ?? usual.beta1, beta2: beta2 ?? usual.beta2,
            epsilon: epsilon ?? usual.epsilon, l1: l1 ?? architecture.defaultL1, seed: seed ?? usual.seed,
            segmentsPerTrack: perTrack, averagedEpochs: averageLast, augmentation: augmentation,
            blueprint: blueprint)
        do { try configuration.check() } catch { throw ValidationError("\(error)") }
        return configuration
    }
}

/// "15" or "all" as a choice of segments.
func segmentChoice(_ text: String) throws -> SegmentChoice {
    if text == "all" { return .all }
    guard let count = Int(text), 1...NumberBounds.greatestCount ~= count else {
        throw ValidationError(
            "--segments must be 'all' or a number of 1 to \(NumberBounds.greatestCount), not '\(text)'.")
    }
    return .random(count: count)
}

let netNames = Architecture.all.map(\.name).joined(separator: ", ")
let netList =
    Terminal.list(Architecture.paper.map { ($0.name, $0.summary) })
    + "\n'genre nets' lists \(Architecture.all.count - Architecture.paper.count) more, and all with their sizes."
/// What a user must know about nets whose figures are not what they seem.
let netCautions = Architecture.all.compactMap(\.caution).joined(separator: "\n")
let recipeNames = FeatureRecipe.all.filter(\.makesSegmentsFromAudio).map(\.name).joined(separator: ", ")
