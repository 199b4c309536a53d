/// What a convolution is; PyTorch's nn.Conv2d.
public struct ConvolutionSettings: Sendable, Hashable {
    public var channels: Int
    public var kernel: Extent
    public var stride: Extent
    public var padding: Padding
    public var bias: Bool

    public init(
        channels: Int, kernel: Extent, stride: Extent = 1 × 1, padding: Padding = .same, bias: Bool = true
    ) {
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.bias = bias
    }
}

/// Zeros around a map (for a max pool: nothing), axis by axis.
public struct Padding: Sendable, Hashable {
    public enum Axis: Sendable, Hashable {
        /// As many as make the output ceil(size / stride) long, the smaller half first: for a stride of 1 that is
        /// PyTorch's "same", k - 1 in all.
        case same
        /// None.
        case valid
        case explicit(before: Int, after: Int)
    }

    public var mels: Axis
    public var frames: Axis

    public init(mels: Axis, frames: Axis) {
        self.mels = mels
        self.frames = frames
    }

    public static let same = Padding(mels: .same, frames: .same)
    public static let valid = Padding(mels: .valid, frames: .valid)
    /// So many on all four sides, as PyTorch's `padding=1`.
    public static func all(_ count: Int) -> Padding {
        Padding(mels: .explicit(before: count, after: count), frames: .explicit(before: count, after: count))
    }
}

/// Batch normalisation as PyTorch's nn.BatchNorm2d and nn.BatchNorm1d compute it.
public struct NormSettings: Sendable, Hashable {
    /// The share of a batch's statistics in the running ones.
    public var momentum: Double
    public var epsilon: Double

    public init(momentum: Double = 0.1, epsilon: Double = 1e-5) {
        self.momentum = momentum
        self.epsilon = epsilon
    }
}

public enum Activation: Sendable, Hashable {
    /// x where it is positive, else slope * x. A slope of 0 is the plain ReLU.
    case leakyReLU(slope: Float)
    /// x where it is positive, else e^x - 1.
    case elu
    case sigmoid
    case tanh

    /// Whether it keeps the order of values, and zero: it may then change places with a maximum.
    var risesThroughZero: Bool {
        switch self {
        case .leakyReLU(let slope): slope >= 0
        case .elu, .tanh: true
        case .sigmoid: false
        }
    }
}

/// What is taken of each window.
public enum PoolKind: String, Sendable, Hashable, Codable {
    case max
    /// Of the places that lie within the map.
    case average
}

public struct PoolSettings: Sendable, Hashable {
    public var kind: PoolKind
    public var window: Extent
    public var stride: Extent
    public var padding: Padding

    public init(kind: PoolKind, window: Extent, stride: Extent? = nil, padding: Padding = .valid) {
        self.kind = kind
        self.window = window
        self.stride = stride ?? window
        self.padding = padding
    }
}

/// What is taken of whole axes.
public enum GlobalPool: String, Sendable, Hashable, Codable {
    case max, average, both
}

/// The axes that a global pool removes.
public enum PoolAxis: String, Sendable, Hashable, Codable {
    case frequency, time, both
}
