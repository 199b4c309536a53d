import CKernels

/// What tells a recording from others, though it be coded anew, louder or cut out of a longer one: landmarks, which one
/// sorted array of many tracks finds again, and a bit word a frame, which tells how alike two stretches are.
///
/// Landmarks are triples of spectral peaks, after A. Wang, "An industrial-strength audio search algorithm", ISMIR 2003
/// (which takes pairs; of triples there are so many kinds that chance meetings stay rare in large collections). Words are
/// after J. Haitsma & T. Kalker, "A highly robust audio fingerprinting system", ISMIR 2002.
public struct Fingerprint: Sendable, Equatable {
    /// Hz of the sound that it is made from, mono.
    public static let sampleRate = FingerprintPlan.sampleRate
    /// Seconds from frame to frame.
    public static let frameSeconds = Double(FingerprintPlan.hop) / FingerprintPlan.sampleRate

    /// Hash in the upper 32 bits, the frame of the first peak in the lower ones.
    public var landmarks: [UInt64]
    /// One a frame; 0 where there is next to no sound.
    public var words: [UInt32]
}

/// Makes fingerprints of sound that comes in blocks; it holds tables only, one serves any number of threads.
public final class Fingerprinter: @unchecked Sendable {
    private let plan: OpaquePointer

    /// - Throws: `FeatureError.outOfMemory`.
    public init() throws(FeatureError) { plan = try FingerprintPlan.transform() }

    deinit { gk_features_destroy(plan) }

    public func stream() -> FingerprintStream { FingerprintStream(self) }

    /// Frames first..<first + count of `samples`, each a column, as [count][rowLength].
    fileprivate func rows(
        of samples: UnsafeBufferPointer<Float>, first: Int, count: Int, into rows: UnsafeMutablePointer<Float>,
        columns: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer
    ) {
        gk_features_columns(
            plan, samples.baseAddress, Int64(samples.count), Int64(first), Int64(count), columns, Int64(count), scratch)
        let length = Int32(FingerprintPlan.rowLength)
        gk_rows_to_segment_f32(columns, length, Int32(count), length, rows)
    }

    fileprivate var scratchBytes: Int { gk_features_scratch_bytes(plan) }
}

/// The fingerprint of one track while its sound comes in; a few seconds of it are kept at a time.
///
/// Where the blocks end changes nothing.
public final class FingerprintStream {
    private static let blockFrames = 256
    private static let half = FingerprintPlan.frameLength / 2

    private let maker: Fingerprinter
    /// Those that later frames need; zeros before the start of the sound.
    private var samples = [Float](repeating: 0, count: half)
    private var rows: [Float] = []
    /// The frame of the first of `rows`.
    private var rowsStart = 0
    /// Frames whose peaks and words are done.
    private var done = 0
    private var peaks: [gk_spectral_peak] = []
    private var words: [UInt32] = []
    private let columns: UnsafeMutablePointer<Float>
    private let scratch: UnsafeMutableRawPointer

    init(_ maker: Fingerprinter) {
        self.maker = maker
        columns = .allocate(capacity: Self.blockFrames * FingerprintPlan.rowLength)
        scratch = .allocate(byteCount: maker.scratchBytes, alignment: 64)
    }

    deinit {
        columns.deallocate()
        scratch.deallocate()
    }

    /// Takes the next samples, mono, ±1, at `Fingerprint.sampleRate`.
    public func add(_ block: UnsafeBufferPointer<Float>) {
        let needed = (Self.blockFrames - 1) * FingerprintPlan.hop + FingerprintPlan.frameLength
        var start = 0
        while start < block.count {
            let end = min(block.count, start + needed)
            samples.append(contentsOf: UnsafeBufferPointer(rebasing: block[start..<end]))
            start = end
            while samples.count >= needed { transform(Self.blockFrames) }
        }
    }

    /// The fingerprint of all samples.
    public func finish() -> Fingerprint {
        // Every frame whose middle lies in the sound.
        let left = samples.count - Self.half
        if left > 0 {
            let frames = (left + FingerprintPlan.hop - 1) / FingerprintPlan.hop
            samples.append(contentsOf: repeatElement(0, count: FingerprintPlan.frameLength))
            var rest = frames
            while rest > 0 {
                transform(min(rest, Self.blockFrames))
                rest -= Self.blockFrames
            }
        }
        examine(last: true)
        let rule = FingerprintPlan.landmarks
        let most = peaks.count * Int(rule.targets * (rule.targets - 1) / 2)
        let landmarks = [UInt64](unsafeUninitializedCapacity: most) { buffer, count in
            guard let to = buffer.baseAddress else { return }
            count = Int(gk_landmarks(peaks, Int64(peaks.count), rule, to))
        }
        return Fingerprint(landmarks: landmarks, words: words)
    }

    /// Turns the first `count` frames of `samples` into rows, and drops what no later frame needs.
    private func transform(_ count: Int) {
        let length = FingerprintPlan.rowLength
        let start = rows.count
        rows.append(contentsOf: repeatElement(0, count: count * length))
        samples.withUnsafeBufferPointer { samples in
            rows.withUnsafeMutableBufferPointer { rows in
                // The frame of column `half / hop` starts at the first sample there is.
                maker.rows(
                    of: samples, first: Self.half / FingerprintPlan.hop, count: count, into: rows.baseAddress! + start,
                    columns: columns, scratch: scratch)
            }
        }
        samples.removeFirst(min(samples.count, count * FingerprintPlan.hop))
        examine(last: false)
    }

    /// Peaks and words of the frames that have all their neighbours.
    private func examine(last: Bool) {
        let length = FingerprintPlan.rowLength
        let context = FingerprintPlan.context
        let frames = rows.count / length
        let end = last ? rowsStart + frames : rowsStart + frames - context
        guard end > done else { return }
        let first = done - rowsStart
        let count = end - done
        let base = Int32(rowsStart)
        rows.withUnsafeBufferPointer { rows in
            let bins = Int32(FingerprintPlan.bins.count)
            let room = Int(gk_spectral_peak_room(Int64(count), bins, FingerprintPlan.peaks))
            peaks += [gk_spectral_peak](unsafeUninitializedCapacity: room) { buffer, found in
                found = Int(
                    gk_spectral_peaks(
                        rows.baseAddress, Int64(frames), bins, Int64(length), Int64(first), Int64(count),
                        FingerprintPlan.peaks, buffer.baseAddress))
                for index in 0..<found { buffer[index].frame += base }
            }
            words += [UInt32](unsafeUninitializedCapacity: count) { buffer, made in
                made = count
                gk_fingerprint_words(
                    rows.baseAddress! + FingerprintPlan.bins.count, Int64(frames), Int64(length), Int64(first),
                    Int64(count), Int32(FingerprintPlan.wordFrames), FingerprintPlan.floor, buffer.baseAddress)
            }
        }
        done = end
        let kept = max(rowsStart, done - context)
        rows.removeFirst((kept - rowsStart) * length)
        rowsStart = kept
    }
}
