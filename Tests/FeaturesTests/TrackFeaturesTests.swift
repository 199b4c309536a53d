import CKernels
import Features
import Testing

@Suite struct TrackFeaturesTests {
    private let signal = syntheticSignal(count: 60_000)

    @Test(arguments: [FeatureRecipe.schindler, .coursework, .gtzanMel])
    func segmentsAreStretchesOfTheRows(recipe: FeatureRecipe) throws {
        let extractor = try FeatureExtractor(recipe: recipe)
        for count in [60_000, 30_760, 22_050, 20_505, 15_000] where count >= recipe.leastSamples {
            let samples = Array(signal.prefix(count))
            let features = try extractor.rows(of: samples)
            #expect(features.rows == recipe.rowCount(samples: count))
            let wanted = try extractor.segments(of: samples)
            #expect(recipe.segmentCount(rows: features.rows) == wanted.count)
            var segment = [Float](repeating: .nan, count: recipe.mels * recipe.segmentFrames)
            for index in 0..<wanted.count {
                features.values.withUnsafeBufferPointer { values in
                    recipe.segment(
                        fromRows: values.baseAddress! + recipe.firstRow(ofSegment: index) * recipe.mels, into: &segment)
                }
                let size = segment.count
                #expect(segment == Array(wanted.values[index * size..<(index + 1) * size]))
            }
        }
    }

    @Test func tooShortATrackGivesNoRows() throws {
        #expect(FeatureRecipe.schindler.rowCount(samples: 10_000) == 0)
        #expect(FeatureRecipe.schindler.segmentCount(rows: 79) == 0)
        let extractor = try FeatureExtractor(recipe: .schindler)
        #expect(throws: FeatureError.self) { try extractor.rows(of: [Float](repeating: 0, count: 10_000)) }
    }

    @Test(arguments: [(1, 1, 1), (3, 5, 7), (41, 80, 80), (80, 80, 80), (17, 33, 19)])
    func rowsBecomeColumns(frames: Int, mels: Int, segmentFrames: Int) {
        let rows = (0..<frames * mels).map(Float.init)
        var output = [Float](repeating: .nan, count: mels * segmentFrames)
        gk_rows_to_segment_f32(rows, Int32(frames), Int32(mels), Int32(segmentFrames), &output)
        for mel in 0..<mels {
            for frame in 0..<segmentFrames {
                #expect(output[mel * segmentFrames + frame] == rows[min(frame, frames - 1) * mels + mel])
            }
        }
    }
}
