/// A blueprint with every shape worked out: the blocks that the kernels run and the parameters they need.
public struct NetworkPlan: Sendable {
    /// Convolution, bias, max pool and activation, run as one kernel.
    public struct Block: Sendable, Hashable {
        /// "frequency.1": the tower's name and the convolution's number in it.
        public let name: String
        public let input: StoredFeatures
        public let output: StoredFeatures
        public let channels: Int
        public let kernel: Extent
        public let pool: Extent
        /// Of the leaky ReLU; 1 where there is none.
        public let slope: Float
    }

    /// A chain of blocks that begins at the input.
    public struct TowerPlan: Sendable, Hashable {
        public let name: String
        public let blocks: [Block]
    }

    /// A dense layer with its activation and dropout.
    public struct DenseStage: Sendable, Hashable {
        /// "dense1", "dense2" …
        public let name: String
        public let segments: [StoredFeatures]
        public let units: StoredChannels
        public let slope: Float
        public let dropout: Float
    }

    /// A recurrent layer between the towers and the dense layers.
    public struct RecurrentStage: Sendable, Hashable {
        /// A tower's part of each step.
        public struct Source: Sendable, Hashable {
            /// Index into ``NetworkPlan/towers``.
            public let tower: Int
            /// All that the tower puts out.
            public let features: StoredFeatures
            /// Steps that read one of its columns.
            public let span: Int

            /// What one step reads of it.
            public var column: StoredFeatures {
                StoredFeatures(
                    shape: FeatureShape(
                        channels: features.shape.channels, extent: features.shape.extent.mels × 1),
                    storedChannels: features.storedChannels)
            }
        }

        public let name: String
        public let sources: [Source]
        /// Steps of a segment's sequence; nil where the batch is the sequence.
        public let steps: Int?
        public let settings: LSTMSettings
        public let hidden: StoredChannels
        /// Dropout rate on its last output.
        public let dropout: Float

        /// What each layer reads at a step, in canonical order.
        public func inputs(ofLayer layer: Int) -> [StoredFeatures] {
            if layer > 0 { return outputs }
            return steps == nil ? sources.map(\.features) : sources.map(\.column)
        }

        /// What it puts out: one part a direction.
        public var outputs: [StoredFeatures] {
            Array(
                repeating: StoredFeatures(
                    shape: FeatureShape(channels: hidden.count, extent: 1 × 1), storedChannels: hidden.stored),
                count: settings.directions)
        }
    }

    public let blueprint: Blueprint
    public let towers: [TowerPlan]
    public let recurrent: RecurrentStage?
    public let dense: [DenseStage]
    /// In the order of the blueprint, which is the order of files.
    public let parameters: [ParameterSpecification]
    /// Floats that all weights take in memory; the biases follow them.
    public let storedWeightCount: Int
    /// Floats that all parameters take in memory.
    public let storedCount: Int

    /// Number of logits.
    public var classes: Int { dense.last?.units.count ?? 0 }
    /// Features that the last dense layer reads: of the paper's nets 200, or 400 from an LSTM in both directions.
    public var embeddingSize: Int { dense.last?.segments.reduce(0) { $0 + $1.shape.count } ?? 0 }
    /// Number of trainable values.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    /// Works the shapes out.
    ///
    /// - Throws: ``NeuralNetworkError/badBlueprint(name:problem:)`` where layers do not fit together, or where a size is
    ///   senseless: blueprints may come from files.
    public init(_ blueprint: Blueprint) throws(NeuralNetworkError) {
        var reader = BlueprintReader(blueprint: blueprint)
        try reader.read()
        self.blueprint = blueprint
        towers = reader.towers
        recurrent = reader.recurrent
        dense = reader.dense

        // Weights first: the optimiser's penalised part is then one stretch of memory.
        var specifications = towers.flatMap(\.blocks).flatMap(Self.parameters)
        specifications += reader.recurrent.map(Self.parameters) ?? []
        specifications += dense.flatMap(Self.parameters)
        var offset = 0
        var weights = 0
        for role in [ParameterSpecification.Role.weight, .bias] {
            for index in specifications.indices where specifications[index].role == role {
                specifications[index].offset = offset
                offset += (specifications[index].layout.storedCount + 15) / 16 * 16
                // One at a time, so that no sum overflows.
                guard offset <= 1 << 30 else {
                    throw .badBlueprint(name: blueprint.name, problem: "it has more than 2^30 parameters")
                }
            }
            if role == .weight { weights = offset }
        }
        parameters = specifications
        storedWeightCount = weights
        storedCount = offset
    }

