/// A recurrent layer as PyTorch's nn.LSTM (gates i, f, g, o) and nn.GRU (gates r, z, n) compute it, with two bias vectors.
public struct RecurrentSettings: Sendable, Hashable {
    public enum Cell: String, Sendable, Hashable {
        case lstm, gru

        public var gates: Int {
            switch self {
            case .lstm: 4
            case .gru: 3
            }
        }
    }

    /// What the steps of the sequence are.
    public enum Sequence: Sendable, Hashable {
        /// The frames of each segment. A step joins a column of each of the branches before it, in this order; none for
        /// the branches' own. The widest branch sets the number of steps, and a branch of fewer columns gives each of
        /// them to as many steps in a row as its pools have joined.
        case time(order: [String])
        /// The segments of a batch, in their order, each flattened channel by channel, tower by tower: what the paper's
        /// authors' code computes. A segment's logits then depend on those before it in the batch.
        case batch
    }

    /// What follows the layer sees each direction's last output, or the outputs of all steps.
    public enum Output: String, Sendable, Hashable {
        case last, sequence
    }

    public var cell: Cell
    /// Units a direction.
    public var hidden: Int
    public var layers: Int
    /// Whether a second set of weights reads the sequence from its end.
    public var bidirectional: Bool
    /// Dropout rate on the outputs of every layer but the last.
    public var dropout: Float
    public var sequence: Sequence
    public var returns: Output

    public init(
        cell: Cell = .lstm, hidden: Int, layers: Int, bidirectional: Bool, dropout: Float, sequence: Sequence,
        returns: Output = .last
    ) {
        self.cell = cell
        self.hidden = hidden
        self.layers = layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.sequence = sequence
        self.returns = returns
    }

    public var directions: Int { bidirectional ? 2 : 1 }
}

extension RecurrentSettings: Codable {
    private enum Key: String, CodingKey, CaseIterable { case hidden, layers, bidirectional, dropout, sequence, returns }

    /// Of an LSTM; a GRU differs by its layer's word alone.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        try decoder.refuseUnknownKeys(besides: Key.self)
        let output = try values.decodeIfPresent(String.self, forKey: .returns) ?? Output.last.rawValue
        guard let returns = Output(rawValue: output) else {
            throw DecodingError.dataCorruptedError(
                forKey: .returns, in: values, debugDescription: "'\(output)' is neither 'last' nor 'sequence'")
        }
        self.init(
            hidden: try values.decode(Int.self, forKey: .hidden),
            layers: try values.decodeIfPresent(Int.self, forKey: .layers) ?? 1,
            bidirectional: try values.decodeIfPresent(Bool.self, forKey: .bidirectional) ?? false,
            dropout: try values.decodeIfPresent(Float.self, forKey: .dropout) ?? 0,
            sequence: try values.decodeIfPresent(Sequence.self, forKey: .sequence) ?? .time(order: []),
            returns: returns)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(hidden, forKey: .hidden)
        try values.encode(layers, forKey: .layers)
        try values.encode(bidirectional, forKey: .bidirectional)
        try values.encode(dropout, forKey: .dropout)
        try values.encode(sequence, forKey: .sequence)
        if returns != .last { try values.encode(returns.rawValue, forKey: .returns) }
    }
}

extension RecurrentSettings.Sequence: Codable {
    private enum Key: String, CodingKey, CaseIterable { case over, order }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        try decoder.refuseUnknownKeys(besides: Key.self)
        let kind = try values.decode(String.self, forKey: .over)
        switch kind {
        case "time": self = .time(order: try values.decodeIfPresent([String].self, forKey: .order) ?? [])
        case "batch": self = .batch
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .over, in: values, debugDescription: "a recurrent layer over '\(kind)' is not known")
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
