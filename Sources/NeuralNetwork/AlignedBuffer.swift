import Foundation

/// Memory for the kernels: zeroed, aligned to 64 bytes, freed with its owner.
final class AlignedBuffer {
    let bytes: UnsafeMutableRawBufferPointer

    /// Bytes that one buffer may have: more than the machine's memory would end the program when it is touched.
    static var largest: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }

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
