import ArgumentParser
import Benchmarks
import Features
import Foundation
import NeuralNetwork
import Report
import Storage

struct BenchFeatures: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Measure the way from audio files to segments.",
        discussion: """
            Decodes every file, computes its features and cuts all its segments, which are dropped: nothing is written. \
            A track's time is a pass's by its tracks, the fastest pass and the median one; beside it, as fast, what \
            FFmpeg's decoding alone takes for the same files in the same run, and what one thread spends in decoding and \
            in features. The first pass is not counted, so the files come from memory where they fit.

            Examples:
              genre bench features
              genre bench features GTZAN --threads 1
            """)

    @Argument(
        help: "Folders of audio files, each measured by itself; by default forty synthetic WAV tracks of 30 s.",
        completion: .directory)
    var folders: [String] = []
    @Option(help: "Recipe: \(recipeNames).", completion: Completions.recipe) var recipe = FeatureRecipe.schindler.name
    @Option(help: "Number of threads; by default one per core.", completion: .default) var threads: Int?
    @Option(help: "Timed passes over the files.", completion: .default) var passes = 5
    @Flag(help: "Print one JSON object a folder.") var json = false

    func run() throws {
        guard 1...1000 ~= passes else { throw ValidationError("--passes must be 1 to 1000.") }
        let threads = try checked(threads: threads) ?? UsableCores.count
        guard let recipe = FeatureRecipe.named(recipe), recipe.makesSegmentsFromAudio else {
            throw ValidationError(unknown("recipe", recipe, among: Completions.audioRecipes))
        }
        guard folders.isEmpty else { return try measure(folders, recipe, threads) }
        let made = try TemporaryPlace.makeFolder("genre-bench")
        defer { try? FileManager.default.removeItem(at: made) }
        try FeatureBenchmark.writeSyntheticTracks(count: 40, to: made)
        try measure([made.path], recipe, threads)
    }

    private func measure(_ folders: [String], _ recipe: FeatureRecipe, _ threads: Int) throws {
        let benchmarks = try folders.map { folder in
            // A link to a folder is followed, as elsewhere.
            let files = FeatureBenchmark.files(in: URL(fileURLWithPath: folder).resolvingSymlinksInPath())
            guard !files.isEmpty else {
                throw FileKind(folder) == .missing
                    ? ToolError.nothingThere(path: folder) : ToolError.noFiles(folder: folder)
            }
            return try FeatureBenchmark(files: files, recipe: recipe)
        }
        if !json {
            show(
                "recipe \(recipe.name), \(threads) threads, \(activeInstructionSet); milliseconds a track\n\n"
                    + "tracks".right(6) + "segments".right(10) + "min".right(9) + "median".right(9)
                    + "tracks/s".right(10) + "FFmpeg".right(9) + "  of one thread: decode" + "features".right(10)
                    + "  folder")
        }
        for (folder, benchmark) in zip(folders, benchmarks) {
            let result = benchmark.run(passes: passes, threads: threads)
            if json { try printJSON(Line(folder: folder, result: result)) } else { show(row(of: result, folder)) }
        }
    }

    private func row(of result: FeatureBenchmark.Result, _ folder: String) -> String {
        let times = [result.msMin, result.msMedian].map { decimal($0, places: 2).right(9) }.joined()
        return String(result.tracks).right(6) + String(result.segments).right(10) + times
            + decimal(result.tracksPerSecond, places: 0).right(10) + decimal(result.ffmpegMs, places: 2).right(9)
            + decimal(result.decodeMs, places: 2).right(23) + decimal(result.featureMs, places: 2).right(10)
            + "  \(folder)" + (result.failed > 0 ? " (\(result.failed) files left out)" : "")
    }

    /// A result with its folder.
    private struct Line: Encodable {
        let folder: String
        let result: FeatureBenchmark.Result

        private enum CodingKeys: CodingKey { case folder }

        func encode(to encoder: any Encoder) throws {
            try result.encode(to: encoder)
            var keys = encoder.container(keyedBy: CodingKeys.self)
            try keys.encode(folder, forKey: .folder)
        }
    }
}
