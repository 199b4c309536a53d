import ArgumentParser
import Benchmarks
import Features
import Foundation

/// `genre bench --features`: from audio files to segments.
struct BenchFeatures {
    /// Nil for synthetic tracks.
    let folder: String?
    let recipe: String
    let threads: Int
    let passes: Int
    let json: Bool

    func run() throws {
        guard let recipe = FeatureRecipe.named(recipe), recipe.makesSegmentsFromAudio else {
            throw ValidationError("There is no recipe '\(recipe)' for audio. The recipes are \(recipeNames).")
        }
        if let folder { return try measure(URL(fileURLWithPath: folder), recipe) }
        let made = FileManager.default.temporaryDirectory.appendingPathComponent("genre-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: made) }
        try FeatureBenchmark.writeSyntheticTracks(count: 40, to: made)
        try measure(made, recipe)
    }

    private func measure(_ folder: URL, _ recipe: FeatureRecipe) throws {
        let files = FeatureBenchmark.files(in: folder)
        guard !files.isEmpty else { throw ValidationError("There are no files in \(folder.path).") }
        let result = try FeatureBenchmark(files: files, recipe: recipe).run(passes: passes, threads: threads)
        if json { return try printJSON(result) }
        show(
            """
            \(result.recipe), \(result.threads) threads, \(result.isa): \(result.tracks) tracks of \
            \(decimal(result.sound / Double(max(1, result.tracks)), places: 1)) s, \(result.segments) segments\
            \(result.failed > 0 ? ", \(result.failed) files left out" : "")
            \(decimal(result.tracksPerSecond, places: 0)) tracks/s; a track takes \
            \(decimal(result.msMin, places: 2)) ms (median \(decimal(result.msMedian, places: 2)))
            of one thread: decoding \(decimal(result.decodeMs, places: 2)) ms, features and segments \
            \(decimal(result.featureMs, places: 2)) ms
            """)
    }
}
