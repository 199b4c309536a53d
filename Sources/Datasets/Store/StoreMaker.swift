import Audio
import Features
import Foundation
import Storage
import Synchronization

/// How a store is made.
public struct StoreSettings: Sendable {
    public var recipe: FeatureRecipe
    public var precision: StorePrecision
    /// At least 1; they change no byte.
    public var threads: Int
    /// Whether a store of another recipe, precision or version in the folder may be replaced.
    public var replacing: Bool
    /// Adds augmented segments to each track.
    public var augmentation: SoundAugmentation?
    /// Whether files with corrupt packets are taken; else they are left out, as files that cannot be used are.
    public var allowsDamaged: Bool
    /// Bytes of values after which a chunk is closed.
    var chunkBytes = StoreChunk.targetBytes

    public init(
        recipe: FeatureRecipe = .schindler, precision: StorePrecision = .float32, threads: Int = 1,
        replacing: Bool = false, augmentation: SoundAugmentation? = nil, allowsDamaged: Bool = true
    ) {
        self.allowsDamaged = allowsDamaged
        self.augmentation = augmentation
        self.recipe = recipe
        self.precision = precision
        self.threads = threads
        self.replacing = replacing
    }
}

/// A store and how it came about.
public struct MadeStore: Sendable {
    public var store: SegmentStore
    /// Tracks whose features were computed.
    public var computed: Int
    /// Tracks whose features were there already.
    public var reused: Int
}

/// Makes a store from audio files, or brings one up to date.
///
/// A file whose content has features already, in the store or in a donor, is not decoded again. Chunks are written beside
/// and renamed, the index is taken away before the first change and written last: whenever the work is broken off, the
/// same call goes on from the chunks that are there, and no unfinished store can be opened. The bytes of the finished
/// store follow from the listing, the files and the settings alone, however it came about.
struct StoreMaker {
    let folder: URL
    let listing: AudioListing
    let settings: StoreSettings
    let header: StoreHeader
    let extractor: FeatureExtractor
    private let index: URL

    init(folder: URL, listing: AudioListing, settings: StoreSettings) throws {
        self.folder = folder
        self.listing = listing
        self.settings = settings
        try settings.augmentation?.check(for: settings.recipe)
        extractor = try FeatureExtractor(recipe: settings.recipe)
        header = StoreHeader(settings)
        index = folder.appendingPathComponent(StoreIndex.name)
    }

    /// - Parameters:
    ///   - donors: other stores whose rows may be copied.
    ///   - warning: one call at a time, in the order of the listing.
    /// - Throws: `DatasetError`; what is finished stays in the folder.
    func make(
        donors: @escaping () -> [SegmentStore] = { [] }, progress: @escaping DatasetLoader.Progress,
        warning: @escaping @Sendable (String) -> Void
    ) throws -> MadeStore {
        let turn = NSLock()
        let warning: @Sendable (String) -> Void = { text in turn.withLock { warning(text) } }
        do {
            let lock = try openFolder(warning: warning)
            defer { withExtendedLifetime(lock) {} }
            lock.markUse()
            let made = try fill(from: reusable(donors: donors, warning: warning), progress: progress, warning: warning)
            return made
        } catch let error as StorageError {
            if case .cannotWrite(let path, let reason) = error { throw DatasetError.cannotWriteStore(path, reason) }
            throw DatasetError.cannotWriteStore(folder.path, "\(error)")
        }
    }

    // MARK: what is there

