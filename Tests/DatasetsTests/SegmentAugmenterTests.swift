import Audio
import Features
import Foundation
import Testing

@testable import Datasets

@Suite struct SegmentAugmenterTests {
    private struct Fixture: Decodable {
        struct Pitch: Decodable {
            var semitones: Double
            var mels: Int
            var frames: Int
            var values: [Double]
        }
        var count: Int
        var pitch: [Pitch]
    }

    /// The signal of Tools/make_feature_fixtures.py.
    private static func signal(count: Int) -> [Float] {
        var state: UInt32 = 1
        return (0..<count).map { index in
            state = state &* 1_664_525 &+ 1_013_904_223
            let noise = Double(state) / 0x1p31 - 1
            let time = Double(index) / 22_050
            let chirp = sin(2 * Double.pi * (60 * time + 2400 * time * time))
            return Float((32_767 * (0.6 * chirp + 0.2 * noise)).rounded(.toNearestOrEven) / 32_768)
        }
    }

    private func augmenter(
        _ augmentation: SoundAugmentation, _ recipe: FeatureRecipe = .schindler
    ) throws -> SegmentAugmenter {
        SegmentAugmenter(augmentation, extractor: try FeatureExtractor(recipe: recipe), vocoder: try PhaseVocoder())
    }

    private func variants(_ sound: [Float], _ augmentation: SoundAugmentation) throws -> [[Float]] {
        var result: [[Float]] = []
        try augmenter(augmentation).changed(sound) { result.append(Array($0)) }
        return result
    }

    /// librosa's pitch_shift resamples with soxr, ours with FFmpeg: another filter, so that energies near the cut-off
    /// differ. What is below it agrees in energy.
    @Test func pitchShiftsMatchLibrosaInEnergy() throws {
        let url = try #require(Bundle.module.url(forResource: "pitch", withExtension: "json", subdirectory: "Fixtures"))
        let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
        let sound = Self.signal(count: fixture.count)
        var recipe = FeatureRecipe.schindler
        recipe.sampleScale = 1
        (recipe.hop, recipe.mels) = (512, 40)
        (recipe.segmentFrames, recipe.segmentSamples, recipe.segmentStride) = (2, 512, 512)
        (recipe.spectrum, recipe.melScale, recipe.melNormalisation) = (.power, .slaney, .slaney)
        recipe.precision = .double
        let extractor = try FeatureExtractor(recipe: recipe)
        let found = try variants(sound, SoundAugmentation(pitch: fixture.pitch.map(\.semitones)))
        for (shifted, wanted) in zip(found, fixture.pitch) {
            #expect(shifted.count == sound.count)
            let rows = try extractor.rows(of: shifted)
            #expect(rows.rows == wanted.frames && rows.mels == wanted.mels)
            // Shifted down, nothing is left above this.
            let highest = 11_025 * pow(2, min(wanted.semitones, 0) / 12) * 0.9
            let edges = FeatureRecipe.MelScale.slaney
            var differences: [Double] = []
            for mel in 0..<wanted.mels
            where edges.hertz(edges.mels(11_025) * Double(mel + 2) / Double(wanted.mels + 1)) < highest {
                for frame in 0..<wanted.frames {
                    let decibels = Double(rows.values[frame * wanted.mels + mel]) * 10 / log(10)
                    differences.append(abs(decibels - wanted.values[mel * wanted.frames + frame]))
                }
            }
            let mean = differences.reduce(0, +) / Double(differences.count)
            #expect(differences.count > 700)
            #expect(mean < 0.01, "\(wanted.semitones) semitones")
            #expect(differences.max() ?? 1 < 0.3, "\(wanted.semitones) semitones")
        }
    }

    @Test func variantsKeepTheLength() throws {
        let sound = Self.signal(count: 20_000)
        let found = try variants(sound, SoundAugmentation(stretch: [0.5, 1, 2], pitch: [0, 3]))
        #expect(found.map(\.count) == [Int](repeating: 20_000, count: 6))
        // Twice as fast: half of it, then silence. A rate of 1 and a shift of 0 change nothing.
        #expect(found[2] == sound)
        #expect(found[4][10_000...].allSatisfy { $0 == 0 } && found[5][10_000...].allSatisfy { $0 == 0 })
        #expect(found[4][9_000..<9_900].contains { abs($0) > 0.1 })
        #expect(found.allSatisfy { $0.allSatisfy(\.isFinite) })
        // A factor of the duration is one over a rate.
        let slow = try variants(sound, SoundAugmentation(stretch: [2], factor: .duration))
        #expect(slow[0] == found[0])
    }