    /// Multiply-adds of one segment's forward pass, counted as a direct convolution does them.
    public var multiplyAdds: Int {
        let blocks = towers.flatMap(\.blocks).map { block in
            block.input.shape.extent.area * block.kernel.area * block.input.shape.channels * block.channels
        }
        var recurrentWork = 0
        if let recurrent {
            for layer in 0..<recurrent.settings.layers {
                // A column that several steps read is projected once.
                let projected =
                    layer > 0 || recurrent.steps == nil
                    ? recurrent.inputs(ofLayer: layer).reduce(0) { $0 + $1.shape.count } * (recurrent.steps ?? 1)
                    : recurrent.sources.reduce(0) { $0 + $1.features.shape.count }
                let hidden = recurrent.hidden.count
                recurrentWork +=
                    recurrent.settings.directions * 4 * hidden * (projected + (recurrent.steps ?? 1) * hidden)
            }
        }
        let stages = dense.map { stage in stage.segments.reduce(0) { $0 + $1.shape.count } * stage.units.count }
        return (blocks + stages).reduce(0, +) + recurrentWork
    }

    /// The same of a training step: the forward pass, the weights' gradients and the inputs' gradients, which the first
    /// blocks do not need.
    public var trainingMultiplyAdds: Int {
        let first = towers.compactMap(\.blocks.first).map { block in
            block.input.shape.extent.area * block.kernel.area * block.input.shape.channels * block.channels
        }
        return 3 * multiplyAdds - first.reduce(0, +)
    }

    private static func parameters(of block: Block) -> [ParameterSpecification] {
        let inputs = StoredChannels(channels: block.input.shape.channels)
        let outputs = StoredChannels(channels: block.channels)
        let fanIn = inputs.count * block.kernel.area
        return [
            ParameterSpecification(
                name: "\(block.name).weight", role: .weight, initialiser: .kaimingNormal(fanIn: fanIn),
                layout: .convolution(inputs: inputs, outputs: outputs, kernel: block.kernel)),
            ParameterSpecification(
                name: "\(block.name).bias", role: .bias, initialiser: .zero, layout: .vector(outputs)),
        ]
    }

    private static func parameters(of stage: DenseStage) -> [ParameterSpecification] {
        let fanIn = stage.segments.reduce(0) { $0 + $1.shape.count }
        return [
            ParameterSpecification(
                name: "\(stage.name).weight", role: .weight, initialiser: .kaimingNormal(fanIn: fanIn),
                layout: .dense(segments: stage.segments, outputs: stage.units)),
            ParameterSpecification(
                name: "\(stage.name).bias", role: .bias, initialiser: .zero, layout: .vector(stage.units)),
        ]
    }

    /// Names and order as in PyTorch's nn.LSTM.
    private static func parameters(of stage: RecurrentStage) -> [ParameterSpecification] {
        let uniform = ParameterSpecification.Initialiser.uniform(bound: 1 / Double(stage.hidden.count).squareRoot())
        return (0..<stage.settings.layers).flatMap { layer in
            (0..<stage.settings.directions).flatMap { direction in
                let suffix = "l\(layer)" + (direction == 1 ? "_reverse" : "")
                return [
                    ParameterSpecification(
                        name: "\(stage.name).weight_ih_\(suffix)", role: .weight, initialiser: uniform,
                        layout: .gatesOfInput(segments: stage.inputs(ofLayer: layer), hidden: stage.hidden)),
                    ParameterSpecification(
                        name: "\(stage.name).weight_hh_\(suffix)", role: .weight, initialiser: uniform,
                        layout: .gatesOfState(hidden: stage.hidden)),
                    ParameterSpecification(
                        name: "\(stage.name).bias_ih_\(suffix)", role: .bias, initialiser: uniform,
                        layout: .gateBiases(hidden: stage.hidden)),
                    ParameterSpecification(
                        name: "\(stage.name).bias_hh_\(suffix)", role: .bias, initialiser: uniform,
                        layout: .gateBiases(hidden: stage.hidden)),
                ]
            }
        }
    }
}
