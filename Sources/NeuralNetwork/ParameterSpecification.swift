/// One parameter tensor of a net: its name and shape as in PyTorch, and where and how the kernels keep it.
public struct ParameterSpecification: Sendable, Hashable {
    public enum Role: Sendable, Hashable {
        /// Pays the L1 penalty.
        case weight
        /// Learned, without a penalty: biases, and the scales of norms.
        case bias
        /// Measured, not learned: no optimiser and no penalty touches it.
        case statistic
    }

    /// What the values are drawn from.
    public enum Initialiser: Sendable, Hashable {
        /// Normal with variance 2 / fan in (He et al. 2015).
        case kaimingNormal(fanIn: Int)
        case zero
        case one
        /// Uniform in ± bound.
        case uniform(bound: Double)
    }

    /// For example "frequency.1.weight" or "dense1.bias".
    public let name: String
    public let role: Role
    public let initialiser: Initialiser
    public let layout: ParameterLayout
    /// Where the tensor begins in the stored parameters, in floats.
    public internal(set) var offset = 0

    /// The canonical shape, PyTorch's: convolutions [out, in, mels, frames], dense [out, in], biases [out];
    /// LSTM [4 * hidden, in], [4 * hidden, hidden] and [4 * hidden], gates i, f, g, o.
    public var shape: [Int] { layout.shape }
    /// Values in the canonical tensor.
    public var count: Int { layout.shape.reduce(1, *) }

    /// The tensor's values in canonical order, from memory that holds all parameters in the stored layout.
    func canonical(in stored: UnsafePointer<Float>) -> [Float] {
        let start = stored + offset
        var result: [Float] = []
        result.reserveCapacity(count)
        layout.forEachStoredIndex { result.append(start[$0]) }
        return result
    }
}

/// How a canonical tensor (PyTorch's order) lies in the kernels' memory, where channels come last and are rounded up to
/// whole vectors; the spare places hold zeros and stay zero.
public enum ParameterLayout: Sendable, Hashable {
    /// [out, in, mels, frames] as [mels][frames][stored in][stored out].
    case convolution(inputs: StoredChannels, outputs: StoredChannels, kernel: Extent)
    /// [out, all features] as [all stored features][stored out]; the features of each segment are flattened channel by
    /// channel in the canonical tensor, place by place in memory.
    case dense(segments: [StoredFeatures], outputs: StoredChannels)
    /// LSTM input weights [4 * hidden, all features] as [all stored features][4][stored hidden].
    case gatesOfInput(segments: [StoredFeatures], hidden: StoredChannels)
    /// LSTM recurrent weights [4 * hidden, hidden] as [stored hidden][4][stored hidden].
    case gatesOfState(hidden: StoredChannels)
    /// LSTM biases [4 * hidden] as [4][stored hidden].
    case gateBiases(hidden: StoredChannels)
    /// Weights of other cells' gates [gates * hidden, all features] as [all stored features][gates][stored hidden].
    case gates(Int, segments: [StoredFeatures], hidden: StoredChannels)
    /// Their biases [gates * hidden] as [gates][stored hidden].
    case biases(gates: Int, hidden: StoredChannels)
    /// [count], rounded up.
    case vector(StoredChannels)

    public var shape: [Int] {
        switch self {
        case .convolution(let inputs, let outputs, let kernel):
            [outputs.count, inputs.count, kernel.mels, kernel.frames]
        case .dense(let segments, let outputs): [outputs.count, segments.reduce(0) { $0 + $1.shape.count }]
        case .gatesOfInput(let segments, let hidden):
            [4 * hidden.count, segments.reduce(0) { $0 + $1.shape.count }]
        case .gatesOfState(let hidden): [4 * hidden.count, hidden.count]
        case .gateBiases(let hidden): [4 * hidden.count]
        case .gates(let gates, let segments, let hidden):
            [gates * hidden.count, segments.reduce(0) { $0 + $1.shape.count }]
        case .biases(let gates, let hidden): [gates * hidden.count]
        case .vector(let channels): [channels.count]
        }
    }

