// Layers in files: `{"layer": word, …}` each. What the layers of the paper's nets need is written as the first model
// files have it ("towers", "maxPool", "leakyReLU", "lstm"); what goes beyond it has words and keys of its own.

extension Layer: Codable {
    private enum Word: String, CaseIterable {
        case convolution, batchNorm, maxPool, averagePool, globalPool, leakyReLU, elu, sigmoid, tanh, towers, branches
        case lstm, gru, windows, dropout, flatten, dense, standardise

        /// Every key that a layer of this word may have, beside "layer".
        var keys: Set<Key> {
            switch self {
            case .convolution: [.channels, .kernel, .stride, .padding, .bias]
            case .batchNorm: [.momentum, .epsilon]
            case .maxPool, .averagePool: [.window, .stride, .padding]
            case .globalPool: [.kind, .over]
            case .leakyReLU: [.slope]
            case .elu, .sigmoid, .tanh, .flatten, .standardise: []
            case .towers: [.towers]
            case .branches: [.branches, .join]
            case .lstm, .gru: [.settings]
            case .windows: [.count, .layers]
            case .dropout: [.rate]
            case .dense: [.units]
            }
        }
    }

    private enum Key: String, CodingKey, CaseIterable {
        case layer, channels, kernel, stride, padding, bias, momentum, epsilon, window, kind, over, slope, towers
        case branches, join, settings, count, layers, units, rate
    }

    /// Layers within layers of a file, at most.
    private static let deepest = 64

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        // A level of branches is four places of the path, one of windows two.
        guard decoder.codingPath.count <= 4 * Self.deepest else {
            throw decoder.problem("layers lie more than \(Self.deepest) deep within one another")
        }
        let said = try values.decode(String.self, forKey: .layer)
        guard let word = Word(rawValue: said) else {
            throw decoder.problem(
                "'\(said)' is no layer; layers are " + Word.allCases.map(\.rawValue).joined(separator: ", "))
        }
        try decoder.refuseUnknownKeys(besides: word.keys.union([.layer]).map(\.rawValue))
        switch word {
        case .convolution:
            self = .convolution(
                ConvolutionSettings(
                    channels: try values.decode(Int.self, forKey: .channels),
                    kernel: try values.decode(Extent.self, forKey: .kernel),
                    stride: try values.decodeIfPresent(Extent.self, forKey: .stride) ?? 1 × 1,
                    padding: try values.decodeIfPresent(Padding.self, forKey: .padding) ?? .same,
                    bias: try values.decodeIfPresent(Bool.self, forKey: .bias) ?? true))
        case .batchNorm:
            let usual = NormSettings()
            self = .norm(
                NormSettings(
                    momentum: try values.decodeIfPresent(Double.self, forKey: .momentum) ?? usual.momentum,
                    epsilon: try values.decodeIfPresent(Double.self, forKey: .epsilon) ?? usual.epsilon))
        case .maxPool, .averagePool:
            self = .pool(
                PoolSettings(
                    kind: word == .maxPool ? .max : .average, window: try values.decode(Extent.self, forKey: .window),
                    stride: try values.decodeIfPresent(Extent.self, forKey: .stride),
                    padding: try values.decodeIfPresent(Padding.self, forKey: .padding) ?? .valid))
        case .globalPool:
            self = .globalPool(
                try values.decode(GlobalPool.self, forKey: .kind),
                over: try values.decodeIfPresent(PoolAxis.self, forKey: .over) ?? .both)
        case .leakyReLU:
            self = .activation(.leakyReLU(slope: try values.decodeIfPresent(Float.self, forKey: .slope) ?? 0))
        case .elu: self = .activation(.elu)
        case .sigmoid: self = .activation(.sigmoid)
        case .tanh: self = .activation(.tanh)
        case .towers: self = .branches(try values.decode([Branch].self, forKey: .towers), join: .features)
        case .branches:
            self = .branches(
                try values.decode([Branch].self, forKey: .branches), join: try values.decode(Join.self, forKey: .join))
        case .lstm, .gru:
            var settings = try values.decode(RecurrentSettings.self, forKey: .settings)
            settings.cell = word == .lstm ? .lstm : .gru
            self = .recurrent(settings)
        case .windows:
            self = .windows(
                try values.decode(Int.self, forKey: .count), layers: try values.decode([Layer].self, forKey: .layers))
        case .dropout: self = .dropout(rate: try values.decode(Float.self, forKey: .rate))
        case .dense: self = .dense(units: try values.decode(Int.self, forKey: .units))
        case .flatten: self = .flatten
        case .standardise: self = .standardise
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(word.rawValue, forKey: .layer)
        switch self {
        case .convolution(let settings):
            try values.encode(settings.channels, forKey: .channels)
            try values.encode(settings.kernel, forKey: .kernel)
            if settings.stride != 1 × 1 { try values.encode(settings.stride, forKey: .stride) }
            if settings.padding != .same { try values.encode(settings.padding, forKey: .padding) }
            if !settings.bias { try values.encode(false, forKey: .bias) }
        case .norm(let settings):
            try values.encode(settings.momentum, forKey: .momentum)
            try values.encode(settings.epsilon, forKey: .epsilon)
        case .pool(let settings):
            try values.encode(settings.window, forKey: .window)
            if settings.stride != settings.window { try values.encode(settings.stride, forKey: .stride) }
            if settings.padding != .valid { try values.encode(settings.padding, forKey: .padding) }
        case .globalPool(let kind, let axis):
            try values.encode(kind, forKey: .kind)
            try values.encode(axis, forKey: .over)
        case .activation(.leakyReLU(let slope)): try values.encode(slope, forKey: .slope)
        case .activation, .flatten, .standardise: break
        case .branches(let branches, let join):
            if word == .towers { return try values.encode(branches, forKey: .towers) }
            try values.encode(branches, forKey: .branches)
            try values.encode(join, forKey: .join)
        case .recurrent(let settings): try values.encode(settings, forKey: .settings)
        case .windows(let count, let layers):
            try values.encode(count, forKey: .count)
            try values.encode(layers, forKey: .layers)
        case .dropout(let rate): try values.encode(rate, forKey: .rate)
        case .dense(let units): try values.encode(units, forKey: .units)
        }
    }

