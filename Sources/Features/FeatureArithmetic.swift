import CKernels

extension FeatureExtractor {
    /// What the bits of features hang on beside recipe and sound: the version of the arithmetic here, and the instruction
    /// set. Features that are kept for later are told apart by it.
    public static var arithmetic: String { "\(arithmeticVersion) \(String(cString: gk_isa_name(gk_isa_active())))" }

    /// Raised by every change of decoding, mixing, resampling or kernels that changes a bit of the features.
    private static let arithmeticVersion = 2
}

extension FeatureRecipe {
    /// Whether features can be made, or read, by this recipe, which may come from a file.
    /// - Throws: `FeatureError.noAudioRecipe`, `.invalidRecipe` naming the first parameter out of its range.
    public func check() throws(FeatureError) { try FeaturePlan.check(self) }
}

extension FeatureRecipe {
    /// One segment [mels][segmentFrames] from its `trueFrames` rows in half precision.
    public func segment(fromHalfRows rows: UnsafePointer<UInt16>, into segment: UnsafeMutablePointer<Float>) {
        gk_rows_to_segment_f16(rows, Int32(trueFrames), Int32(mels), Int32(segmentFrames), segment)
    }
}

extension TrackFeatures {
    /// The values' bits in half precision (IEEE 754 binary16), rounded to the nearest, [rows][mels].
    public func halfValues() -> [UInt16] { Features.halfValues(values) }
}

/// Values' bits in half precision (IEEE 754 binary16), rounded to the nearest.
public func halfValues(_ values: [Float]) -> [UInt16] {
    [UInt16](unsafeUninitializedCapacity: values.count) { halves, count in
        count = values.count
        if let to = halves.baseAddress { gk_to_half(values, Int64(count), to) }
    }
}
