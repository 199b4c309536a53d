import NeuralNetwork

/// A net's plan and weights as ONNX operations (operator set 17), layer by layer. Activations are [batch, channels,
/// mels, frames], as in PyTorch; dropout, which only trains, is left out.
struct ONNXNet {
    private let plan: NetworkPlan
    private let parameters: ParameterStore
    private var graph: ONNXGraph

    static let input = "segments"
    static let logits = "logits"
    static let probabilities = "probabilities"

    /// The graph of a net: input ``input`` [batch, 1, mels, frames]; outputs ``logits`` and ``probabilities``, both
    /// [batch, classes].
    static func graph(of parameters: ParameterStore) -> ONNX_Graph {
        var net = ONNXNet(parameters)
        net.build()
        return net.graph.graph
    }

    private init(_ parameters: ParameterStore) {
        self.parameters = parameters
        plan = parameters.plan
        graph = ONNXGraph(name: plan.blueprint.name)
    }

    private mutating func build() {
        let extent = plan.blueprint.input
        graph.input(Self.input, shape: [nil, 1, extent.mels, extent.frames])
        let towers = plan.towers.map { addTower($0) }
        var features: String
        if let stage = plan.recurrent {
            features = addRecurrent(stage, towers: towers)
        } else {
            features = flattened(towers.isEmpty ? [Self.input] : towers)
        }
        for (index, stage) in plan.dense.enumerated() {
            features = addDense(stage, features, isLast: index == plan.dense.count - 1)
        }
        graph.add("Softmax", Self.probabilities, inputs: [Self.logits], attributes: ["axis": .int(1)])
        graph.output(Self.logits, shape: [nil, plan.classes])
        graph.output(Self.probabilities, shape: [nil, plan.classes])
    }

    // MARK: - Convolutions and dense layers

    private mutating func addTower(_ tower: NetworkPlan.TowerPlan) -> String {
        var features = Self.input
        for block in tower.blocks {
            let (kernel, pool) = (block.kernel, block.pool)
            // "Same" padding: k - 1 in all, the smaller half first.
            let (top, left) = ((kernel.mels - 1) / 2, (kernel.frames - 1) / 2)
            features = graph.add(
                "Conv", "\(block.name).convolution",
                inputs: [features, parameter("\(block.name).weight"), parameter("\(block.name).bias")],
                attributes: [
                    "kernel_shape": .ints([kernel.mels, kernel.frames]),
                    "pads": .ints([top, left, kernel.mels - 1 - top, kernel.frames - 1 - left]),
                ])
            if pool.area > 1 {
                features = graph.add(
                    "MaxPool", "\(block.name).pool", inputs: [features],
                    attributes: [
                        "kernel_shape": .ints([pool.mels, pool.frames]), "strides": .ints([pool.mels, pool.frames]),
                    ])
            }
            features = activated(features, slope: block.slope, name: "\(block.name).activation")
        }
        return features
    }

    private mutating func activated(_ features: String, slope: Float, name: String) -> String {
        switch slope {
        case 1: features
        case 0: graph.add("Relu", name, inputs: [features])
        default: graph.add("LeakyRelu", name, inputs: [features], attributes: ["alpha": .float(slope)])
        }
    }

    private mutating func addDense(_ stage: NetworkPlan.DenseStage, _ features: String, isLast: Bool) -> String {
        let output = graph.add(
            "Gemm", isLast ? Self.logits : "\(stage.name).product",
            inputs: [features, parameter("\(stage.name).weight"), parameter("\(stage.name).bias")],
            attributes: ["transB": .int(1)])
        return activated(output, slope: stage.slope, name: "\(stage.name).activation")
    }

    /// Each part flattened channel by channel, and the parts joined: [batch, all features].
    private mutating func flattened(_ parts: [String]) -> String {
        let flat = parts.enumerated().map { index, part in
            graph.add("Flatten", "flat.\(index + 1)", inputs: [part], attributes: ["axis": .int(1)])
        }
        return joined(flat, axis: 1)
    }

    private mutating func joined(_ parts: [String], axis: Int) -> String {
        parts.count == 1 ? parts[0] : graph.add("Concat", "joined", inputs: parts, attributes: ["axis": .int(axis)])
    }

    /// A parameter in its canonical shape, under its own name.
    private mutating func parameter(_ name: String) -> String {
        let specification = specification(name)
        return graph.constant(name, shape: specification.shape, floats: parameters.canonical(specification))
    }

    private func specification(_ name: String) -> ParameterSpecification {
        plan.parameters.first { $0.name == name }!
    }

    // MARK: - The recurrent layer

