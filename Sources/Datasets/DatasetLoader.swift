import Features
import Foundation

/// What a dataset was made of.
public enum DatasetKind: String, Sendable, Codable {
    /// train.pkl and val.pkl.
    case pickles
    /// Folders of genre folders.
    case audio
}

public struct LoadedDataset: Sendable {
    public struct SkippedFile: Sendable, Equatable {
        public var url: URL
        public var reason: String
    }

    public var set: SegmentSet
    public var kind: DatasetKind
    /// Files that look like audio but cannot be used, in the order of the tracks.
    public var skipped: [SkippedFile]
}

/// Opens data, whatever their kind.
public enum DatasetLoader {
    /// - `completed` of `total` files, or of the bytes of pickles.
    public typealias Progress = @Sendable (_ completed: Int, _ total: Int) -> Void

    /// Opens a folder with train.pkl and val.pkl, or folders that hold a folder a genre (joined by the genres' names).
    ///
    /// Genres are in alphabetical order. Audio is decoded and turned into segments in parallel; the result does not hang
    /// on the number of threads. A file that cannot be used is named in `skipped` and left out.
    ///
    /// - Parameters:
    ///   - recipe: by name; nil takes the pickles' own, or `schindler` for audio.
    ///   - segments: which segments of each audio track; pickles are taken whole.
    ///   - seed: for random segments.
    ///   - threads: at least 1.
    ///   - progress: called from any thread, one call at a time.
    ///   - warning: what a person should know: skipped files, folders left out. One call at a time.
    /// - Throws: `DatasetError`; `FeatureError` where a recipe cannot be used.
    public static func open(
        paths: [URL], recipe: String? = nil, segments: SegmentChoice = .all, seed: UInt64 = 0, threads: Int = 1,
        progress: @escaping Progress = { _, _ in }, warning: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> LoadedDataset {
        var wanted: FeatureRecipe?
        if let recipe {
            guard let known = FeatureRecipe.named(recipe) else { throw DatasetError.unknownRecipe(name: recipe) }
            wanted = known
        }
        guard !paths.isEmpty else { throw DatasetError.missing(path: "(no path)") }
        for path in paths { try checkFolder(path) }
        if let folder = try paths.first(where: { try CourseworkPickles.isPresent(in: $0) }) {
            guard paths.count == 1 else { throw DatasetError.picklesWithOthers(path: folder.path) }
            let set = try CourseworkPickles.open(folder, progress: progress)
            if let wanted, wanted != set.recipe {
                throw DatasetError.recipeFixed(path: folder.path, recipe: set.recipe.name, wanted: wanted.name)
            }
            return LoadedDataset(set: set, kind: .pickles, skipped: [])
        }
        let chosen = wanted ?? .schindler
        guard chosen.makesSegmentsFromAudio else { throw DatasetError.notAnAudioRecipe(name: chosen.name) }
        let found = try GenreFolders.scan(paths, warning: warning)
        return try AudioSegments.make(
            found, recipe: chosen, choice: segments, seed: seed, threads: threads, progress: progress, warning: warning)
    }

    private static func checkFolder(_ path: URL) throws(DatasetError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path.path, isDirectory: &isFolder) else {
            throw .missing(path: path.path)
        }
        guard isFolder.boolValue else { throw .notAFolder(path: path.path) }
    }
}