    private var word: Word {
        switch self {
        case .convolution: .convolution
        case .norm: .batchNorm
        case .pool(let settings): settings.kind == .max ? .maxPool : .averagePool
        case .globalPool: .globalPool
        case .activation(.leakyReLU): .leakyReLU
        case .activation(.elu): .elu
        case .activation(.sigmoid): .sigmoid
        case .activation(.tanh): .tanh
        case .branches(let branches, let join):
            join == .features && branches.allSatisfy { $0.name != nil } ? .towers : .branches
        case .recurrent(let settings): settings.cell == .lstm ? .lstm : .gru
        case .windows: .windows
        case .dropout: .dropout
        case .dense: .dense
        case .flatten: .flatten
        case .standardise: .standardise
        }
    }

    /// The key of a layer's branches in files, for messages.
    var branchesKey: String { word.rawValue }
}

extension Branch: Codable {
    private enum Key: String, CodingKey, CaseIterable { case name, layers }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        try decoder.refuseUnknownKeys(besides: Key.self)
        name = try values.decodeIfPresent(String.self, forKey: .name)
        layers = try values.decode([Layer].self, forKey: .layers)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encodeIfPresent(name, forKey: .name)
        try values.encode(layers, forKey: .layers)
    }
}

/// "same" or "valid" of both axes, or a list of two: for each axis a word, or the zeros before and after.
extension Padding: Codable {
    public init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            let axis = try Axis(word: word, decoder: decoder)
            self.init(mels: axis, frames: axis)
            return
        }
        var values = try decoder.unkeyedContainer()
        self.init(mels: try values.decode(Axis.self), frames: try values.decode(Axis.self))
        guard values.isAtEnd else { throw decoder.problem("a padding is of two axes: mel bands and frames") }
    }

    public func encode(to encoder: any Encoder) throws {
        if mels == frames, let word = mels.word {
            var value = encoder.singleValueContainer()
            return try value.encode(word)
        }
        var values = encoder.unkeyedContainer()
        try values.encode(mels)
        try values.encode(frames)
    }
}

extension Padding.Axis: Codable {
    init(word: String, decoder: any Decoder) throws {
        switch word {
        case "same": self = .same
        case "valid": self = .valid
        default: throw decoder.problem("a padding is 'same', 'valid' or [before, after], not '\(word)'")
        }
    }

    var word: String? {
        switch self {
        case .same: "same"
        case .valid: "valid"
        case .explicit: nil
        }
    }

    public init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            self = try Self(word: word, decoder: decoder)
            return
        }
        var values = try decoder.unkeyedContainer()
        self = .explicit(before: try values.decode(Int.self), after: try values.decode(Int.self))
        guard values.isAtEnd else { throw decoder.problem("an axis's padding is two numbers: [before, after]") }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .same, .valid:
            var value = encoder.singleValueContainer()
            try value.encode(word)
        case .explicit(let before, let after):
            var values = encoder.unkeyedContainer()
            try values.encode(before)
            try values.encode(after)
        }
    }
}

// MARK: - Faults

/// Any key of a JSON object.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    func problem(_ text: String) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: codingPath, debugDescription: text))
    }

    func refuseUnknownKeys<Key: CodingKey & CaseIterable & RawRepresentable<String>>(besides keys: Key.Type) throws {
        try refuseUnknownKeys(besides: keys.allCases.map(\.rawValue))
    }

    /// A misspelled key would else be a value left out.
    func refuseUnknownKeys(besides known: [String]) throws {
        let found = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        guard let unknown = found.sorted().first(where: { !known.contains($0) }) else { return }
        throw problem("'\(unknown)' is not known here; known are \(known.sorted().joined(separator: ", "))")
    }
}

extension Blueprint {
    /// What is wrong with a blueprint in a file, with the place: "layers[3].branches[1].layers[0]: …".
    public static func words(for error: DecodingError) -> String {
        let (context, text): (DecodingError.Context, String) =
            switch error {
            case .keyNotFound(let key, let context): (context, "'\(key.stringValue)' is missing")
            case .valueNotFound(_, let context): (context, "a value is missing")
            case .typeMismatch(let type, let context): (context, "a value of another kind is needed (\(type))")
            case .dataCorrupted(let context): (context, context.debugDescription)
            @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), "\(error)")
            }
        var place = ""
        for key in context.codingPath {
            if let index = key.intValue {
                place += "[\(index)]"
            } else {
                place += (place.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return (place.isEmpty ? "" : "\(place): ") + text
    }
}
