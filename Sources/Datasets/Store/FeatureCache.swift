import Features
import Foundation
import Storage

/// Stores that trainings make by themselves and find again: a folder of stores, one for each set of data folders and
/// recipe. Within them a file's features are found by its content, whatever folder it lies in now; the least recently
/// used stores go when all together exceed the limit.
///
/// An open store stays whole where its files are removed, so that nothing needs to be locked but the making.
public struct FeatureCache: Sendable {
    public var folder: URL
    /// Bytes of all stores together. The one just made stays even where it alone is larger.
    public var limit: Int

    /// 20 GB: 24,000 tracks of 30 s.
    public static let defaultLimit = 20_000_000_000

    public init(folder: URL, limit: Int = defaultLimit) {
        self.folder = folder
        self.limit = limit
    }

    /// genrekit/features in the user's cache folder: $XDG_CACHE_HOME where it is an absolute path, as the XDG Base
    /// Directory Specification says, else ~/.cache; nil where there is no home either.
    public static func standardFolder(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> URL? {
        var caches: String?
        if let given = environment["XDG_CACHE_HOME"], given.hasPrefix("/") {
            caches = given
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            caches = home + "/.cache"
        }
        return caches.map { URL(fileURLWithPath: $0).appendingPathComponent("genrekit/features") }
    }

    /// The store of a listing, made or brought up to date.
    /// - Throws: `DatasetError`.
    func store(
        of listing: AudioListing, recipe: FeatureRecipe, augmentation: SoundAugmentation? = nil,
        precision: StorePrecision, threads: Int, progress: @escaping DatasetLoader.Progress,
        warning: @escaping @Sendable (String) -> Void
    ) throws -> SegmentStore {
        let settings = StoreSettings(
            recipe: recipe, precision: precision, threads: threads, replacing: true, augmentation: augmentation)
        let header = StoreHeader(settings)
        let entry = folder.appendingPathComponent(try Self.name(header, roots: listing.roots))
        let store = try StoreMaker(folder: entry, listing: listing, settings: settings).make(
            donors: { others(than: entry, header: header) }, progress: progress, warning: warning
        ).store
        evict(keeping: entry)
        return store
    }

    /// The entry's name hangs on the data folders, so that one folder has one store while its files come and go.
    private static func name(_ header: StoreHeader, roots: [URL]) throws -> String {
        var hash = SHA256()
        hash.update(counted: try StoreJSON.text(header))
        for root in roots { hash.update(counted: root.resolvingSymlinksInPath().standardizedFileURL.path) }
        return "\(header.recipe.name)-\(hash.hexDigest().prefix(24))"
    }

    private func entries() -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().map { folder.appendingPathComponent($0) }
            .filter { FileManager.default.fileExists(atPath: $0.appendingPathComponent(".lock").path) }
    }

    /// All finished stores of float32 that were made so, to be read only.
    func stores(recipe: FeatureRecipe, augmentation: SoundAugmentation?) -> [SegmentStore] {
        let header = StoreHeader(StoreSettings(recipe: recipe, augmentation: augmentation))
        return entries().compactMap { try? SegmentStore($0) }.filter { $0.header == header }
    }

    private func others(than entry: URL, header: StoreHeader) -> [SegmentStore] {
        entries().filter { $0 != entry }.compactMap { try? SegmentStore($0) }.filter { $0.header == header }
    }

    /// Removes the stores that were used longest ago until the rest is within the limit. One that is being made is left
    /// alone.
    func evict(keeping kept: URL) {
        let inOrder = entries().sorted { FolderLock.lastUse(of: $0) > FolderLock.lastUse(of: $1) }
        var total = Self.bytes(in: kept)
        for entry in inOrder where entry != kept {
            total += Self.bytes(in: entry)
            guard total > limit, let lock = try? FolderLock(ifFree: entry, real: true) else { continue }
            let size = Self.bytes(in: entry)
            withExtendedLifetime(lock) {
                if (try? FileManager.default.removeItem(at: entry)) != nil { total -= size }
            }
        }
    }

    private static func bytes(in folder: URL) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.reduce(0) { $0 + (FileStamp(folder.appendingPathComponent($1).path)?.size ?? 0) }
    }
}
