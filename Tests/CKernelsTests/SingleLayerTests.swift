import CKernels
import Randomness
import Testing

/// A convolution and a batch.
struct ConvolutionCase: CustomTestStringConvertible, Sendable {
    var size: (height: Int32, width: Int32)
    var channels: (in: Int32, out: Int32)
    var kernel: (height: Int32, width: Int32)
    var stride: (height: Int32, width: Int32) = (1, 1)
    /// top, left, bottom, right
    var pads: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    var batch: Int32 = 1
    var slope: Float = 1

    var testDescription: String { "\(size), \(channels), kernel \(kernel), stride \(stride), pads \(pads)" }
    var output: (height: Int32, width: Int32) {
        (
            (size.height + pads.0 + pads.2 - kernel.height) / stride.height + 1,
            (size.width + pads.1 + pads.3 - kernel.width) / stride.width + 1
        )
    }

    /// Maps narrow and wide, gathered and read in place, of one channel and many, on both sides of every block's edge.
    static let grid = [
        ConvolutionCase(size: (7, 9), channels: (1, 20), kernel: (3, 3), pads: (1, 1, 1, 1), batch: 3, slope: 0.3),
        ConvolutionCase(size: (5, 37), channels: (18, 5), kernel: (3, 3), pads: (1, 1, 1, 1), batch: 2, slope: 0),
        ConvolutionCase(size: (6, 21), channels: (3, 40), kernel: (2, 5), batch: 10),
        ConvolutionCase(
            size: (9, 45), channels: (16, 16), kernel: (3, 4), stride: (2, 2), pads: (1, 1, 2, 0), batch: 2, slope: 0.1),
        ConvolutionCase(size: (4, 33), channels: (17, 1), kernel: (1, 1), batch: 2),
        ConvolutionCase(size: (4, 19), channels: (2, 3), kernel: (1, 1), stride: (3, 2), pads: (1, 2, 0, 1)),
        ConvolutionCase(size: (40, 30), channels: (1, 32), kernel: (40, 1), batch: 3, slope: 0),
        ConvolutionCase(size: (40, 80), channels: (1, 32), kernel: (1, 60), batch: 9, slope: 0),
        ConvolutionCase(size: (6, 6), channels: (70, 96), kernel: (5, 5), pads: (2, 2, 2, 2), batch: 17),
        ConvolutionCase(size: (1, 1), channels: (1, 1), kernel: (1, 1)),
        // Gradients that are scattered: one channel in stretches of a row, strides wider than the kernel, pads beyond it.
        ConvolutionCase(size: (5, 150), channels: (1, 33), kernel: (4, 7), pads: (3, 3, 0, 9), batch: 3),
        ConvolutionCase(
            size: (11, 70), channels: (1, 16), kernel: (3, 3), stride: (2, 3), pads: (1, 4, 1, 0), batch: 2),
        ConvolutionCase(
            size: (9, 10), channels: (20, 30), kernel: (2, 2), stride: (3, 4), pads: (2, 3, 4, 1), batch: 9),
        ConvolutionCase(size: (3, 2), channels: (16, 16), kernel: (3, 2), stride: (5, 5), batch: 2),
    ]
}

/// The memory of one convolution; what the kernels write starts as not-a-number.
private final class ConvolutionMemory {
    private let floats: [Floats]
    let layer: gk_convolution

    var outputs: [Float] { floats[3].values }
    var gradients: [[Float]] { floats[5...7].map(\.values) }

    init(_ c: ConvolutionCase) {
        var random = RandomStream(seed: 5, purpose: "convolution")
        let (stored, out) = (
            (Int(gk_stored_channels(c.channels.in)), Int(gk_stored_channels(c.channels.out))), c.output
        )
        let inputs = Int(c.batch * c.size.height * c.size.width) * stored.0
        let outputs = Int(c.batch * out.height * out.width) * stored.1
        let weights = Int(c.kernel.height * c.kernel.width) * stored.0 * stored.1
        floats = [
            Floats(count: inputs, random: &random), Floats(count: weights, random: &random),
            Floats(count: stored.1, random: &random), Floats(count: outputs), Floats(count: outputs, random: &random),
            Floats(count: inputs), Floats(count: weights), Floats(count: stored.1),
        ]
        layer = gk_convolution(
            height: c.size.height, width: c.size.width, in: Int32(stored.0), out: Int32(stored.1),
            kernel_height: c.kernel.height, kernel_width: c.kernel.width, stride_height: c.stride.height,
            stride_width: c.stride.width, pad_top: c.pads.0, pad_left: c.pads.1, out_height: out.height,
            out_width: out.width, slope: c.slope, input: floats[0].pointer, weights: floats[1].pointer,
            bias: floats[2].pointer, output: floats[3].pointer, output_gradient: floats[4].pointer,
            input_gradient: floats[5].pointer, weight_gradient: floats[6].pointer, bias_gradient: floats[7].pointer)
    }
}

