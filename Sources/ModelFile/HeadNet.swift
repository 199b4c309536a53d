import NeuralNetwork

/// A net on a backbone is one net: the backbone's layers, and those of the head after them. Where the backbone's outputs are
/// at hand, the head alone is run.
extension Blueprint {
    /// A head on a net that tells tags.
    ///
    /// - Parameters:
    ///   - units: of a dense layer before the logits; nil for logits alone.
    /// - Returns: the whole, and how many of its first layers are the backbone's; nil where the backbone has no such
    ///   features.
    public static func head(
        on backbone: Blueprint, reading features: HeadFeatures = .tags, units: Int? = nil, genres: Int
    ) -> (blueprint: Blueprint, backboneLayers: Int)? {
        let dense = backbone.layers.indices.filter { if case .dense = backbone.layers[$0] { true } else { false } }
        var stem = backbone.layers
        switch features {
        case .tags: stem.append(Sigmoid())
        case .penultimate:
            guard let last = dense.last else { return nil }
            stem = Array(stem[..<last])
        case .pools:
            guard dense.count >= 2 else { return nil }
            stem = Array(stem[..<dense[dense.count - 2]])
        }
        let blueprint = Blueprint("\(backbone.name)-head", input: backbone.input) {
            stem
            if let units {
                Dense(units)
                ReLU()
                Dropout(0.5)
            }
            Dense(genres)
        }
        return (blueprint, stem.count)
    }

    /// The head alone: its input is what the backbone gives, [features][1]. Nil where there is no backbone.
    ///
    /// - Throws: ``NeuralNetworkError/badBlueprint(name:problem:)`` where the backbone's layers make no net.
    package func head(on backbone: Backbone?) throws(NeuralNetworkError) -> Blueprint? {
        guard let backbone else { return nil }
        let count = backbone.layers ?? layers.count - 1
        guard 1..<max(layers.count, 1) ~= count else {
            throw .badBlueprint(name: name, problem: "\(count) of its \(layers.count) layers cannot be a backbone's")
        }
        let features = try NetworkPlan(stem(count)).embeddingSize
        return Blueprint(name, input: features × 1) { Array(layers[count...]) }
    }

    /// The first layers, with a layer after them that gives logits, as a net must have one.
    package func stem(_ count: Int) -> Blueprint {
        Blueprint(name, input: input) {
            Array(layers[..<count])
            Dense(2)
        }
    }
}

extension TrainedModel {
    /// The head's parameters, as a net of its own; nil without a backbone.
    public var head: ParameterStore? {
        get throws {
            guard let blueprint = try card.blueprint.head(on: card.backbone) else { return nil }
            let store = try ParameterStore(plan: NetworkPlan(blueprint))
            let own = parameters.plan.parameters.suffix(store.plan.parameters.count)
            for (place, source) in zip(store.plan.parameters, own) {
                try store.set(place, to: parameters.canonical(source))
            }
            return store
        }
    }
}
