import CKernels
import Testing

extension KernelTests {
    /// The Fourier path against the oracle, on every instruction set that this machine has.
    @Suite struct FourierBlocksTests {
        /// Beside the common grid (but for one channel out and for windows that lie wholly outside, which this path declines), groups that read one input (each of its own transform length and padding), lines as
        /// columns, the lengths 24, 48, 72, 96 and 144 and remainders of every tile.
        static let groups: [[BlockCase]] =
            BlockCase.grid.filter { $0.channels.out > 1 && !$0.hasEmptyWindows }.map { [$0] } + [
                [
                    BlockCase(size: (80, 80), channels: (1, 16), kernel: (10, 23), pool: (2, 2)),
                    BlockCase(size: (80, 80), channels: (1, 16), kernel: (21, 10), pool: (2, 2)),
                ],
                [BlockCase(size: (40, 40), channels: (16, 32), kernel: (5, 11), pool: (2, 2))],
                [BlockCase(size: (40, 40), channels: (16, 32), kernel: (10, 5), pool: (2, 2))],
                [
                    BlockCase(size: (9, 50), channels: (1, 16), kernel: (3, 31), pool: (1, 7), batch: 11),
                    BlockCase(size: (9, 50), channels: (1, 40), kernel: (8, 2), pool: (4, 3), batch: 11),
                ],
                [
                    BlockCase(size: (23, 62), channels: (4, 6), kernel: (2, 16), pool: (3, 1), batch: 2),
                    BlockCase(size: (23, 62), channels: (4, 40), kernel: (16, 2), pool: (2, 2), batch: 2),
                ],
                [BlockCase(size: (50, 1), channels: (18, 16), kernel: (31, 3), pool: (7, 1), batch: 9)],
                [
                    BlockCase(size: (9, 60), channels: (1, 16), kernel: (4, 31), pool: (1, 2), batch: 3),
                    BlockCase(size: (9, 60), channels: (1, 16), kernel: (2, 31), pool: (2, 2), batch: 3),
                    BlockCase(size: (9, 60), channels: (1, 16), kernel: (1, 31), pool: (3, 1), batch: 3),
                ],
                [BlockCase(size: (128, 128), channels: (1, 3), kernel: (11, 23), pool: (16, 1))],
                // One input, no padding at all or at one side; one that would cost several times as much along the
                // others' axis.
                [
                    BlockCase(
                        size: (48, 60), channels: (1, 20), kernel: (19, 7), pool: (1, 1), batch: 3, map: (0, 3, 30, 60)),
                    BlockCase(
                        size: (48, 60), channels: (1, 40), kernel: (33, 7), pool: (2, 1), batch: 3, map: (0, 6, 16, 57)),
                    BlockCase(size: (48, 60), channels: (1, 16), kernel: (1, 49), pool: (1, 1), batch: 3),
                ],
                [
                    BlockCase(
                        size: (30, 26), channels: (16, 16), kernel: (11, 3), pool: (4, 4), batch: 3, map: (0, 0, 20, 24)
                    ),
                    BlockCase(
                        size: (30, 26), channels: (16, 32), kernel: (11, 2), pool: (1, 1), batch: 3, map: (7, 0, 30, 26)
                    ),
                ],
            ]

        /// The first layers of the deep net, of the second one's towers the left one, and two that share an odd input.
        static let (firstLayers, secondLayer, odd) = (
            groups[groups.count - 10], groups[groups.count - 9], groups[groups.count - 7]
        )

        @Test(arguments: fastSets, groups)
        func matchesTheOracle(isa: gk_isa, group: [BlockCase]) throws {
            let memories = group.map { BlockMemory($0) }
            try run(memories, isa: isa, threads: 2)
            for found in memories {
                let (input, weights) = (found.input.absolute, found.weights.absolute)
                let (bias, gradient) = (found.bias.absolute, found.outputGradient.absolute)
                let (expected, scale) = (BlockMemory(found.layout), BlockMemory(found.layout))
                for memory in [expected, scale] {
                    var (shape, tensors) = (found.layout.shape, memory.tensors)
                    if memory === scale {
                        tensors.input = UnsafePointer(input.pointer)
                        tensors.weights = UnsafePointer(weights.pointer)
                        tensors.bias = UnsafePointer(bias.pointer)
                        tensors.output_gradient = UnsafePointer(gradient.pointer)
                    }
                    gk_oracle_block_forward(&shape, found.layout.batch, &tensors)
                    // Backward from the signs and places found.
                    tensors.output = found.output.pointer
                    tensors.argmax = found.argmax
                    gk_oracle_block_backward(&shape, found.layout.batch, &tensors)
                }
                // A maximum may be another one only where two are equal within rounding: rare among random numbers.
                let flips = zip(found.places, expected.places).lazy.filter { $0 != $1 }.count
                #expect(flips <= 1 + found.places.count / 10_000)
                for part in [\BlockMemory.output, \.weightGradient, \.biasGradient, \.inputGradient] {
                    let difference = Self.difference(
                        found[keyPath: part].values, expected[keyPath: part].values, scale[keyPath: part].values)
                    #expect(difference < 1e-5, "\(found.layout)")
                }
            }
        }