    /// Floats in the kernels' memory, before rounding up to whole vectors.
    var storedCount: Int {
        switch self {
        case .convolution(let inputs, let outputs, let kernel): kernel.area * inputs.stored * outputs.stored
        case .dense(let segments, let outputs): segments.reduce(0) { $0 + $1.storedCount } * outputs.stored
        case .gatesOfInput(let segments, let hidden):
            segments.reduce(0) { $0 + $1.storedCount } * 4 * hidden.stored
        case .gatesOfState(let hidden): hidden.stored * 4 * hidden.stored
        case .gateBiases(let hidden): 4 * hidden.stored
        case .gates(let gates, let segments, let hidden):
            segments.reduce(0) { $0 + $1.storedCount } * gates * hidden.stored
        case .biases(let gates, let hidden): gates * hidden.stored
        case .vector(let channels): channels.stored
        }
    }

    /// Calls `body` with the stored position of each canonical value, in canonical order.
    func forEachStoredIndex(_ body: (Int) -> Void) {
        switch self {
        case .convolution(let inputs, let outputs, let kernel):
            for output in 0..<outputs.count {
                for input in 0..<inputs.count {
                    for tap in 0..<kernel.area {
                        body((tap * inputs.stored + input) * outputs.stored + output)
                    }
                }
            }
        case .dense(let segments, let outputs):
            for output in 0..<outputs.count {
                segments.forEachStoredFeature { body($0 * outputs.stored + output) }
            }
        case .gatesOfInput(let segments, let hidden): Self.forEachGate(4, segments, hidden, body)
        case .gates(let gates, let segments, let hidden): Self.forEachGate(gates, segments, hidden, body)
        case .gatesOfState(let hidden):
            for gate in 0..<4 {
                for unit in 0..<hidden.count {
                    for state in 0..<hidden.count { body((state * 4 + gate) * hidden.stored + unit) }
                }
            }
        case .gateBiases(let hidden): Self.forEachBias(4, hidden, body)
        case .biases(let gates, let hidden): Self.forEachBias(gates, hidden, body)
        case .vector(let channels):
            for index in 0..<channels.count { body(index) }
        }
    }

    private static func forEachGate(
        _ gates: Int, _ segments: [StoredFeatures], _ hidden: StoredChannels, _ body: (Int) -> Void
    ) {
        for gate in 0..<gates {
            for unit in 0..<hidden.count {
                segments.forEachStoredFeature { body(($0 * gates + gate) * hidden.stored + unit) }
            }
        }
    }

    private static func forEachBias(_ gates: Int, _ hidden: StoredChannels, _ body: (Int) -> Void) {
        for gate in 0..<gates {
            for unit in 0..<hidden.count { body(gate * hidden.stored + unit) }
        }
    }
}

/// A number of channels or units, and how many the kernels keep for it.
public struct StoredChannels: Sendable, Hashable {
    public let count: Int
    public let stored: Int

    /// One channel stays one (images); more are rounded up to a multiple of 16.
    init(channels: Int) {
        count = channels
        stored = channels == 1 ? 1 : (channels + 15) / 16 * 16
    }

    /// Rounded up to a multiple of 16 always, as dense layers keep their outputs.
    init(units: Int) {
        count = units
        stored = (units + 15) / 16 * 16
    }

    /// As these features have them.
    init(of features: StoredFeatures) {
        count = features.shape.channels
        stored = features.storedChannels
    }
}

/// Features as the kernels keep them: [mels][frames][stored channels] for each segment.
public struct StoredFeatures: Sendable, Hashable {
    public let shape: FeatureShape
    public let storedChannels: Int

    init(shape: FeatureShape, storedChannels: Int) {
        self.shape = shape
        self.storedChannels = storedChannels
    }

    public var storedCount: Int { shape.extent.area * storedChannels }
}

extension [StoredFeatures] {
    /// Calls `body` with the stored position of each feature in canonical order: segment by segment, each flattened
    /// channel by channel.
    func forEachStoredFeature(_ body: (Int) -> Void) {
        var start = 0
        for segment in self {
            let places = segment.shape.extent.area
            for channel in 0..<segment.shape.channels {
                for place in 0..<places { body(start + place * segment.storedChannels + channel) }
            }
            start += segment.storedCount
        }
    }
}
