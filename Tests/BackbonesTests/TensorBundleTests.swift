import Foundation
import Storage
import Testing

@testable import Backbones

/// Checkpoints that lie: checksums are right again after each lie, so that what they guard is met.
@Suite struct TensorBundleTests {
    private let index: [UInt8]
    private let data: [UInt8]

    init() throws {
        let zip = try ZipFile(SmallWheel.url, format: "wheel")
        func bytes(_ name: String) throws -> [UInt8] {
            let contents = try zip.contents(of: "musicnn/MSD_musicnn/\(name)")
            return withExtendedLifetime(contents.owner) { Array(contents.bytes) }
        }
        index = try bytes(".index")
        data = try bytes(".data-00000-of-00001")
    }

    private func bundle(_ index: [UInt8], _ data: [UInt8]? = nil) throws -> TensorBundle {
        let data = NSData(data: Data(data ?? self.data))
        return try TensorBundle(
            index: index, data: UnsafeRawBufferPointer(start: data.bytes, count: data.length), owner: data)
    }

    private func fault(_ body: () throws -> Void) -> String? {
        do { try body() } catch let error as ByteCursor.Fault { return error.problem } catch {
            return "other: \(error)"
        }
        return nil
    }

    // MARK: - Writing

    private static func varint(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7)
    }

    private static func little(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

    /// A table of one block; keys share nothing.
    private static func table(_ entries: [(String, [UInt8])], compression: UInt8 = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        func add(_ entries: [([UInt8], [UInt8])]) -> [UInt8] {
            var block: [UInt8] = []
            for (key, value) in entries {
                block += varint(0) + varint(key.count) + varint(value.count) + key + value
            }
            block += little(0) + little(1)
            let handle = varint(bytes.count) + varint(block.count)
            bytes += block + [compression] + little(Checksum.masked(Checksum.crc32c(block + [compression])))
            return handle
        }
        let data = add(entries.map { (Array($0.0.utf8), $0.1) })
        let meta = add([])
        let main = add([(Array("z".utf8), data)])
        bytes += (meta + main) + [UInt8](repeating: 0, count: 40 - meta.count - main.count)
        return bytes + little(0x8b80_fb57) + little(0xdb47_7524)
    }

    /// An entry of single precision.
    private static func entry(
        type: Int = 1, shape: [Int] = [2], shard: Int = 0, offset: Int = 0, size: Int = 8, sum: UInt32
    ) -> [UInt8] {
        let dimensions = shape.flatMap { size -> [UInt8] in
            let dimension: [UInt8] = [8] + varint(size)
            return [0x12] + varint(dimension.count) + dimension
        }
        return [8] + varint(type) + [0x12] + varint(dimensions.count) + dimensions + [0x18] + varint(shard) + [0x20]
            + varint(offset) + [0x28] + varint(size) + [0x35] + little(sum)
    }

    private static let header: (String, [UInt8]) = ("", [8, 1])

    // MARK: - Tests

    @Test func tensorsAreReadWithTheirShapes() throws {
        let bundle = try bundle(index)
        #expect(bundle.entries["conv2d_1/kernel"]?.shape == [7, 67, 1, 4])
        #expect(bundle.entries["beta1_power"] != nil && bundle.entries["conv2d/kernel/Adam"] != nil)
        #expect(try bundle.floats("beta1_power", shape: [1]) == [0.9])
        #expect(try bundle.floats("dense/kernel", shape: [58, 6]).count == 348)
        #expect(fault { _ = try bundle.floats("dense/kernel", shape: [6, 58]) }?.contains("has shape [58, 6]") == true)
        #expect(fault { _ = try bundle.floats("dense/weight", shape: [1]) }?.contains("is missing") == true)
    }

    @Test func liesOfTensorsAreNamed() throws {
        let values: [UInt8] = [0, 0, 128, 63, 0, 0, 0, 64]
        let sum = Checksum.masked(Checksum.crc32c(values))
        func read(_ entry: [UInt8], data: [UInt8] = values, shape: [Int] = [2]) -> String? {
            fault { _ = try bundle(Self.table([Self.header, ("w", entry)]), data).floats("w", shape: shape) }
        }
        #expect(
            try bundle(Self.table([Self.header, ("w", Self.entry(sum: sum))]), values).floats("w", shape: [2]) == [
                1, 2,
            ])
        #expect(read(Self.entry(sum: sum ^ 1))?.contains("the checksum of the tensor 'w'") == true)
        #expect(read(Self.entry(sum: sum), data: Array(values[..<7]))?.contains("claims 8 bytes") == true)
        #expect(read(Self.entry(offset: 1, sum: sum))?.contains("claims 8 bytes at 1") == true)
        #expect(read(Self.entry(offset: 2_147_483_647, sum: sum))?.contains("claims 8 bytes") == true)
        #expect(read(Self.entry(offset: 1 << 40, sum: sum))?.contains("impossible") == true)
        #expect(read(Self.entry(size: 12, sum: sum))?.contains("claims 12 bytes") == true)
        #expect(read(Self.entry(shape: [1, 2], sum: sum))?.contains("has shape [1, 2]") == true)
        #expect(read(Self.entry(shape: [1 << 33], sum: sum))?.contains("impossible") == true)
        #expect(read(Self.entry(shape: [Int](repeating: 1, count: 9), sum: sum))?.contains("dimensions") == true)
        #expect(read(Self.entry(type: 2, sum: sum))?.contains("single precision") == true)
        #expect(read(Self.entry(shard: 1, sum: sum))?.contains("claims") == true)
        #expect(read(Self.entry(sum: sum) + [0x3A, 0])?.contains("in one piece") == true)
        let infinite: [UInt8] = [0, 0, 128, 127, 0, 0, 0, 64]
        let entry = Self.entry(sum: Checksum.masked(Checksum.crc32c(infinite)))
        #expect(read(entry, data: infinite)?.contains("no numbers") == true)
    }

    @Test func liesOfTheIndexAreNamed() throws {
        func read(_ bytes: [UInt8]) -> String? { fault { _ = try bundle(bytes) } }
        #expect(read(Self.table([Self.header])) == nil)
        #expect(read(Self.table([]))?.contains("no header") == true)
        #expect(read(Self.table([("", [8, 2])]))?.contains("one of 2 parts") == true)
        #expect(read(Self.table([("", [8, 1, 16, 1])]))?.contains("big-endian") == true)
        #expect(read(Self.table([Self.header], compression: 1))?.contains("compressed") == true)
        #expect(read(Self.table([Self.header, ("w", [8])]))?.contains("claims") == true)
        #expect(read(Self.table([Self.header, ("w", [0x0B])]))?.contains("cannot be read") == true)
        let entry = Self.entry(sum: 0)
        #expect(read(Self.table([Self.header, ("w", entry), ("w", entry)]))?.contains("twice") == true)
        #expect(read([])?.contains("cut off") == true)
        #expect(read([UInt8](repeating: 0, count: 100))?.contains("does not end as a table does") == true)
        var bytes = index
        bytes[10] ^= 1
        #expect(read(bytes)?.contains("checksum of a block") == true)
    }

    /// Any bytes in a block, under a right checksum: a fault or a reading, and neither a trap nor a great allocation.
    @Test func noIndexTrapsTheReader() throws {
        var random = SeededGenerator(state: 3)
        // The first block begins the file, its handle is the first entry's value of the index block.
        let size = try #require(firstBlockSize)
        for round in 0..<3000 {
            var bytes = index
            for _ in 0...Int(random.next() % 3) {
                let place = Int(random.next() % UInt64(size))
                bytes[place] =
                    round % 2 == 0
                    ? UInt8(truncatingIfNeeded: random.next()) : [0, 127, 128, 255].randomElement(using: &random)!
            }
            let sum = Self.little(Checksum.masked(Checksum.crc32c(bytes[0...size])))
            bytes.replaceSubrange(size + 1..<size + 5, with: sum)
            guard let bundle = try? bundle(bytes) else { continue }
            for (name, entry) in bundle.entries { _ = try? bundle.floats(name, shape: entry.shape) }
        }
    }

    /// The first block's length: where its checksum is right.
    private var firstBlockSize: Int? {
        (4..<index.count - 5).first { size in
            index[size] == 0
                && Self.little(Checksum.masked(Checksum.crc32c(index[0...size]))) == Array(index[size + 1..<size + 5])
        }
    }

    @Test func listsOfStringsAreReadFromPython() {
        #expect(PythonStrings.list("A", in: "B = ['x']\nA=['a', \"it's\",'c d' ]") == ["a", "it's", "c d"])
        for source in ["", "A = 3", "A = ['a'", "A = [a]", "A = ['a\\'b']", "A = ['a' + 'b']", "A = [[]]"] {
            #expect(PythonStrings.list("A", in: source) == nil, "\(source)")
        }
    }
}
