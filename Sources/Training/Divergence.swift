import Evaluation
import Foundation
import ModelFile

/// A training that leads nowhere: when, what showed it, and which of its options is the likeliest cause.
public struct Divergence: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// In progress when it was stopped, from 1.
    public var epoch: Int
    /// What was seen.
    public var finding: String
    public var advice: String

    init(epoch: Int, finding: String, configuration: TrainingConfiguration) {
        self.epoch = epoch
        self.finding = finding
        advice = Self.advice(for: configuration)
    }

    public var description: String {
        "the training diverged in epoch \(epoch): \(finding). \(advice) A resumed run keeps its options, and would "
            + "diverge again: begin a new run."
    }

    /// Names the options that are far from what trainings use; the learning rate where none is.
    private static func advice(for configuration: TrainingConfiguration) -> String {
        let usual = TrainingConfiguration()
        let optimiser = configuration.optimiser ?? .adam
        var suspects: [String] = []
        func suspect(_ isUnusual: Bool, _ option: String, _ value: Double, _ remedy: String) {
            if isUnusual { suspects.append("\(option) \(value) is unusual: \(remedy).") }
        }
        let rate = configuration.learningRate
        let usualRate = optimiser == .adam ? usual.learningRate : optimiser.usualLearningRate
        suspect(
            rate > (optimiser == .adam ? 5e-3 : 5 * usualRate), "--learning-rate", rate, "the usual one is \(usualRate)"
        )
        suspect(configuration.l1 > 0.1, "--l1", configuration.l1, "the usual one is \(usual.l1)")
        for term in configuration.l2?.terms ?? [] {
            suspect(term.factor > 0.1, "--l2", term.factor, "more than 0.1 is much")
        }
        suspect(
            configuration.epsilon < 1e-12 || configuration.epsilon > 1, "--epsilon", configuration.epsilon,
            "the usual one is \(usual.epsilon)")
        suspect(configuration.beta1 > 0.99, "--beta1", configuration.beta1, "the usual one is \(usual.beta1)")
        suspect(configuration.beta2 < 0.9, "--beta2", configuration.beta2, "the usual one is \(usual.beta2)")
        if let gain = configuration.augmentation?.gain { suspect(gain > 20, "--gain", gain, "6 dB are much") }
        if let value = configuration.augmentation?.masks?.value {
            suspect(abs(value) > 100, "--mask-value", Double(value), "segments hold values around -10 to 10")
        }
        return suspects.isEmpty
            ? "Try a --learning-rate below \(rate)." : suspects.joined(separator: " ")
    }
}

/// When a training counts as diverged though all its numbers are finite.
///
/// The reference is the loss of the first batch, which the net met untrained, or the first epoch's mean where that is less,
/// and at least the loss of a guess, ln(classes). A mean over an epoch beyond a thousand times the reference has
/// diverged; in the first epoch, from which the optimiser may still come back, beyond a million times. The mean is looked at after
/// each step from the twentieth of an epoch on, and at its end.
struct SlowDivergence {
    static let factor = 1000.0
    static let steps = 20

    let classes: Int

    /// - Parameters:
    ///   - mean: of the epoch in progress, or at its end.
    ///   - firstLoss: of the first batch; nil where it is not known.
    /// - Returns: what to say of it; nil for a training that goes on.
    func finding(mean: Double, firstLoss: Double?, history: [EpochRecord]) -> String? {
        guard let first = [firstLoss, history.first?.trainLoss].compactMap({ $0 }).min() else { return nil }
        let reference = max(first, log(Double(classes)))
        let factor = history.isEmpty ? Self.factor * Self.factor : Self.factor
        guard mean > factor * reference else { return nil }
        return "the mean loss is \(Self.short(mean)), where the training began with \(Self.short(first))"
    }

    /// 12345.678 as "1.23e+04", 2.3 as "2.3".
    private static func short(_ value: Double) -> String { String(format: "%.3g", value) }
}
