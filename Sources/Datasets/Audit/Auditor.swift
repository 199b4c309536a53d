import Features
import Foundation
import Synchronization

/// Makes audits.
public enum Auditor {
    /// Audits folders of music of any layout, a table of audio files, or ready-made segments (a segment store, pickles,
    /// numpy's arrays), which tell less.
    ///
    /// - Parameters:
    ///   - threads: at least 1; the result does not hang on them.
    ///   - progress: called from any thread, one call at a time.
    ///   - warning: folders that cannot be read.
    /// - Throws: `DatasetError`; `FeatureError.outOfMemory`. A file that cannot be used is a fault in the result.
    public static func audit(
        _ paths: [URL], threads: Int = 1, progress: @escaping DatasetLoader.Progress = { _, _ in },
        warning: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> DatasetAudit {
        guard let listing = try DatasetLoader.auditListing(paths, warning: warning) else {
            return DatasetAudit(of: try DatasetLoader.open(paths, progress: progress, warning: warning), roots: paths)
        }
        return try audit(listing, roots: paths, threads: threads, progress: progress)
    }

    private struct Work {
        var next = 0
        var done = 0
        var facts: [TrackExaminer.Facts?]
        var faults: [String?]
        var index: FingerprintIndex
    }

    static func audit(
        _ listing: AuditListing, roots: [URL], threads: Int, progress: @escaping DatasetLoader.Progress
    ) throws -> DatasetAudit {
        let files = listing.files
        let examiner = try TrackExaminer()
        let start = ContinuousClock.now
        let work = Mutex(
            Work(
                facts: Array(repeating: nil, count: files.count), faults: Array(repeating: nil, count: files.count),
                index: FingerprintIndex(tracks: files.count)))
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, files.count))) { _ in
            while true {
                let index = work.withLock { work in
                    defer { work.next += 1 }
                    return work.next
                }
                guard index < files.count else { break }
                let outcome = Result { try examiner.examine(files[index].url) }
                work.withLock { work in
                    switch outcome {
                    case .success(let (facts, fingerprint)):
                        work.facts[index] = facts
                        work.index.add(fingerprint, track: index)
                    case .failure(let error): work.faults[index] = "\(error)"
                    }
                    work.done += 1
                    progress(work.done, files.count)
                }
            }
        }
        let read = ContinuousClock.now
        let (facts, faults, index) = work.withLock { work in
            defer { work.index = FingerprintIndex(tracks: 0) }
            return (work.facts, work.faults, work.index)
        }
        let landmarks = index.landmarkCount
        let matches = index.matches()
        var audit = DatasetAudit(of: listing, roots: roots, facts: facts, faults: faults, matches: matches)
        audit.landmarks = landmarks
        audit.readingSeconds = (read - start).inSeconds
        audit.comparisonSeconds = (ContinuousClock.now - read).inSeconds
        return audit
    }
}

extension Duration {
    fileprivate var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
