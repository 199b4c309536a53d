/// An architecture as a value, written once, as the paper's figure reads. Shapes, parameter counts, the memory plan, the
/// names in files: everything else is a reading of it.
///
/// ```swift
/// Blueprint("tiny", input: 80 × 80) {
///     Towers {
///         Tower("frequency") { Convolution(16, kernel: 10 × 23); MaxPool(1 × 20); LeakyReLU(0.3) }
///         Tower("time") { Convolution(16, kernel: 21 × 20); MaxPool(20 × 1); LeakyReLU(0.3) }
///     }
///     Dense(200); LeakyReLU(0.3); Dropout(0.1); Dense(10)
/// }
/// ```
public struct Blueprint: Sendable, Hashable {
    public var name: String
    /// Size of one input segment; it has one channel.
    public var input: Extent
    public var layers: [Layer]

    public init(_ name: String, input: Extent, @LayerBuilder layers: () -> [Layer]) {
        self.name = name
        self.input = input
        self.layers = layers()
    }
}

extension Blueprint {
    /// Why the net's figures are not what they seem, in one sentence; nil for a net whose verdict on a segment depends on
    /// that segment alone.
    public var caution: String? {
        for case .lstm(let settings) in layers where settings.sequence == .batch {
            return
                "\(name) runs its LSTM across the segments of a batch, so that its verdict on a segment draws on the "
                + "segments before it, which in validation belong to the same track and genre: its accuracy is not that "
                + "of a classifier of single segments."
        }
        return nil
    }
}

// MARK: - Blueprints in files

extension Blueprint: Codable {
    private enum Key: String, CodingKey { case name, input, layers }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        name = try values.decode(String.self, forKey: .name)
        input = try values.decode(Extent.self, forKey: .input)
        layers = try values.decode([Layer].self, forKey: .layers)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(name, forKey: .name)
        try values.encode(input, forKey: .input)
        try values.encode(layers, forKey: .layers)
    }
}

extension Layer: Codable {
    private enum Kind: String, Codable { case convolution, maxPool, leakyReLU, towers, lstm, dense, dropout }
    private enum Key: String, CodingKey { case layer, channels, kernel, window, slope, towers, settings, units, rate }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        switch try values.decode(Kind.self, forKey: .layer) {
        case .convolution:
            self = .convolution(
                channels: try values.decode(Int.self, forKey: .channels),
                kernel: try values.decode(Extent.self, forKey: .kernel))
        case .maxPool: self = .maxPool(try values.decode(Extent.self, forKey: .window))
        case .leakyReLU: self = .leakyReLU(slope: try values.decode(Float.self, forKey: .slope))
        case .towers: self = .towers(try values.decode([Tower].self, forKey: .towers))
        case .lstm: self = .lstm(try values.decode(LSTMSettings.self, forKey: .settings))
        case .dense: self = .dense(units: try values.decode(Int.self, forKey: .units))
        case .dropout: self = .dropout(rate: try values.decode(Float.self, forKey: .rate))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        switch self {
        case .convolution(let channels, let kernel):
            try values.encode(Kind.convolution, forKey: .layer)
            try values.encode(channels, forKey: .channels)
            try values.encode(kernel, forKey: .kernel)
        case .maxPool(let window):
            try values.encode(Kind.maxPool, forKey: .layer)
            try values.encode(window, forKey: .window)
        case .leakyReLU(let slope):
            try values.encode(Kind.leakyReLU, forKey: .layer)
            try values.encode(slope, forKey: .slope)
        case .towers(let towers):
            try values.encode(Kind.towers, forKey: .layer)
            try values.encode(towers, forKey: .towers)
        case .lstm(let settings):
            try values.encode(Kind.lstm, forKey: .layer)
            try values.encode(settings, forKey: .settings)
        case .dense(let units):
            try values.encode(Kind.dense, forKey: .layer)
            try values.encode(units, forKey: .units)
        case .dropout(let rate):
            try values.encode(Kind.dropout, forKey: .layer)
            try values.encode(rate, forKey: .rate)
        }
    }
}
