import ModelFile
import NeuralNetwork

/// A net's graph and weights as ONNX operations (operator set 17), node by node. Maps are [batch, channels, mels, frames],
/// as in PyTorch, vectors [batch, features]; dropout, which only trains, is left out.
struct ONNXNet {
    private let plan: NetworkPlan
    private let parameters: ParameterStore
    private var graph: ONNXGraph
    /// The tensor of each value of the graph.
    private var tensors: [Int: Tensor] = [:]

    private struct Tensor {
        let name: String
        let isFlat: Bool
    }

    static let input = "segments"
    static let logits = "logits"
    static let probabilities = "probabilities"

    /// The graph of a net: input ``input`` [batch, 1, mels, frames]; outputs ``logits`` and ``probabilities``, both
    /// [batch, classes].
    ///
    /// - Parameter outputs: nil for classes that exclude each other.
    static func graph(of parameters: ParameterStore, outputs: ModelOutputs? = nil) -> ONNX_Graph {
        var net = ONNXNet(parameters)
        net.build(outputs)
        return net.graph.graph
    }

    private init(_ parameters: ParameterStore) {
        self.parameters = parameters
        plan = parameters.plan
        graph = ONNXGraph(name: plan.blueprint.name)
    }

    private mutating func build(_ outputs: ModelOutputs?) {
        let extent = plan.blueprint.input
        graph.input(Self.input, shape: [nil, 1, extent.mels, extent.frames])
        tensors[0] = Tensor(name: Self.input, isFlat: false)
        for node in plan.graph.nodes { tensors[node.output] = add(node) }
        switch outputs {
        case .tags: graph.add("Sigmoid", Self.probabilities, inputs: [Self.logits])
        case nil: graph.add("Softmax", Self.probabilities, inputs: [Self.logits], attributes: ["axis": .int(1)])
        }
        graph.output(Self.logits, shape: [nil, plan.classes])
        graph.output(Self.probabilities, shape: [nil, plan.classes])
    }

    private mutating func add(_ node: NetworkGraph.Node) -> Tensor {
        let input = node.inputs[0]
        switch node.operation {
        case .convolution(let operation): return addConvolution(node, operation)
        case .norm(let settings):
            return like(input) { net, from in
                net.graph.add(
                    "BatchNormalization", node.name,
                    inputs: [from]
                        + ["weight", "bias", "running_mean", "running_var"].map { net.parameter("\(node.name).\($0)") },
                    attributes: ["epsilon": .float(Float(settings.epsilon))])
            }
        case .activation(let activation): return addActivation(node.name, activation, to: input)
        case .dropout: return tensors[input]!
        case .pool(let operation):
            let name = graph.add(
                operation.kind == .max ? "MaxPool" : "AveragePool", node.name, inputs: [map(input)],
                attributes: [
                    "kernel_shape": .ints([operation.window.mels, operation.window.frames]),
                    "strides": .ints([operation.stride.mels, operation.stride.frames]),
                    "pads": .ints(operation.pads.onnx),
                ])
            return Tensor(name: name, isFlat: false)
        case .concatenate(.features):
            return Tensor(name: joined(node.inputs.map { flat($0) }, axis: 1, name: node.name), isFlat: true)
        case .concatenate(let join):
            let parts = node.inputs.map { map($0) }
            return Tensor(name: joined(parts, axis: join == .time ? 3 : 1, name: node.name), isFlat: false)
        case .add:
            let isFlat = node.inputs.allSatisfy { tensors[$0]!.isFlat }
            let parts = node.inputs.map { isFlat ? flat($0) : map($0) }
            return Tensor(name: graph.add("Sum", node.name, inputs: parts), isFlat: isFlat)
        case .recurrent(let operation): return addRecurrent(node, operation)
        case .dense:
            let features = joined(node.inputs.map { flat($0) }, axis: 1, name: "\(node.name).features")
            let isLast = node.output == plan.head.output
            let name = graph.add(
                "Gemm", isLast ? Self.logits : "\(node.name).product",
                inputs: [features, parameter("\(node.name).weight"), parameter("\(node.name).bias")],
                attributes: ["transB": .int(1)])
            return Tensor(name: name, isFlat: true)
        case .standardise: return addStandardisation(node)
        case .split(let count): return addWindows(node, count: count, isSplit: true)
        case .merge(let count): return addWindows(node, count: count, isSplit: false)
        }
    }

