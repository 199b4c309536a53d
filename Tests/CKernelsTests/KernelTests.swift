import CKernels
import Randomness
import Testing

/// Tests of kernels on several instruction sets. The choice is their thread's own: other tests run beside them.
@Suite struct KernelTests {}

/// The instruction sets that this machine can run, the oracle excepted.
let fastSets = [GK_ISA_PORTABLE, GK_ISA_AVX2, GK_ISA_AVX512].filter { gk_isa_available($0) }

/// Runs `body` on `isa`, on this thread and the pools that it uses, then goes back to the set that was in use.
func on<Result>(_ isa: gk_isa, _ body: () throws -> Result) rethrows -> Result {
    let before = gk_isa_active()
    defer { _ = gk_isa_select(before) }
    precondition(gk_isa_select(isa))
    return try body()
}

/// Runs `body` with a pool of `threads` threads.
func withPool<Result>(_ threads: Int32, _ body: (OpaquePointer) throws -> Result) throws -> Result {
    let pool = try #require(gk_pool_create(threads))
    defer { gk_pool_destroy(pool) }
    return try body(pool)
}

/// Memory for a kernel: aligned to 64 bytes, freed with its owner.
final class Floats {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    init(_ values: [Float]) {
        count = values.count
        pointer = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
            .bindMemory(to: Float.self, capacity: max(count, 1))
        pointer.initialize(from: values, count: count)
    }

    /// `count` times `value`: not a number by default, so that a kernel which leaves a place unwritten is caught.
    convenience init(count: Int, value: Float = .nan) { self.init([Float](repeating: value, count: count)) }

    /// `count` numbers from a uniform distribution.
    convenience init(count: Int, in range: ClosedRange<Double> = -1...1, random: inout RandomStream) {
        self.init((0..<count).map { _ in Float(random.uniform(range.lowerBound, range.upperBound)) })
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

    var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
    var bits: [UInt32] { values.map(\.bitPattern) }
    subscript(index: Int) -> Float {
        get { pointer[index] }
        set { pointer[index] = newValue }
    }
}

/// The largest difference between two lists, as a share of the largest value expected; infinite where one is not a
/// number.
func relativeDifference(_ found: [Float], _ expected: [Float]) -> Double {
    guard found.count == expected.count else { return .infinity }
    let scale = max(expected.lazy.map { abs(Double($0)) }.max() ?? 0, 1e-30)
    var largest = 0.0
    for (a, b) in zip(found, expected) {
        let difference = abs(Double(a) - Double(b))
        if !difference.isFinite { return .infinity }
        largest = max(largest, difference)
    }
    return largest / scale
}
