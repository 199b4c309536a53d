import CKernels

/// One dense layer with its activation and dropout.
final class DenseStep: Step {
    let name: String
    private let segments: UnsafeMutableBufferPointer<gk_dense_segment>
    private let layer: gk_dense
    private let images: Int

    static func plan(_ stage: DenseStage, _ planning: StepPlanning, number: Int) -> StepMaker {
        let key = planning.dropoutKey(stage.name)
        return { DenseStep(stage, dropoutKey: key, binding: $0, number: number) }
    }

    private init(_ stage: DenseStage, dropoutKey: UInt64?, binding: StepBinding, number: Int) {
        name = "dense \(number)"
        let output = binding.outputs[0]
        images = output.images
        segments = .allocate(capacity: binding.inputs.count)
        for (index, input) in binding.inputs.enumerated() {
            segments.initializeElement(
                at: index,
                to: gk_dense_segment(features: input.values, gradient: input.gradient, count: Int32(input.count)))
        }
        let weight = binding.parameter("\(stage.name).weight")
        let bias = binding.parameter("\(stage.name).bias")
        layer = gk_dense(
            segments: segments.baseAddress, segment_count: Int32(segments.count), out: Int32(stage.units.stored),
            weights: weight.values, bias: bias.values, slope: stage.slope,
            dropout: dropoutKey == nil ? 0 : stage.dropout, key: dropoutKey ?? 0, step: 0, output: output.values,
            output_gradient: output.gradient, weight_gradient: weight.gradient, bias_gradient: bias.gradient)
    }

    func forward(_ call: StepCall) {
        var layer = layer
        layer.step = call.step
        gk_dense_forward(call.pool.handle, Int32(call.count * images), &layer)
    }

    func backward(_ call: StepCall) {
        var layer = layer
        layer.step = call.step
        gk_dense_backward(call.pool.handle, Int32(call.count * images), &layer)
    }

    deinit { segments.deallocate() }
}
