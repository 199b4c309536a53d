import CKernels
import Randomness
import Testing

/// A convolutional block and a batch.
struct BlockCase: CustomTestStringConvertible, Sendable {
    var size: (height: Int32, width: Int32)
    var channels: (in: Int32, out: Int32)
    var kernel: (height: Int32, width: Int32)
    var pool: (height: Int32, width: Int32)
    var batch: Int32 = 1
    var slope: Float = 0.25
    /// Zeros before the first row and column, and the map's size; nil: "same" padding.
    var map: (top: Int32, left: Int32, height: Int32, width: Int32)?

    var testDescription: String {
        "\(size.height)x\(size.width), \(channels.in) -> \(channels.out), kernel \(kernel.height)x\(kernel.width), "
            + "pool \(pool.height)x\(pool.width), batch \(batch)"
            + (map.map { ", map \($0.height)x\($0.width) from -\($0.top), -\($0.left)" } ?? "")
    }
    var shape: gk_block_shape {
        var shape = gk_block_shape()
        (shape.height, shape.width) = size
        (shape.in_channels, shape.out_channels) = channels
        (shape.kernel_height, shape.kernel_width) = kernel
        (shape.pool_height, shape.pool_width) = pool
        shape.slope = slope
        guard let map else { return gk_block_same(shape) }
        (shape.pad_top, shape.pad_left, shape.map_height, shape.map_width) = map
        return shape
    }
    /// Whether some places of the map lie further out than the kernel reaches.
    var hasEmptyWindows: Bool {
        let shape = shape
        return shape.pad_top >= kernel.height || shape.pad_left >= kernel.width
            || shape.map_height + shape.pad_top > size.height + 2 * (kernel.height - 1)
            || shape.map_width + shape.pad_left > size.width + 2 * (kernel.width - 1)
    }
    var stored: (in: Int, out: Int) { (Int(gk_stored_channels(channels.in)), Int(gk_stored_channels(channels.out))) }
    var inputCount: Int { Int(batch) * Int(size.height) * Int(size.width) * stored.in }
    var outputCount: Int {
        Int(batch) * Int(shape.map_height / pool.height) * Int(shape.map_width / pool.width) * stored.out
    }
    var weightCount: Int { Int(kernel.height) * Int(kernel.width) * stored.in * stored.out }

    /// Odd sizes on both sides of the kernels' boundaries: one channel and many, pools that leave a rest, kernels larger
    /// than the image, runs of one to many vectors, windows of more than sixteen places, several partial sums.
    static let grid = [
        BlockCase(size: (80, 80), channels: (1, 16), kernel: (10, 23), pool: (1, 20)),
        BlockCase(size: (80, 80), channels: (1, 16), kernel: (21, 20), pool: (20, 1)),
        BlockCase(size: (40, 26), channels: (16, 32), kernel: (5, 11), pool: (2, 2)),
        BlockCase(size: (20, 20), channels: (32, 64), kernel: (5, 3), pool: (2, 2), batch: 3),
        BlockCase(size: (10, 10), channels: (64, 128), kernel: (2, 4), pool: (1, 5), batch: 3),
        BlockCase(size: (10, 10), channels: (64, 48), kernel: (4, 2), pool: (5, 1), batch: 17),
        BlockCase(size: (13, 17), channels: (3, 17), kernel: (4, 7), pool: (3, 2), batch: 17),
        BlockCase(size: (7, 5), channels: (16, 40), kernel: (9, 11), pool: (2, 2), batch: 3),
        BlockCase(size: (11, 11), channels: (1, 40), kernel: (10, 23), pool: (2, 2), batch: 9),
        BlockCase(size: (9, 33), channels: (17, 16), kernel: (1, 1), pool: (1, 20), batch: 3),
        BlockCase(size: (43, 6), channels: (40, 16), kernel: (5, 3), pool: (20, 1), batch: 3),
        BlockCase(size: (29, 31), channels: (3, 40), kernel: (2, 6), pool: (1, 1), batch: 3),
        BlockCase(size: (8, 45), channels: (1, 17), kernel: (3, 70), pool: (3, 2), batch: 3, slope: 1),
        BlockCase(size: (12, 12), channels: (1, 3), kernel: (30, 5), pool: (6, 4), batch: 3, slope: 0),
        BlockCase(size: (5, 6), channels: (3, 1), kernel: (3, 3), pool: (1, 1), batch: 3),
        BlockCase(size: (4, 4), channels: (1, 1), kernel: (2, 2), pool: (2, 2), batch: 17),
        BlockCase(size: (1, 1), channels: (1, 1), kernel: (1, 1), pool: (1, 1)),
        // "Valid" convolutions, maps of one row or column, paddings of one side and beyond both.
        BlockCase(size: (40, 80), channels: (1, 32), kernel: (12, 8), pool: (4, 1), map: (0, 0, 29, 73)),
        BlockCase(size: (13, 70), channels: (1, 17), kernel: (1, 60), pool: (13, 1), batch: 9, map: (0, 0, 13, 11)),
        BlockCase(size: (20, 33), channels: (17, 40), kernel: (3, 5), pool: (2, 4), batch: 9, map: (0, 0, 18, 29)),
        BlockCase(size: (31, 9), channels: (3, 33), kernel: (31, 4), pool: (1, 1), batch: 3, map: (0, 1, 1, 9)),
        BlockCase(size: (9, 14), channels: (16, 16), kernel: (5, 4), pool: (3, 2), batch: 3, map: (4, 3, 13, 17)),
        BlockCase(size: (11, 12), channels: (1, 20), kernel: (4, 6), pool: (1, 1), batch: 3, map: (0, 5, 11, 12)),
        BlockCase(size: (10, 9), channels: (5, 18), kernel: (3, 3), pool: (2, 3), batch: 3, map: (2, 0, 9, 7)),
        BlockCase(size: (5, 5), channels: (1, 16), kernel: (2, 3), pool: (1, 2), batch: 2, map: (3, 4, 12, 13)),
    ]
}

