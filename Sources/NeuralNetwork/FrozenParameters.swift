extension NetworkPlan {
    /// Names of the parameters that patterns name:
    /// - `towers`: all convolutions and norms;
    /// - `conv2`: the second convolution of every tower or chain;
    /// - else the parameter of that name, or those whose name goes on with a point: `frequency`, `frequency.1`, `dense1`.
    ///
    /// - Throws: ``NeuralNetworkError/badParameter(name:problem:)`` for a pattern that names nothing, and where nothing
    ///   would be left to train.
    public func parameters(matching patterns: [String]) throws(NeuralNetworkError) -> Set<String> {
        var result: Set<String> = []
        for pattern in patterns { result.formUnion(try parameters(named: pattern)) }
        guard parameters.contains(where: { $0.role != .statistic && !result.contains($0.name) }) else {
            throw .badParameter(name: patterns.joined(separator: ", "), problem: "nothing would be left to train")
        }
        return result
    }

    /// Names of the parameters that one pattern names; at least one.
    func parameters(named pattern: String) throws(NeuralNetworkError) -> Set<String> {
        let prefixes = prefixes(of: pattern)
        let found = parameters.map(\.name).filter { name in
            prefixes.contains { name == $0 || name.hasPrefix($0 + ".") }
        }
        guard !found.isEmpty else {
            throw .badParameter(
                name: pattern,
                problem: "nothing in this net has such a name; its parameters are "
                    + parameters.map(\.name).joined(separator: ", "))
        }
        return Set(found)
    }

    private func prefixes(of pattern: String) -> [String] {
        if pattern == "towers" {
            return graph.nodes.compactMap { node in
                switch node.operation {
                case .convolution, .norm: node.name
                default: nil
                }
            }
        }
        if pattern.hasPrefix("conv"), let depth = Int(pattern.dropFirst(4)), depth >= 1 {
            return graph.nodes.filter { $0.depth == depth }.map(\.name)
        }
        return [pattern]
    }

    /// Names of the parameters of the last layer, which gives the logits.
    public var headParameters: Set<String> {
        Set(graph.parameters[head.parameters].map(\.name))
    }

    /// Where and how the kernels keep each parameter, in words: equal for equal memory.
    public var storedLayout: String {
        parameters.map { "\($0.name) \($0.offset) \($0.layout)" }.joined(separator: "; ")
    }
}

extension Blueprint {
    /// The same net for another number of classes.
    public func classes(_ count: Int) -> Blueprint {
        var result = self
        if let head = layers.lastIndex(where: { if case .dense = $0 { true } else { false } }) {
            result.layers[head] = .dense(units: count)
        }
        return result
    }
}
