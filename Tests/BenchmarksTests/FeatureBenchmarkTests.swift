import Audio
import Benchmarks
import Features
import Foundation
import Testing

@Suite struct FeatureBenchmarkTests {
    @Test(arguments: [FeatureRecipe.schindler, .coursework])
    func figuresFollowFromTheTimes(recipe: FeatureRecipe) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("genrekit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FeatureBenchmark.writeSyntheticTracks(count: 3, to: folder)
        try Data("no sound".utf8).write(to: folder.appendingPathComponent("words.txt"))
        let files = FeatureBenchmark.files(in: folder)
        #expect(files.map(\.lastPathComponent) == ["track0.wav", "track1.wav", "track2.wav", "words.txt"])
        let result = try FeatureBenchmark(files: files, recipe: recipe).run(passes: 2, threads: 2)
        #expect(result.tracks == 3 && result.failed == 1 && result.segments == 3 * 63)
        #expect(abs(result.sound - 90) < 1e-6)
        #expect(result.msMin > 0 && result.msMin <= result.msMedian)
        #expect(abs(result.tracksPerSecond * result.msMin - 1000) < 1e-6)
        #expect(result.decodeMs > 0 && result.featureMs > 0 && result.ffmpegMs > 0)
        #expect(result.decodeMs + result.featureMs <= 2 * result.msMin * 1.0001)
    }
}
