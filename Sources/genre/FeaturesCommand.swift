import ArgumentParser
import Datasets
import Features
import Foundation
import NeuralNetwork
import Report

struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Compute the features of a music collection once, for many trainings.",
        discussion: """
            Writes a segment store: a folder with index.json and chunks in the safetensors format, which 'genre train' and \
            'genre evaluate' take as DATA, and Python reads. Run again, it computes what is new or changed only; broken \
            off in whatever way, it goes on where it was. Files that cannot be used are named, counted and listed in \
            index.json.

            Examples:
              genre features my-music -o store
              genre features my-music -o store --recipe coursework --precision float16
              genre train store -o my-run
            """)

    @Argument(help: "Folders of genre folders.", completion: .directory) var data: [String]
    @Option(name: [.short, .long], help: "The store's folder.", completion: .directory) var output: String
    @Option(help: "Recipe: \(recipeNames).", completion: Completions.recipe) var recipe = FeatureRecipe.schindler.name
    @Option(help: "float32, or float16 in half the space.") var precision = StorePrecision.float32
    @OptionGroup(title: "Augmentation of sound") var sound: SoundAugmentationOptions
    @Option(
        help: "Number of threads; by default one per core. The store's bytes do not depend on it.", completion: .default
    ) var threads: Int?
    @OptionGroup var damaged: DamagedOption
    @OptionGroup var length: LengthOption
    @Flag(help: "Replace a store of another recipe, precision, augmentation or version.") var force = false
    @Flag(help: "Print the result as a JSON object.") var json = false

    func run() throws {
        let threads = try checked(threads: threads) ?? UsableCores.count
        try refuseNetworkAddresses(data)
        let known: FeatureRecipe
        do { known = try DatasetLoader.recipe(named: recipe) } catch { throw ValidationError("\(error)") }
        guard known.makesSegmentsFromAudio else {
            throw ValidationError("\(DatasetError.notAnAudioRecipe(name: recipe))")
        }
        let pace = Pace()
        let report = DataReport()
        defer { report.end() }
        let made = try DatasetLoader.makeStore(
            data.map { URL(fileURLWithPath: $0) }, at: URL(fileURLWithPath: output),
            StoreSettings(
                recipe: known, precision: precision, threads: threads, replacing: force,
                augmentation: sound.augmentation(), allowsDamaged: damaged.allowDamaged),
            progress: report.progress, warning: report.warning)
        report.end()
        let store = made.store
        // Said in the result as well; a store without a track is of no use to anyone.
        let isOfUse = store.trackCount > 0
        if json {
            try printJSON(
                FeaturesResult(
                    store: store.folder.path, recipe: recipe, precision: precision.rawValue, genres: store.genres,
                    tracks: store.trackCount, augmented: store.augmentedCount, computed: made.computed,
                    reused: made.reused,
                    damaged: store.remarks.count { $0.sound.isDamaged },
                    damagedTracks: store.remarks.filter(\.sound.isDamaged).map(\.id),
                    cancellingTracks: store.remarks.filter { $0.sound.channelTaken != nil }.map(\.id),
                    silentSegments: store.silentCount, chunks: store.chunkCount, bytes: store.byteCount,
                    seconds: pace.seconds(),
                    skipped: store.skipped.map { .init(file: $0.url.path, reason: $0.reason) }))
            if !isOfUse { throw ExitCode(1) }
            return
        }
        let rate = made.computed > 0 ? ", \(decimal(Double(made.computed) / pace.seconds(), places: 1)) a second" : ""
        show(
            """
            \(output): \(counted(store.trackCount, "track")) of \(counted(store.genres.count, "genre")), recipe \(recipe)
            \(precision.rawValue), \(megabytes(store.byteCount)) in \(counted(store.chunkCount, "chunk"))
            computed \(made.computed)\(rate); \(made.reused) were there already; \
            \(counted(store.skipped.count, "file")) left out
            """)
        if let augmentation = store.augmentation {
            showText("\(counted(store.augmentedCount, "augmented segment")), for training only: \(augmentation)")
        }
        for line in SoundWords.lines(store.remarks) { showText(line) }
        if store.silentCount > 0 {
            showText("\(counted(store.silentCount, "silent segment")): neither trained on nor judged")
        }
        for line in summary(of: store.skipped) { showText("  left out \(line)") }
        guard isOfUse else {
            note("genre: no file can be used: the store at \(output) holds no track")
            throw ExitCode(1)
        }
        noteNext([("train on it", "genre train \(shellWord(output)) -o my-run")])
    }

    /// A line a reason, the most frequent first: how many files, the first of them by name, and why.
    private func summary(of skipped: [LoadedDataset.SkippedFile]) -> [String] {
        var files: [String: [String]] = [:]
        for file in skipped {
            let bare = file.reason.replacingOccurrences(of: file.url.path, with: "")
            files[bare.trimmingCharacters(in: CharacterSet(charactersIn: ": ")), default: []].append(file.url.path)
        }
        return files.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { reason, paths in
            "\(paths.count): \(reason)\n    \(paths.prefix(3).joined(separator: "\n    "))"
                + (paths.count > 3 ? "\n    … and \(paths.count - 3) more, all in index.json" : "")
        }
    }
}

/// 1234567890 as "1,235 MB"
private func megabytes(_ bytes: Int) -> String {
    bytes < 1_000_000_000
        ? decimal(Double(bytes) / 1e6, places: 1) + " MB" : decimal(Double(bytes) / 1e9, places: 2) + " GB"
}

private struct FeaturesResult: Encodable {
    struct Skipped: Encodable {
        let file: String
        let reason: String
    }

    let store: String
    let recipe: String
    let precision: String
    let genres: [String]
    let tracks: Int
    let augmented: Int
    let computed: Int
    let reused: Int
    let damaged: Int
    let damagedTracks: [String]
    let cancellingTracks: [String]
    let silentSegments: Int
    let chunks: Int
    let bytes: Int
    let seconds: Double
    let skipped: [Skipped]

    private enum CodingKeys: String, CodingKey {
        case store, recipe, precision, genres, tracks, augmented, computed, reused, damaged, chunks, bytes, seconds
        case skipped
        case cancellingTracks = "cancelling_tracks"
        case damagedTracks = "damaged_tracks"
        case silentSegments = "silent_segments"
    }
}
