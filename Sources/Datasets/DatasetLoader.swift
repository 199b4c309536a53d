import Audio
import Features
import Foundation
import Storage

/// What a dataset was made of.
public enum DatasetKind: String, Sendable, Codable {
    /// train.pkl and val.pkl, or music_genres_dataset.pkl.
    case pickles
    /// Folders of genre folders.
    case audio
    /// A segment store.
    case store
    /// Ready-made spectrograms in numpy's files.
    case arrays
    /// What another net says of each segment, in one of numpy's files.
    case taggrams
}

public struct LoadedDataset: Sendable {
    public struct SkippedFile: Sendable, Equatable {
        public var url: URL
        public var reason: String
    }

    public var set: SegmentSet
    public var kind: DatasetKind
    /// How the set's augmented segments were made; nil where it has none.
    public var augmentation: SoundAugmentation?
    /// Files that look like audio but cannot be used, in the order of the tracks.
    public var skipped: [SkippedFile]
    /// Whether damaged audio was to be taken; nil of ready-made segments.
    public var allowsDamaged: Bool?
    /// What is known of tracks' sounds.
    public var remarks: [TrackRemark] = []

    /// Something about a track that a reader of scores must know.
    public struct TrackRemark: Sendable, Hashable {
        public enum Kind: Sendable, Hashable {
            /// What decoding showed of its file: damage, or that its channels cancel.
            case decoded(SoundRemarks)
            /// So many of its segments hold nothing to hear, and are left out.
            case silent(segments: Int)
        }

        /// Its id.
        public var track: String
        public var kind: Kind
    }
}

extension LoadedDataset {
    /// Goes on with some of the tracks.
    mutating func keep(_ set: SegmentSet) {
        self.set = set
        let ids = Set(set.tracks.map(\.id))
        remarks.removeAll { !ids.contains($0.track) }
    }

    /// A set that is in memory already, as if a segment store had held it.
    public init(inMemory set: SegmentSet) { self.init(set: set, kind: .store, skipped: []) }
}

/// How data is opened.
public struct DatasetOptions: Sendable {
    /// By name; nil takes the data's own, or `schindler` for audio.
    public var recipe: String?
    /// Which segments of each audio track; pickles are taken whole.
    public var segments: SegmentChoice
    /// For random segments.
    public var seed: UInt64
    /// At least 1; the result does not hang on them.
    public var threads: Int
    /// Augmented segments, which serve training only; nil takes those that a store has.
    public var augmentation: SoundAugmentation?
    /// Whether audio with corrupt packets is taken; else it is left out, as files that cannot be used are.
    public var allowsDamaged: Bool
    /// Where features of audio are kept for another time; nil keeps them in a temporary store until the set goes.
    public var cache: FeatureCache?
    public var genres: GenreSelection
    /// A split whose lists are checked against the files' names before any of them is decoded; nil for none.
    public var split: SplitRequest?

    public init(
        recipe: String? = nil, segments: SegmentChoice = .all, seed: UInt64 = 0, threads: Int = 1,
        augmentation: SoundAugmentation? = nil, allowsDamaged: Bool = true, cache: FeatureCache? = nil,
        genres: GenreSelection = .atLeast(1), split: SplitRequest? = nil
    ) {
        self.genres = genres
        self.split = split
        self.allowsDamaged = allowsDamaged
        self.augmentation = augmentation
        self.recipe = recipe
        self.segments = segments
        self.seed = seed
        self.threads = threads
        self.cache = cache
    }
}

/// Opens data, whatever their kind.
public enum DatasetLoader {
    /// - `completed` of `total` files, or of the bytes of pickles.
    public typealias Progress = @Sendable (_ completed: Int, _ total: Int) -> Void

    /// What paths lead to.
    private enum Kind {
        case pickles(URL)
        case samples(URL)
        case store(URL)
        case arrays(URL)
        case taggrams(URL)
        case audio(AudioListing)
    }

