import Features
import Foundation
import Testing

@testable import Datasets

@Suite final class PickledRowsTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("genrekit-pickles-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func open(_ bytes: [UInt8], _ check: (PickledRows) throws -> Void = { _ in }) throws {
        let url = folder.appendingPathComponent("train.pkl")
        try Data(bytes).write(to: url)
        try check(PickledRows(url))
    }

    /// The message of the error that the bytes give.
    private func fault(_ bytes: [UInt8]) -> String {
        do {
            try open(bytes)
            return "no error"
        } catch {
            #expect(error is DatasetError)
            return "\(error)"
        }
    }

    private func fault(_ change: (inout PickleBuilder.Row) -> Void) -> String {
        var row = PickleBuilder.Row()
        change(&row)
        return fault(PickleBuilder.file([PickleBuilder.Row(), row]))
    }

    @Test(arguments: ["numpy.core.multiarray", "numpy._core.multiarray"])
    func rowsAreRead(numpyModule: String) throws {
        let rows = (0..<3).map { index in
            PickleBuilder.Row(
                name: "jazz.0000\(index).wav", values: (0..<6400).map { Float($0) / 7 + Float(index) },
                label: 5 + index,
                samples: [Double](repeating: 0, count: 12 * index), numpyModule: numpyModule)
        }
        try open(PickleBuilder.file(rows)) { pickle in
            #expect(pickle.rows.map(\.name) == rows.map(\.name))
            #expect(pickle.rows.map(\.label) == [5, 6, 7])
            for (index, row) in rows.enumerated() {
                var values = [Float](repeating: 0, count: 6400)
                try pickle.readSpectrogram(index, into: &values)
                #expect(values == row.values)
                #expect(pickle.samples(index) == nil, "zeros are no samples")
            }
            #expect(try pickle.detectRecipe() == .precomputed)
        }
    }

    @Test func samplesThatExplainTheRowsMakeThemCoursework() throws {
        let samples = (0..<20_505).map { Double(($0 * 7919) % 20_011) - 10_000 }
        let batch = try FeatureExtractor(recipe: .coursework).segments(of: samples.map { Float($0 / 32_768) })
        var row = PickleBuilder.Row(values: batch.values, samples: samples)
        try open(PickleBuilder.file([row, row])) {
            let recipe = try $0.detectRecipe()
            #expect(recipe == .coursework)
        }
        row.values[77] += 1e-3
        try open(PickleBuilder.file([row])) {
            let recipe = try $0.detectRecipe()
            #expect(recipe == .precomputed)
        }
    }

    @Test(.enabled(if: SharedData.isPresent, "needs the shared data"))
    func genuineRowsEqualTheRecipe() throws {
        let url = try #require(SharedData.folder).appendingPathComponent("data/coursework/rows10.pkl")
        let pickle = try PickledRows(url)
        #expect(pickle.rows.count == 10)
        #expect(Set(pickle.rows.map(\.label)) == Set(0..<10))
        let extractor = try FeatureExtractor(recipe: .coursework)
        var values = [Float](repeating: 0, count: 6400)
        for index in pickle.rows.indices {
            #expect(pickle.rows[index].name.hasPrefix(PickledRows.genres[pickle.rows[index].label]))
            let samples = try #require(pickle.samples(index))
            #expect(samples.count == 20_505)
            try pickle.readSpectrogram(index, into: &values)
            let batch = try extractor.segments(of: samples)
            let largest = zip(values, batch.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            #expect(largest <= 2e-6, "row \(index)")
        }
        #expect(try pickle.detectRecipe() == .coursework)
    }

    @Test func rowsThatDoNotFitAreNamed() {
        #expect(fault { $0.label = 10 }.contains("train.pkl, row 1: its label is 10"))
        #expect(fault { $0.label = -1 }.contains("row 1: its label is -1"))
        #expect(fault { $0.shape = [80, 80] }.contains("(strides [6400, 80, 1])") == false)
        #expect(
            fault {
                $0.shape = [80, 80]
                $0.strides = [80, 1]
            }.contains("row 1: its spectrogram has the shape [80, 80]"))
        #expect(fault { $0.strides = [6400, 1, 80] }.contains("row 1: its tensor is not contiguous"))
        #expect(fault { $0.strides = [0, 0, 0] }.contains("row 1: its tensor is not contiguous"))
        #expect(fault { $0.strides = [7, 80, 1] } == "no error", "the stride of an axis of 1 is never used")
        #expect(fault { $0.offset = 1 }.contains("row 1: its tensor starts at element 1"))
        #expect(fault { $0.offset = -1 }.contains("row 1: its tensor starts at element -1"))
        #expect(fault { $0.shape = [1, 80, 0] }.contains("row 1: its tensor has the shape [1, 80, 0]"))
        #expect(fault { $0.shape = [1, -80, 80] }.contains("row 1: its tensor has the shape"))
        #expect(fault { $0.values = [1, 2, 3] }.contains("row 1: its tensor of 6400 values lies in a storage of 3"))
        #expect(fault { $0.sampleShape = 9 }.contains("row 1: its samples have the shape [9] in 0 bytes"))
        #expect(fault { $0.name = "" }.contains("row 1: its file name is empty"))
    }

    @Test func damagedStoragesAreNamed() {
        #expect(fault { $0.magic[3] ^= 1 }.contains("magic number"))
        #expect(fault { $0.magic = [1] }.contains("magic number"))
        #expect(fault { $0.storedCount = 6401 }.contains("says 6401 and 6400 values"))
        #expect(fault { $0.countAfter = .max }.contains("values"))
        #expect(fault { $0.storedCount = -1 }.contains("no torch.FloatStorage"))
        #expect(fault { $0.isLittleEndian = false }.contains("big-endian"))
        #expect(fault { $0.storageClass = "DoubleStorage" }.contains("'torch.DoubleStorage', which is refused"))
    }

    @Test func notFiniteValuesAreFoundWhenRead() throws {
        for value in [Float.nan, .infinity] {
            var row = PickleBuilder.Row()
            row.values[4321] = value
            try open(PickleBuilder.file([.init(), row])) { pickle in
                var values = [Float](repeating: 0, count: 6400)
                try pickle.readSpectrogram(0, into: &values)
                #expect {
                    try pickle.readSpectrogram(1, into: &values)
                } throws: {
                    "\($0)".contains("train.pkl, row 1: value 4321")
                }
            }
        }
    }

    @Test(arguments: [
        ("os", "system"), ("builtins", "eval"), ("posix", "system"), ("numpy.core.multiarray", "scalar"),
        ("torch", "FloatStorage"), ("torch._utils", "_rebuild_parameter"), ("subprocess", "Popen"),
    ])
    func otherGlobalsAreRefusedByName(module: String, name: String) {
        var modern = PickleBuilder(data: [0x80, 4])
        modern.global(module, name)
        modern.text("touch /tmp/x")
        modern.data.append(0x85)
        modern.op("R.")
        var old = PickleBuilder()
        old.op("c\(module)\n\(name)\n(U\u{1}xtR.")
        for bytes in [modern.data, old.data] {
            let message = fault(bytes)
            #expect(message.contains("'\(module).\(name)', which is refused"))
            #expect(message.contains("train.pkl, byte "))
        }
    }

    @Test func everyTruncationIsAnError() {
        let whole = PickleBuilder.file([.init()])
        // Every third length in the opcodes, a few within the floats.
        let heads = Array(stride(from: 0, to: 700, by: 3))
        for length in heads + [5000, 20_000] + Array(whole.count - 400..<whole.count) {
            #expect(fault(Array(whole.prefix(length))) != "no error", "\(length) bytes")
        }
        #expect(fault(whole) == "no error")
    }

    /// Any byte may be wrong: an error or other rows, but never a trap.
    @Test func changedBytesNeverTrap() {
        let whole = PickleBuilder.file([.init()])
        let places = Array(stride(from: 0, to: 700, by: 2)) + Array(whole.count - 300..<whole.count)
        for place in places where place < whole.count {
            for change: UInt8 in [0x01, 0xFF] {
                var bytes = whole
                bytes[place] ^= change
                #expect(!fault(bytes).isEmpty)
            }
        }
    }

    @Test func garbageIsAnError() {
        #expect(fault([]).contains("the file is empty"))
        #expect(fault(Array("this is no pickle at all".utf8)) != "no error")
        #expect(fault(Array("].".utf8)).contains("no rows"))
        #expect(fault(Array("N.".utf8)).contains("no list of rows"))
        #expect(fault(Array("](Ne.".utf8)).contains("row 0: it is no tuple"))
        for code in 0...255 { #expect(fault([UInt8(code)]) != "no error") }
        for code in 0...255 {
            #expect(fault([0x80, 4, UInt8(code), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) != "no error")
        }
        // A mark is no value, and nothing below a mark may be taken.
        for program in [
            "(.", "(R.", "](a.", "N(\u{85}.", "e.", "t.", "]N(e.", "](N(ee.", "}(Nu.", "}(NNs.", "NNb.", "Q.",
            "h\u{0}.", "](t(e.",
        ] {
            #expect(fault(program.unicodeScalars.map { UInt8($0.value) }) != "no error", "\(program)")
        }
    }

    /// Sizes that promise more than there is, and stacks that never end.
    @Test func hugeSizesAndDepthsAreRefused() {
        let full = [UInt8](repeating: 0xFF, count: 8)
        for opcode: UInt8 in [0x42, 0x58, 0x8D, 0x8E, 0x95, 0x72, 0x6A] {
            #expect(fault([0x80, 4, 0x4E, opcode] + full) != "no error")
        }
        for opcode in ["N", "(", "]", ")"] {
            let bytes = [UInt8](repeating: opcode.utf8.first!, count: 5_000_000)
            #expect(fault(bytes).contains("too deep or too large"))
        }
        let piece = Array("(".utf8) + [UInt8](repeating: 0x4E, count: 1000) + Array("e".utf8)
        #expect(
            fault([0x80, 4, 0x5D] + [[UInt8]](repeating: piece, count: 9000).joined())
                .contains("too deep or too large"))
        // A call's arguments are few; a tuple of many could be named again and again.
        var builder = PickleBuilder()
        builder.data = [0x80, 4]
        builder.global("numpy", "dtype")
        builder.op("(")
        builder.text("f4")
        builder.op(String(repeating: "N", count: 16) + "tR.")
        #expect(fault(builder.data).contains("no function on the list"))
    }

    @Test func missingFilesAndFoldersAreNamed() throws {
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("none.pkl")
            #expect(throws: DatasetError.missing(path: url.path)) { try PickledRows(url) }
            #expect(throws: DatasetError.self) { try PickledRows(folder) }
        }
    }
}