    /// A tone moves by the shift and stays where it is under stretching.
    @Test func tonesMoveByTheShiftOnly() throws {
        let tone = (0..<20_224).map { Float(0.5 * sin(2 * Double.pi * 440 * Double($0) / 22_050)) }
        let augmentation = SoundAugmentation(stretch: [0.5, 1.2], pitch: [-12, 0, 5])
        for (sound, variant) in zip(try variants(tone, augmentation), augmentation.variants) {
            // Zero crossings in the middle.
            let middle = sound[4000..<12_000]
            let crossings = zip(middle, middle.dropFirst()).count { $0 < 0 && $1 >= 0 }
            let hertz = Double(crossings) / 8000 * 22_050
            #expect(abs(hertz - 440 * pow(2, variant.semitones / 12)) < 6, "\(variant)")
        }
    }

    @Test func aSetTellsAugmentedSegmentsAndKeepsThemInTraining() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("genrekit-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for genre in ["blues", "jazz"] {
            for number in 0..<3 {
                // No two tracks share a stretch of sound, however loud.
                let sound = Self.signal(count: 90_000).dropFirst(7777 * number).map { genre == "blues" ? $0 : $0 / 3 }
                let folder = root.appendingPathComponent("music/\(genre)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try WaveFile.write(sound, sampleRate: 22_050, to: folder.appendingPathComponent("\(number).wav"))
            }
        }
        let music = root.appendingPathComponent("music")
        let augmentation = SoundAugmentation(stretch: [0.5, 1.5], pitch: [2], segments: 2)
        func open(_ path: URL, _ augmentation: SoundAugmentation?, threads: Int = 1) throws -> LoadedDataset {
            try DatasetLoader.open(
                [path],
                DatasetOptions(
                    segments: .random(count: 3), seed: 1, threads: threads, augmentation: augmentation))
        }
        let plain = try open(music, nil).set
        let loaded = try open(music, augmentation)
        let set = loaded.set
        #expect(loaded.augmentation == augmentation)
        #expect(plain.count == 18 && set.count == 18 + 6 * 2 * 2)
        #expect(plain.contentHash != set.contentHash)
        #expect(try open(music, augmentation, threads: 3).set.contentHash == set.contentHash)

        // The plain segments are the same, the others finite and none like another.
        var seen: Set<[Float]> = []
        var values = [Float](repeating: .nan, count: set.valueCount)
        var ordinary = values
        let unchanged = (0..<set.count).filter { !set.isAugmented($0) }
        #expect(unchanged.count == plain.count)
        for (index, own) in unchanged.enumerated() {
            try set.read(own, into: &values)
            try plain.read(index, into: &ordinary)
            #expect(values == ordinary)
            #expect(set.shifts(ofSegment: own) == plain.shifts(ofSegment: index))
        }
        for index in 0..<set.count {
            try set.read(index, into: &values)
            #expect(values.allSatisfy(\.isFinite) && seen.insert(values).inserted, "segment \(index)")
            if set.isAugmented(index) { #expect(set.shifts(ofSegment: index) == 0...0) }
        }

        // Never judged.
        let split = try TrackSplit.random(set, fraction: 0.5, seed: 2)
        let training = split.segments(.training, of: set)
        let validation = split.segments(.validation, of: set)
        #expect(training.count { set.isAugmented($0) } == 4 * split.training.count)
        #expect(!validation.isEmpty && validation.allSatisfy { !set.isAugmented($0) })
        #expect(Set(training.map(set.track)).isDisjoint(with: validation.map(set.track)))

        // A store keeps and records it, and gives no other.
        let folder = root.appendingPathComponent("store")
        let settings = StoreSettings(augmentation: augmentation)
        let made = try DatasetLoader.makeStore([music], at: folder, settings)
        #expect(made.store.augmentedCount == 24 && made.computed == 6)
        #expect(try DatasetLoader.makeStore([music], at: folder, settings).reused == 6)
        #expect(try open(folder, nil).set.contentHash == set.contentHash)
        #expect(try open(folder, augmentation).augmentation == augmentation)
        var other = augmentation
        other.pitch = [3]
        #expect(throws: DatasetError.augmentationFixed(path: folder.path, holds: augmentation, wanted: other)) {
            try open(folder, other)
        }
        #expect(throws: DatasetError.self) {
            try DatasetLoader.makeStore([music], at: folder, StoreSettings(augmentation: other))
        }
        #expect(throws: DatasetError.self) { try DatasetLoader.makeStore([music], at: folder, StoreSettings()) }
    }
}
