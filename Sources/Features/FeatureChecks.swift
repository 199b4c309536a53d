import CKernels

/// A fast 64-bit hash of values in memory: it tells changed data, and is no defence against intent.
public func contentHash(_ values: UnsafeRawBufferPointer) -> UInt64 {
    gk_content_hash(values.baseAddress, values.count)
}

/// The same hash of values that come in pieces; where these end changes nothing.
public struct ContentHash: Sendable {
    private var state = gk_hash()

    public init() { gk_hash_start(&state) }

    public mutating func update(_ values: UnsafeRawBufferPointer) {
        gk_hash_add(&state, values.baseAddress, values.count)
    }

    public var value: UInt64 { withUnsafePointer(to: state) { gk_hash_value($0) } }
}

/// Checks of values that did not come from our own arithmetic.
public enum FeatureChecks {
    /// The index of the first value that is NaN or infinite; nil where all are finite.
    public static func firstNotFinite(_ values: UnsafeBufferPointer<Float>) -> Int? {
        first(beyond: .greatestFiniteMagnitude, in: values)
    }

    /// The same of samples at full scale ±1, where what is 120 dB above that is no sound either: its powers would leave the
    /// range of single precision.
    static func firstUnusable(_ samples: UnsafeBufferPointer<Float>) -> Int? {
        first(beyond: 0x1p20, in: samples)
    }

    private static func first(beyond limit: Float, in values: UnsafeBufferPointer<Float>) -> Int? {
        let index = gk_first_beyond(limit, values.baseAddress, Int64(values.count))
        return index < 0 ? nil : Int(index)
    }

    /// The greatest |value|; 0 of none.
    public static func greatestMagnitude(_ values: UnsafeBufferPointer<Float>) -> Float {
        gk_greatest_magnitude(values.baseAddress, Int64(values.count))
    }
}
