import Foundation

/// Memory for the kernels: zeroed, aligned to 64 bytes, freed with its owner.
final class AlignedBuffer {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) throws(NeuralNetworkError) {
        let rounded = max(64, (byteCount + 63) / 64 * 64)
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, 64, rounded) == 0, let memory else {
            throw .outOfMemory(bytes: byteCount)
        }
        memset(memory, 0, rounded)  // also touches every page, so that no step pays for it
        bytes = UnsafeMutableRawBufferPointer(start: memory, count: rounded)
    }

    convenience init(floats: Int) throws(NeuralNetworkError) {
        try self.init(byteCount: floats * MemoryLayout<Float>.stride)
    }

    var floats: UnsafeMutablePointer<Float> { bytes.baseAddress!.assumingMemoryBound(to: Float.self) }

    deinit { free(bytes.baseAddress) }
}

/// Hands out pieces of memory that is allocated at once, later: first count, then bind.
struct ArenaPlan {
    private(set) var byteCount = 0

    /// The offset of `bytes` bytes, aligned to 64.
    mutating func reserve(bytes: Int) -> Int {
        let offset = byteCount
        byteCount += (bytes + 63) / 64 * 64
        return offset
    }

    mutating func reserve(floats: Int) -> Int { reserve(bytes: floats * MemoryLayout<Float>.stride) }
}
