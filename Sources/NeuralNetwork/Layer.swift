/// One layer of a blueprint.
public enum Layer: Sendable, Hashable {
    /// Convolution with bias and "same" padding: k - 1 in all, the smaller half first (top and left), as PyTorch does.
    case convolution(channels: Int, kernel: Extent)
    /// Max pooling without overlap; rows and columns beyond the last whole window are left out.
    case maxPool(Extent)
    /// x where it is positive, else slope * x. A slope of 0 is the plain ReLU.
    case leakyReLU(slope: Float)
    /// Towers side by side that read the same input; what follows sees their features joined in this order.
    case towers([Tower])
    /// Long short-term memory on a sequence that is made from the towers' features; what follows sees its last output.
    case lstm(LSTMSettings)
    /// A fully connected layer with bias on all features, flattened channel by channel.
    case dense(units: Int)
    /// In training, each value is zero with probability `rate`, the rest divided by 1 - rate.
    case dropout(rate: Float)
}

/// A named chain of convolutional layers; the name begins its parameters' names.
public struct Tower: Sendable, Hashable, Codable {
    public var name: String
    public var layers: [Layer]

    public init(_ name: String, @LayerBuilder layers: () -> [Layer]) {
        self.name = name
        self.layers = layers()
    }

    init(name: String, layers: [Layer]) {
        self.name = name
        self.layers = layers
    }
}

// MARK: - The words a blueprint is written in, capitalised as the types of layers are elsewhere

// swift-format-ignore: AlwaysUseLowerCamelCase
public func Convolution(_ channels: Int, kernel: Extent) -> Layer { .convolution(channels: channels, kernel: kernel) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func MaxPool(_ window: Extent) -> Layer { .maxPool(window) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func LeakyReLU(_ slope: Float) -> Layer { .leakyReLU(slope: slope) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func ReLU() -> Layer { .leakyReLU(slope: 0) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func LSTM(
    _ hidden: Int, layers: Int = 1, bidirectional: Bool = false, dropout: Float = 0,
    over sequence: LSTMSettings.Sequence
) -> Layer {
    .lstm(
        LSTMSettings(
            hidden: hidden, layers: layers, bidirectional: bidirectional, dropout: dropout, sequence: sequence))
}
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Dense(_ units: Int) -> Layer { .dense(units: units) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Dropout(_ rate: Float) -> Layer { .dropout(rate: rate) }
// swift-format-ignore: AlwaysUseLowerCamelCase
public func Towers(@TowerBuilder _ towers: () -> [Tower]) -> Layer { .towers(towers()) }

@resultBuilder
public enum LayerBuilder {
    public static func buildBlock(_ layers: Layer...) -> [Layer] { layers }
}

@resultBuilder
public enum TowerBuilder {
    public static func buildBlock(_ towers: Tower...) -> [Tower] { towers }
}
