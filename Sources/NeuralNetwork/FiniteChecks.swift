import CKernels

/// Whether all values are numbers: neither infinite nor NaN.
package func areFinite(_ values: UnsafeBufferPointer<Float>) -> Bool {
    gk_first_beyond(.greatestFiniteMagnitude, values.baseAddress, Int64(values.count)) < 0
}

extension ParameterStore {
    /// Whether all values are numbers, so that they can be written and read again.
    package var isFinite: Bool { areFinite(UnsafeBufferPointer(start: values, count: plan.storedCount)) }
}
