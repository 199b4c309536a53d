import CKernels

/// A convolution of any stride and padding with its activation; in inference the norm after it is folded into its
/// weights.
final class ConvolutionStep: Step {
    let name: String
    private let layer: gk_convolution
    private let images: Int
    private let fold: NormFold?

    static func plan(_ stage: ConvolutionStage, _ planning: inout StepPlanning) -> StepMaker {
        let node = planning.graph.nodes[stage.node]
        guard case .convolution(let operation) = node.operation else { preconditionFailure("not a convolution") }
        let fold = stage.norm.map { NormFold.plan($0, into: node, &planning) }
        return { ConvolutionStep(node.name, operation, slope: stage.slope, fold: fold?($0), binding: $0) }
    }

    private init(
        _ name: String, _ operation: ConvolutionOperation, slope: Float, fold: NormFold?, binding: StepBinding
    ) {
        self.name = name
        self.fold = fold
        let (input, output) = (binding.inputs[0], binding.outputs[0])
        images = input.images
        let weight = binding.parameter("\(name).weight")
        let bias = operation.bias ? binding.parameter("\(name).bias") : nil
        layer = gk_convolution(
            height: Int32(input.shape.extent.mels), width: Int32(input.shape.extent.frames), in: Int32(input.stored),
            out: Int32(output.stored), kernel_height: Int32(operation.kernel.mels),
            kernel_width: Int32(operation.kernel.frames), stride_height: Int32(operation.stride.mels),
            stride_width: Int32(operation.stride.frames), pad_top: Int32(operation.pads.top),
            pad_left: Int32(operation.pads.left), out_height: Int32(output.shape.extent.mels),
            out_width: Int32(output.shape.extent.frames), slope: slope, input: input.values,
            weights: fold?.weights ?? weight.values, bias: fold?.biases ?? bias?.values, output: output.values,
            output_gradient: output.gradient, input_gradient: input.gradient, weight_gradient: weight.gradient,
            bias_gradient: bias?.gradient)
    }

    func prepare(pool: ThreadPool) { fold?.fold() }

    func forward(_ call: StepCall) {
        var layer = layer
        gk_convolution_forward(call.pool.handle, Int32(call.count * images), &layer)
    }

    func backward(_ call: StepCall) {
        var layer = layer
        gk_convolution_backward(call.pool.handle, Int32(call.count * images), &layer)
    }
}