    // MARK: - Values

    private func shape(_ value: Int) -> FeatureShape { plan.graph.values[value].shape }

    /// A value as [batch, channels, mels, frames].
    private mutating func map(_ value: Int) -> String {
        let tensor = tensors[value]!
        guard tensor.isFlat else { return tensor.name }
        let shape = shape(value)
        return reshaped(
            tensor.name, [-1, shape.channels, shape.extent.mels, shape.extent.frames], name: "\(tensor.name).map")
    }

    /// A value flattened channel by channel: [batch, features].
    private mutating func flat(_ value: Int) -> String {
        let tensor = tensors[value]!
        guard !tensor.isFlat else { return tensor.name }
        return once("\(tensor.name).flat") { net, name in
            net.graph.add("Flatten", name, inputs: [tensor.name], attributes: ["axis": .int(1)])
        }
    }

    /// An operation that takes a value in either form.
    private mutating func like(_ value: Int, _ add: (inout ONNXNet, String) -> String) -> Tensor {
        let tensor = tensors[value]!
        return Tensor(name: add(&self, tensor.name), isFlat: tensor.isFlat)
    }

    private var made: Set<String> = []

    /// Values that several nodes read are turned into another form once.
    private mutating func once(_ name: String, _ add: (inout ONNXNet, String) -> Void) -> String {
        if made.insert(name).inserted { add(&self, name) }
        return name
    }

    private mutating func joined(_ parts: [String], axis: Int, name: String) -> String {
        parts.count == 1 ? parts[0] : graph.add("Concat", name, inputs: parts, attributes: ["axis": .int(axis)])
    }

    private mutating func reshaped(_ features: String, _ shape: [Int], name: String) -> String {
        let target = graph.constant("shape.\(shape.map(String.init).joined(separator: "."))", integers: shape)
        return once(name) { net, name in net.graph.add("Reshape", name, inputs: [features, target]) }
    }

    /// A parameter in its canonical shape, under its own name.
    private mutating func parameter(_ name: String) -> String {
        let specification = specification(name)
        return graph.constant(name, shape: specification.shape, floats: parameters.canonical(specification))
    }

    private func specification(_ name: String) -> ParameterSpecification {
        plan.parameters.first { $0.name == name }!
    }

    // MARK: - Layers

    private mutating func addConvolution(_ node: NetworkGraph.Node, _ operation: ConvolutionOperation) -> Tensor {
        var inputs = [map(node.inputs[0]), parameter("\(node.name).weight")]
        if operation.bias { inputs.append(parameter("\(node.name).bias")) }
        let name = graph.add(
            "Conv", "\(node.name).convolution", inputs: inputs,
            attributes: [
                "kernel_shape": .ints([operation.kernel.mels, operation.kernel.frames]),
                "strides": .ints([operation.stride.mels, operation.stride.frames]),
                "pads": .ints(operation.pads.onnx),
            ])
        return Tensor(name: name, isFlat: false)
    }

    private mutating func addActivation(_ name: String, _ activation: Activation, to input: Int) -> Tensor {
        like(input) { net, from in
            switch activation {
            case .leakyReLU(1): from
            case .leakyReLU(0): net.graph.add("Relu", name, inputs: [from])
            case .leakyReLU(let slope):
                net.graph.add("LeakyRelu", name, inputs: [from], attributes: ["alpha": .float(slope)])
            case .elu: net.graph.add("Elu", name, inputs: [from])
            case .sigmoid: net.graph.add("Sigmoid", name, inputs: [from])
            case .tanh: net.graph.add("Tanh", name, inputs: [from])
            }
        }
    }

