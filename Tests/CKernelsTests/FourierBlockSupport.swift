import CKernels
import Testing

extension gk_block_shape {
    init(
        _ height: Int32, _ width: Int32, _ inChannels: Int32, _ outChannels: Int32, kernel: (Int32, Int32),
        pool: (Int32, Int32), slope: Float = 0.3
    ) {
        self.init(
            height: height, width: width, in_channels: inChannels, out_channels: outChannels, kernel_height: kernel.0,
            kernel_width: kernel.1, pool_height: pool.0, pool_width: pool.1, slope: slope, input: 0)
    }
    var storedIn: Int { Int(gk_stored_channels(in_channels)) }
    var storedOut: Int { Int(gk_stored_channels(out_channels)) }
    var inputSize: Int { Int(height) * Int(width) * storedIn }
    var outputSize: Int { Int(height / pool_height) * Int(width / pool_width) * storedOut }
    var weightSize: Int { Int(kernel_height) * Int(kernel_width) * storedIn * storedOut }
}

/// Memory aligned to 64 bytes.
final class AlignedMemory<Element> {
    let values: UnsafeMutableBufferPointer<Element>
    var count: Int { values.count }

    init(_ count: Int, repeating value: Element) {
        let bytes = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Element>.stride, alignment: 64)
        values = UnsafeMutableBufferPointer(start: bytes.bindMemory(to: Element.self, capacity: count), count: count)
        values.initialize(repeating: value)
    }
    deinit { UnsafeMutableRawPointer(values.baseAddress!).deallocate() }
    var pointer: UnsafeMutablePointer<Element> { values.baseAddress! }
}

typealias AlignedFloats = AlignedMemory<Float>

extension AlignedMemory where Element == Float {
    var bits: [UInt32] { values.map(\.bitPattern) }
    var magnitudes: AlignedFloats {
        let copy = AlignedFloats(count, repeating: 0)
        for i in 0..<count { copy.values[i] = abs(values[i]) }
        return copy
    }
}

/// Uniform numbers in -1 ..< 1 (SplitMix64).
struct Noise {
    var state: UInt64
    mutating func next() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float(Int64(bitPattern: z ^ (z >> 31)) >> 40) / 0x80_0000
    }
    /// `count` numbers, zero where the index within the last `stored` is at or above `live`.
    mutating func floats(_ count: Int, live: Int32, stored: Int) -> AlignedFloats {
        let memory = AlignedFloats(count, repeating: 0)
        for i in 0..<count where i % stored < live { memory.values[i] = next() }
        return memory
    }
}

/// Everything that one block reads and writes.
final class BlockMemory {
    let weights, bias, output, outputGradient, inputGradient, weightGradient, biasGradient: AlignedFloats
    let argmax: AlignedMemory<UInt16>

    init(_ shape: gk_block_shape, batch: Int, noise: inout Noise) {
        weights = noise.floats(shape.weightSize, live: shape.out_channels, stored: shape.storedOut)
        for i in 0..<shape.weightSize where i / shape.storedOut % shape.storedIn >= shape.in_channels {
            weights.values[i] = 0
        }
        bias = noise.floats(shape.storedOut, live: shape.out_channels, stored: shape.storedOut)
        outputGradient = noise.floats(batch * shape.outputSize, live: shape.out_channels, stored: shape.storedOut)
        output = AlignedFloats(batch * shape.outputSize, repeating: .nan)
        argmax = AlignedMemory(batch * shape.outputSize, repeating: .max)
        inputGradient = AlignedFloats(shape.in_channels > 1 ? batch * shape.inputSize : 0, repeating: .nan)
        weightGradient = AlignedFloats(shape.weightSize, repeating: .nan)
        biasGradient = AlignedFloats(shape.storedOut, repeating: .nan)
    }

    func tensors(input: AlignedFloats) -> gk_block_tensors {
        gk_block_tensors(
            input: input.pointer, weights: weights.pointer, bias: bias.pointer, output: output.pointer,
            argmax: argmax.pointer, output_gradient: outputGradient.pointer,
            input_gradient: inputGradient.count > 0 ? inputGradient.pointer : nil,
            weight_gradient: weightGradient.pointer, bias_gradient: biasGradient.pointer)
    }
}

/// Blocks side by side with random numbers, run by one path.
final class BlockGroup {
    let shapes: [gk_block_shape]
    let batch: Int
    let input: AlignedFloats
    let blocks: [BlockMemory]

