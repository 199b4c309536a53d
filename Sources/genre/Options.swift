import Architectures
import ArgumentParser
import Datasets
import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Training

/// `--threads` as given, or a complaint.
func checked(threads: Int?) throws -> Int? {
    guard threads.map({ 1...256 ~= $0 }) ?? true else {
        throw ValidationError("--threads must be 1 to 256.")
    }
    return threads
}

/// Hyperparameters of a training; every default is what the net's authors use.
struct HyperparameterOptions: ParsableArguments {
    @Option(
        help: "The net: \(netNames). By default shallow, or that of the model to begin with.",
        completion: Completions.net)
    var net: String?
    @Option(
        help: """
            Passes over the training segments; by default as many as the net's authors set, which 'genre nets' shows \
            (from the default model \(Transfer.epochs)).
            """, completion: .default)
    var epochs: Int?
    @Option(
        help: """
            Segments per step; the last, partial batch of an epoch is used too. By default what the net's authors set.
            """, completion: .default)
    var batch: Int?
    @Option(
        help: """
            The optimizer, as PyTorch computes it: \(Completions.optimisers.joined(separator: ", ")). By default that \
            of the net's authors.
            """, completion: .list(Completions.optimisers))
    var optimizer: String?
    @Option(
        help: """
            The learning rate; by default what the net's authors set (from the default model \
            \(Transfer.learningRate)), with another --optimizer than theirs PyTorch's (sgd 0.01, adam and adamw 0.001, \
            adadelta 1).
            """, completion: .default)
    var learningRate: Double?
    @Option(help: "Momentum of sgd; by default what the net's authors set (0).", completion: .default) var momentum:
        Double?
    @Flag(help: "Take sgd's steps as Nesterov does; needs a momentum.") var nesterov = false
    @Option(help: "First decay rate of adam and adamw (0.9).", completion: .default) var beta1: Double?
    @Option(help: "Second decay rate of adam and adamw (0.999).", completion: .default) var beta2: Double?
    @Option(help: "Decay rate of adadelta (0.9).", completion: .default) var rho: Double?
    @Option(help: "Epsilon of adam, adamw (1e-8) and adadelta (1e-6).", completion: .default) var epsilon: Double?
    @Option(
        help: "Weight decay of all parameters; of adamw past the gradient (0; adamw 0.01).", completion: .default)
    var weightDecay: Double?
    @Option(
        help:
            "Factor of the weights' absolute values in the loss; by default what the net's authors set (0 for most).",
        completion: .default)
    var l1: Double?
    @Option(
        help: """
            Factor of the weights' squares in the loss: of all weights (1e-5), or by layers as --freeze names them \
            (towers=0.01,dense1=0.02). By default what the net's authors set.
            """, completion: .default)
    var l2: String?
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
            ("--net", net), ("--batch", batch), ("--optimizer", optimizer), ("--learning-rate", learningRate),
            ("--momentum", momentum), ("--nesterov", nesterov), ("--beta1", beta1), ("--beta2", beta2),
            ("--rho", rho), ("--epsilon", epsilon), ("--weight-decay", weightDecay), ("--l1", l1), ("--l2", l2),
            ("--seed", seed), ("--segments", segments),
            ("--average-last", averageLast),
        ])
    }

    /// The configuration that the options ask for: what is not given is as the net's authors have it.
    ///
    /// - Parameters:
    ///   - base: the net where none is named, of the model to begin with.
    ///   - change: what is otherwise usual in this training.
    func configuration(
        net base: String? = nil,
        change: (inout TrainingSettings) -> Void = { _ in }
    ) throws -> TrainingConfiguration {
        var net = net ?? base ?? "shallow"
        let blueprint = net.hasSuffix(".json") ? try readBlueprint(net) : nil
        // A net of one's own: no penalty unless it is asked for.
        var settings = TrainingSettings(.adam(l1: 0))
        if let blueprint {
            net = blueprint.name
        } else if let architecture = Architecture.named(net) {
            settings = architecture.training
        } else if self.net != nil || base == nil {
            throw ValidationError(unknown("net", net, among: Completions.nets))
        }
        change(&settings)
        settings.epochs = epochs ?? settings.epochs
        settings.batch = batch ?? settings.batch
        // The mean is taken over the last epochs, which an early stop might not reach.
        if averageLast != nil { settings.patience = nil }
        try apply(to: &settings.optimiser)
        let perTrack: Int? =
            switch try segments.map(segmentChoice) {
            case .random(let count): count
            case .all: nil
            case nil: TrainingConfiguration().segmentsPerTrack
            }
        var configuration = TrainingConfiguration(
            net: net, settings: settings, seed: seed ?? 0, segmentsPerTrack: perTrack, blueprint: blueprint)
        configuration.averagedEpochs = averageLast
        // Kept apart from the settings, so that what makes no sense is refused by its name.
        configuration.momentum = momentum ?? configuration.momentum
        configuration.nesterov = nesterov ? true : configuration.nesterov
        configuration.rho = rho ?? configuration.rho
        do { try configuration.check() } catch { throw ValidationError("\(error)") }
        return configuration
    }

    /// Changes what is given; of another optimizer than before the rest is PyTorch's.
    private func apply(to optimiser: inout OptimiserSettings) throws {
        if let optimizer {
            guard let name = OptimiserSettings.Name(rawValue: optimizer) else {
                throw ValidationError(unknown("optimizer", optimizer, among: Completions.optimisers))
            }
            if name != optimiser.name {
                optimiser.learningRate = name.usualLearningRate
                optimiser.weightDecay = name.usualWeightDecay
                optimiser.method = name.usual
            }
        }
        let name = optimiser.name
        func refuse(_ option: String, _ goesWith: String) -> ValidationError {
            ValidationError("\(option) goes with --optimizer \(goesWith), not \(name.rawValue)")
        }
        switch optimiser.method {
        case .sgd:
            if beta1 != nil { throw refuse("--beta1", "adam or adamw") }
            if beta2 != nil { throw refuse("--beta2", "adam or adamw") }
            if epsilon != nil { throw refuse("--epsilon", "adam, adamw or adadelta") }
        case .adam(let first, let second, let small):
            optimiser.method = .adam(beta1: beta1 ?? first, beta2: beta2 ?? second, epsilon: epsilon ?? small)
        case .adamW(let first, let second, let small):
            optimiser.method = .adamW(beta1: beta1 ?? first, beta2: beta2 ?? second, epsilon: epsilon ?? small)
        case .adadelta(let rho, let small):
            if beta1 != nil { throw refuse("--beta1", "adam or adamw") }
            if beta2 != nil { throw refuse("--beta2", "adam or adamw") }
            optimiser.method = .adadelta(rho: rho, epsilon: epsilon ?? small)
        }
        optimiser.learningRate = learningRate ?? optimiser.learningRate
        optimiser.weightDecay = weightDecay ?? optimiser.weightDecay
        optimiser.l1 = l1 ?? optimiser.l1
        if let l2 {
            guard let penalty = L2Penalty(l2) else {
                throw ValidationError(
                    "'\(l2)' is no --l2: give a factor (1e-5), or layers with theirs (towers=0.01,dense1=0.02).")
            }
            optimiser.l2 = penalty
        }
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