/// A norm with a max pool.
struct NormPoolCase: Sendable, CustomTestStringConvertible {
    var size: (height: Int, width: Int)
    var window: (height: Int, width: Int)
    var channels: Int
    var batch: Int
    var kind: gk_activation_kind
    var slope: Float = 0

    var testDescription: String {
        "\(size.height)x\(size.width), window \(window.height)x\(window.width), \(channels) channels"
    }
}

extension KernelTests {
    @Test(arguments: ConvolutionCase.grid)
    func convolutionsMatchTheOracleOnEverySet(c: ConvolutionCase) throws {
        let oracle = ConvolutionMemory(c)
        var expected = oracle.layer
        gk_oracle_convolution_forward(c.batch, &expected)
        let outputs = oracle.outputs
        gk_oracle_convolution_backward(c.batch, &expected)
        for isa in fastSets {
            try on(isa) {
                var bits: [[Float]] = []
                for threads in [Int32(1), 3] {
                    let memory = ConvolutionMemory(c)
                    var layer = memory.layer
                    try withPool(threads) { pool in
                        gk_convolution_forward(pool, c.batch, &layer)
                        gk_convolution_backward(pool, c.batch, &layer)
                    }
                    #expect(relativeDifference(memory.outputs, outputs) < 2e-6)
                    for (found, exact) in zip(memory.gradients, oracle.gradients) {
                        #expect(relativeDifference(found, exact) < 1e-5)
                    }
                    bits.append(memory.outputs + memory.gradients.flatMap { $0 })
                }
                #expect(bits[0] == bits[1], "the same bits on any number of threads")
            }
        }
    }

