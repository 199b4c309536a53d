/// Reads a blueprint's tree into a graph, and works out every shape. Blueprints may come from files: whatever cannot run
/// is refused with the layer's place, before anything is allocated.
struct GraphBuilder {
    /// What flows between layers: one value, or several side by side that count as the features of all of them.
    private struct Flow {
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
    private struct Scope {
        let prefix: String
        var counts: [String: Int] = [:]
        var branches: Set<String> = []

        func joined(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix).\(name)" }

        mutating func count(_ kind: String) -> Int {
            counts[kind, default: 0] += 1
            return counts[kind]!
        }
    }

    private enum Limit {
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

    private mutating func read(
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

    // MARK: - Convolutions and pools

    private mutating func addConvolution(
        _ settings: ConvolutionSettings, to input: Int, in scope: inout Scope, at place: String
    ) throws(NeuralNetworkError) -> Int {
        let (kernel, stride, channels) = (settings.kernel, settings.stride, settings.channels)
        try check(1...65536 ~= channels, "\(place): \(channels) channels are out of range (1 to 65536)")
        try check(
            1...1024 ~= kernel.mels && 1...1024 ~= kernel.frames,
            "\(place): kernel \(kernel) is out of range (1 to 1024)")
        try checkWindow("a convolution", stride: stride, padding: settings.padding, at: place)
        let value = graph.values[input]
        let map = value.shape.extent
        let pads = Pads(settings.padding, map: map, window: kernel, stride: stride)
        let extent = pads.output(of: map, window: kernel, stride: stride)
        try check(
            extent.mels >= 1 && extent.frames >= 1,
            "\(place): a \(pads.isEmpty ? "valid " : "")convolution of \(kernel) does not fit a map of \(map)")
        let outputs = StoredChannels(channels: channels)
        let image = (map.mels + kernel.mels + pads.top) * (map.frames + kernel.frames + pads.left + 32)
        let inputs = value.parts[0].storedChannels
        try check(
            image * Swift.max(inputs, outputs.stored) < Limit.floats,
            "\(place): a map of \(Swift.max(value.shape.channels, channels)) x \(map) is too large")
        try check(
            kernel.mels * (kernel.frames + 16) * inputs * outputs.stored < Limit.floats,
            "\(place): a convolution of \(kernel) from \(value.shape.channels) to \(channels) channels is too large")
        let output = try addValue(
            FeatureShape(channels: channels, extent: extent), stored: outputs.stored, images: value.images, at: place)
        let depth = scope.count("convolution")
        let name = scope.prefix.isEmpty ? "convolution.\(depth)" : "\(scope.prefix).\(depth)"
        return try add(
            .convolution(
                ConvolutionOperation(
                    channels: channels, kernel: kernel, stride: stride, pads: pads, bias: settings.bias)),
            name: name, inputs: [input], output: output, at: place, depth: depth)
    }

    private func checkWindow(
        _ what: String, stride: Extent, padding: Padding, at place: String
    ) throws(NeuralNetworkError) {
        try check(
            1...1024 ~= stride.mels && 1...1024 ~= stride.frames,
            "\(place): \(what)'s stride of \(stride) is out of range (1 to 1024)")
        for axis in [padding.mels, padding.frames] {
            guard case .explicit(let before, let after) = axis else { continue }
            try check(
                0...1024 ~= before && 0...1024 ~= after,
                "\(place): \(what)'s padding of \(before) and \(after) is out of range (0 to 1024)")
        }
    }

    private mutating func addPool(
        _ settings: PoolSettings, name: String, to input: Int, at place: String
    ) throws(NeuralNetworkError) -> Int {
        let (window, stride) = (settings.window, settings.stride)
        try check(
            1...8192 ~= window.mels && 1...8192 ~= window.frames,
            "\(place): pool \(window) is out of range (1 to 8192)")
        try checkWindow("a pool", stride: stride, padding: settings.padding, at: place)
        let value = graph.values[input]
        let map = value.shape.extent
        let pads = Pads(settings.padding, map: map, window: window, stride: stride)
        let extent = pads.output(of: map, window: window, stride: stride)
        try check(
            extent.mels >= 1 && extent.frames >= 1, "\(place): pool \(window) does not fit a map of \(map)")
        try check(
            Swift.max(pads.top, pads.bottom) < window.mels && Swift.max(pads.left, pads.right) < window.frames,
            "\(place): a pool's padding must be smaller than its window of \(window)")
        let output = try addValue(
            FeatureShape(channels: value.shape.channels, extent: extent), stored: value.parts[0].storedChannels,
            images: value.images, at: place)
        return try add(
            .pool(PoolOperation(kind: settings.kind, window: window, stride: stride, pads: pads)), name: name,
            inputs: [input], output: output, at: place)
    }

    private mutating func addGlobalPool(
        _ kind: GlobalPool, _ axis: PoolAxis, to input: Int, in scope: inout Scope, at place: String
    ) throws(NeuralNetworkError) -> Int {
        let map = graph.values[input].shape.extent
        let window = (axis == .time ? 1 : map.mels) × (axis == .frequency ? 1 : map.frames)
        var outputs: [Int] = []
        let kinds: [PoolKind] =
            switch kind {
            case .max: [.max]
            case .average: [.average]
            case .both: [.max, .average]
            }
        for kind in kinds {
            // The stride is never used, but must be in range.
            let stride = Swift.min(window.mels, 1024) × Swift.min(window.frames, 1024)
            let settings = PoolSettings(kind: kind, window: window, stride: stride)
            let name = scope.joined("pool\(scope.count("pool"))")
            outputs.append(try addPool(settings, name: name, to: input, at: place))
        }
        guard outputs.count > 1 else { return outputs[0] }
        return try addJoin(outputs, .channels, name: scope.joined("join\(scope.count("join"))"), at: place)
    }

    // MARK: - Branches

    private mutating func addBranches(
        _ branches: [Branch], join: Join, word: String, to flow: Flow, in scope: inout Scope, at place: String,
        depth: Int
    ) throws(NeuralNetworkError) -> Flow {
        try check(1...64 ~= branches.count, "\(place): it needs 1 to 64 \(word)")
        let group = scope.count("branches")
        let input = branches.count == 1 ? flow : Flow(try single(flow, at: place))
        var (values, names): ([Int], [String?]) = ([], [])
        for (index, branch) in branches.enumerated() {
            let name = branch.name ?? "branch\(group).\(index + 1)"
            try check(
                !name.isEmpty && name.utf8.count <= 200 && !name.contains("/"),
                "\(place).\(word)[\(index)]: '\(name)' is no name for a branch")
            try check(
                scope.branches.insert(name).inserted,
                "\(place).\(word)[\(index)]: two \(word) have one name, '\(name)'")
            var inner = Scope(prefix: scope.joined(name))
            let output = try read(
                branch.layers, from: input, in: &inner, at: "\(place).\(word)[\(index)].layers", depth: depth + 1)
            if join == .features || branches.count == 1 {
                values += output.values
                names += output.values.map { _ in branch.name }
            } else {
                values.append(try single(output, at: "\(place).\(word)[\(index)]"))
            }
        }
        if branches.count == 1 || join == .features { return Flow(values: values, names: names) }
        return Flow(try addJoin(values, join, name: scope.joined("join\(scope.count("join"))"), at: place))
    }

    private mutating func addJoin(
        _ inputs: [Int], _ join: Join, name: String, at place: String
    ) throws(NeuralNetworkError) -> Int {
        let values = inputs.map { graph.values[$0] }
        let shapes = values.map(\.shape)
        let images = values[0].images
        let listed = shapes.map { "\($0)" }.joined(separator: ", ")
        try check(values.allSatisfy { $0.images == images }, "\(place): what is joined lies in different windows")
        var shape = shapes[0]
        switch join {
        case .features: shape = FeatureShape(channels: shapes.reduce(0) { $0 + $1.count }, extent: 1 × 1)
        case .channels:
            try check(
                shapes.allSatisfy { $0.extent == shape.extent },
                "\(place): maps of unlike sizes cannot be joined by their channels (\(listed))")
            shape.channels = shapes.reduce(0) { $0 + $1.channels }
        case .time:
            try check(
                shapes.allSatisfy { $0.channels == shape.channels && $0.extent.mels == shape.extent.mels },
                "\(place): maps of unlike channels or bands cannot be joined in time (\(listed))")
            shape.extent.frames = shapes.reduce(0) { $0 + $1.extent.frames }
        case .add:
            try check(shapes.allSatisfy { $0 == shape }, "\(place): a sum of unlike shapes (\(listed))")
            // One channel is kept as one or as a vector's sixteen, by what made it.
            let stored = values[0].parts[0].storedChannels
            var terms = inputs
            for (index, value) in values.enumerated() where value.parts[0].storedChannels != stored {
                let copy = try addValue(shape, stored: stored, images: images, at: place)
                terms[index] = try add(
                    .concatenate(.channels), name: "\(name).\(index + 1)", inputs: [inputs[index]], output: copy,
                    at: place)
            }
            let output = try addValue(shape, stored: stored, images: images, at: place)
            return try add(.add, name: name, inputs: terms, output: output, at: place)
        }
        try check(shape.channels <= 1 << 26, "\(place): a join of \(shape.channels) channels is too large")
        let stored =
            shape.extent.area == 1 ? StoredChannels(units: shape.channels) : StoredChannels(channels: shape.channels)
        let output = try addValue(shape, stored: stored.stored, images: images, at: place)
        return try add(.concatenate(join), name: name, inputs: inputs, output: output, at: place)
    }

    /// One map or vector; several values become the vector of all features.
    private mutating func single(_ flow: Flow, at place: String) throws(NeuralNetworkError) -> Int {
        if flow.values.count == 1, graph.values[flow.values[0]].parts.count == 1 { return flow.values[0] }
        return try addJoin(flow.values, .features, name: "flat\(graph.nodes.count)", at: place)
    }

    // MARK: - Recurrent layers and windows

    private mutating func addRecurrent(
        _ settings: RecurrentSettings, to flow: Flow, in scope: inout Scope, at place: String
    ) throws(NeuralNetworkError) -> Flow {
        try check(1...65_536 ~= settings.hidden, "\(place): \(settings.hidden) hidden units are out of range")
        try check(
            1...64 ~= settings.layers, "\(place): \(settings.layers) recurrent layers are out of range (1 to 64)")
        try check(
            settings.dropout >= 0 && settings.dropout < 1,
            "\(place): a dropout rate of \(settings.dropout) is out of range (0 to below 1)")
        try check(
            settings.cell == .lstm || settings.layers == 1, "\(place): layers of GRUs are written one after another")
        var order = Array(flow.values.indices)
        if case .time(let names) = settings.sequence, !names.isEmpty {
            // A chain that is no tower goes by the name that its parameters begin with.
            let known = flow.names.count == 1 ? [flow.names[0] ?? "convolution"] : flow.names.compactMap { $0 }
            try check(
                known.count == flow.names.count && Set(names) == Set(known) && names.count == known.count,
                "\(place): the order of a recurrent layer's towers must name each of them once")
            order = names.map { name in known.firstIndex(of: name)! }
        }
        var inputs = order.map { flow.values[$0] }
        let images = graph.values[inputs[0]].images
        var (steps, spans) = (Int?.none, inputs.map { _ in 1 })
        switch settings.sequence {
        case .batch:
            try check(images == 1, "\(place): a sequence across the batch cannot lie within windows")
            try check(settings.returns == .last, "\(place): a sequence across the batch has an output a segment anyway")
            try check(settings.cell == .lstm, "\(place): a GRU runs over time only")
            try check(inputs != [0], "\(place): a sequence across the batch needs convolutions before it")
            // Each input is read as one stretch; another layer's two directions are two.
            for (index, input) in inputs.enumerated() where graph.values[input].parts.count > 1 {
                inputs[index] = try addJoin([input], .features, name: "flat\(graph.nodes.count)", at: place)
            }
        case .time:
            let shapes = inputs.map { graph.values[$0].shape }
            try check(
                inputs.allSatisfy { graph.values[$0].parts.count == 1 } && shapes.contains { $0.extent.area > 1 },
                "\(place): a recurrent layer needs a time axis; what comes in is "
                    + shapes.map { "\($0)" }.joined(separator: ", "))
            let longest = shapes.map(\.extent.frames).max()!
            steps = longest
            for (index, shape) in shapes.enumerated() {
                spans[index] = longest / shape.extent.frames
                let name = flow.names[order[index]].map { "tower '\($0)'" } ?? "branch \(order[index] + 1)"
                try check(
                    spans[index] * shape.extent.frames == longest,
                    "\(place): \(name) ends with \(shape.extent.frames) columns, which do not divide \(longest) steps")
            }
        }
        let operation = RecurrentOperation(settings: settings, steps: steps, spans: spans)
        let count = scope.count(settings.cell.rawValue)
        let name = scope.joined(settings.cell.rawValue + (count == 1 ? "" : "\(count)"))
        let output: Int
        switch settings.returns {
        case .last: output = try addValue(operation.lastOutputs, images: images, at: place)
        case .sequence:
            let channels = StoredChannels(units: settings.directions * settings.hidden)
            output = try addValue(
                FeatureShape(channels: channels.count, extent: 1 × (steps ?? 1)), stored: channels.stored,
                images: images, at: place)
        }
        return Flow(try add(.recurrent(operation), name: name, inputs: inputs, output: output, at: place))
    }

    private mutating func addWindows(
        _ count: Int, _ layers: [Layer], to flow: Flow, in scope: inout Scope, at place: String, depth: Int
    ) throws(NeuralNetworkError) -> Int {
        let input = try single(flow, at: place)
        let value = graph.values[input]
        try check(
            1...8192 ~= count && value.shape.extent.frames % count == 0,
            "\(place): \(value.shape.extent.frames) frames cannot be cut into \(count) equal windows")
        let cut = try addValue(
            FeatureShape(
                channels: value.shape.channels, extent: value.shape.extent.mels × (value.shape.extent.frames / count)),
            stored: value.parts[0].storedChannels, images: value.images * count, at: place)
        let number = scope.count("windows")
        let name = scope.joined("windows\(number)")
        let inside = try add(.split(count), name: name, inputs: [input], output: cut, at: place)
        let output = try read(layers, from: Flow(inside), in: &scope, at: "\(place).layers", depth: depth + 1)
        let body = try single(output, at: place)
        let part = graph.values[body]
        let joined = try addValue(
            FeatureShape(
                channels: part.shape.channels, extent: part.shape.extent.mels × (part.shape.extent.frames * count)),
            stored: part.parts[0].storedChannels, images: value.images, at: place)
        return try add(.merge(count), name: "\(name).joined", inputs: [body], output: joined, at: place)
    }

    // MARK: - Nodes and values

    private mutating func addToEach(
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
    private mutating func addAlike(
        _ operation: Operation, name: String, to input: Int, at place: String
    ) throws(NeuralNetworkError) -> Int {
        let value = graph.values[input]
        let output = try addValue(value.parts, images: value.images, at: place)
        return try add(operation, name: name, inputs: [input], output: output, at: place)
    }

    private mutating func add(
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

    private mutating func addValue(
        _ shape: FeatureShape, stored: Int, images: Int, at place: String
    ) throws(NeuralNetworkError) -> Int {
        try addValue([StoredFeatures(shape: shape, storedChannels: stored)], images: images, at: place)
    }

    private mutating func addValue(
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

    private func check(_ holds: Bool, _ text: @autoclosure () -> String) throws(NeuralNetworkError) {
        guard holds else { throw problem(text()) }
    }

    private func problem(_ text: String) -> NeuralNetworkError {
        .badBlueprint(name: blueprint.name, problem: text)
    }
}
