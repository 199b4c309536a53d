import Audio
import Features
import Foundation

/// Makes the rows of augmented segments. For one thread: it keeps memory and filters from track to track.
///
/// A segment's sound is stretched as librosa's `effects.time_stretch` does, then shifted as its `effects.pitch_shift`
/// does (stretched, then resampled; our resampler is FFmpeg's, librosa's is soxr), and cut or padded with zeros to its
/// length.
final class SegmentAugmenter {
    let augmentation: SoundAugmentation
    private let extractor: FeatureExtractor
    private let sound: PhaseVocoder.Workspace
    private let stretched: PhaseVocoder.Workspace
    private var resamplers: [Double: Resampler] = [:]

    init(_ augmentation: SoundAugmentation, extractor: FeatureExtractor, vocoder: PhaseVocoder) {
        self.augmentation = augmentation
        self.extractor = extractor
        sound = PhaseVocoder.Workspace(vocoder)
        stretched = PhaseVocoder.Workspace(vocoder)
    }

    /// The segments of a track that are changed, in increasing order. They depend on its sound, not on its name.
    ///
    /// - Parameter audible: those that may be chosen, in increasing order.
    static func chosen(_ augmentation: SoundAugmentation, among audible: [Int], sound: StoreHash) -> [Int] {
        SegmentChoice.random(count: augmentation.segments)
            .indices(among: audible, seed: 0, track: "augmented \(sound.value)")
    }

    /// [segments][variants][trueFrames][mels]
    ///
    /// - Parameter segments: indices of the track's segments.
    func rows(of track: [Float], segments: [Int]) throws -> [Float] {
        let recipe = extractor.recipe
        let size = recipe.trueFrames * recipe.mels
        let variants = augmentation.variants.count
        var rows = [Float](repeating: 0, count: segments.count * variants * size)
        try rows.withUnsafeMutableBufferPointer { rows in
            var place = 0
            for segment in segments {
                let range = recipe.soundRange(ofSegment: segment)
                var own = [Float](repeating: 0, count: range.count)
                let inside = range.clamped(to: 0..<track.count)
                own.replaceSubrange(
                    inside.lowerBound - range.lowerBound..<inside.upperBound - range.lowerBound, with: track[inside])
                try changed(own) { sound in
                    extractor.rows(ofSegmentSound: sound, into: rows.baseAddress! + place * size)
                    place += 1
                }
            }
        }
        return rows
    }

    /// Calls `body` with every variant of a sound, each as long as the sound.
    func changed(_ own: [Float], _ body: (UnsafeBufferPointer<Float>) throws -> Void) throws {
        own.withUnsafeBufferPointer(sound.analyse)
        for rate in augmentation.rates {
            var slow = own
            if rate != 1 {
                let count = min(PhaseVocoder.stretchedCount(own.count, rate: rate), own.count)
                slow = Self.sound(of: count) { sound.stretch(rate: rate, into: $0) }
            }
            let shifts = augmentation.shifts
            if shifts != [0] { slow.withUnsafeBufferPointer(stretched.analyse) }
            for semitones in shifts {
                var result = semitones == 0 ? slow : try shifted(count: slow.count, semitones: semitones)
                result.append(contentsOf: repeatElement(0, count: own.count - result.count))
                try result.withUnsafeBufferPointer(body)
            }
        }
    }

    /// The sound in `stretched`, shifted.
    private func shifted(count: Int, semitones: Double) throws -> [Float] {
        let ratio = pow(2, -semitones / 12)
        let long = Self.sound(of: PhaseVocoder.stretchedCount(count, rate: ratio)) {
            stretched.stretch(rate: ratio, into: $0)
        }
        let resampler = try resamplers[semitones] ?? Resampler(ratio: ratio)
        resamplers[semitones] = resampler
        var fault: AudioError?
        let result = Self.sound(of: count) { output in
            long.withUnsafeBufferPointer { long in
                do throws(AudioError) { try resampler.resample(long, into: output) } catch { fault = error }
            }
        }
        if let fault { throw fault }
        return result
    }

    private static func sound(of count: Int, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            filled = count
        }
    }
}
