/// What the executor runs: the graph cut into stages by matchers that claim nodes or pass, the most fused first.
public enum Stage: Sendable, Hashable {
    /// Convolutions with pool and activation, side by side and on equal depth, as one kernel's plan.
    case blocks([BlockStage])
    case recurrent(RecurrentStage)
    case dense(DenseStage)
    /// A convolution of any kind; in inference with the norm and the activation after it.
    case convolution(ConvolutionStage)
    /// A norm with the activation and the pool after it.
    case norm(NormStage)
    /// One node, one step.
    case node(Int)
}

extension Stage {
    /// The values that it reads, one as often as it is read.
    func reads(in graph: NetworkGraph) -> [Int] {
        switch self {
        case .blocks(let blocks): blocks.map(\.reads)
        case .recurrent(let stage): stage.reads
        case .dense(let stage): stage.reads
        case .convolution(let stage): graph.nodes[stage.node].inputs
        case .norm(let stage): graph.nodes[stage.node].inputs
        case .node(let node): graph.nodes[node].inputs
        }
    }

    func writes(in graph: NetworkGraph) -> [Int] {
        switch self {
        case .blocks(let blocks): blocks.map(\.writes)
        case .recurrent(let stage): [stage.writes]
        case .dense(let stage): [stage.writes]
        case .convolution(let stage): [stage.writes]
        case .norm(let stage): [stage.writes]
        case .node(let node): [graph.nodes[node].output]
        }
    }

    /// Names that begin its parameters' names.
    func names(in graph: NetworkGraph) -> [String] {
        switch self {
        case .blocks(let blocks): blocks.map(\.name)
        case .recurrent(let stage): [stage.name]
        case .dense(let stage): [stage.name]
        case .convolution(let stage): [stage.node, stage.norm].compactMap { $0.map { graph.nodes[$0].name } }
        case .norm(let stage): [graph.nodes[stage.node].name]
        case .node(let node): [graph.nodes[node].name]
        }
    }
}

/// Convolution, bias, max pool and activation, run as one kernel; in inference with the norm after the convolution, and
/// with any rising activation.
public struct BlockStage: Sendable, Hashable {
    /// "frequency.1": the tower's name and the convolution's number in it.
    public let name: String
    /// Values of the graph.
    let reads, writes: Int
    public let input: StoredFeatures
    public let output: StoredFeatures
    public let channels: Int
    public let kernel: Extent
    public let pads: Pads
    /// Of the convolution's output, before the pool.
    public let map: Extent
    public let pool: Extent
    public let activation: Activation
    /// The norm that is folded into the weights.
    let norm: Int?

    /// Of the leaky ReLU that the kernel runs itself; 1 where there is none.
    public var slope: Float {
        if case .leakyReLU(let slope) = activation { slope } else { 1 }
    }
}

/// A dense layer with its activation and dropout; its inputs are joined by reading them one after another.
public struct DenseStage: Sendable, Hashable {
    /// "dense1", "dense2" …
    public let name: String
    let reads: [Int]
    let writes: Int
    public let segments: [StoredFeatures]
    public let units: StoredChannels
    public let slope: Float
    public let dropout: Float
}

/// A recurrent layer and the dropout after it.
public struct RecurrentStage: Sendable, Hashable {
    /// A branch's part of each step.
    public struct Source: Sendable, Hashable {
        /// All that the branch puts out.
        public let features: StoredFeatures
        /// Steps that read one of its columns.
        public let span: Int
    }

    public let name: String
    let reads: [Int]
    let writes: Int
    public let sources: [Source]
    public let operation: RecurrentOperation
    /// Dropout rate on its output.
    public let dropout: Float

    /// Steps of a segment's sequence; nil where the batch is the sequence.
    public var steps: Int? { operation.steps }
    public var settings: RecurrentSettings { operation.settings }
    var hidden: StoredChannels { operation.hidden }
}

public struct ConvolutionStage: Sendable, Hashable {
    let node: Int
    /// The norm that is folded into the weights.
    let norm: Int?
    let writes: Int
    public let slope: Float
}

public struct NormStage: Sendable, Hashable {
    let node: Int
    let writes: Int
    public let activation: Activation
    /// Of the max pool that is run with it.
    public let pool: Extent?
}

/// Cuts a graph into stages.
struct Lowering {
    private let graph: NetworkGraph
    private let readers: [[Int]]
    private let training: Bool
    private var claimed: [Bool]
    private var stages: [(last: Int, stage: Stage)] = []

