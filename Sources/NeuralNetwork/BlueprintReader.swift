/// Reads a blueprint's layers in order, joins them into blocks and stages, and works out their shapes.
struct BlueprintReader {
    let blueprint: Blueprint
    private(set) var towers: [NetworkPlan.TowerPlan] = []
    private(set) var recurrent: NetworkPlan.RecurrentStage?
    private(set) var dense: [NetworkPlan.DenseStage] = []

    init(blueprint: Blueprint) { self.blueprint = blueprint }

    mutating func read() throws(NeuralNetworkError) {
        let input = blueprint.input
        try check(
            1...8192 ~= input.mels && 1...8192 ~= input.frames, "an input of \(input) is out of range (1 to 8192)")
        try check(blueprint.layers.count <= 1000, "it has more than 1,000 layers")

        var rest = blueprint.layers[...]
        if case .towers(let written)? = rest.first {
            rest.removeFirst()
            try check(!written.isEmpty && written.count <= 64, "it needs 1 to 64 towers")
            for tower in written {
                try check(tower.layers.count <= 1000, "a tower has more than 1,000 layers")
                var layers = tower.layers[...]
                try addTower(tower.name, reading: &layers)
                try check(layers.isEmpty, "a tower holds convolutions, pools and activations only")
            }
            try check(Set(towers.map(\.name)).count == towers.count, "two towers have one name")
        } else if case .convolution? = rest.first {
            try addTower("convolution", reading: &rest)
        }
        try addRecurrent(reading: &rest)
        try addDense(reading: &rest)
        if let layer = rest.first { throw problem("\(layer.kind) cannot stand where it does") }
        guard let last = dense.last else { throw problem("it has no dense layer to give the classes' logits") }
        try check(last.slope == 1 && last.dropout == 0, "activation or dropout after the last dense layer")
        try check(last.units.count >= 2, "a classifier needs at least two classes")
    }

    // MARK: - Towers

    private mutating func addTower(_ name: String, reading layers: inout ArraySlice<Layer>) throws(NeuralNetworkError) {
        var blocks: [NetworkPlan.Block] = []
        var shape = StoredFeatures(shape: FeatureShape(channels: 1, extent: blueprint.input), storedChannels: 1)
        while case .convolution(let channels, let kernel)? = layers.first {
            layers.removeFirst()
            try check(1...65536 ~= channels, "\(channels) channels are out of range (1 to 65536)")
            try check(1...1024 ~= kernel.mels && 1...1024 ~= kernel.frames, "kernel \(kernel) is out of range")
            // A rising activation and a maximum may change places, so either order makes the same block.
            var pool: Extent?
            var slope: Float?
            follow: while true {
                switch layers.first {
                case .maxPool(let window)? where pool == nil: pool = window
                case .leakyReLU(let value)? where slope == nil: slope = value
                default: break follow
                }
                layers.removeFirst()
            }
            let window = pool ?? 1 × 1
            try check(window.mels >= 1 && window.frames >= 1, "pool \(window) is out of range")
            try check(0...1 ~= slope ?? 1, "an activation's slope of \(slope ?? 1) is out of range (0 to 1)")
            let pooled = (shape.shape.extent.mels / window.mels) × (shape.shape.extent.frames / window.frames)
            try check(
                pooled.mels >= 1 && pooled.frames >= 1 && window.area <= 65_535,
                "pool \(window) does not fit a map of \(shape.shape.extent)")
            let output = StoredFeatures(
                shape: FeatureShape(channels: channels, extent: pooled),
                storedChannels: StoredChannels(channels: channels).stored)
            try checkSizes(of: kernel, from: shape, channels: output.storedChannels)
            blocks.append(
                NetworkPlan.Block(
                    name: "\(name).\(blocks.count + 1)", input: shape, output: output, channels: channels,
                    kernel: kernel, pool: window, slope: slope ?? 1))
            shape = output
        }
        try check(!blocks.isEmpty, "tower '\(name)' has no convolution")
        towers.append(NetworkPlan.TowerPlan(name: name, blocks: blocks))
    }

    /// The kernels' limits (`blocks.c`): floats of one image, and of one convolution's weights.
    private func checkSizes(
        of kernel: Extent, from input: StoredFeatures, channels: Int
    ) throws(NeuralNetworkError) {
        let limit = 1 << 28
        let extent = input.shape.extent
        let image = (extent.mels + kernel.mels) * (extent.frames + kernel.frames + 32)
        try check(
            image * Swift.max(input.storedChannels, channels) < limit,
            "a map of \(Swift.max(input.shape.channels, channels)) x \(extent) is too large")
        try check(
            kernel.mels * (kernel.frames + 16) * input.storedChannels * channels < limit,
            "a convolution of \(kernel) from \(input.shape.channels) to \(channels) channels is too large")
    }

