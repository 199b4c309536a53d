/// One layer of a blueprint. A net is a series-parallel tree of them: side by side is said by branches alone.
public indirect enum Layer: Sendable, Hashable {
    /// Two-dimensional convolution.
    case convolution(ConvolutionSettings)
    /// Batch normalisation of each channel: by the batch's mean and variance in training, by running ones elsewhere.
    case norm(NormSettings)
    case activation(Activation)
    /// The greatest or the mean value of each window; rows and columns beyond the last whole window are left out.
    case pool(PoolSettings)
    /// The greatest or the mean value along whole axes; both give twice the channels, the greatest first.
    case globalPool(GlobalPool, over: PoolAxis)
    /// Layers side by side that read the same input; an empty branch is the identity.
    case branches([Branch], join: Join)
    /// A recurrent layer on a sequence; what follows sees its last output or all of them.
    case recurrent(RecurrentSettings)
    /// The input cut into equal parts of its frames, the layers run on each, the results joined along time.
    case windows(Int, layers: [Layer])
    /// In training, each value is zero with probability `rate`, the rest divided by 1 - rate.
    case dropout(rate: Float)
    /// All features in a row, channel by channel. A dense layer does so by itself; a sequence of windows needs it said.
    case flatten
    /// A fully connected layer with bias on all features, flattened channel by channel.
    case dense(units: Int)
    /// Each mel band of the input less its mean, over its deviation: fitted on the training tracks, kept with the model.
    case standardise
}

/// A chain of layers among others; the name begins its parameters' names.
public struct Branch: Sendable, Hashable {
    public var name: String?
    public var layers: [Layer]

    public init(_ name: String? = nil, @LayerBuilder layers: () -> [Layer]) {
        self.name = name
        self.layers = layers()
    }

    init(name: String?, layers: [Layer]) {
        self.name = name
        self.layers = layers
    }
}

/// How branches become one again.
public enum Join: String, Sendable, Hashable, Codable, CaseIterable {
    /// All features of the first branch, flattened, then those of the second …
    case features
    /// One map of all channels; the branches' maps are of one size.
    case channels
    /// One map of all columns; channels and rows agree.
    case time
    /// The sum; the shapes agree.
    case add
}

// MARK: - The words a blueprint is written in, capitalised as the types of layers are elsewhere

// swift-format-ignore: AlwaysUseLowerCamelCase
public func Convolution(
    _ channels: Int, kernel: Extent, stride: Extent = 1 × 1, padding: Padding = .same, bias: Bool = true
) -> Layer {
    .convolution(
        ConvolutionSettings(channels: channels, kernel: kernel, stride: stride, padding: padding, bias: bias))
}
// swift-format-ignore: AlwaysUseLowerCamelCase
public func BatchNorm(momentum: Double = 0.1, epsilon: Double = 1e-5) -> Layer {
    .norm(NormSettings(momentum: momentum, epsilon: epsilon))
}
// swift-format-ignore: AlwaysUseLowerCamelCase
public func MaxPool(_ window: Extent, stride: Extent? = nil, padding: Padding = .valid) -> Layer {
    .pool(PoolSettings(kind: .max, window: window, stride: stride ?? window, padding: padding))
}
// swift-format-ignore: AlwaysUseLowerCamelCase
public func AveragePool(_ window: Extent, stride: Extent? = nil, padding: Padding = .valid) -> Layer {
    .pool(PoolSettings(kind: .average, window: window, stride: stride ?? window, padding: padding))
}
// swift-format-ignore: AlwaysUseLowerCamelCase
public func GlobalMaxPool(over axis: PoolAxis = .both) -> Layer { .globalPool(.max, over: axis) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func GlobalAveragePool(over axis: PoolAxis = .both) -> Layer { .globalPool(.average, over: axis) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func GlobalMaxAndAveragePool(over axis: PoolAxis = .both) -> Layer { .globalPool(.both, over: axis) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func LeakyReLU(_ slope: Float) -> Layer { .activation(.leakyReLU(slope: slope)) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func ReLU() -> Layer { .activation(.leakyReLU(slope: 0)) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func ELU() -> Layer { .activation(.elu) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Sigmoid() -> Layer { .activation(.sigmoid) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Tanh() -> Layer { .activation(.tanh) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func LSTM(
    _ hidden: Int, layers: Int = 1, bidirectional: Bool = false, dropout: Float = 0,
    over sequence: RecurrentSettings.Sequence = .time(order: []), returns: RecurrentSettings.Output = .last
) -> Layer {
    .recurrent(
        RecurrentSettings(
            hidden: hidden, layers: layers, bidirectional: bidirectional, dropout: dropout, sequence: sequence,
            returns: returns))
}
// swift-format-ignore: AlwaysUseLowerCamelCase
public func GRU(
    _ hidden: Int, bidirectional: Bool = false, over sequence: RecurrentSettings.Sequence = .time(order: []),
    returns: RecurrentSettings.Output = .last
) -> Layer {
    .recurrent(
        RecurrentSettings(
            cell: .gru, hidden: hidden, layers: 1, bidirectional: bidirectional, dropout: 0, sequence: sequence,
            returns: returns))
}
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Windows(_ count: Int, @LayerBuilder layers: () -> [Layer]) -> Layer { .windows(count, layers: layers()) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Flatten() -> Layer { .flatten }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Dense(_ units: Int) -> Layer { .dense(units: units) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Dropout(_ rate: Float) -> Layer { .dropout(rate: rate) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Standardise() -> Layer { .standardise }
/// Branches joined by their features.
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Towers(@BranchBuilder _ towers: () -> [Branch]) -> Layer { .branches(towers(), join: .features) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Tower(_ name: String, @LayerBuilder layers: () -> [Layer]) -> Branch { Branch(name, layers: layers) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Branches(join: Join, @BranchBuilder _ branches: () -> [Branch]) -> Layer {
    .branches(branches(), join: join)
}
/// What goes round the layers is added to what comes out of them.
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Residual(_ name: String? = nil, @LayerBuilder layers: () -> [Layer]) -> Layer {
    .branches([Branch(name, layers: layers), Branch(name: nil, layers: [])], join: .add)
}
/// Layers in a row under one name, which begins their parameters' names.
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Block(_ name: String, @LayerBuilder layers: () -> [Layer]) -> Layer {
    .branches([Branch(name, layers: layers)], join: .channels)
}

@resultBuilder
public enum LayerBuilder {
    public static func buildExpression(_ layer: Layer) -> [Layer] { [layer] }
    public static func buildExpression(_ layers: [Layer]) -> [Layer] { layers }
    public static func buildBlock(_ layers: [Layer]...) -> [Layer] { layers.flatMap { $0 } }
    public static func buildArray(_ layers: [[Layer]]) -> [Layer] { layers.flatMap { $0 } }
    public static func buildOptional(_ layers: [Layer]?) -> [Layer] { layers ?? [] }
    public static func buildEither(first layers: [Layer]) -> [Layer] { layers }
    public static func buildEither(second layers: [Layer]) -> [Layer] { layers }
}

@resultBuilder
public enum BranchBuilder {
    public static func buildExpression(_ branch: Branch) -> [Branch] { [branch] }
    public static func buildBlock(_ branches: [Branch]...) -> [Branch] { branches.flatMap { $0 } }
    public static func buildArray(_ branches: [[Branch]]) -> [Branch] { branches.flatMap { $0 } }
    public static func buildOptional(_ branches: [Branch]?) -> [Branch] { branches ?? [] }
    public static func buildEither(first branches: [Branch]) -> [Branch] { branches }
    public static func buildEither(second branches: [Branch]) -> [Branch] { branches }
}
