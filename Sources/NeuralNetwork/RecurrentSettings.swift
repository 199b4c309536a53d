/// A recurrent layer as PyTorch's nn.LSTM computes it (gates i, f, g, o; two bias vectors).
public struct LSTMSettings: Sendable, Hashable, Codable {
    /// What the steps of the sequence are.
    public enum Sequence: Sendable, Hashable {
        /// The frames of each segment. A step joins a column of each tower, in this order of towers; the widest tower
        /// sets the number of steps, and a tower of fewer columns gives each of them to as many steps in a row as its
        /// pools have joined.
        case time(order: [String])
        /// The segments of a batch, in their order, each flattened channel by channel, tower by tower: what the paper's
        /// authors' code computes. A segment's logits then depend on those before it in the batch.
        case batch
    }

    /// Units a direction.
    public var hidden: Int
    public var layers: Int
    /// Whether a second set of weights reads the sequence from its end.
    public var bidirectional: Bool
    /// Dropout rate on the outputs of every layer but the last.
    public var dropout: Float
    public var sequence: Sequence

    public init(hidden: Int, layers: Int, bidirectional: Bool, dropout: Float, sequence: Sequence) {
        self.hidden = hidden
        self.layers = layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.sequence = sequence
    }

    public var directions: Int { bidirectional ? 2 : 1 }
}

extension LSTMSettings.Sequence: Codable {
    private enum Key: String, CodingKey { case over, order }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let kind = try values.decode(String.self, forKey: .over)
        switch kind {
        case "time": self = .time(order: try values.decode([String].self, forKey: .order))
        case "batch": self = .batch
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .over, in: values, debugDescription: "an LSTM over '\(kind)' is not known")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        switch self {
        case .time(let order):
            try values.encode("time", forKey: .over)
            try values.encode(order, forKey: .order)
        case .batch: try values.encode("batch", forKey: .over)
        }
    }
}
