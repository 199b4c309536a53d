import CKernels

/// Makes sounds longer or shorter at their pitch, as librosa's `effects.time_stretch` does (frames of 2048 samples, hop
/// 512). It holds tables only: one vocoder serves any number of threads, each with workspaces of its own.
public final class PhaseVocoder: @unchecked Sendable {  // the plan never changes once made
    fileprivate let plan: OpaquePointer

    /// - Throws: `FeatureError.outOfMemory`.
    public init(frameLength: Int = 2048, hop: Int = 512) throws(FeatureError) {
        precondition((2...65_536).contains(frameLength) && (1...frameLength).contains(hop), "a usable frame and hop")
        guard let plan = gk_vocoder_create(Int32(frameLength), Int32(hop), gk_isa_active()) else {
            throw .outOfMemory
        }
        self.plan = plan
    }

    deinit { gk_vocoder_destroy(plan) }

    /// Samples that so many become: count / rate, rounded to the nearest, halves to even.
    public static func stretchedCount(_ count: Int, rate: Double) -> Int {
        Int(gk_vocoder_stretched_count(Int64(count), rate))
    }

    /// A sound analysed, ready to be stretched by any number of rates; memory is kept from sound to sound. For one thread.
    public final class Workspace {
        private let vocoder: PhaseVocoder
        private var spectrum = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        private var frames: Int64 = 0

        public init(_ vocoder: PhaseVocoder) { self.vocoder = vocoder }

        deinit {
            spectrum.deallocate()
            scratch.deallocate()
        }

        private static func grow(_ buffer: inout UnsafeMutableRawBufferPointer, to bytes: Int) {
            guard bytes > buffer.count else { return }
            buffer.deallocate()
            buffer = .allocate(byteCount: bytes, alignment: 64)
        }

        public func analyse(_ samples: UnsafeBufferPointer<Float>) {
            frames = gk_vocoder_frames(vocoder.plan, Int64(samples.count))
            Self.grow(&spectrum, to: 8 * gk_vocoder_spectrum_count(vocoder.plan, frames))
            Self.grow(&scratch, to: gk_vocoder_scratch_bytes(vocoder.plan, 0))
            gk_vocoder_analyse(
                vocoder.plan, samples.baseAddress, Int64(samples.count),
                spectrum.baseAddress!.assumingMemoryBound(to: Double.self), scratch.baseAddress)
        }

        /// The analysed sound at another speed: it lasts 1 / rate times as long, `stretchedCount` samples.
        ///
        /// - Parameter output: as many of the first samples as are wanted.
        public func stretch(rate: Double, into output: UnsafeMutableBufferPointer<Float>) {
            precondition(frames > 0 && rate > 0, "a sound was analysed")
            Self.grow(&scratch, to: gk_vocoder_scratch_bytes(vocoder.plan, Int64(output.count)))
            gk_vocoder_synthesise(
                vocoder.plan, spectrum.baseAddress!.assumingMemoryBound(to: Double.self), frames, rate,
                output.baseAddress, Int64(output.count), scratch.baseAddress)
        }
    }
}