    private func openFolder(warning: (String) -> Void) throws -> FolderLock {
        if let fault = Self.makeFolder(folder.path) {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), !isFolder.boolValue {
                throw DatasetError.storeFolderTaken(path: folder.path)
            }
            throw DatasetError.cannotWriteStore(folder.path, fault)
        }
        let names = try contents()
        guard
            names.allSatisfy({ $0.hasPrefix(".") }) || StoreIndex.isPresent(in: folder)
                || names.contains(where: { StoreChunk.isPresent($0, in: folder) })
        else { throw DatasetError.storeFolderTaken(path: folder.path) }
        do {
            let lock = try FolderLock(folder) { warning("another program writes to \(folder.path); waiting for it") }
            AtomicFile.removeLeftovers(in: folder)
            return lock
        } catch {
            // A cache's entry may have gone while this program waited.
            guard !FileManager.default.fileExists(atPath: folder.path) else { throw error }
            return try openFolder(warning: warning)
        }
    }

    /// Makes a folder and those above it; what the system says where it cannot.
    private static func makeFolder(_ path: String) -> String? {
        if FolderIdentity(path) != nil { return nil }
        let above = (path as NSString).deletingLastPathComponent
        if !above.isEmpty, above != path, let fault = makeFolder(above) { return fault }
        if mkdir(path, 0o777) == 0 { return nil }
        let fault = String(cString: strerror(errno))
        return FolderIdentity(path) != nil ? nil : fault
    }

    private func contents() throws -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder.path) } catch {
            throw DatasetError.unreadable(path: folder.path, reason: error.localizedDescription)
        }
    }

    /// What the folder holds of these settings.
    private func reusable(
        donors: @escaping () -> [SegmentStore], warning: @escaping @Sendable (String) -> Void
    ) throws -> StoreReuse {
        var skips: [StoredSkip] = []
        switch Result(catching: { () throws(DatasetError) in try StoreIndex(folder: folder) }) {
        case .success(let old):
            try check(old.header)
            if old.header == header { skips = old.skipped }
        case .failure(.notAStore): break
        case .failure(.badStore(_, let reason)): warning("\(index.path): \(reason); it is made again")
        case .failure(.otherStoreVersion(_, let version, let known)) where version < known:
            // Nothing is lost: it is made of the same files again.
            if let old = StoreIndex.header(in: folder) { try check(old) }
            if !settings.replacing { warning("\(folder.path): an earlier version made the store; it is made again") }
            try removeAll()
        case .failure(let error):
            guard settings.replacing else { throw error }
            try removeAll()
        }
        let numbers = try contents().compactMap(StoreChunk.number).sorted()
        var chunks: [StoreChunk] = []
        for number in numbers {
            if let other = try? StoreChunk.header(number: number, in: folder) {
                try check(other)
                guard other == header else { continue }  // of another arithmetic: made again
            }
            do { chunks.append(try StoreChunk(number: number, in: folder, header: header)) } catch {
                warning("\(error); its tracks are made again")
            }
        }
        return StoreReuse(
            folder: folder, header: header, chunks: chunks, skips: skips, donors: donors, warning: warning)
    }

    /// - Throws: `DatasetError.storeDiffers`, unless stores may be replaced.
    private func check(_ other: StoreHeader) throws(DatasetError) {
        guard !settings.replacing else { return }
        if other.recipe != header.recipe {
            throw .storeDiffers(path: folder.path, holds: other.recipe.name, wanted: header.recipe.name)
        }
        if other.precision != header.precision {
            throw .storeDiffers(
                path: folder.path, holds: other.precision.rawValue, wanted: header.precision.rawValue)
        }
        if other.augmentation != header.augmentation {
            func words(_ augmentation: SoundAugmentation?) -> String {
                augmentation.map { "segments augmented by \($0)" } ?? "plain segments"
            }
            throw .storeDiffers(
                path: folder.path, holds: words(other.augmentation), wanted: words(header.augmentation))
        }
    }

    private func removeAll() throws {
        for name in try contents() where StoreChunk.number(of: name) != nil || name == StoreIndex.name {
            try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
    }

    // MARK: filling

    private func fill(
        from reuse: StoreReuse, progress: @escaping DatasetLoader.Progress,
        warning: @escaping @Sendable (String) -> Void
    ) throws -> MadeStore {
        let files = listing.files
        let threads = max(1, min(settings.threads, files.count))
        let sequence = StoreSequence(
            files: files, threads: threads, targetBytes: settings.chunkBytes, progress: progress
        ) { skip, url in warning("left out: \(skip.reason(for: url))") }
        let maker = TrackMaker(
            extractor: extractor, precision: settings.precision, roots: listing.roots, reuse: reuse,
            allowsDamaged: settings.allowsDamaged)
        let vocoder = try settings.augmentation.map { _ in try PhaseVocoder() }
        let writer = ChunkWriter(maker: self, reuse: reuse, sequence: sequence)
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FileContent.pieceBytes, alignment: 64)
            defer { buffer.deallocate() }
            let augmenter = settings.augmentation.map {
                SegmentAugmenter($0, extractor: extractor, vocoder: vocoder!)
            }
            while let index = sequence.next() {
                let file = files[index]
                let outcome = maker.outcome(of: file, genre: listing.genres[file.label], through: buffer, augmenter)
                for chunk in sequence.receive(index, outcome) { writer.write(chunk) }
            }
        }
        if sequence.failure == nil, let chunk = sequence.last() { writer.write(chunk) }
        writer.finish()
        if let failure = sequence.failure { throw failure }

        let made = StoreIndex(
            header: header, genres: listing.genres, tracks: sequence.tracks, skipped: sequence.skipped,
            chunks: sequence.chunkCount)
        try write(made, stamps: sequence.stamps == reuse.stamps ? nil : sequence.stamps, isNew: writer.hasChanged)
        var urls: [String: URL] = [:]
        if !made.skipped.isEmpty {
            let ids = Set(made.skipped.map(\.id))
            for file in files where ids.contains(file.id) { urls[file.id] = file.url }
        }
        return MadeStore(
            store: try SegmentStore(folder, index: made) { urls[$0] },
            computed: made.tracks.count - sequence.reusedCount, reused: sequence.reusedCount)
    }

    /// Takes away chunks beyond the last, and writes the index where it is not the same.
    private func write(_ made: StoreIndex, stamps: [String: FileStamp]?, isNew: Bool) throws {
        let surplus = try contents().filter { StoreChunk.number(of: $0).map { $0 >= made.chunks } ?? false }
        if !surplus.isEmpty { try removeIndex() }
        for name in surplus { try? FileManager.default.removeItem(at: folder.appendingPathComponent(name)) }
        if let stamps {
            try AtomicFile.write(
                StoreJSON.encode(stamps), to: folder.appendingPathComponent(StoreReuse.stampsName))
        }
        let data = try made.data()
        if isNew || !surplus.isEmpty || (try? Data(contentsOf: index)) != data { try AtomicFile.write(data, to: index) }
    }

    fileprivate func removeIndex() throws {
        guard unlink(index.path) == 0 || errno == ENOENT else {
            throw DatasetError.cannotWriteStore(index.path, String(cString: strerror(errno)))
        }
    }
}