    /// - Parameter training: whether every operation must leave what its backward pass needs.
    static func stages(of graph: NetworkGraph, training: Bool) -> [Stage] {
        var lowering = Lowering(graph, training: training)
        lowering.matchBlocks()
        lowering.matchRest()
        return lowering.inOrder()
    }

    /// Each stage after those whose values it reads; of several that could run, the one whose nodes end first.
    private func inOrder() -> [Stage] {
        var written = graph.values.map { _ in false }
        written[0] = true
        var rest = stages.sorted { $0.last < $1.last }.map(\.stage)
        var result: [Stage] = []
        while let next = rest.firstIndex(where: { $0.reads(in: graph).allSatisfy { written[$0] } }) {
            let stage = rest.remove(at: next)
            for value in stage.writes(in: graph) { written[value] = true }
            result.append(stage)
        }
        precondition(rest.isEmpty, "stages depend on one another in a circle")
        return result
    }

    private init(_ graph: NetworkGraph, training: Bool) {
        self.graph = graph
        self.training = training
        readers = graph.readers
        claimed = graph.nodes.map { _ in false }
    }

    /// The one node that reads a value; nil where several do, or one twice.
    private func onlyReader(of value: Int) -> Int? { readers[value].count == 1 ? readers[value][0] : nil }

    // MARK: - Blocks

    /// A convolution that the block kernels run, with what they fuse to it.
    private func block(at node: Int) -> (stage: BlockStage, nodes: [Int])? {
        guard !claimed[node], case .convolution(let convolution) = graph.nodes[node].operation,
            convolution.stride == 1 × 1
        else { return nil }
        var (nodes, value) = ([node], graph.nodes[node].output)
        var (pool, activation, norm) = (Extent?.none, Activation?.none, Int?.none)
        // A rising activation and a maximum may change places, so either order makes the same block.
        follow: while let next = onlyReader(of: value) {
            switch graph.nodes[next].operation {
            case .pool(let operation)
            where pool == nil && operation.coversOnce && operation.window.area <= 65_535:
                pool = operation.window
            case .activation(.leakyReLU(let slope)) where activation == nil: activation = .leakyReLU(slope: slope)
            case .activation(let kind) where !training && activation == nil && kind.risesThroughZero: activation = kind
            case .norm where !training && nodes.count == 1: norm = next
            default: break follow
            }
            nodes.append(next)
            value = graph.nodes[next].output
        }
        guard convolution.bias || norm != nil, isWorthABlock(convolution, pool: pool) else { return nil }
        let read = graph.nodes[node].inputs[0]
        return (
            BlockStage(
                name: graph.nodes[node].name, reads: read, writes: value, input: graph.values[read].parts[0],
                output: graph.values[value].parts[0], channels: convolution.channels, kernel: convolution.kernel,
                pads: convolution.pads, map: graph.values[graph.nodes[node].output].parts[0].shape.extent,
                pool: pool ?? 1 × 1, activation: activation ?? .leakyReLU(slope: 1), norm: norm),
            nodes
        )
    }

    /// Without a pool the blocks' backward pass is no better than a plain convolution's, unless the kernel is large.
    private func isWorthABlock(_ convolution: ConvolutionOperation, pool: Extent?) -> Bool {
        (pool?.area ?? 1) > 1 || convolution.kernel.area >= 25
    }

    /// Chains of blocks that begin at one value are run side by side, block by block.
    private mutating func matchBlocks() {
        for value in graph.values.indices {
            var chains = readers[value].compactMap { block(at: $0).map { [$0] } }
            guard !chains.isEmpty else { continue }
            for index in chains.indices {
                while let next = onlyReader(of: chains[index].last!.stage.writes), let more = block(at: next) {
                    chains[index].append(more)
                }
            }
            for level in 0..<chains.map(\.count).max()! {
                let group = chains.compactMap { level < $0.count ? $0[level] : nil }
                for node in group.flatMap(\.nodes) { claimed[node] = true }
                // Groups run by depth, after all that their first blocks read: where the first chain's block ends.
                stages.append((group.flatMap(\.nodes).max()!, .blocks(group.map(\.stage))))
            }
        }
    }

    // MARK: - The rest

