extension ParameterStore {
    /// Makes the layers of one tower those of another net: of its tower of the same name, else of its chain of
    /// convolutions and norms. They are matched in their order.
    ///
    /// - Throws: ``NeuralNetworkError/badParameter(name:problem:)`` with the place of the first layer that does not fit.
    public func setTower(_ tower: String, to other: ParameterStore) throws(NeuralNetworkError) {
        let own = plan.learningNodes(ofTower: tower)
        guard !own.isEmpty else {
            throw .badParameter(
                name: tower,
                problem: "the net '\(plan.blueprint.name)' has no tower of this name with layers that learn")
        }
        var source = other.plan.learningNodes(ofTower: tower)
        if source.isEmpty { source = other.plan.chainNodes }
        let name = other.plan.blueprint.name
        for (index, node) in own.enumerated() {
            func problem(_ text: String) -> NeuralNetworkError {
                .badParameter(name: node.name, problem: "\(node.place) is \(plan.words(node)); \(text)")
            }
            guard index < source.count else {
                throw problem("the net '\(name)' has no layer for it")
            }
            let theirs = source[index]
            guard plan.tensors(node) == other.plan.tensors(theirs) else {
                throw problem("the net '\(name)' has \(other.plan.words(theirs)) for it (\(theirs.place))")
            }
            for (mine, given) in zip(
                plan.graph.parameters[node.parameters], other.plan.graph.parameters[theirs.parameters])
            {
                try set(mine, to: other.canonical(given))
            }
        }
        guard own.count == source.count else {
            let rest = source[own.count]
            throw .badParameter(
                name: tower,
                problem: "the tower has no layer for \(other.plan.words(rest)) of the net '\(name)' (\(rest.place))")
        }
    }
}

extension NetworkPlan {
    /// The nodes of a tower that have parameters, in their order.
    fileprivate func learningNodes(ofTower tower: String) -> [NetworkGraph.Node] {
        graph.nodes.filter { !$0.parameters.isEmpty && $0.name.hasPrefix(tower + ".") }
    }

    /// The convolutions and norms of a net without towers; nothing of others.
    fileprivate var chainNodes: [NetworkGraph.Node] {
        let nodes = graph.nodes.filter { node in
            switch node.operation {
            case .convolution, .norm: true
            default: false
            }
        }
        let isChain = nodes.allSatisfy { node in
            node.name.hasPrefix("convolution.") || !node.name.contains(".")
        }
        return isChain ? nodes : []
    }

    /// A node's parameters, as far as they must be another's to take its values: "weight [32, 1, 1, 60]", "bias [32]".
    fileprivate func tensors(_ node: NetworkGraph.Node) -> [String] {
        graph.parameters[node.parameters].map { "\($0.name.dropFirst(node.name.count + 1)) \($0.shape)" }
    }

    /// "conv 1x60 (weight [32, 1, 1, 60], bias [32])".
    fileprivate func words(_ node: NetworkGraph.Node) -> String {
        "\(node.operation.words) (\(tensors(node).joined(separator: ", ")))"
    }
}
