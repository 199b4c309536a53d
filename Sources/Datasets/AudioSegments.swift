import Audio
import Features
import Foundation

/// Segments of audio files, computed in parallel: files are handed out in order, results are kept by file, so that the
/// number of threads changes nothing.
enum AudioSegments {
    static func make(
        _ found: AudioListing, recipe: FeatureRecipe, choice: SegmentChoice, seed: UInt64, threads: Int,
        progress: @escaping DatasetLoader.Progress, warning: @escaping @Sendable (String) -> Void
    ) throws -> LoadedDataset {
        let extractor = try FeatureExtractor(recipe: recipe)
        let files = found.files
        let results = Results(count: files.count)
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, files.count))) { _ in
            while let index = results.next() {
                let outcome = segments(of: files[index], extractor, choice: choice, seed: seed)
                results.set(index, outcome) { completed, total in
                    if case .skipped(let reason) = outcome {
                        warning("left out: \(reason)")
                    }
                    progress(completed, total)
                }
            }
        }

        var tracks: [SegmentSet.Track] = []
        var values: [[Float]] = []
        var skipped: [LoadedDataset.SkippedFile] = []
        for (file, outcome) in zip(files, results.outcomes) {
            switch outcome {
            case .made(let own):
                tracks.append(
                    .init(id: file.id, label: file.label, source: file.url, side: file.side, artist: file.artist))
                values.append(own)
            case .skipped(let reason): skipped.append(.init(url: file.url, reason: reason))
            case nil: break
            }
        }
        for (label, genre) in found.genres.enumerated() where !tracks.contains(where: { $0.label == label }) {
            let first = zip(files, results.outcomes).first { $0.0.label == label }
            guard let first, case .skipped(let reason)? = first.1 else { continue }
            throw DatasetError.allFilesBad(
                genre: genre, path: found.roots.map(\.path).joined(separator: ", "), first: reason)
        }
        let set = SegmentSet(genres: found.genres, recipe: recipe, tracks: tracks, values: values)
        return LoadedDataset(set: set, kind: .audio, skipped: skipped)
    }

    enum Outcome: Sendable {
        case made([Float])
        case skipped(reason: String)
    }

    private static func segments(
        of file: AudioListing.File, _ extractor: FeatureExtractor, choice: SegmentChoice, seed: UInt64
    ) -> Outcome {
        do {
            let sound = try AudioDecoder.decode(file.url, sampleRate: extractor.recipe.sampleRate)
            let batch = try extractor.segments(of: sound.samples) {
                choice.indices(of: $0, seed: seed, track: file.id)
            }
            return batch.count > 0
                ? .made(batch.values) : .skipped(reason: "\(file.url.path): no segment was asked for")
        } catch let error as AudioError {
            return .skipped(reason: "\(error)")
        } catch {
            return .skipped(reason: "\(file.url.path): \(error)")
        }
    }

    /// What the threads share.
    private final class Results: @unchecked Sendable {  // everything under the lock
        private let lock = NSLock()
        private var started = 0
        private var completed = 0
        private(set) var outcomes: [Outcome?]

        init(count: Int) { outcomes = Array(repeating: nil, count: count) }

        func next() -> Int? {
            lock.withLock {
                guard started < outcomes.count else { return nil }
                started += 1
                return started - 1
            }
        }

        func set(_ index: Int, _ outcome: Outcome, report: (Int, Int) -> Void) {
            lock.withLock {
                outcomes[index] = outcome
                completed += 1
                report(completed, outcomes.count)
            }
        }
    }
}