    // MARK: - The recurrent layer

    private mutating func addRecurrent(reading layers: inout ArraySlice<Layer>) throws(NeuralNetworkError) {
        guard case .lstm(let settings)? = layers.first else { return }
        layers.removeFirst()
        try check(1...65_536 ~= settings.hidden, "\(settings.hidden) hidden units are out of range")
        try check(1...64 ~= settings.layers, "\(settings.layers) recurrent layers are out of range (1 to 64)")
        try check(
            settings.dropout >= 0 && settings.dropout < 1,
            "a dropout rate of \(settings.dropout) is out of range (0 to below 1)")
        try check(!towers.isEmpty, "a recurrent layer needs convolutions before it")
        var steps: Int?
        var order = Array(towers.indices)
        if case .time(let names) = settings.sequence {
            try check(
                Set(names) == Set(towers.map(\.name)) && names.count == towers.count,
                "the order of a recurrent layer's towers must name each of them once")
            order = names.map { name in towers.firstIndex { $0.name == name }! }
            steps = towers.map { $0.blocks.last!.output.shape.extent.frames }.max()
        }
        var sources: [NetworkPlan.RecurrentStage.Source] = []
        for tower in order {
            let features = towers[tower].blocks.last!.output
            let frames = features.shape.extent.frames
            let span = (steps ?? frames) / frames
            try check(
                steps == nil || span * frames == steps,
                "tower '\(towers[tower].name)' ends with \(frames) columns, which do not divide \(steps ?? 0) steps")
            sources.append(NetworkPlan.RecurrentStage.Source(tower: tower, features: features, span: span))
        }
        var dropout: Float = 0
        if case .dropout(let rate)? = layers.first {
            try check(rate >= 0 && rate < 1, "a dropout rate of \(rate) is out of range (0 to below 1)")
            dropout = rate
            layers.removeFirst()
        }
        recurrent = NetworkPlan.RecurrentStage(
            name: "lstm", sources: sources, steps: steps, settings: settings,
            hidden: StoredChannels(units: settings.hidden), dropout: dropout)
    }

    // MARK: - Dense layers

    private mutating func addDense(reading layers: inout ArraySlice<Layer>) throws(NeuralNetworkError) {
        var segments = recurrent?.outputs ?? towers.map { $0.blocks.last!.output }
        if segments.isEmpty {
            segments = [StoredFeatures(shape: FeatureShape(channels: 1, extent: blueprint.input), storedChannels: 1)]
        }
        while case .dense(let count)? = layers.first {
            layers.removeFirst()
            try check(1...1_048_576 ~= count, "\(count) units are out of range")
            var slope: Float = 1
            var dropout: Float = 0
            if case .leakyReLU(let value)? = layers.first {
                try check(0...1 ~= value, "an activation's slope of \(value) is out of range (0 to 1)")
                slope = value
                layers.removeFirst()
            }
            if case .dropout(let rate)? = layers.first {
                try check(rate >= 0 && rate < 1, "a dropout rate of \(rate) is out of range (0 to below 1)")
                dropout = rate
                layers.removeFirst()
            }
            let units = StoredChannels(units: count)
            dense.append(
                NetworkPlan.DenseStage(
                    name: "dense\(dense.count + 1)", segments: segments, units: units, slope: slope, dropout: dropout))
            segments = [
                StoredFeatures(shape: FeatureShape(channels: count, extent: 1 × 1), storedChannels: units.stored)
            ]
        }
    }

    // MARK: - Problems

    private func check(_ holds: Bool, _ text: @autoclosure () -> String) throws(NeuralNetworkError) {
        guard holds else { throw problem(text()) }
    }

    private func problem(_ text: String) -> NeuralNetworkError {
        .badBlueprint(name: blueprint.name, problem: text)
    }
}

extension Layer {
    /// The layer's word in messages.
    var kind: String {
        switch self {
        case .convolution: "a convolution"
        case .maxPool: "a max pool"
        case .leakyReLU: "an activation"
        case .towers: "a group of towers"
        case .lstm: "a recurrent layer"
        case .dense: "a dense layer"
        case .dropout: "a dropout"
        }
    }
}
