import CKernels
import Foundation
import Synchronization
import Testing

/// The pool runs every item once, whatever the numbers of threads and items.
@Suite struct PoolTests {
    @Test(arguments: [1, 2, 3, 7, 64] as [Int32])
    func everyItemRunsOnceOnAWorkerOfThePool(threads: Int32) throws {
        let pool = try #require(gk_pool_create(threads))
        defer { gk_pool_destroy(pool) }
        #expect(gk_pool_threads(pool) == threads)
        for round in 0..<400 {
            // Two numbers an item: how often it ran, and on which worker.
            let items = Int32(round % 41)
            var record = [Int32](repeating: 0, count: Int(items) * 2)
            record.withUnsafeMutableBufferPointer { buffer in
                gk_pool_run(
                    pool, items,
                    { context, item, worker in
                        let record = context!.assumingMemoryBound(to: Int32.self)
                        record[Int(item) * 2] += 1
                        record[Int(item) * 2 + 1] = worker
                    }, buffer.baseAddress)
            }
            for item in 0..<Int(items) {
                #expect(record[item * 2] == 1)
                #expect((0..<threads).contains(record[item * 2 + 1]))
            }
        }
    }

    @Test func aWorkerRunsOneItemAtATime() throws {
        let threads: Int32 = 5
        let pool = try #require(gk_pool_create(threads))
        defer { gk_pool_destroy(pool) }
        // Each worker counts in its own cell without any lock: a lost count means that two items shared a worker.
        var counts = [Int32](repeating: 0, count: Int(threads) * 64)
        for _ in 0..<50 {
            counts.withUnsafeMutableBufferPointer { buffer in
                gk_pool_run(
                    pool, 200,
                    { context, _, worker in
                        let cell = context!.assumingMemoryBound(to: Int32.self) + Int(worker) * 64
                        for _ in 0..<20 { cell.pointee += 1 }
                    }, buffer.baseAddress)
            }
        }
        #expect(counts.reduce(0, +) == 50 * 200 * 20)
    }

    @Test func poolsComeAndGo() throws {
        for round in 0..<60 {
            let pool = try #require(gk_pool_create(Int32(1 + round % 9)))
            var total = [Int32](repeating: 0, count: 6)
            if round % 3 != 0 {
                total.withUnsafeMutableBufferPointer { buffer in
                    gk_pool_run(
                        pool, 6, { total, item, _ in total!.assumingMemoryBound(to: Int32.self)[Int(item)] = item + 1 },
                        buffer.baseAddress)
                }
                #expect(total == [1, 2, 3, 4, 5, 6])
            }
            gk_pool_destroy(pool)
        }
    }

    @Test func fewerThanOneThreadMeansOne() throws {
        let pool = try #require(gk_pool_create(0))
        defer { gk_pool_destroy(pool) }
        #expect(gk_pool_threads(pool) == 1)
    }
}

extension KernelTests {
    @Test func everySetHasANameAndScalarAndPortableAlwaysRun() {
        #expect(
            [GK_ISA_SCALAR, GK_ISA_PORTABLE, GK_ISA_AVX2, GK_ISA_AVX512].map { String(cString: gk_isa_name($0)) }
                == ["scalar", "portable", "avx2", "avx512"])
        #expect(gk_isa_available(GK_ISA_SCALAR) && gk_isa_available(GK_ISA_PORTABLE))
        #expect(gk_isa_available(gk_isa_active()))
    }

    @Test func aMissingSetIsRefusedAndAPresentOneUsed() {
        let before = gk_isa_active()
        defer { _ = gk_isa_select(before) }
        for isa in [GK_ISA_SCALAR, GK_ISA_PORTABLE, GK_ISA_AVX2, GK_ISA_AVX512] {
            let active = gk_isa_active()
            #expect(gk_isa_select(isa) == gk_isa_available(isa))
            #expect(gk_isa_active() == (gk_isa_available(isa) ? isa : active))
        }
    }

    /// Else what trains in one test would change its bits while another one looks at the oracle.
    @Test func aSelectionHoldsForItsThreadAndItsPoolsAlone() throws {
        let usual = gk_isa_active()
        try on(usual == GK_ISA_SCALAR ? GK_ISA_PORTABLE : GK_ISA_SCALAR) {
            let selected = gk_isa_active()
            let seen = Mutex<[gk_isa]>([])
            let other = Thread { seen.withLock { $0 = [gk_isa_active()] } }
            other.start()
            while !other.isFinished { sched_yield() }
            #expect(seen.withLock { $0 } == [usual])

            // Each worker keeps its item until all have one, so that all take part.
            final class Run {
                let active = Mutex<[Int32: gk_isa]>([:])
            }
            try withPool(4) { pool in
                for expected in [selected, usual] {
                    let run = Run()
                    on(expected) {
                        gk_pool_run(
                            pool, 4,
                            { context, _, worker in
                                let run = Unmanaged<Run>.fromOpaque(context!).takeUnretainedValue()
                                run.active.withLock { $0[worker] = gk_isa_active() }
                                while run.active.withLock({ $0.count }) < 4 { sched_yield() }
                            }, Unmanaged.passUnretained(run).toOpaque())
                    }
                    #expect(run.active.withLock { Array($0.values) } == [gk_isa](repeating: expected, count: 4))
                }
            }
        }
        #expect(gk_isa_active() == usual)
    }
}
