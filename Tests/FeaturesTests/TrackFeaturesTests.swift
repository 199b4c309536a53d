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

    @Test(arguments: [PictureValues.uint8, .float16, .float32, .float64, .int16], [(1, 1), (3, 5), (19, 33)])
    func picturesOfEveryKindBecomeRows(kind: PictureValues, size: (mels: Int, frames: Int)) {
        let numbers = (0..<(size.mels * size.frames)).map { kind == .uint8 ? $0 % 256 : $0 - 300 }
        func little(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        func half(_ value: Float) -> [UInt8] {
            var half: UInt16 = 0
            gk_to_half([value], 1, &half)
            return little(half)
        }
        // One byte before: the kernel expects no alignment.
        let bytes: [UInt8] =
            [0]
            + numbers.flatMap { number in
                switch kind {
                case .uint8: [UInt8(number)]
                case .float16: half(Float(number))
                case .float32: little(Float(number).bitPattern)
                case .float64: little(Double(number).bitPattern)
                case .int16: little(Int16(number))
                }
            }
        let rows = bytes.withUnsafeBytes { bytes in
            TrackFeatures(
                picture: UnsafeRawBufferPointer(rebasing: bytes[1...]), values: kind, mels: size.mels,
                frames: size.frames, factor: 0.5, offset: -2)
        }
        #expect(rows.rows == size.frames && rows.mels == size.mels)
        for mel in 0..<size.mels {
            for frame in 0..<size.frames {
                #expect(
                    rows.values[frame * size.mels + mel] == Float(numbers[mel * size.frames + frame]) * 0.5 - 2)
            }
        }
    }
}
