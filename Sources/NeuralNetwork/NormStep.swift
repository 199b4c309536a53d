import CKernels

/// A batch normalisation with its activation.
final class NormStep: Step {
    let name: String
    private var layer: gk_norm
    private let momentum: Float
    private let images: Int
    private let training: Bool

    static func plan(_ stage: NormStage, _ planning: inout StepPlanning) -> StepMaker {
        let node = planning.graph.nodes[stage.node]
        guard case .norm(let settings) = node.operation else { preconditionFailure("not a norm") }
        let floats = max(16, planning.graph.values[node.output].parts[0].storedChannels)
        let mean = planning.reserveThrough(bytes: floats * 4)
        let inverse = planning.reserveThrough(bytes: floats * 4)
        let training = planning.training
        return { binding in
            NormStep(
                node.name, settings, slope: stage.slope, training: training, mean: binding.memory.floats(mean),
                inverse: binding.memory.floats(inverse), binding: binding)
        }
    }

    private init(
        _ name: String, _ settings: NormSettings, slope: Float, training: Bool, mean: UnsafeMutablePointer<Float>,
        inverse: UnsafeMutablePointer<Float>, binding: StepBinding
    ) {
        self.name = name
        self.training = training
        momentum = Float(settings.momentum)
        let (input, output) = (binding.inputs[0], binding.outputs[0])
        images = input.images
        let (scale, shift) = (binding.parameter("\(name).weight"), binding.parameter("\(name).bias"))
        layer = gk_norm(
            places: Int32(input.shape.extent.area), channels: Int32(input.stored), epsilon: Float(settings.epsilon),
            momentum: momentum, slope: slope, fixed: !training, input: input.values,
            scale: scale.values, shift: shift.values, running_mean: binding.parameter("\(name).running_mean").values,
            running_variance: binding.parameter("\(name).running_var").values, output: output.values, mean: mean,
            inverse: inverse, output_gradient: output.gradient, input_gradient: input.gradient,
            scale_gradient: scale.gradient, shift_gradient: shift.gradient)
    }

    func setTrained(_ isTrained: Bool) { layer.fixed = !training || !isTrained }

    var measuresBatches: Bool { layer.fixed == false }

    func weighBatch(as number: Int?) {
        layer.momentum = number.map { 1 / Float($0) } ?? momentum
        guard measuresBatches, number == 1 else { return }
        // From zeros the first mean is exactly the batch's.
        layer.running_mean.update(repeating: 0, count: Int(layer.channels))
        layer.running_variance.update(repeating: 0, count: Int(layer.channels))
    }

    func forward(_ call: StepCall) { gk_norm_forward(call.pool.handle, Int32(call.count * images), &layer) }

    func backward(_ call: StepCall) { gk_norm_backward(call.pool.handle, Int32(call.count * images), &layer) }
}
