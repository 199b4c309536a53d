import Foundation

/// Bytes of pickles, opcode by opcode, as the coursework's files have them or with one thing wrong.
struct PickleBuilder {
    struct Row {
        var name = "disco.00000.wav"
        var values = [Float](repeating: 1, count: 6400)
        var shape = [1, 80, 80]
        var strides = [6400, 80, 1]
        var offset = 0
        var label = 3
        /// float64 at 16-bit scale.
        var samples: [Double] = []
        var sampleShape: Int?
        // What the storage's stream says.
        var storageClass = "FloatStorage"
        var storedCount: Int?
        var countAfter: Int?
        var magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
        var isLittleEndian = true
        var numpyModule = "numpy.core.multiarray"
    }

    var data: [UInt8] = []

    static func file(_ rows: [Row]) -> [UInt8] {
        var builder = PickleBuilder()
        builder.data = [0x80, 4]
        builder.op("]")
        builder.data.append(0x94)
        builder.op("(")
        for row in rows { builder.row(row) }
        builder.op("e.")
        return builder.data
    }

    mutating func op(_ characters: String) { data += Array(characters.utf8) }

    mutating func text(_ text: String) { data += [0x8C, UInt8(text.utf8.count)] + Array(text.utf8) }

    mutating func global(_ module: String, _ name: String) {
        text(module)
        text(name)
        data.append(0x93)
    }

    mutating func integer(_ value: Int) { data += Array("J".utf8) + little(Int32(value)) }

    mutating func tuple(_ values: [Int]) {
        op("(")
        for value in values { integer(value) }
        op("t")
    }

    mutating func bytes(_ bytes: [UInt8]) { data += Array("B".utf8) + little(UInt32(bytes.count)) + bytes }

    mutating func row(_ row: Row) {
        op("(")
        text(row.name)
        global("torch._utils", "_rebuild_tensor_v2")
        op("(")
        global("torch.storage", "_load_from_bytes")
        bytes(storage(row))
        data.append(0x85)
        op("R")
        integer(row.offset)
        tuple(row.shape)
        tuple(row.strides)
        data.append(0x89)
        global("collections", "OrderedDict")
        op(")RtR")
        integer(row.label)
        global(row.numpyModule, "_reconstruct")
        global("numpy", "ndarray")
        tuple([0])
        data += [0x43, 1, 0x62, 0x87]
        op("R(")
        integer(1)
        tuple([row.sampleShape ?? row.samples.count])
        global("numpy", "dtype")
        text("f8")
        data += [0x89, 0x88, 0x87]
        op("R(")
        integer(3)
        text("<")
        op("NNN")
        integer(-1)
        integer(-1)
        integer(0)
        op("tb")
        data.append(0x89)
        bytes(row.samples.flatMap { little($0.bitPattern) })
        op("tbt")
    }

    private func storage(_ row: Row) -> [UInt8] {
        var inner = PickleBuilder()
        inner.data = [0x80, 2, 0x8A, UInt8(row.magic.count)] + row.magic + Array(".".utf8)
        inner.data += [0x80, 2] + Array("M".utf8) + little(UInt16(1001)) + Array(".".utf8)
        inner.data += [0x80, 2] + Array("}q".utf8) + [0]
        inner.op("(")
        inner.longText("little_endian")
        inner.data.append(row.isLittleEndian ? 0x88 : 0x89)
        inner.op("u.")
        inner.data += [0x80, 2]
        inner.op("(")
        inner.longText("storage")
        inner.op("ctorch\n\(row.storageClass)\n")
        inner.longText("93925084012832")
        inner.longText("cpu")
        inner.integer(row.storedCount ?? row.values.count)
        inner.op("NtQ.")
        inner.data += [0x80, 2]
        inner.op("]")
        inner.longText("93925084012832")
        inner.op("a.")
        return inner.data + little(Int64(row.countAfter ?? row.values.count))
            + row.values.flatMap { little($0.bitPattern) }
    }

    private mutating func longText(_ text: String) {
        data += Array("X".utf8) + little(UInt32(text.utf8.count)) + Array(text.utf8)
    }

    private func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

/// A folder for one test, gone afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("genrekit-datasets-\(UUID().uuidString)").resolvingSymlinksInPath()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// The folder of data shared beside the package, which not every checkout has.
enum SharedData {
    static let folder: URL? = {
        let environment = ProcessInfo.processInfo.environment["GENREKIT_SHARED"].map { URL(fileURLWithPath: $0) }
        var beside = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { beside.deleteLastPathComponent() }
        beside.appendPathComponent("shared")
        return [environment, beside].compactMap { $0 }.first {
            FileManager.default.fileExists(atPath: $0.appendingPathComponent("data").path)
        }
    }()
    static let isPresent = folder != nil
}
