/// What a node of the graph computes, with everything about it worked out that a blueprint leaves open.
public enum Operation: Sendable, Hashable {
    case convolution(ConvolutionOperation)
    case norm(NormSettings)
    case activation(Activation)
    case pool(PoolOperation)
    /// Several values as one.
    case concatenate(Join)
    case add
    case recurrent(RecurrentOperation)
    case dropout(rate: Float)
    case dense(units: Int)
    case standardise
    /// An image cut into so many along its frames.
    case split(Int)
    /// So many images joined along their frames.
    case merge(Int)
}

/// Rows and columns around a map.
public struct Pads: Sendable, Hashable {
    public let top, bottom, left, right: Int

    public var area: Int { (top + bottom) * (left + right) }
    public var isEmpty: Bool { top == 0 && bottom == 0 && left == 0 && right == 0 }

    /// - Throws: a problem's text where a size is senseless.
    init(_ padding: Padding, map: Extent, window: Extent, stride: Extent) {
        func sides(_ axis: Padding.Axis, _ size: Int, _ window: Int, _ stride: Int) -> (Int, Int) {
            switch axis {
            case .same:
                let all = Swift.max(((size + stride - 1) / stride - 1) * stride + window - size, 0)
                return (all / 2, all - all / 2)
            case .valid: return (0, 0)
            case .explicit(let before, let after): return (before, after)
            }
        }
        (top, bottom) = sides(padding.mels, map.mels, window.mels, stride.mels)
        (left, right) = sides(padding.frames, map.frames, window.frames, stride.frames)
    }

    /// The map that windows of this size leave; 0 or less where they do not fit.
    func output(of map: Extent, window: Extent, stride: Extent) -> Extent {
        let (mels, frames) = (map.mels + top + bottom - window.mels, map.frames + left + right - window.frames)
        return (mels < 0 ? 0 : mels / stride.mels + 1) × (frames < 0 ? 0 : frames / stride.frames + 1)
    }
}

public struct ConvolutionOperation: Sendable, Hashable {
    public let channels: Int
    public let kernel: Extent
    public let stride: Extent
    public let pads: Pads
    public let bias: Bool
}

public struct PoolOperation: Sendable, Hashable {
    public let kind: PoolKind
    public let window: Extent
    public let stride: Extent
    public let pads: Pads

    /// Whether it takes the maximum of windows that lie side by side.
    var coversOnce: Bool { kind == .max && stride == window && pads.isEmpty }
}

public struct RecurrentOperation: Sendable, Hashable {
    public let settings: RecurrentSettings
    /// Steps of an image's sequence; nil where the batch is the sequence.
    public let steps: Int?
    /// For each input, the steps that read one of its columns.
    public let spans: [Int]

    var hidden: StoredChannels { StoredChannels(units: settings.hidden) }

    /// What each layer reads at a step, in canonical order.
    func features(ofLayer layer: Int, inputs: [NetworkGraph.Value]) -> [StoredFeatures] {
        if layer > 0 { return lastOutputs }
        return inputs.flatMap { input in
            steps == nil
                ? input.parts
                : input.parts.map {
                    StoredFeatures(
                        shape: FeatureShape(channels: $0.shape.channels, extent: $0.shape.extent.mels × 1),
                        storedChannels: $0.storedChannels)
                }
        }
    }

    /// One vector a direction.
    var lastOutputs: [StoredFeatures] {
        Array(
            repeating: StoredFeatures(
                shape: FeatureShape(channels: settings.hidden, extent: 1 × 1), storedChannels: hidden.stored),
            count: settings.directions)
    }
}

// MARK: - Readings

extension Operation {
    /// Multiply-adds of one image, as a direct convolution does them; operations without products count nothing.
    func multiplyAdds(inputs: [NetworkGraph.Value], output: NetworkGraph.Value) -> Int {
        switch self {
        case .convolution(let convolution):
            return output.shape.extent.area * convolution.kernel.area * inputs[0].shape.channels * convolution.channels
        case .dense(let units): return inputs.reduce(0) { $0 + $1.count } * units
        case .recurrent(let recurrent):
            let (settings, steps) = (recurrent.settings, recurrent.steps ?? 1)
            var work = 0
            for layer in 0..<settings.layers {
                // A column that several steps read is projected once.
                let projected =
                    layer > 0
                    ? recurrent.lastOutputs.reduce(0) { $0 + $1.shape.count } * steps
                    : inputs.reduce(0) { $0 + $1.count }
                work +=
                    settings.directions * settings.cell.gates * settings.hidden
                    * (projected + steps * settings.hidden)
            }
            return work
        case .norm, .activation, .pool, .concatenate, .add, .dropout, .standardise, .split, .merge: return 0
        }
    }

