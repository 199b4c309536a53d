import CKernels

/// Blocks of one depth, run together so that they can share work and threads.
final class BlockGroup: Step {
    let name: String
    private let handle: OpaquePointer
    private let tensors: UnsafeMutableBufferPointer<gk_block_tensors>

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
        return { binding in
            BlockGroup(
                blocks, handle: handle, workspace: workspace, argmaxes: argmaxes, binding: binding, number: number)
        }
    }

    private init(
        _ blocks: [BlockStage], handle: OpaquePointer, workspace: MemoryPlan.Piece, argmaxes: [MemoryPlan.Piece?],
        binding: StepBinding, number: Int
    ) {
        name = "blocks \(number)"
        self.handle = handle
        gk_blocks_bind(handle, binding.memory.bytes(workspace))
        tensors = .allocate(capacity: blocks.count)
        for (index, block) in blocks.enumerated() {
            let weight = binding.parameter("\(block.name).weight")
            let bias = binding.parameter("\(block.name).bias")
            let (input, output) = (binding.inputs[index], binding.outputs[index])
            tensors.initializeElement(
                at: index,
                to: gk_block_tensors(
                    input: input.values, weights: weight.values, bias: bias.values, output: output.values,
                    argmax: argmaxes[index].map { binding.memory.bytes($0).assumingMemoryBound(to: UInt16.self) },
                    output_gradient: output.gradient, input_gradient: input.gradient,
                    weight_gradient: weight.gradient, bias_gradient: bias.gradient))
        }
        images = binding.inputs[0].images
    }

    private let images: Int

    func prepare(pool: ThreadPool) { gk_blocks_prepare(handle, pool.handle, tensors.baseAddress) }

    func forward(_ call: StepCall) {
        gk_blocks_forward(handle, call.pool.handle, Int32(call.count * images), tensors.baseAddress)
    }

    func backward(_ call: StepCall) {
        gk_blocks_backward(handle, call.pool.handle, Int32(call.count * images), tensors.baseAddress)
    }

    deinit {
        gk_blocks_destroy(handle)
        tensors.deallocate()
    }
}
