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
        guard layers.readsAcrossTheBatch else { return nil }
        return
            "\(name) runs its LSTM across the segments of a batch, so that its verdict on a segment draws on the "
            + "segments before it, which in validation belong to the same track and genre: its accuracy is not that "
            + "of a classifier of single segments."
    }
}

extension Blueprint {
    /// Whether parts of a segment are read by themselves.
    public var hasWindows: Bool { layers.hasWindows }
}

extension [Layer] {
    fileprivate var hasWindows: Bool {
        contains { layer in
            switch layer {
            case .windows: true
            case .branches(let branches, _): branches.contains { $0.layers.hasWindows }
            default: false
            }
        }
    }

    fileprivate var readsAcrossTheBatch: Bool {
        contains { layer in
            switch layer {
            case .recurrent(let settings): settings.sequence == .batch
            case .branches(let branches, _): branches.contains { $0.layers.readsAcrossTheBatch }
            case .windows(_, let layers): layers.readsAcrossTheBatch
            default: false
            }
        }
    }
}

// MARK: - Blueprints in files

extension Blueprint: Codable {
    private enum Key: String, CodingKey, CaseIterable { case name, input, layers }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        try decoder.refuseUnknownKeys(besides: Key.self)
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
