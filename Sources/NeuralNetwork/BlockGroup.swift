import CKernels

/// Blocks of one depth, run together so that they can share work and threads.
final class BlockGroup: Step {
    let name: String
    private let handle: OpaquePointer
    private let tensors: UnsafeMutableBufferPointer<gk_block_tensors>
    private let images: Int
    private let folds: [NormFold?]
    /// An activation that the kernel does not run: on the pooled values, where they lie.
    private struct Rest {
        let activation: Activation
        let output: BoundValue
    }
    private let rest: [Rest]

    static func plan(
        _ blocks: [BlockStage], _ planning: inout StepPlanning, number: Int
    ) throws(NeuralNetworkError) -> StepMaker {
        var numbers: [Int: Int32] = [:]
        let needsGradient = planning.graph.needsGradient
        let shapes = blocks.map { block in
            // Blocks with equal numbers read the same memory.
            let input = numbers[block.reads] ?? Int32(numbers.count)
            numbers[block.reads] = input
            return gk_block_shape(
                height: Int32(block.input.shape.extent.mels), width: Int32(block.input.shape.extent.frames),
                in_channels: Int32(block.input.shape.channels), out_channels: Int32(block.channels),
                kernel_height: Int32(block.kernel.mels), kernel_width: Int32(block.kernel.frames),
                pad_top: Int32(block.pads.top), pad_left: Int32(block.pads.left), map_height: Int32(block.map.mels),
                map_width: Int32(block.map.frames), pool_height: Int32(block.pool.mels),
                pool_width: Int32(block.pool.frames), slope: block.slope, input: input,
                input_is_data: !needsGradient[block.reads])
        }
        let batch = planning.batch * planning.graph.values[blocks[0].reads].images
        let made = gk_blocks_create(
            shapes, Int32(shapes.count), Int32(batch), planning.training, Int32(planning.pool.threads))
        guard let handle = made else { throw .outOfMemory(bytes: 0) }
        // Spectra of the weights stay from one change of them to the next.
        let workspace = planning.memory.reserve(bytes: gk_blocks_workspace(handle))
        let argmaxes = blocks.map { block in
            planning.training
                ? planning.reserveThrough(bytes: batch * block.output.storedCount * MemoryLayout<UInt16>.stride) : nil
        }
        let folds = blocks.map { block in
            block.norm.map { norm in
                NormFold.plan(norm, into: planning.graph.nodes.first { $0.name == block.name }!, &planning)
            }
        }
        return { binding in
            BlockGroup(
                blocks, handle: handle, workspace: workspace, argmaxes: argmaxes, folds: folds.map { $0?(binding) },
                binding: binding, number: number)
        }
    }

    private init(
        _ blocks: [BlockStage], handle: OpaquePointer, workspace: MemoryPlan.Piece, argmaxes: [MemoryPlan.Piece?],
        folds: [NormFold?], binding: StepBinding, number: Int
    ) {
        name = "blocks \(number)"
        self.handle = handle
        gk_blocks_bind(handle, binding.memory.bytes(workspace))
        self.folds = folds
        tensors = .allocate(capacity: blocks.count)
        var rest: [Rest] = []
        for (index, block) in blocks.enumerated() {
            let weight = binding.parameter("\(block.name).weight")
            let bias = folds[index] == nil ? binding.parameter("\(block.name).bias") : nil
            let (input, output) = (binding.inputs[index], binding.outputs[index])
            tensors.initializeElement(
                at: index,
                to: gk_block_tensors(
                    input: input.values, weights: folds[index]?.weights ?? weight.values,
                    bias: folds[index]?.biases ?? bias!.values, output: output.values,
                    argmax: argmaxes[index].map { binding.memory.bytes($0).assumingMemoryBound(to: UInt16.self) },
                    output_gradient: output.gradient, input_gradient: input.gradient,
                    weight_gradient: weight.gradient, bias_gradient: bias?.gradient))
            if case .leakyReLU = block.activation { continue }
            rest.append(Rest(activation: block.activation, output: output))
        }
        self.rest = rest
        images = binding.inputs[0].images
    }

    func prepare(pool: ThreadPool) {
        for fold in folds { fold?.fold() }
        gk_blocks_prepare(handle, pool.handle, tensors.baseAddress)
    }

    func forward(_ call: StepCall) {
        gk_blocks_forward(handle, call.pool.handle, Int32(call.count * images), tensors.baseAddress)
        for rest in rest {
            let (kind, slope) = rest.activation.kernel
            let places = call.count * rest.output.images * rest.output.count / rest.output.stored
            gk_activation_forward(
                call.pool.handle, kind, slope, Int64(places), Int32(rest.output.stored),
                Int32(rest.output.shape.channels), rest.output.values, rest.output.values)
        }
    }

    func backward(_ call: StepCall) {
        gk_blocks_backward(handle, call.pool.handle, Int32(call.count * images), tensors.baseAddress)
    }

    deinit {
        gk_blocks_destroy(handle)
        tensors.deallocate()
    }
}
