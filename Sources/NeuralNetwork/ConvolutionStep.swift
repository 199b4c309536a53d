import CKernels

/// A convolution of any stride and padding with its activation; in inference the norm after it is folded into its
/// weights.
final class ConvolutionStep: Step {
    let name: String
    private let layer: gk_convolution
    private let images: Int
    private let fold: Fold?

    private struct Fold {
        let epsilon: Float
        let weight: ParameterLocation
        let bias: ParameterLocation?
        let norm: [ParameterLocation]
        let weights: UnsafeMutablePointer<Float>
        let biases: UnsafeMutablePointer<Float>
    }

    static func plan(_ stage: ConvolutionStage, _ planning: inout StepPlanning) -> StepMaker {
        let node = planning.graph.nodes[stage.node]
        guard case .convolution(let operation) = node.operation else { preconditionFailure("not a convolution") }
        var folded: (name: String, epsilon: Float, weights: MemoryPlan.Piece, biases: MemoryPlan.Piece)?
        if let index = stage.norm, case .norm(let settings) = planning.graph.nodes[index].operation {
            let inputs = planning.graph.values[node.inputs[0]].parts[0].storedChannels
            let outputs = planning.graph.values[node.output].parts[0].storedChannels
            folded = (
                planning.graph.nodes[index].name, Float(settings.epsilon),
                planning.memory.reserve(floats: operation.kernel.area * inputs * outputs),
                planning.memory.reserve(floats: outputs)
            )
        }
        return { [folded] binding in
            let fold = folded.map { folded in
                Fold(
                    epsilon: folded.epsilon, weight: binding.parameter("\(node.name).weight"),
                    bias: operation.bias ? binding.parameter("\(node.name).bias") : nil,
                    norm: ["weight", "bias", "running_mean", "running_var"].map {
                        binding.parameter("\(folded.name).\($0)")
                    }, weights: binding.memory.floats(folded.weights), biases: binding.memory.floats(folded.biases))
            }
            return ConvolutionStep(node.name, operation, slope: stage.slope, fold: fold, binding: binding)
        }
    }

    private init(
        _ name: String, _ operation: ConvolutionOperation, slope: Float, fold: Fold?, binding: StepBinding
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

    func prepare(pool: ThreadPool) {
        guard let fold else { return }
        let taps = Int64(layer.kernel_height) * Int64(layer.kernel_width) * Int64(layer.in)
        gk_norm_fold(
            taps, layer.out, fold.weight.values, fold.bias?.values, fold.norm[0].values, fold.norm[1].values,
            fold.norm[2].values, fold.norm[3].values, fold.epsilon, fold.weights, fold.biases)
    }

    func forward(_ call: StepCall) {
        var layer = layer
        gk_convolution_forward(call.pool.handle, Int32(call.count * images), &layer)
    }

    func backward(_ call: StepCall) {
        var layer = layer
        gk_convolution_backward(call.pool.handle, Int32(call.count * images), &layer)
    }
}
