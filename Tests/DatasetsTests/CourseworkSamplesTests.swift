import Features
import Foundation
import Testing

@testable import Datasets

@Suite struct CourseworkSamplesTests {
    private static let samples = 20_462

    /// How Python wrote the file.
    enum Writer: CaseIterable, Sendable {
        /// Texts and bytes alike, memo from 1, lists of arrays, plain numbers.
        case python2
        /// Arrays of two axes, numpy's numbers.
        case python3
    }

    private struct Side {
        var rows: [(track: Int, label: Int, samples: [Float])]
        var labelCount: Int?
        var lacks: String?
        var code = "f4"
    }

    private func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private func pickle(_ side: Side, _ writer: Writer) -> [UInt8] {
        var builder = PickleBuilder()
        func text(_ text: String) {
            if writer == .python2 {
                builder.data += Array("U".utf8) + [UInt8(text.utf8.count)] + Array(text.utf8)
            } else {
                builder.text(text)
            }
        }
        func global(_ module: String, _ name: String) {
            if writer == .python2 { builder.op("c\(module)\n\(name)\n") } else { builder.global(module, name) }
        }
        func type(_ code: String) {
            global("numpy", "dtype")
            text(code)
            builder.op("K\0K\u{1}")
            builder.data.append(0x87)
            builder.op("R(K\u{3}")
            text("<")
            builder.op("NNN")
            builder.integer(-1)
            builder.integer(-1)
            builder.op("K\0tb")
        }
        func array(_ shape: [Int], _ code: String, _ bytes: [UInt8]) {
            global("numpy.core.multiarray", "_reconstruct")
            global("numpy", "ndarray")
            builder.tuple([0])
            text("b")
            builder.data.append(0x87)
            builder.op("R(K\u{1}")
            builder.tuple(shape)
            type(code)
            builder.data.append(0x89)
            if writer == .python2 {
                builder.data += Array("T".utf8) + little(UInt32(bytes.count)) + bytes
            } else {
                builder.bytes(bytes)
            }
            builder.op("tb")
        }
        func values(_ samples: [Float]) -> [UInt8] {
            samples.flatMap { value in
                switch side.code {
                case "f8": little(Double(value).bitPattern)
                case "i2": little(Int16(value * 32_768))
                default: little(value.bitPattern)
                }
            }
        }
        func numbers(_ numbers: [Int]) {
            if writer == .python2 {
                builder.op("](")
                for number in numbers { builder.integer(number) }
                builder.op("e")
            } else {
                array([numbers.count], "i8", numbers.flatMap { little(Int64($0)) })
            }
        }
        builder.data = [0x80, writer == .python2 ? 2 : 4] + Array("}".utf8)
        if writer == .python2 { builder.data += Array("q".utf8) + [1] }
        builder.op("(")
        if side.lacks != "data" {
            text("data")
            if writer == .python2 {
                builder.op("](")
                for row in side.rows { array([row.samples.count], side.code, values(row.samples)) }
                builder.op("e")
            } else {
                array(
                    [side.rows.count, side.rows[0].samples.count], side.code, side.rows.flatMap { values($0.samples) })
            }
        }
        text("labels")
        numbers(Array(side.rows.map(\.label).prefix(side.labelCount ?? side.rows.count)))
        text("track_id")
        numbers(side.rows.map(\.track))
        builder.op("u.")
        return builder.data
    }

    private func tone(_ step: Float, count: Int = samples) -> [Float] {
        (0..<count).map { Float(Int(16_384 * sin(Float($0) * step))) / 32_768 }
    }

    private var training: Side {
        Side(rows: [(7, 0, tone(0.1)), (7, 0, tone(0.2)), (9, 3, tone(0.3))])
    }
    private var validation: Side { Side(rows: [(8, 0, tone(0.4)), (12, 3, tone(0.5))]) }

    private func open(_ bytes: [UInt8], in folder: URL, threads: Int = 2) throws -> LoadedDataset {
        let file = folder.appendingPathComponent("music_genres_dataset.pkl")
        try Data(bytes).write(to: file)
        return try DatasetLoader.open([file], .init(threads: threads))
    }