    private mutating func matchRest() {
        for node in graph.nodes.indices where !claimed[node] {
            switch graph.nodes[node].operation {
            case .dense: claimDense(node)
            case .recurrent(let operation): claimRecurrent(node, operation)
            case .convolution: claimConvolution(node)
            case .norm: claimNorm(node)
            // Whatever no matcher fuses.
            default: claim([node], .node(node))
            }
        }
    }

    private mutating func claim(_ nodes: [Int], _ stage: Stage) {
        for node in nodes { claimed[node] = true }
        stages.append((nodes.max()!, stage))
    }

    /// The slope of a leaky ReLU that alone reads what `nodes` put out; it is added to them.
    private func takeActivation(_ nodes: inout [Int]) -> Float {
        guard let next = onlyReader(of: graph.nodes[nodes.last!].output),
            case .activation(.leakyReLU(let slope)) = graph.nodes[next].operation
        else { return 1 }
        nodes.append(next)
        return slope
    }

    private func takeDropout(_ nodes: inout [Int]) -> Float {
        guard let next = onlyReader(of: graph.nodes[nodes.last!].output),
            case .dropout(let rate) = graph.nodes[next].operation
        else { return 0 }
        nodes.append(next)
        return rate
    }

    private mutating func claimDense(_ node: Int) {
        guard case .dense(let units) = graph.nodes[node].operation else { return }
        var nodes = [node]
        let slope = takeActivation(&nodes)
        let dropout = takeDropout(&nodes)
        let reads = graph.nodes[node].inputs
        claim(
            nodes,
            .dense(
                DenseStage(
                    name: graph.nodes[node].name, reads: reads, writes: graph.nodes[nodes.last!].output,
                    segments: reads.flatMap { graph.values[$0].parts }, units: StoredChannels(units: units),
                    slope: slope, dropout: dropout)))
    }

    private mutating func claimRecurrent(_ node: Int, _ operation: RecurrentOperation) {
        var nodes = [node]
        // The LSTM's kernel drops out what it puts out.
        let fuses = operation.settings.cell == .lstm && operation.settings.returns == .last
        let dropout = fuses ? takeDropout(&nodes) : 0
        let reads = graph.nodes[node].inputs
        claim(
            nodes,
            .recurrent(
                RecurrentStage(
                    name: graph.nodes[node].name, reads: reads, writes: graph.nodes[nodes.last!].output,
                    sources: zip(reads, operation.spans).map {
                        RecurrentStage.Source(features: graph.values[$0].parts[0], span: $1)
                    }, operation: operation, dropout: dropout)))
    }

    private mutating func claimConvolution(_ node: Int) {
        var nodes = [node]
        var norm: Int?
        if !training, let next = onlyReader(of: graph.nodes[node].output), case .norm = graph.nodes[next].operation {
            norm = next
            nodes.append(next)
        }
        // A norm in training takes the activation itself.
        let slope = takeActivation(&nodes)
        claim(
            nodes,
            .convolution(
                ConvolutionStage(node: node, norm: norm, writes: graph.nodes[nodes.last!].output, slope: slope)))
    }

    private mutating func claimNorm(_ node: Int) {
        if let pooled = pooledNorm(node) { return claim(pooled.nodes, .norm(pooled.stage)) }
        var nodes = [node]
        let slope = takeActivation(&nodes)
        claim(
            nodes,
            .norm(
                NormStage(
                    node: node, writes: graph.nodes[nodes.last!].output, activation: .leakyReLU(slope: slope), pool: nil
                )))
    }

    /// A norm whose activation rises and whose max pool covers each place at most once, in either order: they may then
    /// change places.
    private func pooledNorm(_ node: Int) -> (stage: NormStage, nodes: [Int])? {
        let input = graph.values[graph.nodes[node].inputs[0]]
        guard input.parts.count == 1, input.parts[0].storedChannels > 1 else { return nil }
        var (nodes, value) = ([node], graph.nodes[node].output)
        var (pool, activation) = (Extent?.none, Activation?.none)
        follow: while let next = onlyReader(of: value) {
            switch graph.nodes[next].operation {
            case .pool(let operation) where pool == nil && operation.coversOnce: pool = operation.window
            case .activation(let kind) where activation == nil && kind.risesThroughZero: activation = kind
            default: break follow
            }
            nodes.append(next)
            value = graph.nodes[next].output
        }
        guard let pool else { return nil }
        return (
            NormStage(node: node, writes: value, activation: activation ?? .leakyReLU(slope: 1), pool: pool), nodes
        )
    }
}