/// The memory of one block; what the kernels write starts as not-a-number.
final class BlockMemory {
    let layout: BlockCase
    let input, weights, bias, output, outputGradient, inputGradient, weightGradient, biasGradient: Floats
    let argmax: UnsafeMutablePointer<UInt16>

    /// `number` draws a value; spare channels hold zeros.
    init(_ layout: BlockCase, number: (inout RandomStream) -> Float = { Float($0.uniform(-1, 1)) }) {
        var random = RandomStream(seed: 11, purpose: "block test")
        self.layout = layout
        func fill(_ count: Int, live: (Int) -> Bool) -> Floats {
            Floats((0..<count).map { live($0) ? number(&random) : 0 })
        }
        let (storedIn, storedOut) = layout.stored
        let (channelsIn, channelsOut) = (Int(layout.channels.in), Int(layout.channels.out))
        input = fill(layout.inputCount) { $0 % storedIn < channelsIn }
        weights = fill(layout.weightCount) { $0 % storedOut < channelsOut && $0 / storedOut % storedIn < channelsIn }
        bias = fill(storedOut) { $0 < channelsOut }
        outputGradient = fill(layout.outputCount) { $0 % storedOut < channelsOut }
        output = Floats(count: layout.outputCount)
        inputGradient = Floats(count: layout.inputCount)
        weightGradient = Floats(count: layout.weightCount)
        biasGradient = Floats(count: storedOut)
        argmax = UnsafeMutableRawPointer.allocate(byteCount: layout.outputCount * 2, alignment: 64)
            .bindMemory(to: UInt16.self, capacity: layout.outputCount)
        argmax.initialize(repeating: .max, count: layout.outputCount)
    }

    deinit { UnsafeMutableRawPointer(argmax).deallocate() }

    var tensors: gk_block_tensors {
        gk_block_tensors(
            input: UnsafePointer(input.pointer), weights: UnsafePointer(weights.pointer),
            bias: UnsafePointer(bias.pointer), output: output.pointer, argmax: argmax,
            output_gradient: UnsafePointer(outputGradient.pointer), input_gradient: inputGradient.pointer,
            weight_gradient: weightGradient.pointer, bias_gradient: biasGradient.pointer)
    }
    var places: [UInt16] { Array(UnsafeBufferPointer(start: argmax, count: layout.outputCount)) }
    /// All that forward and backward write.
    var results: [[UInt32]] {
        [output.bits, places.map { UInt32($0) }, weightGradient.bits, biasGradient.bits, inputGradient.bits]
    }

    /// Forward and backward by the oracle.
    func runOracle() {
        var (shape, tensors) = (layout.shape, tensors)
        gk_oracle_block_forward(&shape, layout.batch, &tensors)
        gk_oracle_block_backward(&shape, layout.batch, &tensors)
    }
}

/// A plan with a workspace that starts as not-a-number.
final class BlockPlan {
    let plan: OpaquePointer
    private let workspace: Floats

    init(_ shapes: [gk_block_shape], batch: Int32, training: Bool = true, threads: Int32) throws {
        plan = try #require(gk_blocks_create(shapes, Int32(shapes.count), batch, training, threads))
        workspace = Floats(count: gk_blocks_workspace(plan) / 4)
        gk_blocks_bind(plan, workspace.pointer)
    }

    deinit { gk_blocks_destroy(plan) }

    func run(_ memories: [BlockMemory], batch: Int32, threads: Int32, backward: Bool = true) throws {
        try withPool(threads) { pool in
            let tensors = memories.map(\.tensors)
            gk_blocks_prepare(plan, pool, tensors)
            gk_blocks_forward(plan, pool, batch, tensors)
            if backward { gk_blocks_backward(plan, pool, batch, tensors) }
        }
    }
}

/// Runs `body` while plans prefer the named paths.
func preferring<Result>(_ paths: String, _ body: () throws -> Result) rethrows -> Result {
    precondition(gk_blocks_prefer(paths))
    defer { _ = gk_blocks_prefer(nil) }
    return try body()
}

/// The largest difference as a share of the sum of absolute products that belongs to it; infinite where one is not a
/// number.
func differenceByMagnitude(_ found: [Float], _ expected: [Float], _ magnitude: [Float]) -> Double {
    guard found.count == expected.count, found.count == magnitude.count else { return .infinity }
    var largest = 0.0
    for ((a, b), scale) in zip(zip(found, expected), magnitude) {
        let difference = abs(Double(a) - Double(b)) / max(Double(scale), 1e-30)
        if !difference.isFinite { return .infinity }
        largest = max(largest, difference)
    }
    return largest
}

/// How many of two lists' elements differ (a number, so that a failing test does not print the lists).
func differences<Elements: Collection>(_ found: Elements, _ expected: Elements) -> Int
where Elements.Element: Equatable {
    zip(found, expected).reduce(abs(found.count - expected.count)) { $0 + ($1.0 == $1.1 ? 0 : 1) }
}