    @Test(arguments: Writer.allCases, ["f4", "f8", "i2"])
    func samplesBecomeSegments(writer: Writer, code: String) throws {
        try withTemporaryFolder { folder in
            var (first, second) = (training, validation)
            (first.code, second.code) = (code, code)
            let data = try open(pickle(first, writer) + pickle(second, writer), in: folder)
            #expect(data.kind == .pickles && data.set.recipe.name == "coursework-2018" && data.set.count == 5)
            #expect(
                data.set.tracks.map(\.id) == ["blues/track 7", "disco/track 9", "blues/track 8", "disco/track 12"])
            #expect(data.set.tracks.map(\.side) == [.training, .training, .validation, .validation])
            #expect((0..<5).map(data.set.track) == [0, 0, 1, 2, 3])
            #expect(data.set.recipe.sampleScale == (code == "i2" ? 32_768 : 1))
            // The recipe may be asked for by name, of audio too; the samples of a row are one segment.
            let extractor = try FeatureExtractor(recipe: data.set.recipe)
            var values = [Float](repeating: .nan, count: data.set.valueCount)
            try data.set.read(4, into: &values)
            #expect(try extractor.segments(of: tone(0.5)).values == values)
            let again = try DatasetLoader.open([folder], .init(recipe: "coursework-2018", threads: 1))
            #expect(again.set.contentHash == data.set.contentHash)
            let split = try SplitRequest().draw(data).splits[0]
            #expect(split.training == [0, 1] && split.validation == [2, 3])
        }
    }

    /// Values of librosa 0.11: stft(n_fft 512, hop 256, pad_mode "constant"), filters.mel(sr 22050, n_fft 512, n_mels 80),
    /// ln(x + 1e-6).
    @Test func theRecipeIsLibrosas() throws {
        var state: UInt32 = 1
        let samples = (0..<Self.samples).map { index -> Float in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(0.4 * sin(Double(index) * 0.05) + 0.2 * (Double(state >> 8) / Double(1 << 24) - 0.5))
        }
        let segment = try FeatureExtractor(recipe: .coursework2018).segments(of: samples)
        #expect(segment.count == 1 && segment.mels == 80 && segment.frames == 80)
        let golden: [(mel: Int, frame: Int, value: Float)] = [
            (0, 0, -1.6246116), (1, 1, -4.8952136), (5, 10, -1.6712309), (20, 40, -4.2711782), (40, 3, -3.84312),
            (60, 60, -4.4108195), (79, 78, -4.070912), (79, 79, -4.2156615),
        ]
        for (mel, frame, value) in golden {
            #expect(abs(segment.values[mel * 80 + frame] - value) < 2e-5, "band \(mel), frame \(frame)")
        }
    }

    @Test func filesThatCannotBeUsedAreNamed() throws {
        try withTemporaryFolder { folder in
            func refused(_ bytes: [UInt8], _ words: String) {
                #expect { _ = try open(bytes, in: folder) } throws: { error in
                    error is DatasetError && "\(error)".contains("music_genres_dataset.pkl")
                        && "\(error)".contains(words)
                }
            }
            func refused(_ words: String, _ change: (inout Side) -> Void) {
                for writer in Writer.allCases {
                    var side = validation
                    change(&side)
                    refused(pickle(training, writer) + pickle(side, writer), words)
                }
            }
            refused([], "the file is empty")
            refused(Array("(dp0\nS'data'\n".utf8), "dump them again with protocol=4")
            refused(pickle(training, .python2), "the second dict")
            let whole = pickle(training, .python3) + pickle(validation, .python3)
            refused(whole + [0x80], "1 bytes follow the second dict")
            refused(whole.dropLast(), "byte")
            refused("has no 'data'") { $0.lacks = "data" }
            refused("has 2 data, 1 labels and 2 track ids") { $0.labelCount = 1 }
            refused("row 4: its label is 10, outside 0...9") { $0.rows[1].label = 10 }
            refused("'9' is on the side that trains and on the one that judges") { $0.rows[1].track = 9 }
            refused("row 4: the track 8 has the label 3, and 0 before") { $0.rows[1].track = 8 }
            refused("samples of a type that is not read") { $0.code = "i4" }
            refused("row 3: it has 20462 samples (float64), and the first has 20462 (float32)") { $0.code = "f8" }
            refused("row 3: it has 20300 samples (float32)") { side in
                for index in side.rows.indices { side.rows[index].samples = tone(0.1, count: 20_300) }
            }
            refused("row 3: it has 20480 samples; 20224 to 20479 make 80 frames") { side in
                for index in side.rows.indices { side.rows[index].samples = tone(0.1, count: 20_480) }
            }
            refused("row 4: its samples: ") { $0.rows[1].samples[100] = .nan }
            refused(PickleBuilder.file([PickleBuilder.Row()]), "its first pickle holds no dict")
            let evil: [UInt8] = [0x80, 2] + Array("cposix\nsystem\n(U\u{2}lstR.".utf8)
            refused(evil, "the pickle asks for 'posix.system', which is refused")
        }
    }

    @Test func everyTruncationIsAnError() throws {
        try withTemporaryFolder { folder in
            for writer in Writer.allCases {
                let whole = pickle(training, writer) + pickle(validation, writer)
                // Within the samples one place is like another.
                let ends = (1...55).map { whole.count - 4 * $0 + 3 }
                for count in [0, 1, 2, 3, 5, 9, 20, 40, 80, 120, 160] + ends {
                    #expect(throws: DatasetError.self) { try open(Array(whole.prefix(count)), in: folder) }
                }
            }
        }
    }
}
