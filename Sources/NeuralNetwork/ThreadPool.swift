import CKernels
import Foundation

/// The threads that kernels run on. One pool serves any number of executors, one call at a time.
public final class ThreadPool {
    let handle: OpaquePointer

    /// - Parameter threads: number of workers, the calling thread among them; nil for one a core.
    public init(threads: Int? = nil) throws(NeuralNetworkError) {
        let count = max(1, min(threads ?? UsableCores.count, 256))
        guard let pool = gk_pool_create(Int32(count)) else { throw .outOfMemory(bytes: 0) }
        handle = pool
    }

    public var threads: Int { Int(gk_pool_threads(handle)) }

    /// Measures the machine's multiply-add peak on these threads, in operations a second. Takes a fraction of a second.
    public func measurePeak() -> Double { gk_peak_flops(handle) }

    deinit { gk_pool_destroy(handle) }
}

/// The instruction set that the kernels run on: "avx512", "avx2", "portable" or "scalar".
public var activeInstructionSet: String { String(cString: gk_isa_name(gk_isa_active())) }