    /// ONNX wants sequences as [steps, batch, features]; over the batch there is one sequence, so that its batch is 1.
    private mutating func addRecurrent(_ stage: NetworkPlan.RecurrentStage, towers: [String]) -> String {
        let settings = stage.settings
        let width = settings.directions * stage.hidden.count
        var sequence = stage.steps == nil ? batchSequence(stage, towers) : timeSequence(stage, towers)
        for layer in 0..<settings.layers {
            let name = "\(stage.name).l\(layer)"
            // Of a sequence over time the dense layers see each direction's last output, of one over the batch all.
            let wantsLast = layer == settings.layers - 1 && stage.steps != nil
            let outputs = wantsLast ? ["", "\(name).last"] : ["\(name).all"]
            graph.add(
                "LSTM", name, inputs: [sequence] + gateConstants(stage, layer: layer), outputs: outputs,
                attributes: [
                    "hidden_size": .int(stage.hidden.count),
                    "direction": .string(settings.bidirectional ? "bidirectional" : "forward"),
                ])
            if wantsLast {  // [directions, batch, hidden]
                let perBatch = graph.add(
                    "Transpose", "\(name).by-segment", inputs: [outputs[1]], attributes: ["perm": .ints([1, 0, 2])])
                return reshaped(perBatch, [-1, width], name: "\(name).output")
            }
            let perStep = graph.add(  // [steps, directions, batch, hidden]
                "Transpose", "\(name).by-step", inputs: [outputs[0]], attributes: ["perm": .ints([0, 2, 1, 3])])
            sequence = reshaped(
                perStep, stage.steps.map { [$0, -1, width] } ?? [-1, 1, width], name: "\(name).output")
        }
        return reshaped(sequence, [-1, width], name: "\(stage.name).output")
    }

    /// The segments are the steps: [batch, 1, features].
    private mutating func batchSequence(_ stage: NetworkPlan.RecurrentStage, _ towers: [String]) -> String {
        let features = flattened(stage.sources.map { towers[$0.tower] })
        return reshaped(
            features, [-1, 1, stage.inputs(ofLayer: 0).reduce(0) { $0 + $1.shape.count }], name: "\(stage.name).input")
    }

    /// The columns are the steps: step t joins column t div span of each tower, flattened channel by channel:
    /// [steps, batch, features].
    private mutating func timeSequence(_ stage: NetworkPlan.RecurrentStage, _ towers: [String]) -> String {
        var parts: [String] = []
        for source in stage.sources {
            let name = "\(plan.towers[source.tower].name).columns"
            let shape = source.features.shape
            let byColumn = graph.add(
                "Transpose", name, inputs: [towers[source.tower]], attributes: ["perm": .ints([3, 0, 1, 2])])
            var columns = reshaped(
                byColumn, [shape.extent.frames, -1, shape.channels * shape.extent.mels], name: "\(name).flat")
            if source.span > 1 {
                let steps = (0..<shape.extent.frames * source.span).map { $0 / source.span }
                columns = graph.add(
                    "Gather", "\(name).by-step",
                    inputs: [columns, graph.constant("\(name).of-step", integers: steps)],
                    attributes: ["axis": .int(0)])
            }
            parts.append(columns)
        }
        return joined(parts, axis: 2)
    }

    private mutating func reshaped(_ features: String, _ shape: [Int], name: String) -> String {
        let target = graph.constant("shape.\(shape.map(String.init).joined(separator: "."))", integers: shape)
        return graph.add("Reshape", name, inputs: [features, target])
    }

    /// W [directions, 4 * hidden, features], R [directions, 4 * hidden, hidden] and B [directions, 8 * hidden] of a layer.
    private mutating func gateConstants(_ stage: NetworkPlan.RecurrentStage, layer: Int) -> [String] {
        var (input, state, bias): ([Float], [Float], [Float]) = ([], [], [])
        let suffixes = ["l\(layer)", "l\(layer)_reverse"].prefix(stage.settings.directions)
        for suffix in suffixes {
            input += gates("\(stage.name).weight_ih_\(suffix)")
            state += gates("\(stage.name).weight_hh_\(suffix)")
            bias += gates("\(stage.name).bias_ih_\(suffix)") + gates("\(stage.name).bias_hh_\(suffix)")
        }
        let (directions, hidden) = (stage.settings.directions, stage.hidden.count)
        let features = stage.inputs(ofLayer: layer).reduce(0) { $0 + $1.shape.count }
        let name = "\(stage.name).l\(layer)"
        return [
            graph.constant("\(name).W", shape: [directions, 4 * hidden, features], floats: input),
            graph.constant("\(name).R", shape: [directions, 4 * hidden, hidden], floats: state),
            graph.constant("\(name).B", shape: [directions, 8 * hidden], floats: bias),
        ]
    }

    /// A parameter with its gates in ONNX's order (input, output, forget, cell) instead of PyTorch's (input, forget,
    /// cell, output).
    private func gates(_ name: String) -> [Float] {
        let values = parameters.canonical(specification(name))
        let gate = values.count / 4
        return [0, 3, 1, 2].flatMap { values[$0 * gate..<($0 + 1) * gate] }
    }
}