        @Test(arguments: fastSets, [1, 19] as [Int32])
        func anyNumberOfThreadsGivesTheSameBits(isa: gk_isa, batch: Int32) throws {
            for group in [Self.odd, Self.secondLayer] {
                let runs = try ([1, 2, 7] as [Int32]).map { threads in
                    let memories = group.map { layout in
                        var many = layout
                        many.batch = batch
                        return BlockMemory(many)
                    }
                    try run(memories, isa: isa, threads: threads)
                    return memories.map(\.results)
                }
                #expect(runs[0] == runs[1])
                #expect(runs[0] == runs[2])
            }
        }

        /// Without input every place holds the bias, exactly.
        @Test(arguments: fastSets)
        func theFirstOfEqualValuesWins(isa: gk_isa) throws {
            for group in Self.groups where group[0].batch == 1 {
                let memories = group.map { BlockMemory($0) }
                for memory in memories { memory.input.pointer.update(repeating: 0, count: memory.input.count) }
                try run(memories, isa: isa, threads: 1)
                #expect(memories.allSatisfy { $0.places.allSatisfy { $0 == 0 } })
            }
        }

        /// Of equal values the first counts, row by row, also where the path's lines are columns: a bias so large that
        /// thousands of sums are equal, against the same block without a pool, pooled here.
        @Test(
            arguments: fastSets,
            [
                BlockCase(size: (40, 12), channels: (16, 16), kernel: (31, 1), pool: (4, 3), slope: 1),
                BlockCase(size: (40, 12), channels: (1, 16), kernel: (31, 2), pool: (4, 3), slope: 1),
                BlockCase(size: (12, 40), channels: (16, 16), kernel: (1, 31), pool: (3, 4), slope: 1),
                BlockCase(size: (40, 40), channels: (16, 32), kernel: (10, 5), pool: (2, 2), slope: 1),
            ])
        func equalValuesAreTakenRowByRow(isa: gk_isa, layout: BlockCase) throws {
            var bare = layout
            bare.pool = (1, 1)
            let (pooled, plain) = (BlockMemory(layout), BlockMemory(bare))
            for memory in [pooled, plain] {
                memory.bias.pointer.update(repeating: 1e8, count: memory.bias.count)
                try run([memory], isa: isa, threads: 2)
            }
            let (places, channels) = (pooled.places, layout.stored.out)
            let (rows, columns) = (Int(layout.pool.height), Int(layout.pool.width))
            let (width, pooledWidth) = (Int(layout.size.width), Int(layout.size.width) / columns)
            var wrong = 0
            var ties = 0
            for place in 0..<layout.outputCount {
                let (at, channel) = (place / channels, place % channels)
                let (top, left) = (at / pooledWidth * rows, at % pooledWidth * columns)
                let window = (0..<rows * columns).map { element in
                    plain.output[
                        ((top + element / columns) * width + left + element % columns) * channels + channel]
                }
                let first = window.indices.reduce(0) { window[$1] > window[$0] ? $1 : $0 }
                ties += window.count { $0 == window[first] } - 1
                wrong += pooled.output[place] != window[first] || Int(places[place]) != first ? 1 : 0
            }
            #expect(wrong == 0 && ties > layout.outputCount / 8)
        }

        /// The layers that the path was made for go to it unasked.
        @Test func largeKernelsChooseThisPath() throws {
            let shapes = Self.firstLayers.map(\.shape)
            try on(fastSets.last!) {
                let plan = try BlockPlan(shapes, batch: 64, threads: 2)
                for (block, pass) in [(0, 0), (0, 1), (1, 0), (1, 1)] as [(Int32, Int32)] {
                    #expect(String(cString: gk_blocks_path(plan.plan, block, pass)) == "fourier")
                }
            }
        }

        private func run(_ memories: [BlockMemory], isa: gk_isa, threads: Int32) throws {
            let batch = memories[0].layout.batch
            try on(isa) {
                try preferring("fourier") {
                    let plan = try BlockPlan(memories.map(\.layout.shape), batch: batch, threads: threads)
                    for block in memories.indices {
                        for pass in 0..<3 as Range<Int32> {
                            let path = gk_blocks_path(plan.plan, Int32(block), pass)!
                            try #require(String(cString: path) == "fourier")
                        }
                    }
                    try plan.run(memories, batch: batch, threads: threads)
                }
            }
        }

        /// The largest difference as a share of the sum of absolute products that belongs to it, or of the mean of these
        /// sums where that is larger: a transform spreads rounding over a whole line, also to places that no product
        /// reaches. Infinite where one is not a number.
        private static func difference(_ found: [Float], _ expected: [Float], _ magnitude: [Float]) -> Double {
            let mean = magnitude.reduce(0, +) / Float(max(1, magnitude.count))
            return differenceByMagnitude(found, expected, magnitude.map { max($0, mean) })
        }
    }
}
