import CKernels
import Testing

extension KernelTests {
    @Suite struct FourierBlockTests {}
}

/// The Fourier path against the scalar oracle, on shapes that leave every tile, pool and transform with a remainder.
extension KernelTests.FourierBlockTests {
    /// Groups of blocks that read one input.
    static let groups: [[gk_block_shape]] = [
        // The paper's first layers, shallow and deep, and the second layer of each tower.
        [.init(80, 80, 1, 16, kernel: (10, 23), pool: (1, 20)), .init(80, 80, 1, 16, kernel: (21, 20), pool: (20, 1))],
        [.init(80, 80, 1, 16, kernel: (10, 23), pool: (2, 2)), .init(80, 80, 1, 16, kernel: (21, 10), pool: (2, 2))],
        [.init(40, 40, 16, 32, kernel: (5, 11), pool: (2, 2))],
        [.init(40, 40, 16, 32, kernel: (10, 5), pool: (2, 2))],
        [.init(20, 20, 32, 64, kernel: (3, 5), pool: (2, 2))],
        // Odd ones: remainders, one pixel, one line, kernels larger than the image, no pool, every slope.
        [.init(37, 41, 1, 5, kernel: (7, 9), pool: (3, 2), slope: 0)],
        [.init(13, 29, 3, 17, kernel: (4, 6), pool: (2, 5), slope: 1)],
        [.init(29, 13, 20, 33, kernel: (6, 3), pool: (5, 2))],
        [.init(1, 50, 1, 16, kernel: (3, 31), pool: (1, 7)), .init(1, 50, 1, 40, kernel: (1, 2), pool: (1, 1))],
        [.init(50, 1, 18, 16, kernel: (31, 3), pool: (7, 1))],
        [.init(1, 1, 16, 16, kernel: (5, 4), pool: (1, 1))],
        [.init(9, 7, 1, 2, kernel: (12, 11), pool: (9, 7)), .init(9, 7, 1, 20, kernel: (2, 1), pool: (4, 3))],
        [.init(23, 64, 4, 6, kernel: (2, 16), pool: (1, 1)), .init(23, 64, 4, 70, kernel: (16, 2), pool: (2, 2))],
        [.init(128, 128, 1, 3, kernel: (11, 8), pool: (16, 1))],
    ]

    @Test(arguments: groups.indices)
    func agreesWithTheOracle(index: Int) throws {
        let shapes = Self.groups[index]
        for isa in fastSets {
            for batch in [1, 11] where batch == 1 || shapes[0].height < 40 {
                let net = BlockGroup(shapes, batch: batch, seed: UInt64(index))
                try net.run(path: "fourier", isa: isa, threads: 2)
                for (block, shape) in shapes.enumerated() {
                    let oracle = BlockOracle(net, block: block)
                    let what = "\(String(cString: gk_isa_name(isa))), batch \(batch), block \(block) of group \(index)"
                    let tensors = net.blocks[block]
                    expectClose(tensors.output, oracle.output, scale: oracle.outputScale, "output, \(what)")
                    oracle.backward(argmaxOf: net)
                    expectClose(
                        tensors.weightGradient, oracle.weightGradient, scale: oracle.weightScale,
                        "weight gradient, \(what)")
                    expectClose(
                        tensors.biasGradient, oracle.biasGradient, scale: oracle.biasScale, "bias gradient, \(what)")
                    if shape.in_channels > 1 {
                        expectClose(
                            tensors.inputGradient, oracle.inputGradient, scale: oracle.inputScale,
                            "input gradient, \(what)")
                    }
                    // The arg-max must point at a value as large as the maximum, within rounding.
                    let flips = zip(tensors.argmax.values, oracle.argmax.values).lazy.filter { $0 != $1 }.count
                    #expect(flips <= 1 + tensors.argmax.count / 10_000, "arg-max, \(what)")
                }
            }
        }
    }

    @Test func equalBitsOnAnyNumberOfThreads() throws {
        for isa in fastSets {
            for shapes in [Self.groups[0], Self.groups[2], Self.groups[12]] {
                let runs = try [1, 2, 7].map { threads in
                    let net = BlockGroup(shapes, batch: 19, seed: 5)
                    try net.run(path: "fourier", isa: isa, threads: Int32(threads))
                    return net
                }
                for run in runs.dropFirst() {
                    for (one, other) in zip(runs[0].blocks, run.blocks) {
                        #expect(one.output.bits == other.output.bits)
                        #expect(one.argmax.values.elementsEqual(other.argmax.values))
                        #expect(one.weightGradient.bits == other.weightGradient.bits)
                        #expect(one.biasGradient.bits == other.biasGradient.bits)
                        #expect(one.inputGradient.bits == other.inputGradient.bits)
                    }
                }
            }
        }
    }

    /// A partial batch must not see what a full one left behind, and gradients that nobody wants are left alone.
    @Test func smallerBatchAfterALargerOne() throws {
        for isa in fastSets {
            let shapes = Self.groups[2]
            let large = BlockGroup(shapes, batch: 11, seed: 1)
            try large.run(path: "fourier", isa: isa, threads: 2, batches: [11, 3])
            let small = BlockGroup(shapes, batch: 11, seed: 1)
            try small.run(path: "fourier", isa: isa, threads: 2, batches: [3])
            #expect(large.blocks[0].weightGradient.bits == small.blocks[0].weightGradient.bits)
            #expect(large.blocks[0].biasGradient.bits == small.blocks[0].biasGradient.bits)
        }
    }

    @Test func firstMaximumWinsATie() throws {
        // A zero input makes every place equal to the bias, in any arithmetic.
        for shapes in [Self.groups[0], Self.groups[3]] {
            let net = BlockGroup(shapes, batch: 1, seed: 2)
            net.input.values.update(repeating: 0)
            try net.run(path: "fourier", isa: fastSets.last!, threads: 1)
            for block in net.blocks { #expect(block.argmax.values.allSatisfy { $0 == 0 }) }
        }
    }

    /// The layers that the path was made for go to it without being asked.
    @Test func largeKernelsChooseTheFourierPath() throws {
        let plan = try #require(on(fastSets.last!) { gk_blocks_create(Self.groups[1], 2, 64, true, 2) })
        defer { gk_blocks_destroy(plan) }
        for block in 0..<2 {
            #expect(String(cString: gk_blocks_path(plan, Int32(block), 0)) == "fourier")
        }
    }
}

/// Differences within rounding: 2e-5 of the sum of the products' magnitudes, or of its mean over the tensor (a transform
/// spreads rounding over a whole line, also to places that no product reaches).
private func expectClose(_ got: AlignedFloats, _ expected: AlignedFloats, scale: AlignedFloats, _ what: String) {
    let mean = scale.values.reduce(0, +) / Float(max(1, scale.count))
    var worst: Float = 0
    for i in 0..<got.count {
        let error = abs(got.values[i] - expected.values[i]) / max(scale.values[i], mean, .leastNormalMagnitude)
        worst = error <= worst ? worst : error
    }
    #expect(worst <= 2e-5, "\(what)")
}
