/// Reads a blueprint's tree into a graph, and works out every shape. Blueprints may come from files: whatever cannot run
/// is refused with the layer's place, before anything is allocated.
struct GraphBuilder {
    /// What flows between layers: one value, or several side by side that count as the features of all of them.
    struct Flow {
        var values: [Int]
        /// Of the branches that the values come from.
        var names: [String?]

        init(_ value: Int) {
            values = [value]
            names = [nil]
        }

        init(values: [Int], names: [String?]) {
            self.values = values
            self.names = names
        }
    }

    /// Counts the layers of one chain, for their names.
    struct Scope {
        let prefix: String
        var counts: [String: Int] = [:]
        var branches: Set<String> = []

        func joined(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix).\(name)" }

        mutating func count(_ kind: String) -> Int {
            counts[kind, default: 0] += 1
            return counts[kind]!
        }
    }

    enum Limit {
        static let nodes = 4096
        static let depth = 64
        /// Floats of one image as the kernels keep it (`blocks.c`), and of one convolution's weights.
        static let floats = 1 << 28
        /// Of all maps of a segment together.
        static let allFloats = 1 << 30
    }

    let blueprint: Blueprint
    private(set) var graph = NetworkGraph()
    private var floats = 0

    init(blueprint: Blueprint) { self.blueprint = blueprint }

    mutating func read() throws(NeuralNetworkError) {
        let input = blueprint.input
        try check(
            1...8192 ~= input.mels && 1...8192 ~= input.frames, "an input of \(input) is out of range (1 to 8192)")
        let first = try addValue(FeatureShape(channels: 1, extent: input), stored: 1, images: 1, at: "input")
        var scope = Scope(prefix: "")
        let end = try read(blueprint.layers, from: Flow(first), in: &scope, at: "layers", depth: 1)
        let isWeighted = graph.nodes.map { node in
            if case .dense = node.operation { true } else { false }
        }
        guard let last = isWeighted.lastIndex(of: true) else {
            throw problem("it has no dense layer to give the classes' logits")
        }
        let after = graph.nodes[(last + 1)...]
        if let node = after.first {
            switch node.operation {
            case .activation, .dropout:
                throw problem("\(node.place): activation or dropout after the last dense layer")
            default: throw problem("\(node.place): \(node.operation.words) after the last dense layer")
            }
        }
        try check(end.values == [graph.nodes[last].output], "it must end with one dense layer, not with branches")
        try check(
            graph.values[graph.nodes[last].output].images == 1, "its last dense layer lies within windows")
        guard case .dense(let units) = graph.nodes[last].operation, units >= 2 else {
            throw problem("a classifier needs at least two classes")
        }
        let names = graph.parameters.map(\.name)
        try check(Set(names).count == names.count, "two of its layers have one name")
    }

    // MARK: - Chains

    mutating func read(
        _ layers: [Layer], from flow: Flow, in scope: inout Scope, at place: String, depth: Int
    ) throws(NeuralNetworkError) -> Flow {
        try check(depth <= Limit.depth, "\(place): layers lie more than \(Limit.depth) deep within one another")
        var flow = flow
        for (index, layer) in layers.enumerated() {
            try check(graph.nodes.count < Limit.nodes, "it has more than 4,096 layers")
            flow = try read(layer, from: flow, in: &scope, at: "\(place)[\(index)]", depth: depth)
        }
        return flow
    }

