import CKernels

/// The blocks of one depth, one a tower, run together so that they can share work and threads.
final class BlockGroup {
    /// What a group needs, before there is memory.
    struct Layout {
        let blocks: [NetworkPlan.Block]
        /// Index of each block's tower.
        let towers: [Int]
        let handle: OpaquePointer
        let workspace: Int
        let outputs: [Int]
        let argmaxes: [Int]
        let outputGradients: [Int]
        let training: Bool

        init(
            plan: NetworkPlan, level: Int, batch: Int, training: Bool, pool: ThreadPool, arena: inout ArenaPlan
        ) throws(NeuralNetworkError) {
            towers = plan.towers.indices.filter { plan.towers[$0].blocks.count > level }
            let blocks = towers.map { plan.towers[$0].blocks[level] }
            self.blocks = blocks
            self.training = training
            let shapes = zip(towers, blocks).map { tower, block in
                gk_block_shape(
                    height: Int32(block.input.shape.extent.mels), width: Int32(block.input.shape.extent.frames),
                    in_channels: Int32(block.input.shape.channels), out_channels: Int32(block.channels),
                    kernel_height: Int32(block.kernel.mels), kernel_width: Int32(block.kernel.frames),
                    pool_height: Int32(block.pool.mels), pool_width: Int32(block.pool.frames), slope: block.slope,
                    // The first blocks all read the segments; later ones their own tower.
                    input: level == 0 ? 0 : Int32(tower))
            }
            let made = gk_blocks_create(shapes, Int32(shapes.count), Int32(batch), training, Int32(pool.threads))
            guard let made else { throw .outOfMemory(bytes: 0) }
            handle = made
            workspace = arena.reserve(bytes: gk_blocks_workspace(made))
            let sizes = blocks.map { batch * $0.output.storedCount }
            outputs = sizes.map { arena.reserve(floats: $0) }
            argmaxes = sizes.map { arena.reserve(bytes: training ? $0 * MemoryLayout<UInt16>.stride : 0) }
            outputGradients = sizes.map { arena.reserve(floats: training ? $0 : 0) }
        }
    }

    private let handle: OpaquePointer
    private let tensors: UnsafeMutableBufferPointer<gk_block_tensors>

    /// - Parameter activations: what each tower has put out so far; this group's outputs take their place.
    init(
        layout: Layout, base: UnsafeMutableRawPointer, parameters: [String: ParameterLocation],
        activations: inout [Activation]
    ) {
        handle = layout.handle
        gk_blocks_bind(layout.handle, base + layout.workspace)
        tensors = .allocate(capacity: layout.blocks.count)
        for (index, block) in layout.blocks.enumerated() {
            let weight = parameters["\(block.name).weight"]!
            let bias = parameters["\(block.name).bias"]!
            let tower = layout.towers[index]
            let output = (base + layout.outputs[index]).assumingMemoryBound(to: Float.self)
            let outputGradient =
                layout.training ? (base + layout.outputGradients[index]).assumingMemoryBound(to: Float.self) : nil
            let argmax =
                layout.training ? (base + layout.argmaxes[index]).assumingMemoryBound(to: UInt16.self) : nil
            tensors.initializeElement(
                at: index,
                to: gk_block_tensors(
                    input: activations[tower].values, weights: weight.values, bias: bias.values, output: output,
                    argmax: argmax, output_gradient: outputGradient, input_gradient: activations[tower].gradient,
                    weight_gradient: weight.gradient, bias_gradient: bias.gradient))
            activations[tower] = Activation(
                values: output, gradient: outputGradient, count: block.output.storedCount)
        }
    }

    func prepare(pool: ThreadPool) { gk_blocks_prepare(handle, pool.handle, tensors.baseAddress) }

    func forward(count: Int, pool: ThreadPool) {
        gk_blocks_forward(handle, pool.handle, Int32(count), tensors.baseAddress)
    }

    func backward(count: Int, pool: ThreadPool) {
        gk_blocks_backward(handle, pool.handle, Int32(count), tensors.baseAddress)
    }

    deinit {
        gk_blocks_destroy(handle)
        tensors.deallocate()
    }
}