    private static func recognise(_ paths: [URL], warning: (String) -> Void) throws(DatasetError) -> Kind {
        guard !paths.isEmpty else { throw .missing(path: "(no path)") }
        if let file = paths.first(where: isDataFile) {
            guard paths.count == 1 else { throw .fileWithOthers(path: file.path) }
            switch file.pathExtension.lowercased() {
            case "csv", "tsv": return .audio(try AudioTable.read(file, warning: warning))
            case "pkl": return .samples(file)
            case "npz" where Taggrams.isPresent(in: file): return .taggrams(file)
            default: return .arrays(file)
            }
        }
        for path in paths { try checkFolder(path) }
        for path in paths {
            if try CourseworkPickles.isPresent(in: path) {
                guard paths.count == 1 else { throw .picklesWithOthers(path: path.path) }
                return .pickles(path)
            }
            if CourseworkSamples.isPresent(in: path) {
                guard paths.count == 1 else { throw .picklesWithOthers(path: path.path) }
                return .samples(path.appendingPathComponent(CourseworkSamples.fileName))
            }
            if SegmentStore.isPresent(in: path) {
                guard paths.count == 1 else { throw .storeWithOthers(path: path.path) }
                return .store(path)
            }
        }
        return .audio(try GenreFolders.scan(paths, warning: warning))
    }

    /// How many audio files the paths list, before any is opened; nil for data of other kinds, whose segments are made
    /// already.
    ///
    /// - Throws: `DatasetError` where there is no data.
    package static func audioFileCount(_ paths: [URL]) throws(DatasetError) -> Int? {
        if case .audio(let listing) = try recognise(paths, warning: { _ in }) { return listing.files.count }
        return nil
    }

    /// The audio files that paths list with their genres, before any is opened; nil for data of other kinds.
    ///
    /// - Parameter genres: which are used, and by what names.
    /// - Throws: `DatasetError` where there is no data, or no file of a genre that is wanted.
    public static func listing(
        _ paths: [URL], genres: GenreSelection, warning: (String) -> Void = { _ in }
    ) throws(DatasetError) -> AudioListing? {
        guard case .audio(let listing) = try recognise(paths, warning: warning) else { return nil }
        return try listing.selecting(genres, warning: warning)
    }

