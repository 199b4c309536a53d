/// A net between its blueprint and everything else: operations in topological order, with the shapes of what they read
/// and write. Inspection, names, costs, ONNX, figure and executor are readings of it by exhaustive switches.
public struct NetworkGraph: Sendable, Hashable {
    /// What an operation puts out.
    public struct Value: Sendable, Hashable {
        /// What the kernels keep for an image: one map or vector, or, of a recurrent layer's last outputs, one vector a
        /// direction, one after another.
        public let parts: [StoredFeatures]
        /// Images of a segment: more than one within windows.
        public let images: Int

        /// The shape of one image; several parts are features.
        public var shape: FeatureShape {
            parts.count == 1
                ? parts[0].shape
                : FeatureShape(channels: parts.reduce(0) { $0 + $1.shape.count }, extent: 1 × 1)
        }
        /// Floats that the kernels keep for an image.
        public var storedCount: Int { parts.reduce(0) { $0 + $1.storedCount } }
        /// Features of an image.
        public var count: Int { parts.reduce(0) { $0 + $1.shape.count } }
    }

    public struct Node: Sendable, Hashable {
        /// Begins its parameters' names: "frequency.1", "dense1".
        public let name: String
        /// Where the layer stands in the blueprint: "layers[0].towers[1].layers[2]".
        public let place: String
        public let operation: Operation
        /// Indices into ``NetworkGraph/values``.
        public let inputs: [Int]
        public let output: Int
        /// Which convolution of its chain it is, from 1; 0 for other operations.
        public let depth: Int
        /// Indices into ``NetworkGraph/parameters``.
        public let parameters: Range<Int>
    }

    /// The first one is the input.
    public internal(set) var values: [Value] = []
    public internal(set) var nodes: [Node] = []
    /// In the order of the blueprint, which is the order of files; their places in memory are the plan's business.
    var parameters: [ParameterSpecification] = []

    /// The nodes that read a value, a node as often as it reads it.
    func readers(of value: Int) -> [Int] {
        nodes.indices.flatMap { node in nodes[node].inputs.filter { $0 == value }.map { _ in node } }
    }

    /// For every value, the nodes that read it.
    var readers: [[Int]] {
        var result = values.map { _ in [Int]() }
        for (index, node) in nodes.enumerated() {
            for input in node.inputs { result[input].append(index) }
        }
        return result
    }

    /// For every value, the node that writes it; nil for the input.
    var producers: [Int?] {
        var result = values.map { _ in Int?.none }
        for (index, node) in nodes.enumerated() { result[node.output] = index }
        return result
    }

    /// For every value, whether any parameter is above it, so that the backward pass goes through it.
    var needsGradient: [Bool] {
        var result = values.map { _ in false }
        for node in nodes {
            result[node.output] =
                node.inputs.contains { result[$0] }
                || parameters[node.parameters].contains { $0.role != .statistic }
        }
        return result
    }

    /// Multiply-adds of one segment's forward pass through a node, counted as a direct convolution does them.
    public func multiplyAdds(of node: Node) -> Int {
        let output = values[node.output]
        return output.images * node.operation.multiplyAdds(inputs: node.inputs.map { values[$0] }, output: output)
    }
}
