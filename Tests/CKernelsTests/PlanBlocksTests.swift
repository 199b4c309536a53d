import CKernels
import Testing

extension KernelTests {
    /// What a plan promises whatever the path: the same bits on any number of threads, batches below the planned one,
    /// gradients left out, inference without arg-max, senseless shapes refused.
    @Suite struct PlanBlocksTests {
        /// Two towers side by side, small enough to run often.
        static let towers = [
            BlockCase(size: (20, 24), channels: (16, 48), kernel: (3, 5), pool: (2, 2), batch: 17),
            BlockCase(size: (20, 24), channels: (1, 32), kernel: (7, 20), pool: (5, 1), batch: 17),
        ]
        static let pathSets = ["direct sparse", "direct fourier", "fourier", "oracle"]

        @Test(arguments: fastSets, [1, 3, 17] as [Int32])
        func anyNumberOfThreadsGivesTheSameBits(isa: gk_isa, batch: Int32) throws {
            try on(isa) {
                var first: [[[UInt32]]]?
                for threads in [1, 2, 7] as [Int32] {
                    let memories = Self.towers.map { tower in
                        var layout = tower
                        layout.batch = batch
                        return BlockMemory(layout)
                    }
                    let plan = try BlockPlan(memories.map(\.layout.shape), batch: batch, threads: threads)
                    try plan.run(memories, batch: batch, threads: threads)
                    let results = memories.map(\.results)
                    let same = results == first ?? results
                    #expect(same, "\(threads) threads")
                    first = results
                }
            }
        }

        /// A pool with more threads than planned for must not use scratch memory that is not there.
        @Test func aLargerPoolThanPlannedIsSafe() throws {
            let (few, many) = (Self.towers.map { BlockMemory($0) }, Self.towers.map { BlockMemory($0) })
            for (memories, threads) in [(few, 1), (many, 5)] as [([BlockMemory], Int32)] {
                let plan = try BlockPlan(memories.map(\.layout.shape), batch: 17, threads: 1)
                try plan.run(memories, batch: 17, threads: threads)
            }
            let same = few.map(\.results) == many.map(\.results)
            #expect(same)
        }

        @Test(arguments: fastSets, pathSets)
        func aSmallerBatchLeavesTheRestAlone(isa: gk_isa, paths: String) throws {
            let (whole, part) = (Self.towers.map { BlockMemory($0) }, Self.towers.map { BlockMemory($0) })
            try on(isa) {
                try preferring(paths) {
                    for (memories, batch) in [(whole, 17), (part, 5)] as [([BlockMemory], Int32)] {
                        let plan = try BlockPlan(memories.map(\.layout.shape), batch: 17, threads: 2)
                        try plan.run(memories, batch: batch, threads: 2)
                    }
                }
            }
            for (all, some) in zip(whole, part) {
                let outputs = all.layout.outputCount / 17 * 5, inputs = all.layout.inputCount / 17 * 5
                #expect(differences(all.output.bits.prefix(outputs), some.output.bits.prefix(outputs)) == 0)
                #expect(
                    differences(all.inputGradient.bits.prefix(inputs), some.inputGradient.bits.prefix(inputs)) == 0)
                #expect(some.output.values.dropFirst(outputs).count { !$0.isNaN } == 0)
                #expect(some.inputGradient.values.dropFirst(inputs).count { !$0.isNaN } == 0)
                #expect(some.weightGradient.values.count { !$0.isFinite } == 0)
            }
        }

        @Test(arguments: fastSets, pathSets)
        func inferenceNeedsNoArgmax(isa: gk_isa, paths: String) throws {
            let (training, inference) = (Self.towers.map { BlockMemory($0) }, Self.towers.map { BlockMemory($0) })
            try on(isa) {
                try preferring(paths) {
                    let plan = try BlockPlan(training.map(\.layout.shape), batch: 17, threads: 2)
                    try plan.run(training, batch: 17, threads: 2, backward: false)
                    let shapes = inference.map(\.layout.shape)
                    let light = try BlockPlan(shapes, batch: 17, training: false, threads: 2)
                    try withPool(2) { pool in
                        var tensors = inference.map(\.tensors)
                        for index in tensors.indices { tensors[index].argmax = nil }
                        gk_blocks_prepare(light.plan, pool, tensors)
                        gk_blocks_forward(light.plan, pool, 17, tensors)
                    }
                }
            }
            for (one, other) in zip(training, inference) {
                #expect(differences(one.output.bits, other.output.bits) == 0)
            }
        }

        @Test(arguments: fastSets, pathSets)
        func gradientsThatAreNotWantedAreLeftOut(isa: gk_isa, paths: String) throws {
            let whole = BlockMemory(Self.towers[0])
            try on(isa) {
                try preferring(paths) {
                    let plan = try BlockPlan([whole.layout.shape], batch: 17, threads: 2)
                    try plan.run([whole], batch: 17, threads: 2)
                    for wanted in 0..<8 {
                        let part = BlockMemory(Self.towers[0])
                        try plan.run([part], batch: 17, threads: 2, backward: false)
                        var tensors = part.tensors
                        if wanted & 1 == 0 { tensors.weight_gradient = nil }
                        if wanted & 2 == 0 { tensors.bias_gradient = nil }
                        if wanted & 4 == 0 { tensors.input_gradient = nil }
                        try withPool(2) { gk_blocks_backward(plan.plan, $0, 17, &tensors) }
                        let gradients = [\BlockMemory.weightGradient, \.biasGradient, \.inputGradient]
                        for (bit, gradient) in gradients.enumerated() {
                            if wanted & 1 << bit == 0 {
                                #expect(part[keyPath: gradient].values.count { !$0.isNaN } == 0)
                            } else {
                                #expect(
                                    differences(part[keyPath: gradient].bits, whole[keyPath: gradient].bits) == 0)
                            }
                        }
                    }
                }
            }
        }

        @Test func senselessShapesAreRefused() {
            let good = BlockCase(size: (8, 8), channels: (1, 16), kernel: (3, 3), pool: (2, 2))
            func creates(_ change: (inout BlockCase) -> Void, batch: Int32 = 1, threads: Int32 = 1) -> Bool {
                var layout = good
                change(&layout)
                let plan = gk_blocks_create([layout.shape], 1, batch, true, threads)
                gk_blocks_destroy(plan)
                return plan != nil
            }
            #expect(creates { _ in })
            #expect(!creates { $0.size.height = 0 })
            #expect(!creates { $0.channels.in = 0 })
            #expect(!creates { $0.channels.out = -3 })
            #expect(!creates { $0.kernel.width = 0 })
            #expect(!creates { $0.pool.height = 9 })
            let tooManyPlaces = BlockCase(size: (300, 300), channels: (1, 16), kernel: (3, 3), pool: (300, 300))
            #expect(!creates { $0 = tooManyPlaces })
            #expect(!creates { $0.size = (1 << 24, 1 << 24) })
            #expect(!creates { $0.channels = (.max, .max) })
            #expect(!creates({ _ in }, batch: 0))
            #expect(!creates({ _ in }, threads: 0))
            #expect(gk_blocks_create(nil, 0, 1, true, 1) == nil)
        }

        @Test func pathsCanBeNamed() throws {
            #expect(!gk_blocks_prefer("no such path"))
            try preferring("oracle") {
                let plan = try BlockPlan([Self.towers[0].shape], batch: 1, threads: 1)
                for pass: Int32 in 0..<3 {
                    #expect(String(cString: gk_blocks_path(plan.plan, 0, pass)) == "oracle")
                }
            }
        }
    }
}
