import CKernels

/// A batch normalisation with its activation, and with the max pool that they feed.
final class NormStep: Step {
    let name: String
    private var layer: gk_norm_pool
    private let isPooled: Bool
    private let momentum: Float
    private let images: Int
    private let training: Bool

    /// Scratch that the backward pass reads too.
    private struct Memory {
        let mean, inverse: MemoryPlan.Piece
        let argmax, chosen: MemoryPlan.Piece?
    }

    static func plan(_ stage: NormStage, _ planning: inout StepPlanning) -> StepMaker {
        let node = planning.graph.nodes[stage.node]
        guard case .norm(let settings) = node.operation else { preconditionFailure("not a norm") }
        let floats = max(16, planning.graph.values[node.output].parts[0].storedChannels)
        let written = planning.graph.values[stage.writes]
        let pooled = planning.batch * written.images * written.storedCount
        let keeps = planning.training && stage.pool != nil
        let memory = Memory(
            mean: planning.reserveThrough(bytes: floats * 4), inverse: planning.reserveThrough(bytes: floats * 4),
            argmax: keeps ? planning.reserveThrough(bytes: pooled * 4) : nil,
            chosen: keeps ? planning.reserveThrough(bytes: pooled * 4) : nil)
        let training = planning.training
        return { NormStep(stage, node.name, settings, training: training, memory: memory, binding: $0) }
    }

    private init(
        _ stage: NormStage, _ name: String, _ settings: NormSettings, training: Bool, memory: Memory,
        binding: StepBinding
    ) {
        self.name = name
        self.training = training
        isPooled = stage.pool != nil
        momentum = Float(settings.momentum)
        let (input, output) = (binding.inputs[0], binding.outputs[0])
        images = input.images
        let (scale, shift) = (binding.parameter("\(name).weight"), binding.parameter("\(name).bias"))
        let (kind, slope) = stage.activation.kernel
        let map = input.shape.extent
        let norm = gk_norm(
            places: Int32(map.area), channels: Int32(input.stored), epsilon: Float(settings.epsilon),
            momentum: momentum, slope: slope, fixed: !training, input: input.values,
            scale: scale.values, shift: shift.values, running_mean: binding.parameter("\(name).running_mean").values,
            running_variance: binding.parameter("\(name).running_var").values, output: output.values,
            mean: binding.memory.floats(memory.mean), inverse: binding.memory.floats(memory.inverse),
            output_gradient: output.gradient, input_gradient: input.gradient,
            scale_gradient: scale.gradient, shift_gradient: shift.gradient)
        let window = stage.pool ?? 1 × 1
        layer = gk_norm_pool(
            norm: norm, height: Int32(map.mels), width: Int32(map.frames), window_height: Int32(window.mels),
            window_width: Int32(window.frames), kind: kind, slope: slope,
            argmax: memory.argmax.map { binding.memory.bytes($0).assumingMemoryBound(to: Int32.self) },
            // Inference turns them into the output where they lie.
            chosen: memory.chosen.map { binding.memory.floats($0) } ?? output.values, gradient: output.gradient)
    }

    func setTrained(_ isTrained: Bool) { layer.norm.fixed = !training || !isTrained }

    var measuresBatches: Bool { layer.norm.fixed == false }

    func weighBatch(as number: Int?) {
        layer.norm.momentum = number.map { 1 / Float($0) } ?? momentum
        guard measuresBatches, number == 1 else { return }
        // From zeros the first mean is exactly the batch's.
        layer.norm.running_mean.update(repeating: 0, count: Int(layer.norm.channels))
        layer.norm.running_variance.update(repeating: 0, count: Int(layer.norm.channels))
    }

    func forward(_ call: StepCall) {
        let count = Int32(call.count * images)
        if isPooled {
            gk_norm_pool_forward(call.pool.handle, count, &layer)
        } else {
            gk_norm_forward(call.pool.handle, count, &layer.norm)
        }
    }

    func backward(_ call: StepCall) {
        let count = Int32(call.count * images)
        if isPooled {
            gk_norm_pool_backward(call.pool.handle, count, &layer)
        } else {
            gk_norm_backward(call.pool.handle, count, &layer.norm)
        }
    }
}