    @Test(arguments: [(1, 77, 16), (11, 9, 48), (3, 70, 1), (17, 1, 32)], [false, true])
    func normsMatchTheOracleOnEverySet(size: (Int, Int, Int), fixed: Bool) throws {
        let (batch, places, channels) = size
        let count = batch * places * channels
        func run(_ forward: (inout gk_norm) -> Void, _ backward: (inout gk_norm) -> Void) -> [[Float]] {
            var random = RandomStream(seed: 6, purpose: "norm")
            let given = [count, channels, channels, count, channels].map { Floats(count: $0, random: &random) }
            let variance = Floats(count: channels, in: 0.5...1.5, random: &random)
            let made = [count, channels, channels, count, channels, channels].map { Floats(count: $0) }
            var layer = gk_norm(
                places: Int32(places), channels: Int32(channels), epsilon: 1e-5, momentum: 0.1, slope: 0.3,
                fixed: fixed, input: given[0].pointer, scale: given[1].pointer, shift: given[2].pointer,
                running_mean: given[4].pointer, running_variance: variance.pointer, output: made[0].pointer,
                mean: made[1].pointer, inverse: made[2].pointer, output_gradient: given[3].pointer,
                input_gradient: made[3].pointer, scale_gradient: made[4].pointer, shift_gradient: made[5].pointer)
            forward(&layer)
            backward(&layer)
            return (made + [given[4], variance]).map(\.values)
        }
        let expected = run(
            { gk_oracle_norm_forward(Int32(batch), &$0) }, { gk_oracle_norm_backward(Int32(batch), &$0) })
        for isa in fastSets {
            try on(isa) {
                let found = try [Int32(1), 3].map { threads in
                    try withPool(threads) { pool in
                        run(
                            { gk_norm_forward(pool, Int32(batch), &$0) }, { gk_norm_backward(pool, Int32(batch), &$0) })
                    }
                }
                #expect(found[0] == found[1], "the same bits on any number of threads")
                for (values, exact) in zip(found[0], expected) { #expect(relativeDifference(values, exact) < 2e-5) }
            }
        }
    }

    /// Windows that leave rows and columns over, one window for a whole map, one place a window; scales of both signs.
    @Test(
        arguments: [
            NormPoolCase(size: (7, 9), window: (2, 3), channels: 16, batch: 11, kind: GK_LEAKY, slope: 0),
            NormPoolCase(size: (40, 21), window: (40, 1), channels: 32, batch: 3, kind: GK_ELU),
            NormPoolCase(size: (6, 33), window: (1, 2), channels: 80, batch: 9, kind: GK_LEAKY, slope: 1),
            NormPoolCase(size: (5, 5), window: (5, 5), channels: 112, batch: 2, kind: GK_TANH),
            NormPoolCase(size: (3, 4), window: (1, 1), channels: 48, batch: 1, kind: GK_LEAKY, slope: 0.3),
            NormPoolCase(size: (60, 50), window: (4, 2), channels: 64, batch: 9, kind: GK_ELU),
        ], [false, true])
    func normsWithPoolsMatchTheOracleOnEverySet(c: NormPoolCase, fixed: Bool) throws {
        let places = c.size.height * c.size.width
        let (count, channels) = (c.batch * places * c.channels, c.channels)
        let pooled = c.batch * (c.size.height / c.window.height) * (c.size.width / c.window.width) * channels
        func run(_ body: (inout gk_norm_pool) -> Void) -> (values: [[Float]], argmax: [Int32]) {
            var random = RandomStream(seed: 16, purpose: "norm with a pool")
            let given = [count, channels, channels, pooled, channels].map { Floats(count: $0, random: &random) }
            let variance = Floats(count: channels, in: 0.5...1.5, random: &random)
            let made = [pooled, channels, channels, count, channels, channels, pooled, pooled].map { Floats(count: $0) }
            var argmax = [Int32](repeating: -1, count: pooled)
            argmax.withUnsafeMutableBufferPointer { argmax in
                let norm = gk_norm(
                    places: Int32(places), channels: Int32(channels), epsilon: 1e-5, momentum: 0.1, slope: c.slope,
                    fixed: fixed, input: given[0].pointer, scale: given[1].pointer, shift: given[2].pointer,
                    running_mean: given[4].pointer, running_variance: variance.pointer, output: made[0].pointer,
                    mean: made[1].pointer, inverse: made[2].pointer, output_gradient: given[3].pointer,
                    input_gradient: made[3].pointer, scale_gradient: made[4].pointer, shift_gradient: made[5].pointer)
                var layer = gk_norm_pool(
                    norm: norm, height: Int32(c.size.height), width: Int32(c.size.width),
                    window_height: Int32(c.window.height), window_width: Int32(c.window.width), kind: c.kind,
                    slope: c.slope, argmax: argmax.baseAddress, chosen: made[6].pointer, gradient: made[7].pointer)
                body(&layer)
            }
            return ((made + [given[4], variance]).map(\.values), argmax)
        }
        let expected = run {
            gk_oracle_norm_pool_forward(Int32(c.batch), &$0)
            gk_oracle_norm_pool_backward(Int32(c.batch), &$0)
        }
        for isa in fastSets {
            try on(isa) {
                let found = try [Int32(1), 3].map { threads in
                    try withPool(threads) { pool in
                        run {
                            gk_norm_pool_forward(pool, Int32(c.batch), &$0)
                            gk_norm_pool_backward(pool, Int32(c.batch), &$0)
                        }
                    }
                }
                #expect(found[0].values == found[1].values, "the same bits on any number of threads")
                #expect(found[0].argmax == expected.argmax)
                for (values, exact) in zip(found[0].values, expected.values) {
                    #expect(relativeDifference(values, exact) < 2e-5)
                }
            }
        }
    }

    /// The oracle of norm and pool together against the oracles of norm, activation and pool one after another.
    @Test func theOracleOfNormsWithPoolsIsTheirOracles() {
        let (height, width, channels, batch) = (6, 8, 16, 3)
        let (count, pooled) = (batch * height * width * channels, batch * 3 * 4 * channels)
        var random = RandomStream(seed: 17, purpose: "norm with a pool")
        let given = [count, channels, channels, pooled].map { Floats(count: $0, random: &random) }
        let one = (0..<9).map { Floats(count: $0 == 0 || $0 == 3 ? count : $0 > 6 ? pooled : channels) }
        let other = (0..<9).map { Floats(count: $0 == 0 || $0 == 3 ? count : $0 > 6 ? pooled : channels) }
        for made in [one, other] {
            for running in made[1...2] { running.pointer.update(repeating: 0.5, count: channels) }
        }
        var argmax = [Int32](repeating: -1, count: pooled)
        func norm(_ made: [Floats], output: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>) -> gk_norm {
            gk_norm(
                places: Int32(height * width), channels: Int32(channels), epsilon: 1e-5, momentum: 0.1, slope: 0.3,
                fixed: false, input: given[0].pointer, scale: given[1].pointer, shift: given[2].pointer,
                running_mean: made[1].pointer, running_variance: made[2].pointer, output: output,
                mean: made[4].pointer, inverse: made[5].pointer, output_gradient: gradient,
                input_gradient: made[3].pointer, scale_gradient: made[6].pointer, shift_gradient: made[6].pointer)
        }
        let gradient = Floats(count: count)
        argmax.withUnsafeMutableBufferPointer { argmax in
            var pool = gk_pooling(
                height: Int32(height), width: Int32(width), channels: Int32(channels), out_height: 3, out_width: 4,
                window_height: 2, window_width: 2, stride_height: 2, stride_width: 2, pad_top: 0, pad_left: 0,
                average: false, input: one[0].pointer, output: one[7].pointer, argmax: argmax.baseAddress,
                output_gradient: given[3].pointer, input_gradient: gradient.pointer)
            var first = norm(one, output: one[0].pointer, gradient: UnsafePointer(gradient.pointer))
            gk_oracle_norm_forward(Int32(batch), &first)
            gk_oracle_pooling_forward(Int32(batch), &pool)
            gk_oracle_pooling_backward(Int32(batch), &pool)
            gk_oracle_norm_backward(Int32(batch), &first)
            var both = gk_norm_pool(
                norm: norm(other, output: other[7].pointer, gradient: UnsafePointer(given[3].pointer)),
                height: Int32(height), width: Int32(width), window_height: 2, window_width: 2, kind: GK_LEAKY,
                slope: 0.3, argmax: argmax.baseAddress, chosen: other[8].pointer, gradient: one[8].pointer)
            gk_oracle_norm_pool_forward(Int32(batch), &both)
            gk_oracle_norm_pool_backward(Int32(batch), &both)
        }
        #expect(relativeDifference(other[7].values, one[7].values) < 1e-6)
        #expect(relativeDifference(other[3].values, one[3].values) < 1e-6)
        #expect(relativeDifference(other[6].values, one[6].values) < 1e-6)
        #expect(relativeDifference(other[2].values, one[2].values) < 1e-6)
    }

    @Test(arguments: [false, true])
    func poolsMatchTheOracleOnEverySet(average: Bool) throws {
        for (size, window, stride, pads, channels) in [
            ((7, 9), (2, 3), (2, 3), (0, 0), 16), ((6, 5), (3, 3), (1, 1), (1, 1), 32),
            ((6, 5), (6, 5), (1, 1), (0, 0), 1),
        ] {
            let out = (
                (size.0 + 2 * pads.0 - window.0) / stride.0 + 1, (size.1 + 2 * pads.1 - window.1) / stride.1 + 1
            )
            let (inputs, outputs) = (3 * size.0 * size.1 * channels, 3 * out.0 * out.1 * channels)
            func run(_ body: (inout gk_pooling) -> Void) -> [[Float]] {
                var random = RandomStream(seed: 7, purpose: "pool")
                let given = [inputs, outputs].map { Floats(count: $0, random: &random) }
                let made = [outputs, inputs].map { Floats(count: $0) }
                var argmax = [Int32](repeating: -1, count: outputs)
                argmax.withUnsafeMutableBufferPointer { argmax in
                    var layer = gk_pooling(
                        height: Int32(size.0), width: Int32(size.1), channels: Int32(channels),
                        out_height: Int32(out.0), out_width: Int32(out.1), window_height: Int32(window.0),
                        window_width: Int32(window.1), stride_height: Int32(stride.0), stride_width: Int32(stride.1),
                        pad_top: Int32(pads.0), pad_left: Int32(pads.1), average: average, input: given[0].pointer,
                        output: made[0].pointer, argmax: average ? nil : argmax.baseAddress,
                        output_gradient: given[1].pointer, input_gradient: made[1].pointer)
                    body(&layer)
                }
                return made.map(\.values)
            }
            let expected = run {
                gk_oracle_pooling_forward(3, &$0)
                gk_oracle_pooling_backward(3, &$0)
            }
            for isa in fastSets {
                try on(isa) {
                    let found = try withPool(2) { pool in
                        run {
                            gk_pooling_forward(pool, 3, &$0)
                            gk_pooling_backward(pool, 3, &$0)
                        }
                    }
                    for (values, exact) in zip(found, expected) { #expect(relativeDifference(values, exact) < 1e-6) }
                }
            }
        }
    }
}