    private mutating func addStandardisation(_ node: NetworkGraph.Node) -> Tensor {
        func band(_ part: String) -> String {
            let specification = specification("\(node.name).\(part)")
            return graph.constant(
                specification.name, shape: [1, 1, specification.count, 1], floats: parameters.canonical(specification))
        }
        let centred = graph.add("Sub", "\(node.name).centred", inputs: [map(node.inputs[0]), band("mean")])
        return Tensor(name: graph.add("Div", node.name, inputs: [centred, band("deviation")]), isFlat: false)
    }

    private mutating func addWindows(_ node: NetworkGraph.Node, count: Int, isSplit: Bool) -> Tensor {
        let part = shape(isSplit ? node.output : node.inputs[0])
        let (bands, frames) = (part.extent.mels, part.extent.frames)
        let apart = reshaped(
            map(node.inputs[0]),
            isSplit ? [-1, part.channels, bands, count, frames] : [-1, count, part.channels, bands, frames],
            name: "\(node.name).apart")
        let turned = graph.add(
            "Transpose", "\(node.name).turned", inputs: [apart],
            attributes: ["perm": .ints(isSplit ? [0, 3, 1, 2, 4] : [0, 2, 3, 1, 4])])
        let whole = isSplit ? [-1, part.channels, bands, frames] : [-1, part.channels, bands, count * frames]
        return Tensor(name: reshaped(turned, whole, name: node.name), isFlat: false)
    }

    // MARK: - Recurrent layers

    /// ONNX wants sequences as [steps, batch, features]; over the batch there is one sequence, so that its batch is 1.
    private mutating func addRecurrent(_ node: NetworkGraph.Node, _ operation: RecurrentOperation) -> Tensor {
        let settings = operation.settings
        let width = settings.directions * settings.hidden
        var sequence = operation.steps == nil ? batchSequence(node) : timeSequence(node, operation)
        for layer in 0..<settings.layers {
            let name = "\(node.name).l\(layer)"
            let wantsLast =
                layer == settings.layers - 1 && operation.steps != nil && settings.returns == .last
            let outputs = wantsLast ? ["", "\(name).last"] : ["\(name).all"]
            let hidden = ONNXGraph.Attribute.int(settings.hidden)
            let direction = ONNXGraph.Attribute.string(settings.bidirectional ? "bidirectional" : "forward")
            let inputs = [sequence] + gateConstants(node, operation, layer: layer)
            switch settings.cell {
            case .lstm:
                graph.add(
                    "LSTM", name, inputs: inputs, outputs: outputs,
                    attributes: ["hidden_size": hidden, "direction": direction])
            case .gru:
                graph.add(
                    "GRU", name, inputs: inputs, outputs: outputs,
                    attributes: ["hidden_size": hidden, "direction": direction, "linear_before_reset": .int(1)])
            }
            if wantsLast {  // [directions, batch, hidden]
                let perBatch = graph.add(
                    "Transpose", "\(name).by-segment", inputs: [outputs[1]], attributes: ["perm": .ints([1, 0, 2])])
                return Tensor(name: reshaped(perBatch, [-1, width], name: "\(name).output"), isFlat: true)
            }
            let perStep = graph.add(  // [steps, directions, batch, hidden]
                "Transpose", "\(name).by-step", inputs: [outputs[0]], attributes: ["perm": .ints([0, 2, 1, 3])])
            sequence = reshaped(
                perStep, operation.steps.map { [$0, -1, width] } ?? [-1, 1, width], name: "\(name).output")
        }
        guard let steps = operation.steps else {
            return Tensor(name: reshaped(sequence, [-1, width], name: "\(node.name).output"), isFlat: true)
        }
        let turned = graph.add(  // [batch, features, steps]
            "Transpose", "\(node.name).turned", inputs: [sequence], attributes: ["perm": .ints([1, 2, 0])])
        return Tensor(
            name: reshaped(turned, [-1, width, 1, steps], name: "\(node.name).output"), isFlat: false)
    }

