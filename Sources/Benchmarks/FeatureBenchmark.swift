import Audio
import Features
import Foundation
import NeuralNetwork
import Randomness

/// Measures the way from audio files to segments: decoding, rows of the recipe, every segment [mels][frames] of them;
/// and, pass by pass between, what FFmpeg's libraries alone take to decode the same files.
///
/// Threads take files in turn; each keeps its memory from file to file.
public struct FeatureBenchmark: Sendable {
    /// One measurement; as JSON, a line of `genre bench features --json`. Times are of the fastest pass where nothing
    /// else is said.
    public struct Result: Sendable, Codable, Hashable {
        public let recipe: String
        public let threads: Int
        public let isa: String
        /// Files that gave segments, and those that could not be used.
        public let tracks: Int
        public let failed: Int
        public let segments: Int
        /// Seconds of sound.
        public let sound: Double
        /// Milliseconds that a track takes all threads together: a pass's time by its tracks.
        public let msMin: Double
        public let msMedian: Double
        public let tracksPerSecond: Double
        /// Milliseconds of one thread that a track takes in decoding, and in features and segments.
        public let decodeMs: Double
        public let featureMs: Double
        /// As `msMin`, of FFmpeg's decoding alone: samples in the file's own format and rate, which are dropped.
        public let ffmpegMs: Double

        private enum CodingKeys: String, CodingKey {
            case recipe, threads, isa, tracks, failed, segments
            case sound = "sound_seconds"
            case msMin = "ms_min"
            case msMedian = "ms_median"
            case tracksPerSecond = "tracks_per_second"
            case decodeMs = "decode_ms"
            case featureMs = "feature_ms"
            case ffmpegMs = "ffmpeg_decode_ms"
        }
    }

    public let files: [URL]
    private let extractor: FeatureExtractor

    /// - Throws: `FeatureError` where the recipe cannot be used.
    public init(files: [URL], recipe: FeatureRecipe) throws {
        self.files = files
        extractor = try FeatureExtractor(recipe: recipe)
    }

    /// The files in a folder and its subfolders, hidden ones left out, sorted by path.
    public static func files(in folder: URL) -> [URL] {
        let keys: [URLResourceKey] = [.isRegularFileKey]
        let found = FileManager.default.enumerator(
            at: folder, includingPropertiesForKeys: keys, options: [.skipsHiddenFiles])
        return (found?.compactMap { $0 as? URL } ?? [])
            .filter { (try? $0.resourceValues(forKeys: Set(keys)).isRegularFile) == true }
            .sorted { $0.path < $1.path }
    }

    /// Writes tracks of 30 s, sines under noise, 22,050 Hz, 16 bit.
    public static func writeSyntheticTracks(count: Int, to folder: URL) throws {
        for index in 0..<count {
            var stream = RandomStream(seed: UInt64(index), purpose: "track")
            let pitch = 2 * Double.pi * stream.uniform(100, 2000) / 22_050
            let samples = (0..<661_500).map { time in
                Float(0.5 * sin(pitch * Double(time)) + stream.uniform(-0.1, 0.1))
            }
            try WaveFile.write(samples, sampleRate: 22_050, to: folder.appendingPathComponent("track\(index).wav"))
        }
    }

    /// Passes over all files, each followed by one of FFmpeg's decoding; first a pair that is not counted.
    public func run(passes: Int, threads: Int) -> Result {
        var all: [Pass] = []
        var alone = Double.infinity
        for pass in 0...max(1, passes) {
            let mine = onePass(threads: threads)
            let decoding = onePassOfDecoding(threads: threads)
            guard pass > 0 else { continue }
            all.append(mine)
            alone = min(alone, decoding)
        }
        all.sort { $0.seconds < $1.seconds }
        let best = all[0]
        let middle = all[all.count / 2]
        let tracks = Double(max(1, best.tracks))
        return Result(
            recipe: extractor.recipe.name, threads: threads, isa: activeInstructionSet, tracks: best.tracks,
            failed: files.count - best.tracks, segments: best.segments, sound: best.sound,
            msMin: best.seconds * 1e3 / tracks, msMedian: middle.seconds * 1e3 / tracks,
            tracksPerSecond: tracks / best.seconds, decodeMs: best.decoding * 1e3 / tracks,
            featureMs: best.features * 1e3 / tracks, ffmpegMs: alone * 1e3 / tracks)
    }

    private struct Pass: Sendable {
        var seconds = 0.0
        var tracks = 0
        var segments = 0
        var sound = 0.0
        var decoding = 0.0
        var features = 0.0
    }

    private func onePass(threads: Int) -> Pass {
        let shared = Shared(files)
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            let worker = Worker(extractor)
            while let file = shared.next() { worker.process(file) }
            shared.add(worker.sum)
        }
        var sum = shared.sum
        sum.seconds = seconds(since: start)
        return sum
    }

    private func onePassOfDecoding(threads: Int) -> Double {
        let shared = Shared(files)
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while let file = shared.next() { _ = AudioDecoder.decodeAlone(file) }
        }
        return seconds(since: start)
    }

    /// One thread's memory and sums.
    private final class Worker {
        private let extractor: FeatureExtractor
        private var samples: [Float] = []
        private var segments: [Float] = []
        private(set) var sum = Pass()

        init(_ extractor: FeatureExtractor) { self.extractor = extractor }

        func process(_ file: URL) {
            let recipe = extractor.recipe
            let start = ContinuousClock.now
            guard (try? AudioDecoder.decode(file, sampleRate: recipe.sampleRate, into: &samples)) != nil else { return }
            let decoded = seconds(since: start)
            guard let track = try? extractor.rows(of: samples) else { return }
            let count = recipe.segmentCount(samples: samples.count)
            let size = recipe.mels * recipe.segmentFrames
            if segments.count < count * size { segments = [Float](repeating: 0, count: count * size) }
            track.values.withUnsafeBufferPointer { rows in
                segments.withUnsafeMutableBufferPointer { segments in
                    for index in 0..<count {
                        recipe.segment(
                            fromRows: rows.baseAddress! + recipe.firstRow(ofSegment: index) * recipe.mels,
                            into: segments.baseAddress! + index * size)
                    }
                }
            }
            sum.tracks += 1
            sum.segments += count
            sum.sound += Double(samples.count) / recipe.sampleRate
            sum.decoding += decoded
            sum.features += seconds(since: start) - decoded
        }
    }

    /// What the threads share.
    private final class Shared: @unchecked Sendable {  // everything under the lock
        private let lock = NSLock()
        private let files: [URL]
        private var started = 0
        private(set) var sum = Pass()

        init(_ files: [URL]) { self.files = files }

        func next() -> URL? {
            lock.withLock {
                guard started < files.count else { return nil }
                started += 1
                return files[started - 1]
            }
        }

        func add(_ part: Pass) {
            lock.withLock {
                sum.tracks += part.tracks
                sum.segments += part.segments
                sum.sound += part.sound
                sum.decoding += part.decoding
                sum.features += part.features
            }
        }
    }
}

private func seconds(since start: ContinuousClock.Instant) -> Double {
    let taken = ContinuousClock.now - start
    return Double(taken.components.seconds) + Double(taken.components.attoseconds) * 1e-18
}