    private mutating func read(
        _ layer: Layer, from flow: Flow, in scope: inout Scope, at place: String, depth: Int
    ) throws(NeuralNetworkError) -> Flow {
        switch layer {
        case .convolution(let settings):
            return Flow(try addConvolution(settings, to: try single(flow, at: place), in: &scope, at: place))
        case .norm(let settings):
            try check(
                settings.momentum > 0 && settings.momentum <= 1,
                "\(place): a momentum of \(settings.momentum) is out of range (above 0 to 1)")
            try check(
                settings.epsilon > 0 && settings.epsilon < 1,
                "\(place): an epsilon of \(settings.epsilon) is out of range (above 0 to below 1)")
            let name = scope.joined("norm\(scope.count("norm"))")
            return Flow(try addAlike(.norm(settings), name: name, to: try single(flow, at: place), at: place))
        case .activation(let activation):
            if case .leakyReLU(let slope) = activation {
                try check(0...1 ~= slope, "\(place): an activation's slope of \(slope) is out of range (0 to 1)")
            }
            let name = scope.joined("activation\(scope.count("activation"))")
            return try addToEach(.activation(activation), name: name, to: flow, at: place)
        case .dropout(let rate):
            try check(
                rate >= 0 && rate < 1, "\(place): a dropout rate of \(rate) is out of range (0 to below 1)")
            let name = scope.joined("dropout\(scope.count("dropout"))")
            return try addToEach(.dropout(rate: rate), name: name, to: flow, at: place)
        case .pool(let settings):
            let name = scope.joined("pool\(scope.count("pool"))")
            return Flow(try addPool(settings, name: name, to: try single(flow, at: place), at: place))
        case .globalPool(let kind, let axis):
            return Flow(try addGlobalPool(kind, axis, to: try single(flow, at: place), in: &scope, at: place))
        case .branches(let branches, let join):
            let word = layer.branchesKey
            return try addBranches(
                branches, join: join, word: word, to: flow, in: &scope, at: place, depth: depth)
        case .recurrent(let settings): return try addRecurrent(settings, to: flow, in: &scope, at: place)
        case .windows(let count, let layers):
            return Flow(try addWindows(count, layers, to: flow, in: &scope, at: place, depth: depth))
        case .dense(let units):
            try check(1...1_048_576 ~= units, "\(place): \(units) units are out of range (1 to 1048576)")
            let name = scope.joined("dense\(scope.count("dense"))")
            let output = try addValue(
                FeatureShape(channels: units, extent: 1 × 1), stored: StoredChannels(units: units).stored,
                images: graph.values[flow.values[0]].images, at: place)
            return Flow(try add(.dense(units: units), name: name, inputs: flow.values, output: output, at: place))
        case .flatten:
            return Flow(
                try addJoin(flow.values, .features, name: scope.joined("flat\(scope.count("flat"))"), at: place))
        case .standardise:
            try check(flow.values == [0], "\(place): a standardisation by band stands at the input")
            return Flow(try addAlike(.standardise, name: "standardisation", to: 0, at: place))
        }
    }

    // MARK: - Nodes and values

    mutating func addToEach(
        _ operation: Operation, name: String, to flow: Flow, at place: String
    ) throws(NeuralNetworkError) -> Flow {
        var result = flow
        for (index, value) in flow.values.enumerated() {
            let suffix = flow.values.count == 1 ? "" : ".\(index + 1)"
            result.values[index] = try addAlike(operation, name: name + suffix, to: value, at: place)
        }
        return result
    }

    /// An operation whose output is shaped as its input.
    mutating func addAlike(
        _ operation: Operation, name: String, to input: Int, at place: String
    ) throws(NeuralNetworkError) -> Int {
        let value = graph.values[input]
        let output = try addValue(value.parts, images: value.images, at: place)
        return try add(operation, name: name, inputs: [input], output: output, at: place)
    }

    mutating func add(
        _ operation: Operation, name: String, inputs: [Int], output: Int, at place: String, depth: Int = 0
    ) throws(NeuralNetworkError) -> Int {
        let first = graph.parameters.count
        graph.parameters += operation.parameters(name: name, inputs: inputs.map { graph.values[$0] })
        graph.nodes.append(
            NetworkGraph.Node(
                name: name, place: place, operation: operation, inputs: inputs, output: output, depth: depth,
                parameters: first..<graph.parameters.count))
        return output
    }

    mutating func addValue(
        _ shape: FeatureShape, stored: Int, images: Int, at place: String
    ) throws(NeuralNetworkError) -> Int {
        try addValue([StoredFeatures(shape: shape, storedChannels: stored)], images: images, at: place)
    }

    mutating func addValue(
        _ parts: [StoredFeatures], images: Int, at place: String
    ) throws(NeuralNetworkError) -> Int {
        let value = NetworkGraph.Value(parts: parts, images: images)
        try check(
            value.storedCount < Limit.floats && images <= 65_536,
            "\(place): a map of \(value.shape) is too large")
        floats += value.storedCount * images
        try check(floats < Limit.allFloats, "\(place): the net's maps are too large together")
        graph.values.append(value)
        return graph.values.count - 1
    }

    // MARK: - Problems

    func check(_ holds: Bool, _ text: @autoclosure () -> String) throws(NeuralNetworkError) {
        guard holds else { throw problem(text()) }
    }

    func problem(_ text: String) -> NeuralNetworkError {
        .badBlueprint(name: blueprint.name, problem: text)
    }
}