    /// The segments are the steps: [batch, 1, features].
    private mutating func batchSequence(_ node: NetworkGraph.Node) -> String {
        let features = joined(node.inputs.map { flat($0) }, axis: 1, name: "\(node.name).features")
        return reshaped(
            features, [-1, 1, node.inputs.reduce(0) { $0 + plan.graph.values[$1].count }], name: "\(node.name).input")
    }

    /// The columns are the steps: step t joins column t div span of each branch, flattened channel by channel:
    /// [steps, batch, features].
    private mutating func timeSequence(_ node: NetworkGraph.Node, _ operation: RecurrentOperation) -> String {
        var parts: [String] = []
        for (index, (input, span)) in zip(node.inputs, operation.spans).enumerated() {
            let name = "\(node.name).columns.\(index + 1)"
            let shape = shape(input)
            let byColumn = graph.add(
                "Transpose", name, inputs: [map(input)], attributes: ["perm": .ints([3, 0, 1, 2])])
            var columns = reshaped(
                byColumn, [shape.extent.frames, -1, shape.channels * shape.extent.mels], name: "\(name).flat")
            if span > 1 {
                let steps = (0..<shape.extent.frames * span).map { $0 / span }
                columns = graph.add(
                    "Gather", "\(name).by-step",
                    inputs: [columns, graph.constant("\(name).of-step", integers: steps)],
                    attributes: ["axis": .int(0)])
            }
            parts.append(columns)
        }
        return joined(parts, axis: 2, name: "\(node.name).input")
    }

    /// W [directions, gates * hidden, features], R [directions, gates * hidden, hidden] and B [directions, 2 * gates *
    /// hidden] of a layer.
    private mutating func gateConstants(
        _ node: NetworkGraph.Node, _ operation: RecurrentOperation, layer: Int
    ) -> [String] {
        var (input, state, bias): ([Float], [Float], [Float]) = ([], [], [])
        let suffixes = ["l\(layer)", "l\(layer)_reverse"].prefix(operation.settings.directions)
        let cell = operation.settings.cell
        for suffix in suffixes {
            input += gates("\(node.name).weight_ih_\(suffix)", cell)
            state += gates("\(node.name).weight_hh_\(suffix)", cell)
            bias += gates("\(node.name).bias_ih_\(suffix)", cell) + gates("\(node.name).bias_hh_\(suffix)", cell)
        }
        let (directions, rows) = (operation.settings.directions, cell.gates * operation.settings.hidden)
        let name = "\(node.name).l\(layer)"
        return [
            graph.constant(
                "\(name).W", shape: [directions, rows, input.count / (directions * rows)], floats: input),
            graph.constant("\(name).R", shape: [directions, rows, operation.settings.hidden], floats: state),
            graph.constant("\(name).B", shape: [directions, 2 * rows], floats: bias),
        ]
    }

    /// A parameter with its gates in ONNX's order instead of PyTorch's: of an LSTM input, output, forget, cell for input,
    /// forget, cell, output; of a GRU update, reset, new for reset, update, new.
    private func gates(_ name: String, _ cell: RecurrentSettings.Cell) -> [Float] {
        let values = parameters.canonical(specification(name))
        let gate = values.count / cell.gates
        let order =
            switch cell {
            case .lstm: [0, 3, 1, 2]
            case .gru: [1, 0, 2]
            }
        return order.flatMap { values[$0 * gate..<($0 + 1) * gate] }
    }
}

extension Pads {
    /// Rows and columns before, then those after.
    fileprivate var onnx: [Int] { [top, left, bottom, right] }
}
