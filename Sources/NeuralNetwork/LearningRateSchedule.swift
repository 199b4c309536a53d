import Foundation

/// How the learning rate changes during a training, as a factor of the configured one.
public struct LearningRateSchedule: Sendable, Hashable {
    public enum Shape: Sendable, Hashable {
        case constant
        /// Down to 0 along half a cosine over all steps after the warm-up (Loshchilov & Hutter 2017, without restarts).
        case cosine
        /// Times `factor` after every so many epochs, counted from the end of the warm-up.
        case step(every: Int, factor: Double)
        /// Times `factor` when the watched measure has not improved for more than `patience` epochs; the count then
        /// begins anew (as PyTorch's `ReduceLROnPlateau` counts, with no threshold). Epochs with steps of the warm-up do
        /// not count.
        ///
        /// - Parameter measure: nil for what the training watches.
        case plateau(patience: Int, factor: Double, of: PlateauMeasure? = nil)
        /// Divided by 1 + `decay` times the steps done since the warm-up (Keras' `decay`).
        case inverseTime(decay: Double)
    }

    public var shape: Shape
    /// Epochs, or a part of one, over whose steps the rate rises evenly to the configured one.
    public var warmupEpochs: Double

    public init(_ shape: Shape = .constant, warmupEpochs: Double = 0) {
        self.shape = shape
        self.warmupEpochs = warmupEpochs
    }

    /// The factor for a step.
    ///
    /// - Parameters:
    ///   - step: steps done before it, in all epochs.
    ///   - watched: after each epoch done, what a plateau goes by; the smaller the better.
    public func factor(step: Int, stepsPerEpoch: Int, epochs: Int, watched: [Double]) -> Double {
        let warmup = min(Int((warmupEpochs * Double(stepsPerEpoch)).rounded()), epochs * stepsPerEpoch)
        if step < warmup { return Double(step + 1) / Double(warmup + 1) }
        switch shape {
        case .constant: return 1
        case .cosine:
            let total = Double(max(epochs * stepsPerEpoch - warmup, 1))
            return 0.5 * (1 + cos(Double.pi * min(Double(step - warmup) / total, 1)))
        case .step(let every, let factor): return power(factor, (step - warmup) / stepsPerEpoch / every)
        case .inverseTime(let decay): return 1 / (1 + decay * Double(step - warmup))
        case .plateau(let patience, let factor, _):
            var best = Double.infinity
            var waited = 0
            var cuts = 0
            for value in watched.dropFirst(Int(warmupEpochs.rounded(.up))) {
                waited = value < best ? 0 : waited + 1
                best = min(best, value)
                if waited > patience { (waited, cuts) = (0, cuts + 1) }
            }
            return power(factor, cuts)
        }
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { value, _ in value * base }
    }
}

// MARK: - As text

/// "constant", "cosine", "step:30:0.1" (every 30 epochs, times 0.1), "plateau:5:0.5" (after 5 epochs in vain, times 0.5),
/// "plateau:5:0.5:train-loss" (the same by the training loss),
/// "inverse-time:1e-05" (divided by 1 + 1e-05 a step).
extension LearningRateSchedule.Shape: LosslessStringConvertible, Codable {
    public init?(_ text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        func pair(from least: Int) -> (Int, Double)? {
            guard parts.count == 3, let count = Int(parts[1]), let factor = Double(parts[2]) else { return nil }
            return count >= least && count <= 100_000 && factor > 0 && factor < 1 ? (count, factor) : nil
        }
        switch parts[0] {
        case "constant" where parts.count == 1: self = .constant
        case "cosine" where parts.count == 1: self = .cosine
        case "step":
            guard let (every, factor) = pair(from: 1) else { return nil }
            self = .step(every: every, factor: factor)
        case "plateau":
            var measure: PlateauMeasure?
            if parts.count == 4 {
                measure = PlateauMeasure(rawValue: parts.removeLast())
                guard measure != nil else { return nil }
            }
            guard let (patience, factor) = pair(from: 0) else { return nil }
            self = .plateau(patience: patience, factor: factor, of: measure)
        case "inverse-time":
            guard parts.count == 2, let decay = Double(parts[1]), decay > 0, decay.isFinite else { return nil }
            self = .inverseTime(decay: decay)
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .constant: "constant"
        case .cosine: "cosine"
        case .step(let every, let factor): "step:\(every):\(factor)"
        case .plateau(let patience, let factor, let measure):
            "plateau:\(patience):\(factor)" + (measure.map { ":\($0.rawValue)" } ?? "")
        case .inverseTime(let decay): "inverse-time:\(decay)"
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let shape = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no schedule")
        }
        self = shape
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension LearningRateSchedule: Codable {
    private enum CodingKeys: String, CodingKey {
        case shape
        case warmupEpochs = "warmup_epochs"
    }
}

/// What early stop, the best model and plateaus go by; always on the validation side.
public enum WatchedMeasure: String, Codable, Sendable, Hashable, CaseIterable {
    case loss, raw, max, maj
}

/// What a plateau may go by: what can be watched, and the training loss.
public enum PlateauMeasure: String, Codable, Sendable, Hashable, CaseIterable {
    case trainLoss = "train-loss"
    case loss, raw, max, maj
}
