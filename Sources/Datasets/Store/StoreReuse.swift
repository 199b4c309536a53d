import Features
import Foundation
import Storage

/// The rows of a track on their way into a chunk.
enum StoredRows: @unchecked Sendable {  // mapped bytes are never written
    case float32([Float])
    case float16([UInt16])
    /// In a chunk that is there already; `number` where it is one of the store's own.
    case kept(UnsafeRawBufferPointer, in: SafetensorsFile, number: Int?)

    var byteCount: Int {
        switch self {
        case .float32(let values): 4 * values.count
        case .float16(let values): 2 * values.count
        case .kept(let bytes, _, _): bytes.count
        }
    }

    func write(to writer: AtomicFile.Writer) throws {
        switch self {
        case .float32(let values): try writer.write(values)
        case .float16(let values): try writer.write(values)
        case .kept(let bytes, let file, _): try withExtendedLifetime(file) { try writer.write(bytes) }
        }
    }
}

/// What need not be computed again: the rows of a store's earlier state, and of other stores of the same header, found by
/// the content of the files that they were made from.
final class StoreReuse: @unchecked Sendable {  // changed under the lock only
    /// seen.json: the stamps of the files by track id, so that files that lie still are not even read. It may be missing
    /// or stale at no harm.
    static let stampsName = "seen.json"

    let stamps: [String: FileStamp]
    let ownChunks: [Int: StoreChunk]
    private let tracks: [String: StoredTrack]
    private let skips: [String: StoredSkip]
    private let lock = NSLock()
    private var rows: [UInt64: (track: StoredTrack, rows: StoredRows)] = [:]
    private var donors: (() -> [SegmentStore])?
    /// Contents of files whose rows here were damaged.
    private var damaged: Set<UInt64> = []
    private let warning: @Sendable (String) -> Void

    /// - Parameters:
    ///   - chunks: the store's own.
    ///   - skips: of its index; those of the chunks are added.
    ///   - donors: asked once, when a file's content is not among the store's own.
    ///   - warning: gets the tracks whose rows are damaged; from any thread.
    init(
        folder: URL, header: StoreHeader, chunks: [StoreChunk], skips: [StoredSkip],
        donors: @escaping () -> [SegmentStore], warning: @escaping @Sendable (String) -> Void
    ) {
        self.warning = warning
        let known = try? regularFileBytes(
            folder.appendingPathComponent(Self.stampsName).path, limit: StoreIndex.longest, format: "JSON")
        stamps = known.flatMap { try? JSONDecoder().decode([String: FileStamp].self, from: Data($0)) } ?? [:]
        self.donors = donors
        ownChunks = Dictionary(chunks.map { ($0.number, $0) }, uniquingKeysWith: { $1 })
        var tracks: [String: StoredTrack] = [:]
        var knownSkips: [String: StoredSkip] = [:]
        for chunk in chunks {
            for track in chunk.tracks {
                guard let bytes = try? StoreChunk.rows(of: track, in: chunk.file, header) else { continue }
                tracks[track.id] = track
                rows[track.content.value] = (track, .kept(bytes, in: chunk.file, number: chunk.number))
            }
            for skip in chunk.skipped { knownSkips[skip.id] = skip }
        }
        for skip in skips { knownSkips[skip.id] = skip }
        self.tracks = tracks
        self.skips = knownSkips
    }

    /// The content of the file that was last seen under that id with that stamp.
    func content(ofFile id: String, stamp: FileStamp) -> StoreHash? {
        guard stamps[id] == stamp else { return nil }
        return tracks[id]?.content ?? skips[id]?.content
    }

    func skip(_ id: String, content: StoreHash) -> StoredSkip? {
        guard let skip = skips[id], skip.content == content else { return nil }
        return skip
    }

    /// What is known of a file of that content and length: rows that are not those that were written are forgotten, with
    /// a word.
    func track(content: StoreHash, bytes: Int) -> (track: StoredTrack, rows: StoredRows)? {
        guard let found = found(content: content), found.track.bytes == bytes else { return nil }
        guard case .kept(let rows, let file, let number) = found.rows else { return found }
        guard contentHash(rows) == found.track.values.value else {
            let isFirst = lock.withLock {
                self.rows[content.value] = nil
                return damaged.insert(content.value).inserted
            }
            if isFirst, number != nil {
                warning("\(file.url.path): the features of '\(found.track.id)' are damaged; they are made anew")
            }
            // Another store may have them whole.
            return number == nil ? nil : track(content: content, bytes: bytes)
        }
        return found
    }

    private func found(content: StoreHash) -> (track: StoredTrack, rows: StoredRows)? {
        lock.lock()
        defer { lock.unlock() }
        if rows[content.value] == nil, let donors {
            self.donors = nil
            for store in donors() {
                for (index, track) in store.tracks.enumerated()
                where rows[track.content.value] == nil && !damaged.contains(track.content.value) {
                    rows[track.content.value] = (
                        track, .kept(store.bytes(ofTrack: index), in: store.chunks[track.chunk], number: nil)
                    )
                }
            }
        }
        return rows[content.value]
    }
}
