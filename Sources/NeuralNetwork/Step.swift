import CKernels
import Randomness

/// A stage bound to its memory: a list of them, run forward and then backward, is a net.
protocol Step: AnyObject {
    /// For profiles: "blocks 1", "dense 2".
    var name: String { get }
    /// Renews what depends on the parameters alone.
    func prepare(pool: ThreadPool)
    func forward(_ call: StepCall)
    func backward(_ call: StepCall)
    /// Whether its parameters are trained; norms of frozen parameters keep to their running statistics.
    func setTrained(_ isTrained: Bool)
    /// Whether it measures statistics of batches in its forward pass.
    var measuresBatches: Bool { get }
    /// Has the forward passes that follow take the batch as the n-th of equally weighted ones into the statistics; nil for
    /// the momentum that the layer was given.
    func weighBatch(as number: Int?)
}

extension Step {
    func prepare(pool: ThreadPool) {}
    func setTrained(_ isTrained: Bool) {}
    var measuresBatches: Bool { false }
    func weighBatch(as number: Int?) {}
}

/// One pass over a batch.
struct StepCall {
    /// Segments.
    let count: Int
    /// Numbers the dropout's draws.
    let step: UInt64
    let pool: ThreadPool
}

/// A value's memory as one of its readers sees it, or its writer: what it holds, the gradient with respect to it (nil
/// where none is wanted), and its floats an image.
struct BoundValue {
    let values: UnsafeMutablePointer<Float>
    let gradient: UnsafeMutablePointer<Float>?
    let count: Int
    let images: Int
    let parts: [StoredFeatures]

    var shape: FeatureShape { parts[0].shape }
    var stored: Int { parts[0].storedChannels }
}

/// Where a parameter and its gradient begin.
struct ParameterLocation {
    let values: UnsafeMutablePointer<Float>
    let gradient: UnsafeMutablePointer<Float>?
}

/// What a stage asks for before there is memory.
struct StepPlanning {
    let graph: NetworkGraph
    let batch: Int
    let dropoutSeed: UInt64?
    let pool: ThreadPool
    /// When the stage's forward and backward pass run.
    var moments: (forward: MemoryPlan.Moment, backward: MemoryPlan.Moment)
    var memory: MemoryPlan

    var training: Bool { dropoutSeed != nil }

    /// Scratch for both passes, and for what the first leaves to the second.
    mutating func reserveThrough(bytes: Int) -> MemoryPlan.Piece {
        memory.reserve(bytes: bytes, during: moments.forward...max(moments.forward, moments.backward))
    }

    /// Seeds the dropout's draws of a layer; nil in inference.
    func dropoutKey(_ purpose: String) -> UInt64? {
        dropoutSeed.map { seed in
            var stream = RandomStream(seed: seed, purpose: "dropout of \(purpose)")
            return stream.next()
        }
    }
}

/// What a stage is bound to.
struct StepBinding {
    let memory: BoundMemory
    let parameters: [String: ParameterLocation]
    /// As the stage reads them, each with a gradient of its own, and as it writes them.
    let inputs: [BoundValue]
    let outputs: [BoundValue]

    func parameter(_ name: String) -> ParameterLocation { parameters[name]! }
}

/// Makes a step once there is memory.
typealias StepMaker = (StepBinding) -> any Step

extension Stage {
    /// Reserves what the stage needs.
    ///
    /// - Parameter number: how many stages of its kind come before it, plus one.
    func plan(_ planning: inout StepPlanning, number: Int) throws(NeuralNetworkError) -> StepMaker {
        switch self {
        case .blocks(let blocks): return try BlockGroup.plan(blocks, &planning, number: number)
        case .recurrent(let stage):
            switch stage.settings.cell {
            case .lstm: return LSTMStep.plan(stage, &planning, number: number)
            case .gru: return GRUStep.plan(stage, &planning, number: number)
            }
        case .dense(let stage): return DenseStep.plan(stage, planning, number: number)
        case .convolution(let stage): return ConvolutionStep.plan(stage, &planning)
        case .norm(let stage): return NormStep.plan(stage, &planning)
        case .node(let index):
            let node = planning.graph.nodes[index]
            switch node.operation {
            case .activation(let activation): return ActivationStep.plan(node.name, activation)
            case .pool(let operation): return PoolStep.plan(node.name, operation, &planning, node: node)
            case .concatenate(let join): return ConcatenationStep.plan(node.name, join)
            case .add: return SumStep.plan(node.name)
            case .dropout(let rate): return DropoutStep.plan(node.name, rate: rate, planning)
            case .standardise: return StandardisationStep.plan(node.name)
            case .split(let count): return WindowsStep.plan(node.name, count: count, isSplit: true)
            case .merge(let count): return WindowsStep.plan(node.name, count: count, isSplit: false)
            // Stages of their own.
            case .convolution, .norm, .recurrent, .dense: preconditionFailure("\(node.name) has no stage of its own")
            }
        }
    }
}
