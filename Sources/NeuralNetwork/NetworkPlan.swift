/// A blueprint with everything worked out: its graph, and where its parameters lie.
public struct NetworkPlan: Sendable {
    public let blueprint: Blueprint
    public let graph: NetworkGraph
    /// In the order of the blueprint, which is the order of files.
    public let parameters: [ParameterSpecification]
    /// Floats that all weights take in memory; the biases follow them.
    public let storedWeightCount: Int
    /// Floats that all learned parameters take in memory; the statistics follow them.
    public let storedLearnedCount: Int
    /// Floats that all parameters take in memory.
    public let storedCount: Int

    /// Number of logits.
    public var classes: Int { graph.values[head.output].count }
    /// Features that the last dense layer reads: of the paper's nets 200, or 400 from an LSTM in both directions.
    public var embeddingSize: Int { head.inputs.reduce(0) { $0 + graph.values[$1].count } }
    /// Number of trainable values.
    public var parameterCount: Int { parameters.reduce(0) { $0 + ($1.role == .statistic ? 0 : $1.count) } }
    /// The last dense layer, which gives the logits.
    public var head: NetworkGraph.Node { graph.nodes.last! }

    /// Works the shapes out.
    ///
    /// - Throws: ``NeuralNetworkError/badBlueprint(name:problem:)`` where layers do not fit together, or where a size is
    ///   senseless: blueprints may come from files.
    public init(_ blueprint: Blueprint) throws(NeuralNetworkError) {
        var builder = GraphBuilder(blueprint: blueprint)
        try builder.read()
        self.blueprint = blueprint
        var graph = builder.graph

        // Weights first: the optimiser's penalised part is then one stretch of memory.
        var offset = 0
        var (weights, learned) = (0, 0)
        for role in [ParameterSpecification.Role.weight, .bias, .statistic] {
            for index in graph.parameters.indices where graph.parameters[index].role == role {
                graph.parameters[index].offset = offset
                offset += (graph.parameters[index].layout.storedCount + 15) / 16 * 16
                // One at a time, so that no sum overflows.
                guard offset <= 1 << 30 else {
                    throw .badBlueprint(name: blueprint.name, problem: "it has more than 2^30 parameters")
                }
            }
            switch role {
            case .weight: weights = offset
            case .bias: learned = offset
            case .statistic: break
            }
        }
        self.graph = graph
        parameters = graph.parameters
        storedWeightCount = weights
        storedLearnedCount = learned
        storedCount = offset
    }

    /// Multiply-adds of one segment's forward pass, counted as a direct convolution does them.
    public var multiplyAdds: Int { graph.nodes.reduce(0) { $0 + graph.multiplyAdds(of: $1) } }

    /// The same of a training step: the forward pass, the weights' gradients and the inputs' gradients, which the first
    /// convolutions do not need.
    public var trainingMultiplyAdds: Int {
        let needsGradient = graph.needsGradient
        return graph.nodes.reduce(0) { sum, node in
            let isFirst = !node.inputs.contains { needsGradient[$0] }
            return sum + (isFirst ? 2 : 3) * graph.multiplyAdds(of: node)
        }
    }
}