    /// Opens a folder with train.pkl and val.pkl, the coursework's single pickle of 2018, a segment store, a table of audio
    /// files (.csv, .tsv), spectrograms in numpy's files (.npz, .npy), or folders that hold a folder a genre (joined by the
    /// genres' names).
    ///
    /// Genres are in alphabetical order. Audio is decoded and turned into features in parallel; the result does not hang
    /// on the number of threads, nor on whether features come from the cache. A file that cannot be used is named in
    /// `skipped` and left out.
    ///
    /// - Parameters:
    ///   - progress: called from any thread, one call at a time.
    ///   - warning: what a person should know: skipped files, folders left out. One call at a time.
    /// - Throws: `DatasetError`; `FeatureError` where a recipe or an augmentation cannot be used.
    public static func open(
        _ paths: [URL], _ options: DatasetOptions = DatasetOptions(),
        progress: @escaping Progress = { _, _ in }, warning: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> LoadedDataset {
        try options.split?.checkLists()
        var data = try openAll(paths, options, progress: progress, warning: warning)
        // Pickles have their ten genres, whether all have tracks or not.
        if data.kind == .pickles, case .atLeast = options.genres { return data }
        // What the names of files could not tell before they were opened.
        data.keep(try data.set.selecting(options.genres, warning: warning))
        return data
    }

    /// Opens data with all of their genres, but for those of audio that are known to be left out before it is decoded.
    private static func openAll(
        _ paths: [URL], _ options: DatasetOptions, progress: @escaping Progress,
        warning: @escaping @Sendable (String) -> Void
    ) throws -> LoadedDataset {
        let wanted = try options.recipe.map(recipe(named:))
        func check(_ own: FeatureRecipe, _ path: URL) throws(DatasetError) {
            if let wanted, wanted != own {
                throw .recipeFixed(path: path.path, recipe: own.name, wanted: wanted.name)
            }
        }
        func checkAugmentation(_ own: SoundAugmentation?, _ path: URL) throws(DatasetError) {
            if let wanted = options.augmentation, wanted != own {
                throw .augmentationFixed(path: path.path, holds: own, wanted: wanted)
            }
        }
        switch try recognise(paths, warning: warning) {
        case .pickles(let folder):
            let set = try CourseworkPickles.open(folder, progress: progress)
            try check(set.recipe, folder)
            try checkAugmentation(nil, folder)
            return LoadedDataset(set: set, kind: .pickles, skipped: [])
        case .samples(let file):
            try checkAugmentation(nil, file)
            let set = try CourseworkSamples.open(file, threads: options.threads, progress: progress)
            guard wanted == nil || wanted?.name == set.recipe.name else {
                throw DatasetError.recipeFixed(path: file.path, recipe: set.recipe.name, wanted: wanted?.name ?? "")
            }
            return LoadedDataset(set: set, kind: .pickles, skipped: [])
        case .arrays(let file):
            try checkAugmentation(nil, file)
            let set = try SpectrogramArrays.open(
                file, as: wanted, choice: options.segments, seed: options.seed, progress: progress)
            return LoadedDataset(set: set, kind: .arrays, skipped: [])
        case .taggrams(let file):
            try checkAugmentation(nil, file)
            if let wanted { throw DatasetError.recipeFixed(path: file.path, recipe: "outputs", wanted: wanted.name) }
            let set = try Taggrams.open(file, choice: options.segments, seed: options.seed)
            return LoadedDataset(set: set, kind: .taggrams, skipped: [])
        case .store(let folder):
            let store = try SegmentStore(folder)
            try check(store.recipe, folder)
            try checkAugmentation(store.augmentation, folder)
            try store.verify(threads: options.threads)
            if !store.isCurrent {
                warning(
                    "\(folder.path) is a store of an earlier version, which does not say which segments are silent; "
                        + "make it again with 'genre features'")
            }
            return dataset(of: store, kind: .store, options: options, warning: warning, source: { _ in nil })
        case .audio(let whole):
            let listing = try whole.selecting(options.genres, warning: warning)
            try options.split?.checkNames(listing)
            let store = try temporaryOrCached(
                listing, recipe: wanted ?? .schindler, options: options, progress: progress, warning: warning)
            let urls = Dictionary(listing.files.map { ($0.id, $0.url) }, uniquingKeysWith: { first, _ in first })
            return dataset(of: store, kind: .audio, options: options, warning: warning, source: { urls[$0] })
        }
    }

    /// Makes a store of audio data in a folder, or brings the one there up to date.
    ///
    /// - Parameters:
    ///   - progress, warning: as `open` calls them.
    /// - Throws: `DatasetError`; what is finished stays in the folder and is not computed again.
    public static func makeStore(
        _ paths: [URL], at folder: URL, _ settings: StoreSettings,
        progress: @escaping Progress = { _, _ in }, warning: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> MadeStore {
        guard settings.recipe.makesSegmentsFromAudio else {
            throw DatasetError.notAnAudioRecipe(name: settings.recipe.name)
        }
        switch try recognise(paths, warning: warning) {
        case .pickles(let path), .samples(let path), .store(let path), .arrays(let path), .taggrams(let path):
            throw DatasetError.notAudio(path: path.path)
        case .audio(let listing):
            return try StoreMaker(folder: folder, listing: listing, settings: settings)
                .make(progress: progress, warning: warning)
        }
    }

    /// The audio files that paths lead to, whatever the folders' layout; nil for ready-made segments.
    /// - Throws: `DatasetError.missing`, `.notAFolder` and the like.
    static func auditListing(_ paths: [URL], warning: (String) -> Void) throws(DatasetError) -> AuditListing? {
        guard !paths.isEmpty else { throw .missing(path: "(no path)") }
        let isTable = paths.contains(where: isDataFile)
        if !isTable { for path in paths { try checkFolder(path) } }
        let isReadyMade = { (path: URL) throws(DatasetError) in
            try CourseworkPickles.isPresent(in: path) || CourseworkSamples.isPresent(in: path)
                || SegmentStore.isPresent(in: path)
        }
        if !isTable {
            for path in paths where try isReadyMade(path) { return nil }
            return try AuditListing(paths, warning: warning)
        }
        guard case .audio(let listing) = try recognise(paths, warning: warning) else { return nil }
        return AuditListing(listing)
    }

    /// Whether a path is a file of data, not of a model: a table, numpy's arrays or a pickle.
    public static func isData(_ path: URL) -> Bool { isDataFile(path) }

    /// Whether paths lead to what another net says of segments, in place of sound: see `Taggrams`.
    public static func areTaggrams(_ paths: [URL]) -> Bool {
        paths.count == 1 && isDataFile(paths[0]) && paths[0].pathExtension.lowercased() == "npz"
            && Taggrams.isPresent(in: paths[0])
    }

    /// The recipe of that name.
    /// - Throws: `DatasetError.unknownRecipe`.
    public static func recipe(named name: String) throws(DatasetError) -> FeatureRecipe {
        guard let known = FeatureRecipe.named(name) else { throw .unknownRecipe(name: name) }
        return known
    }

    private static func temporaryOrCached(
        _ listing: AudioListing, recipe: FeatureRecipe, options: DatasetOptions, progress: @escaping Progress,
        warning: @escaping @Sendable (String) -> Void
    ) throws -> SegmentStore {
        guard recipe.makesSegmentsFromAudio else { throw DatasetError.notAnAudioRecipe(name: recipe.name) }
        var donors: () -> [SegmentStore] = { [] }
        if let cache = options.cache {
            do {
                return try cache.store(
                    of: listing, recipe: recipe, augmentation: options.augmentation, precision: .float32,
                    threads: options.threads, progress: progress, warning: warning)
            } catch let error as DatasetError where error.isAboutThePlace {
                warning(
                    "warning: the cache of features cannot be used (\(error.reason)); the features are kept in a "
                        + "temporary folder until the work ends. --no-cache leaves this warning out, $XDG_CACHE_HOME names "
                        + "another place")
                donors = { cache.stores(recipe: recipe, augmentation: options.augmentation) }
            }
        }
        var fault: (any Error)?
        for place in temporaryPlaces {
            do {
                let folder: URL
                do { folder = try TemporaryPlace.makeFolder("genrekit-features", in: place) } catch {
                    throw DatasetError.cannotWriteStore(place.path, "\(error)")
                }
                // What is open stays whole without a name, until it is closed.
                defer { try? FileManager.default.removeItem(at: folder) }
                return try StoreMaker(
                    folder: folder, listing: listing,
                    settings: StoreSettings(
                        recipe: recipe, threads: options.threads, augmentation: options.augmentation)
                ).make(donors: donors, progress: progress, warning: warning).store
            } catch let error as DatasetError where error.isAboutThePlace { fault = fault ?? error }
        }
        throw fault ?? DatasetError.cannotWriteStore("the temporary folder", "there is none")
    }

    /// Where a store may lie for a while: the temporary folder, then places that a container with a read-only disk may
    /// have.
    private static let temporaryPlaces: [URL] = {
        var seen: Set<String> = []
        return ([FileManager.default.temporaryDirectory.path, "/tmp", "/var/tmp", "/dev/shm"])
            .filter { FolderIdentity($0) != nil && seen.insert($0).inserted }.map { URL(fileURLWithPath: $0) }
    }()

    private static func dataset(
        of store: SegmentStore, kind: DatasetKind, options: DatasetOptions, warning: (String) -> Void,
        source: (String) -> URL?
    ) -> LoadedDataset {
        // The makers of a store were asked whether it takes damaged files; those of the cache, and of earlier versions,
        // were not.
        let takesAll = options.allowsDamaged || (kind == .store && store.isCurrent)
        let isTaken = store.tracks.map { takesAll || !$0.remarks.isDamaged }
        let members = store.tracks.indices.filter { isTaken[$0] }
        let damaged = zip(store.tracks, isTaken).filter { !$1 }.map { track, _ in
            let url = source(track.id) ?? URL(fileURLWithPath: track.source)
            let skip = LoadedDataset.SkippedFile(url: url, reason: "\(url.path): \(track.remarks.damageRefused)")
            warning("left out: \(skip.reason)")
            return skip
        }
        let remarks = members.flatMap { member in
            let track = store.tracks[member]
            let kinds: [LoadedDataset.TrackRemark?] = [
                track.remarks == SoundRemarks() ? nil : .init(track: track.id, kind: .decoded(track.remarks)),
                track.silent == nil ? nil : .init(track: track.id, kind: .silent(segments: track.silentCount)),
            ]
            return kinds.compactMap { $0 }
        }
        return LoadedDataset(
            set: store.segmentSet(of: members, choice: options.segments, seed: options.seed, source: source),
            kind: kind,
            augmentation: store.augmentation, skipped: store.skipped + damaged, allowsDamaged: options.allowsDamaged,
            remarks: remarks)
    }

    /// Whether a path leads to a file of a kind that is a data set.
    private static func isDataFile(_ path: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path.path, isDirectory: &isFolder) && !isFolder.boolValue
            && ["csv", "tsv", "npz", "npy", "pkl"].contains(path.pathExtension.lowercased())
            && !CourseworkPickles.files.contains { $0.name == path.lastPathComponent }
    }

    private static func checkFolder(_ path: URL) throws(DatasetError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path.path, isDirectory: &isFolder) else {
            throw .missing(path: path.path)
        }
        guard isFolder.boolValue else { throw .notAFolder(path: path.path) }
    }
}
