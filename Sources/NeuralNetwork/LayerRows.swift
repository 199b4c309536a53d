/// One line of a net's table: what runs together, with the shapes before and after it.
public struct LayerRow: Sendable, Hashable {
    public let name: String
    /// Channels x mel bands x frames, or a number of features.
    public let input: String
    public let output: String
    public let words: String
    /// The first of its nodes.
    let node: Int
}

extension NetworkPlan {
    /// What inference runs, fused.
    public var stages: [Stage] { Lowering.stages(of: graph, training: false) }

    /// The net as a table, in the order of the blueprint.
    public var rows: [LayerRow] {
        stages.flatMap { $0.rows(in: graph) }.sorted { $0.node < $1.node }
    }
}

extension Stage {
    /// The stage in words, one row a block.
    fileprivate func rows(in graph: NetworkGraph) -> [LayerRow] {
        func node(_ name: String) -> Int { graph.nodes.firstIndex { $0.name == name }! }
        func row(_ index: Int, writes: Int, _ parts: [String?]) -> LayerRow {
            let node = graph.nodes[index]
            return LayerRow(
                name: node.name, input: graph.text(of: node.inputs), output: graph.text(of: [writes]),
                words: parts.compactMap { $0 }.joined(separator: ", "), node: index)
        }
        func activation(_ slope: Float) -> String? { Activation.leakyReLU(slope: slope).words }
        func dropout(_ rate: Float) -> String? { rate > 0 ? "dropout \(rate)" : nil }
        switch self {
        case .blocks(let blocks):
            return blocks.map { block in
                row(
                    node(block.name), writes: block.writes,
                    [
                        "conv \(block.kernel)", block.pool.area > 1 ? "max pool \(block.pool)" : nil,
                        block.activation.words,
                    ])
            }
        case .recurrent(let stage):
            let index = node(stage.name)
            let spread = zip(stage.sources, stage.reads).reduce(0) { sum, part in
                sum
                    + (stage.steps == nil
                        ? graph.values[part.1].count
                        : part.0.features.shape.channels * part.0.features.shape.extent.mels)
            }
            let row = row(index, writes: stage.writes, [graph.nodes[index].operation.words, dropout(stage.dropout)])
            return [
                LayerRow(name: row.name, input: String(spread), output: row.output, words: row.words, node: row.node)
            ]
        case .dense(let stage):
            return [
                row(node(stage.name), writes: stage.writes, [activation(stage.slope), dropout(stage.dropout)])
            ]
        case .convolution(let stage):
            return [
                row(
                    stage.node, writes: stage.writes,
                    [
                        graph.nodes[stage.node].operation.words, stage.norm.map { graph.nodes[$0].operation.words },
                        activation(stage.slope),
                    ])
            ]
        case .norm(let stage):
            return [
                row(
                    stage.node, writes: stage.writes,
                    [
                        graph.nodes[stage.node].operation.words, stage.pool.map { "max pool \($0)" },
                        stage.activation.words,
                    ])
            ]
        case .node(let index):
            return [row(index, writes: graph.nodes[index].output, [graph.nodes[index].operation.words])]
        }
    }
}

extension NetworkGraph {
    /// A map's shape, or the number of features of vectors and of several values together.
    fileprivate func text(of values: [Int]) -> String {
        let values = values.map { self.values[$0] }
        if values.count == 1, values[0].shape.extent.area > 1 { return "\(values[0].shape)" }
        return String(values.reduce(0) { $0 + $1.count })
    }
}
