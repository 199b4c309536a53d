import CKernels
import Randomness
import Testing

extension KernelTests {
    /// The direct and sparse paths against the oracle, on every instruction set that this machine has.
    @Suite struct DirectBlocksTests {
        static let paths = "direct sparse"

        /// Forward and backward stay within 1e-5 of the sums of absolute products; the arg-max lies where the largest
        /// value is, up to the same bound.
        @Test(arguments: fastSets, BlockCase.grid)
        func matchesTheOracle(isa: gk_isa, layout: BlockCase) throws {
            let found = BlockMemory(layout)
            try on(isa) {
                try preferring(Self.paths) {
                    let plan = try BlockPlan([layout.shape], batch: layout.batch, threads: 2)
                    try plan.run([found], batch: layout.batch, threads: 2)
                }
            }
            // Every place before the pool: value and sum of absolute products.
            var map = layout
            map.pool = (1, 1)
            map.slope = 1
            let every = BlockMemory(map)
            var shape = map.shape
            var tensors = every.tensors
            tensors.input = UnsafePointer(found.input.pointer)
            tensors.weights = UnsafePointer(found.weights.pointer)
            tensors.bias = UnsafePointer(found.bias.pointer)
            gk_oracle_block_forward(&shape, map.batch, &tensors)
            let values = every.output.values
            let (input, weights, bias) = (found.input.absolute, found.weights.absolute, found.bias.absolute)
            tensors.input = UnsafePointer(input.pointer)
            tensors.weights = UnsafePointer(weights.pointer)
            tensors.bias = UnsafePointer(bias.pointer)
            gk_oracle_block_forward(&shape, map.batch, &tensors)
            let magnitudes = every.output.values
            expectPooled(found, values: values, magnitudes: magnitudes)

            // Backward from the arg-max and the signs found.
            let (expected, scale) = (BlockMemory(layout), BlockMemory(layout))
            let gradient = found.outputGradient.absolute
            shape = layout.shape
            for memory in [expected, scale] {
                tensors = memory.tensors
                tensors.output = found.output.pointer
                tensors.argmax = found.argmax
                if memory === scale {
                    tensors.input = UnsafePointer(input.pointer)
                    tensors.weights = UnsafePointer(weights.pointer)
                    tensors.output_gradient = UnsafePointer(gradient.pointer)
                }
                gk_oracle_block_backward(&shape, layout.batch, &tensors)
            }
            for part in [\BlockMemory.weightGradient, \.biasGradient, \.inputGradient] {
                let difference = differenceByMagnitude(
                    found[keyPath: part].values, expected[keyPath: part].values, scale[keyPath: part].values)
                #expect(difference < 1e-5)
            }
        }

        /// Sums of small whole numbers are exact in any order: every bit must agree, ties of the arg-max included (the
        /// first place wins), of which there are many.
        @Test(arguments: fastSets, BlockCase.grid)
        func wholeNumbersAreExact(isa: gk_isa, layout: BlockCase) throws {
            let draw: (inout RandomStream) -> Float = { Float($0.index(below: 3)) - 1 }
            let (found, expected) = (BlockMemory(layout, number: draw), BlockMemory(layout, number: draw))
            try on(isa) {
                try preferring(Self.paths) {
                    let plan = try BlockPlan([layout.shape], batch: layout.batch, threads: 2)
                    try plan.run([found], batch: layout.batch, threads: 2)
                }
            }
            expected.runOracle()
            #expect(differences(found.places, expected.places) == 0)
            #expect(differences(found.output.values, expected.output.values) == 0)
            #expect(differences(found.weightGradient.values, expected.weightGradient.values) == 0)
            #expect(differences(found.biasGradient.values, expected.biasGradient.values) == 0)
            #expect(differences(found.inputGradient.values, expected.inputGradient.values) == 0)
        }

        /// A window of equal values belongs to its first place.
        @Test(arguments: fastSets)
        func theFirstOfEqualValuesWins(isa: gk_isa) throws {
            let layout = BlockCase(size: (6, 40), channels: (1, 16), kernel: (1, 1), pool: (3, 20))
            let memory = BlockMemory(layout) { _ in 1 }
            try on(isa) {
                let plan = try BlockPlan([layout.shape], batch: 1, threads: 1)
                try plan.run([memory], batch: 1, threads: 1)
            }
            #expect(memory.places.count { $0 != 0 } == 0)
            #expect(memory.output.values.count { $0 != 2 } == 0)
        }

        private func expectPooled(_ found: BlockMemory, values: [Float], magnitudes: [Float]) {
            let layout = found.layout
            let (height, width) = (Int(layout.shape.map_height), Int(layout.shape.map_width))
            let (poolHeight, poolWidth) = (Int(layout.pool.height), Int(layout.pool.width))
            let (rows, columns, channels) = (height / poolHeight, width / poolWidth, layout.stored.out)
            var (worst, worstPlace) = (0.0, 0.0)
            for index in 0..<layout.outputCount {
                let (channel, column) = (index % channels, index / channels % columns)
                let (row, image) = (index / channels / columns % rows, index / channels / columns / rows)
                func at(_ place: Int) -> Int {
                    let y = row * poolHeight + place / poolWidth
                    let x = column * poolWidth + place % poolWidth
                    return ((image * height + y) * width + x) * channels + channel
                }
                let window = (0..<poolHeight * poolWidth).map(at)
                let best = window.map { values[$0] }.max()!
                let scale = max(Double(window.map { magnitudes[$0] }.max()!), 1e-30)
                let chosen = Int(found.argmax[index])
                guard chosen < window.count else {
                    Issue.record("arg-max \(chosen) lies outside the window")
                    return
                }
                let output = best > 0 ? best : layout.slope * best
                let difference = abs(Double(found.output[index]) - Double(output)) / scale
                worst = difference.isFinite ? max(worst, difference) : .infinity
                worstPlace = max(worstPlace, Double(best - values[window[chosen]]) / scale)
            }
            #expect(worst < 1e-5)
            #expect(worstPlace < 1e-5)
        }
    }
}

extension Floats {
    /// The same numbers without their signs.
    var absolute: Floats { Floats(values.map { abs($0) }) }
}