    /// What it needs to learn or to keep; names and order as in PyTorch.
    func parameters(name: String, inputs: [NetworkGraph.Value]) -> [ParameterSpecification] {
        switch self {
        case .convolution(let convolution):
            let channels = StoredChannels(of: inputs[0].parts[0])
            let outputs = StoredChannels(channels: convolution.channels)
            let weight = ParameterSpecification(
                name: "\(name).weight", role: .weight,
                initialiser: .kaimingNormal(fanIn: channels.count * convolution.kernel.area),
                layout: .convolution(inputs: channels, outputs: outputs, kernel: convolution.kernel))
            let bias = ParameterSpecification(
                name: "\(name).bias", role: .bias, initialiser: .zero, layout: .vector(outputs))
            return convolution.bias ? [weight, bias] : [weight]
        case .norm:
            let channels = StoredChannels(of: inputs[0].parts[0])
            func vector(
                _ part: String, _ role: ParameterSpecification.Role, _ initialiser: ParameterSpecification.Initialiser
            ) -> ParameterSpecification {
                ParameterSpecification(
                    name: "\(name).\(part)", role: role, initialiser: initialiser, layout: .vector(channels))
            }
            return [
                vector("weight", .bias, .one), vector("bias", .bias, .zero),
                vector("running_mean", .statistic, .zero), vector("running_var", .statistic, .one),
            ]
        case .dense(let units):
            let segments = inputs.flatMap(\.parts)
            let stored = StoredChannels(units: units)
            return [
                ParameterSpecification(
                    name: "\(name).weight", role: .weight,
                    initialiser: .kaimingNormal(fanIn: segments.reduce(0) { $0 + $1.shape.count }),
                    layout: .dense(segments: segments, outputs: stored)),
                ParameterSpecification(name: "\(name).bias", role: .bias, initialiser: .zero, layout: .vector(stored)),
            ]
        case .recurrent(let recurrent): return recurrent.parameters(name: name, inputs: inputs)
        case .standardise:
            let bands = StoredChannels(units: inputs[0].shape.extent.mels)
            return [
                ParameterSpecification(
                    name: "\(name).mean", role: .statistic, initialiser: .zero, layout: .vector(bands)),
                ParameterSpecification(
                    name: "\(name).deviation", role: .statistic, initialiser: .one, layout: .vector(bands)),
            ]
        case .activation, .pool, .concatenate, .add, .dropout, .split, .merge: return []
        }
    }

    /// The layer in words, for lists and figures.
    public var words: String {
        switch self {
        case .convolution(let convolution):
            let stride = convolution.stride == 1 × 1 ? "" : ", stride \(convolution.stride)"
            let padding = convolution.pads.isEmpty && convolution.kernel.area > 1 ? ", unpadded" : ""
            return "conv \(convolution.kernel)\(stride)\(padding)"
        case .norm: return "batch norm"
        case .activation(let activation): return activation.words ?? "identity"
        case .pool(let pool):
            let kind = pool.kind == .max ? "max" : "average"
            return "\(kind) pool \(pool.window)" + (pool.stride == pool.window ? "" : ", stride \(pool.stride)")
        case .concatenate(.features): return "features joined"
        case .concatenate(.channels): return "channels joined"
        case .concatenate(.time): return "joined in time"
        case .concatenate(.add), .add: return "sum"
        case .recurrent(let recurrent):
            let settings = recurrent.settings
            let sequence = recurrent.steps.map { "over time, \($0) steps" } ?? "across the segments of the batch"
            let parts = [
                settings.bidirectional ? "both directions" : nil,
                settings.layers > 1 ? "\(settings.layers) layers" : nil,
            ]
            return (["\(settings.cell.rawValue.uppercased()) \(sequence)"] + parts.compactMap { $0 })
                .joined(separator: ", ")
        case .dropout(let rate): return "dropout \(rate)"
        case .dense: return "dense"
        case .standardise: return "standardisation by band"
        case .split(let count): return "cut into \(count) windows"
        case .merge(let count): return "\(count) windows joined"
        }
    }
}

extension Activation {
    /// Nil for a slope of 1, which changes nothing.
    public var words: String? {
        switch self {
        case .leakyReLU(1): nil
        case .leakyReLU(0): "ReLU"
        case .leakyReLU(let slope): "leaky ReLU \(slope)"
        case .elu: "ELU"
        case .sigmoid: "sigmoid"
        case .tanh: "tanh"
        }
    }
}

extension RecurrentOperation {
    func parameters(name: String, inputs: [NetworkGraph.Value]) -> [ParameterSpecification] {
        let uniform = ParameterSpecification.Initialiser.uniform(bound: 1 / Double(settings.hidden).squareRoot())
        let state = StoredFeatures(
            shape: FeatureShape(channels: settings.hidden, extent: 1 × 1), storedChannels: hidden.stored)
        return (0..<settings.layers).flatMap { layer in
            let segments = features(ofLayer: layer, inputs: inputs)
            let layouts: [ParameterLayout] =
                switch settings.cell {
                case .lstm:
                    [
                        .gatesOfInput(segments: segments, hidden: hidden), .gatesOfState(hidden: hidden),
                        .gateBiases(hidden: hidden),
                    ]
                case .gru:
                    [
                        .gates(3, segments: segments, hidden: hidden), .gates(3, segments: [state], hidden: hidden),
                        .biases(gates: 3, hidden: hidden),
                    ]
                }
            return (0..<settings.directions).flatMap { direction in
                let suffix = "l\(layer)" + (direction == 1 ? "_reverse" : "")
                func tensor(
                    _ part: String, _ role: ParameterSpecification.Role, _ layout: ParameterLayout
                ) -> ParameterSpecification {
                    ParameterSpecification(
                        name: "\(name).\(part)_\(suffix)", role: role, initialiser: uniform, layout: layout)
                }
                return [
                    tensor("weight_ih", .weight, layouts[0]), tensor("weight_hh", .weight, layouts[1]),
                    tensor("bias_ih", .bias, layouts[2]), tensor("bias_hh", .bias, layouts[2]),
                ]
            }
        }
    }
}
