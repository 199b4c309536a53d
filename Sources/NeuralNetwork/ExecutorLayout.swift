/// Plans an executor's memory, stage by stage, and binds the stages to it.
struct ExecutorLayout {
    var planning: StepPlanning
    private let graph: NetworkGraph
    private let stages: [Stage]
    private let needsGradient: [Bool]
    /// For every value, the stages that read it, a stage as often as it reads it.
    private var readers: [[Int]]
    private var writers: [Int?]
    private var values: [MemoryPlan.Piece?]
    /// For every value, each reader's gradient.
    private var gradients: [[MemoryPlan.Piece]]

    struct Bound {
        var steps: [any Step] = []
        var owners: [(names: [String], before: [Int])] = []
        let input: BoundValue
        let logits: BoundValue
        let embedding: [BoundValue]
    }

    init(_ graph: NetworkGraph, batch: Int, dropoutSeed: UInt64?, pool: ThreadPool) {
        self.graph = graph
        let training = dropoutSeed != nil
        stages = Lowering.stages(of: graph, training: training)
        planning = StepPlanning(
            graph: graph, batch: batch, dropoutSeed: dropoutSeed, pool: pool, moments: (0, 0), memory: MemoryPlan())
        needsGradient = training ? graph.needsGradient : graph.values.map { _ in false }
        readers = graph.values.map { _ in [] }
        writers = graph.values.map { _ in nil }
        for (index, stage) in stages.enumerated() {
            for value in stage.reads(in: graph) { readers[value].append(index) }
            for value in stage.writes(in: graph) { writers[value] = index }
        }
        values = graph.values.map { _ in nil }
        gradients = graph.values.map { _ in [] }
    }

    /// When a stage's backward pass runs; without one, no later than its forward pass.
    private func backward(_ stage: Int) -> MemoryPlan.Moment {
        planning.training ? 2 * stages.count - stage : stage
    }

    /// Reserves values, gradients and what each stage needs.
    mutating func planStages() throws(NeuralNetworkError) -> [StepMaker] {
        // What is read after the last step.
        let head = graph.nodes.last!
        let kept = Set([0, head.output] + head.inputs)
        for value in graph.values.indices where value == 0 || writers[value] != nil {
            let floats = planning.batch * graph.values[value].images * graph.values[value].storedCount
            let first = writers[value] ?? 0
            let last = planning.training ? backward(first) : readers[value].max() ?? first
            values[value] =
                kept.contains(value)
                ? planning.memory.reserve(floats: floats)
                : planning.memory.reserve(floats: floats, during: first...last)
            guard needsGradient[value] else { continue }
            for reader in value == head.output ? [stages.count] : readers[value] {
                gradients[value].append(
                    planning.memory.reserve(floats: floats, during: backward(reader)...backward(first)))
            }
        }
        var makers: [StepMaker] = []
        var numbers: [String: Int] = [:]
        for (index, stage) in stages.enumerated() {
            planning.moments = (index, backward(index))
            let number = numbers[stage.kind, default: 0] + 1
            numbers[stage.kind] = number
            makers.append(try stage.plan(&planning, number: number))
        }
        return makers
    }

    /// Makes the steps, with a fork after each value that several stages read.
    func bind(_ makers: [StepMaker], memory: BoundMemory, parameters: [String: ParameterLocation]) -> Bound {
        let head = graph.nodes.last!
        var result = Bound(
            input: value(0, memory: memory, reader: nil), logits: value(head.output, memory: memory, reader: 0),
            embedding: head.inputs.map { value($0, memory: memory, reader: nil) })
        var met = graph.values.map { _ in 0 }
        var stepOfStage: [Int] = []
        for (index, stage) in stages.enumerated() {
            let inputs = stage.reads(in: graph).map { read in
                met[read] += 1
                return value(read, memory: memory, reader: met[read] - 1)
            }
            // The writer reads what the fork has summed into the first reader's gradient.
            let written = stage.writes(in: graph)
            let before = stage.reads(in: graph).compactMap { writers[$0] }.map { stepOfStage[$0] }
            stepOfStage.append(result.steps.count)
            result.steps.append(
                makers[index](
                    StepBinding(
                        memory: memory, parameters: parameters, inputs: inputs,
                        outputs: written.map { value($0, memory: memory, reader: 0) })))
            result.owners.append((stage.names(in: graph), before))
            for output in written where gradients[output].count > 1 {
                result.steps.append(
                    ForkStep(
                        value: value(output, memory: memory, reader: 0),
                        gradients: gradients[output].map { memory.floats($0) }))
                result.owners.append(([], [stepOfStage[index]]))
            }
        }
        return result
    }

    /// - Parameter reader: which of the value's readers sees it; nil where no gradient is wanted.
    private func value(_ index: Int, memory: BoundMemory, reader: Int?) -> BoundValue {
        let value = graph.values[index]
        let gradient = reader.flatMap { $0 < gradients[index].count ? gradients[index][$0] : nil }
        return BoundValue(
            values: memory.floats(values[index]!), gradient: memory.floats(gradient), count: value.storedCount,
            images: value.images, parts: value.parts)
    }
}

extension Stage {
    /// Stages of one kind are counted together.
    fileprivate var kind: String {
        switch self {
        case .blocks: "blocks"
        case .recurrent(let stage): stage.settings.cell.rawValue
        case .dense: "dense"
        case .convolution: "convolution"
        case .norm: "norm"
        case .node: "node"
        }
    }
}
