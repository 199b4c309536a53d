import CKernels
import Foundation

/// The C kernel's plan for one recipe: tables that never change once made, so that threads may share it.
final class FeaturePlan: @unchecked Sendable {
    private let handle: OpaquePointer
    let mels: Int

    init(_ recipe: FeatureRecipe) throws(FeatureError) {
        try Self.check(recipe)
        mels = recipe.mels
        let window = FeatureTables.window(
            recipe.window, length: recipe.windowLength, frameLength: recipe.frameLength
        )
        .map { $0 * recipe.sampleScale }
        let bank = FeatureTables.melBank(recipe)
        let plan = window.withUnsafeBufferPointer { window in
            bank.withUnsafeBufferPointer { bank in
                var shape = gk_feature_shape(
                    fft_length: Int32(recipe.frameLength), hop: Int32(recipe.hop), mels: Int32(recipe.mels),
                    window: window.baseAddress, mel_bank: bank.baseAddress, log_floor: recipe.logFloor,
                    factor: recipe.logFactor, offset: recipe.logOffset,
                    power: recipe.spectrum == .power, single: recipe.precision == .single)
                return gk_features_create(&shape, gk_isa_active())
            }
        }
        guard let plan else { throw .outOfMemory }
        handle = plan
    }

    deinit { gk_features_destroy(handle) }

    /// Columns `first..<first + columns` of the sound's centred log-mel spectrogram, row m at `output + m * rowStride`.
    func columns(
        of samples: UnsafeBufferPointer<Float>, first: Int, columns: Int, into output: UnsafeMutablePointer<Float>,
        rowStride: Int, scratch: FeatureScratch
    ) {
        gk_features_columns(
            handle, samples.baseAddress, Int64(samples.count), Int64(first), Int64(columns), output, Int64(rowStride),
            scratch.bytes)
    }

    /// The same columns as rows: [count][mels].
    func rows(
        of samples: UnsafeBufferPointer<Float>, first: Int, count: Int, into output: UnsafeMutablePointer<Float>,
        scratch: FeatureScratch
    ) {
        gk_features_rows(
            handle, samples.baseAddress, Int64(samples.count), Int64(first), Int64(count), output, scratch.bytes)
    }

    func makeScratch() -> FeatureScratch { FeatureScratch(byteCount: gk_features_scratch_bytes(handle)) }

    /// A transform takes time that grows with the square of this factor.
    private static func greatestPrime(in length: Int) -> Int {
        var (rest, greatest, factor) = (length, 1, 2)
        while factor * factor <= rest {
            if rest % factor == 0 { (rest, greatest) = (rest / factor, factor) } else { factor += 1 }
        }
        return max(greatest, rest)
    }

    /// Recipes may come from files: sizes are bounded before anything is allocated.
    static func check(_ recipe: FeatureRecipe) throws(FeatureError) {
        guard recipe.makesSegmentsFromAudio else { throw .noAudioRecipe(name: recipe.name) }
        func require(_ holds: Bool, _ reason: String) throws(FeatureError) {
            guard holds else { throw .invalidRecipe(name: recipe.name, reason: reason) }
        }
        try require((1...1_000_000).contains(recipe.sampleRate), "its sample rate is outside 1...1,000,000 Hz")
        try require((2...65_536).contains(recipe.frameLength), "its frame length is outside 2...65,536 samples")
        try require(
            greatestPrime(in: recipe.frameLength) <= 1024, "its frame length has a prime factor above 1,024")
        try require((1...recipe.frameLength).contains(recipe.windowLength), "its window is empty or above the frame")
        try require((1...65_536).contains(recipe.hop), "its hop is outside 1...65,536 samples")
        try require((1...1024).contains(recipe.mels), "its mel bands are outside 1...1,024")
        try require(recipe.mels * recipe.frameLength <= 1 << 23, "its mel bands times frame length are above 2^23")
        try require(
            0 <= recipe.lowestFrequency && recipe.highestFrequency - recipe.lowestFrequency >= 1
                && recipe.highestFrequency <= 1_000_000,
            "its lowest and highest frequencies are not 1 Hz apart, in order")
        try require((1e-6...1e6).contains(recipe.sampleScale), "its sample scale is outside 1e-6...1e6")
        try require((1e-30...1e30).contains(recipe.logFloor), "its log floor is outside 1e-30...1e30")
        try require(
            (1e-6...1e6).contains(recipe.logFactor) && abs(recipe.logOffset) <= 1e6,
            "its values' factor is outside 1e-6...1e6, or their offset outside ±1e6")
        try require((1...65_536).contains(recipe.segmentFrames), "its segment frames are outside 1...65,536")
        try require((1...(1 << 30)).contains(recipe.segmentSamples), "its segment samples are outside 1...2^30")
        try require((1...(1 << 30)).contains(recipe.segmentStride), "its segment stride is outside 1...2^30")
        try require(
            recipe.scope != .track || recipe.segmentStride % recipe.hop == 0,
            "its segment stride is no multiple of the hop")
        try require(
            recipe.scope == .track || recipe.peakSeconds == nil && recipe.repeatsShort == nil,
            "its sound is scaled to its peak, or repeated, but is not transformed whole")
        if let seconds = recipe.peakSeconds {
            try require((1...3600).contains(seconds), "the blocks of its peaks are outside 1...3,600 s")
            try require(
                seconds * recipe.sampleRate >= Double(recipe.frameLength + recipe.hop),
                "the blocks of its peaks are shorter than a frame")
        }
        guard recipe.scope == .block else { return }
        guard let picture = recipe.picture else {
            throw .invalidRecipe(name: recipe.name, reason: "it has no picture, but transforms blocks")
        }
        try require((1...3600).contains(picture.blockSeconds), "its blocks are outside 1...3,600 s")
        try require(
            picture.columns >= 1
                && picture.columns <= Int(picture.blockSeconds * recipe.sampleRate) / recipe.hop,
            "its pictures have no columns or more than frames")
        try require(recipe.segmentFrames >= 2, "its segments have fewer than two columns")
        try require((0...16).contains(picture.framesLeft), "the frames left out are outside 0...16")
        try require((1...200).contains(picture.range), "its levels span less than 1 dB or more than 200")
        try require(abs(picture.top) <= 1000, "its greatest value is outside ±1,000")
        try require(
            recipe.spectrum == .power && recipe.valueFactor == nil && recipe.valueOffset == nil,
            "its pictures need a power spectrum in nepers")
        try require(
            recipe.pictureColumns(samples: recipe.segmentSamples) >= recipe.segmentFrames,
            "a segment's samples give fewer columns than it has")
    }
}

/// Memory for one thread's calls of the kernel.
final class FeatureScratch {
    let bytes: UnsafeMutableRawPointer

    init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 64) }

    deinit { bytes.deallocate() }
}
