// What each layer makes of the maps before it: the shapes, and what is refused.

extension GraphBuilder {
    // MARK: - Convolutions and pools

    mutating func addConvolution(
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

    mutating func addPool(
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

    mutating func addGlobalPool(
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

    mutating func addBranches(
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

    mutating func addJoin(
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
    mutating func single(_ flow: Flow, at place: String) throws(NeuralNetworkError) -> Int {
        if flow.values.count == 1, graph.values[flow.values[0]].parts.count == 1 { return flow.values[0] }
        return try addJoin(flow.values, .features, name: "flat\(graph.nodes.count)", at: place)
    }

    // MARK: - Recurrent layers and windows

    mutating func addRecurrent(
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

    mutating func addWindows(
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
}
