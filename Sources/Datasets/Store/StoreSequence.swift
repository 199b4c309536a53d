import Foundation
import Storage

/// What the threads share while a store is made: files go out in the order of the listing, outcomes come back in any
/// order and are put into chunks in the order of the listing, so that the number of threads changes no byte.
///
/// Memory is bounded: no file is handed out that is far ahead of the first whose outcome is still missing, and few chunks
/// wait to be written.
final class StoreSequence: @unchecked Sendable {  // everything under the lock
    struct Chunk: Sendable {
        var number: Int
        var tracks: [StoredTrack] = []
        var rows: [StoredRows] = []
        var skipped: [StoredSkip] = []
        var byteCount = 0
    }

    /// Files left out that one chunk names; after a broken-off run the rest is tried once more.
    private static let greatestSkips = 1000

    private let condition = NSCondition()
    private let files: [AudioListing.File]
    private let window: Int
    private let targetBytes: Int
    private let progress: DatasetLoader.Progress
    private let warning: (StoredSkip, URL) -> Void
    private var handedOut = 0
    private var received = 0
    /// The first file whose outcome has no place yet.
    private var frontier = 0
    private var waiting: [Int: TrackMaker.Outcome] = [:]
    private var open = Chunk(number: 0)

    private(set) var tracks: [StoredTrack] = []
    private(set) var skipped: [StoredSkip] = []
    private(set) var stamps: [String: FileStamp] = [:]
    private(set) var reusedCount = 0
    private(set) var failure: (any Error)?

    init(
        files: [AudioListing.File], threads: Int, targetBytes: Int, progress: @escaping DatasetLoader.Progress,
        warning: @escaping (StoredSkip, URL) -> Void
    ) {
        self.files = files
        window = 4 * threads
        self.targetBytes = targetBytes
        self.progress = progress
        self.warning = warning
        tracks.reserveCapacity(files.count)
    }

    /// The next file to make; nil where there is none or the work has failed. It waits while others lag behind.
    func next() -> Int? {
        condition.lock()
        defer { condition.unlock() }
        while failure == nil && handedOut < files.count && handedOut >= frontier + window { condition.wait() }
        guard failure == nil, handedOut < files.count else { return nil }
        handedOut += 1
        return handedOut - 1
    }

    /// Takes an outcome.
    /// - Returns: the chunks that became full with it.
    func receive(_ index: Int, _ outcome: TrackMaker.Outcome) -> [Chunk] {
        condition.lock()
        defer { condition.unlock() }
        waiting[index] = outcome
        var full: [Chunk] = []
        while let outcome = waiting.removeValue(forKey: frontier) {
            append(outcome, file: files[frontier])
            frontier += 1
            if open.byteCount >= targetBytes { full.append(close()) }
        }
        received += 1
        progress(received, files.count)
        condition.broadcast()
        return full
    }

    /// The last chunk, if it holds a track.
    func last() -> Chunk? {
        condition.lock()
        defer { condition.unlock() }
        return open.tracks.isEmpty ? nil : close()
    }

    /// The number of chunks closed.
    var chunkCount: Int { open.number }

    func fail(_ error: any Error) {
        condition.lock()
        defer { condition.unlock() }
        failure = failure ?? error
        condition.broadcast()
    }

    private func append(_ outcome: TrackMaker.Outcome, file: AudioListing.File) {
        switch outcome {
        case .track(var track, let rows, let stamp, let isReused):
            track.chunk = open.number
            if isReused { reusedCount += 1 }
            stamps[track.id] = stamp
            tracks.append(track)
            open.tracks.append(track)
            open.rows.append(rows)
            open.byteCount += rows.byteCount
        case .skipped(let skip, let stamp):
            stamps[skip.id] = stamp
            skipped.append(skip)
            // A chunk's header has a greatest length; the index names them all.
            if open.skipped.count < Self.greatestSkips { open.skipped.append(skip) }
            warning(skip, file.url)
        }
    }

    private func close() -> Chunk {
        let chunk = open
        open = Chunk(number: chunk.number + 1)
        return chunk
    }
}