/// Writes chunks on a thread of its own, a few of them waiting at most: while the disk works, features are computed.
private final class ChunkWriter: @unchecked Sendable {  // the queue is serial; `hasChanged` is read after `finish`
    private let maker: StoreMaker
    private let reuse: StoreReuse
    private let sequence: StoreSequence
    private let queue = DispatchQueue(label: "store chunks")
    private let places = DispatchSemaphore(value: 2)
    private(set) var hasChanged = false

    init(maker: StoreMaker, reuse: StoreReuse, sequence: StoreSequence) {
        self.maker = maker
        self.reuse = reuse
        self.sequence = sequence
    }

    func write(_ chunk: StoreSequence.Chunk) {
        places.wait()
        queue.async { [self] in
            defer { places.signal() }
            guard sequence.failure == nil else { return }
            do { try put(chunk) } catch { sequence.fail(error) }
        }
    }

    func finish() { queue.sync {} }

    private func put(_ chunk: StoreSequence.Chunk) throws {
        let metadata = try StoreChunk.metadata(header: maker.header, tracks: chunk.tracks, skipped: chunk.skipped)
        // The metadata hold the hashes of all values: where they are the same, so is the file.
        if let old = reuse.ownChunks[chunk.number], old.file.metadata == metadata,
            chunk.rows.allSatisfy({ rows in
                if case .kept(_, _, let number) = rows { number == chunk.number } else { false }
            })
        {
            return
        }
        if !hasChanged { try maker.removeIndex() }
        hasChanged = true
        let type = maker.settings.precision.tensorType
        try Safetensors.write(
            layout: chunk.tracks.map {
                .init(name: $0.id, type: type, shape: [$0.allRows(maker.header.recipe), maker.header.recipe.mels])
            }, metadata: metadata, to: maker.folder.appendingPathComponent(StoreChunk.name(chunk.number))
        ) { index, writer in try chunk.rows[index].write(to: writer) }
    }
}
