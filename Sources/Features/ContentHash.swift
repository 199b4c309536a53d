import CKernels

/// A fast 64-bit hash of values in memory: it tells changed data, and is no defence against intent.
public func contentHash(_ values: UnsafeRawBufferPointer) -> UInt64 {
    gk_content_hash(values.baseAddress, values.count)
}