    init(_ shapes: [gk_block_shape], batch: Int, seed: UInt64) {
        var noise = Noise(state: seed)
        self.shapes = shapes
        self.batch = batch
        input = noise.floats(batch * shapes[0].inputSize, live: shapes[0].in_channels, stored: shapes[0].storedIn)
        blocks = shapes.map { BlockMemory($0, batch: batch, noise: &noise) }
    }

    /// Forward and backward for each of `batches` in turn (one full batch if there are none).
    func run(path: String, isa: gk_isa, threads: Int32, batches: [Int]? = nil) throws {
        let plan = try #require(makePlan(path: path, isa: isa, threads: threads))
        defer { gk_blocks_destroy(plan) }
        for block in shapes.indices {
            for pass in 0..<(shapes[block].in_channels > 1 ? 3 : 2) {
                try #require(String(cString: gk_blocks_path(plan, Int32(block), Int32(pass))) == path)
            }
        }
        let workspace = AlignedFloats(gk_blocks_workspace(plan) / 4 + 16, repeating: .nan)
        gk_blocks_bind(plan, workspace.pointer)
        let pool = try #require(gk_pool_create(threads))
        defer { gk_pool_destroy(pool) }
        let tensors = blocks.map { $0.tensors(input: input) }
        gk_blocks_prepare(plan, pool, tensors)
        for count in batches ?? [batch] {
            gk_blocks_forward(plan, pool, Int32(count), tensors)
            gk_blocks_backward(plan, pool, Int32(count), tensors)
        }
    }

    private func makePlan(path: String, isa: gk_isa, threads: Int32) -> OpaquePointer? {
        guard gk_blocks_prefer(path) else { return nil }
        defer { _ = gk_blocks_prefer(nil) }
        return on(isa) { gk_blocks_create(shapes, Int32(shapes.count), Int32(batch), true, threads) }
    }
}

/// One block by the plain formulas, together with the sums of the magnitudes of all products.
final class BlockOracle {
    private var shape: gk_block_shape
    private let batch: Int32
    private let input: AlignedFloats
    private let memory: BlockMemory
    private let index: Int
    let output, outputScale, weightGradient, weightScale, biasGradient, biasScale, inputGradient,
        inputScale: AlignedFloats
    let argmax: AlignedMemory<UInt16>

    init(_ group: BlockGroup, block: Int) {
        shape = group.shapes[block]
        batch = Int32(group.batch)
        input = group.input
        memory = group.blocks[block]
        index = block
        func like(_ floats: AlignedFloats) -> AlignedFloats { AlignedFloats(floats.count, repeating: 0) }
        output = like(memory.output)
        outputScale = like(memory.output)
        weightGradient = like(memory.weightGradient)
        weightScale = like(memory.weightGradient)
        biasGradient = like(memory.biasGradient)
        biasScale = like(memory.biasGradient)
        inputGradient = like(memory.inputGradient)
        inputScale = like(memory.inputGradient)
        argmax = AlignedMemory(memory.argmax.count, repeating: 0)

        var tensors = memory.tensors(input: input)
        tensors.output = output.pointer
        tensors.argmax = argmax.pointer
        gk_oracle_block_forward(&shape, batch, &tensors)
        let (inputs, weights, bias) = (input.magnitudes, memory.weights.magnitudes, memory.bias.magnitudes)
        tensors.input = UnsafePointer(inputs.pointer)
        tensors.weights = UnsafePointer(weights.pointer)
        tensors.bias = UnsafePointer(bias.pointer)
        tensors.output = outputScale.pointer
        tensors.argmax = nil
        withExtendedLifetime((inputs, weights, bias)) { gk_oracle_block_forward(&shape, batch, &tensors) }
    }

    /// Gradients for the outputs and arg-max places that the path under test found.
    func backward(argmaxOf group: BlockGroup) {
        var tensors = memory.tensors(input: input)
        tensors.weight_gradient = weightGradient.pointer
        tensors.bias_gradient = biasGradient.pointer
        if tensors.input_gradient != nil { tensors.input_gradient = inputGradient.pointer }
        gk_oracle_block_backward(&shape, batch, &tensors)
        let (inputs, weights) = (input.magnitudes, memory.weights.magnitudes)
        let gradient = memory.outputGradient.magnitudes
        tensors.input = UnsafePointer(inputs.pointer)
        tensors.weights = UnsafePointer(weights.pointer)
        tensors.output_gradient = UnsafePointer(gradient.pointer)
        tensors.weight_gradient = weightScale.pointer
        tensors.bias_gradient = biasScale.pointer
        if tensors.input_gradient != nil { tensors.input_gradient = inputScale.pointer }
        withExtendedLifetime((inputs, weights, gradient)) { gk_oracle_block_backward(&shape, batch, &tensors) }
    }
}
