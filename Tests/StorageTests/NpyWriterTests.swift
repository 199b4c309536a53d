import Foundation
import Storage
import Testing

@Suite("Writing npy files")
struct NpyWriterTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// What numpy 2.4.6 writes as the shape, and after it, of numpy.empty(shape, "float32").
    struct Header: Sendable {
        let shape: [Int]
        let tuple: String
        let spaces: Int
    }

    static let headers = [
        Header(shape: [2, 3], tuple: "(2, 3)", spaces: 58), Header(shape: [7], tuple: "(7,)", spaces: 60),
        Header(shape: [], tuple: "()", spaces: 62), Header(shape: [0, 200], tuple: "(0, 200)", spaces: 56),
        Header(shape: [1, 2, 3, 1, 1], tuple: "(1, 2, 3, 1, 1)", spaces: 49),
        Header(shape: [12345, 1], tuple: "(12345, 1)", spaces: 54),
    ]

    @Test("Headers are numpy's own, to the byte", arguments: headers)
    func header(header: Header) throws {
        let url = sandbox.place("x.npy")
        let values = (0..<header.shape.reduce(1, *)).map { Float($0) }
        try NpyWriter.write(values, shape: header.shape, to: url)
        let bytes = [UInt8](try Data(contentsOf: url))
        #expect(Array(bytes.prefix(8)) == [0x93] + Array("NUMPY".utf8) + [1, 0])
        let start = 10 + Int(bytes[8]) + 256 * Int(bytes[9])
        #expect(start % 64 == 0)
        let expected =
            "{'descr': '<f4', 'fortran_order': False, 'shape': \(header.tuple), }"
            + String(repeating: " ", count: header.spaces) + "\n"
        #expect(String(decoding: bytes[10..<start], as: UTF8.self) == expected)
        #expect(Array(bytes[start...]) == values.withUnsafeBytes { Array($0) })
    }

    @Test("Values come back bit for bit", arguments: headers.map(\.shape))
    func roundTrip(shape: [Int]) throws {
        let odd: [Float] = [0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 1.1]
        let values = (0..<shape.reduce(1, *)).map { odd[$0 % odd.count] }
        let url = sandbox.place("x.npy")
        try NpyWriter.write(values, shape: shape, to: url)
        let array = try NpyArray(contentsOf: url)
        #expect(array.element == .float32 && array.shape == shape && array.count == values.count)
        #expect(array.withBytes { Array($0) } == values.withUnsafeBytes { Array($0) })
        #expect(try sandbox.names == ["x.npy"])
    }

    @Test("A shape that does not fit the values is not written", arguments: [[2], [3, -1], [-1, -3], [4, 1]])
    func unwritable(shape: [Int]) throws {
        let url = sandbox.place("x.npy")
        do throws(StorageError) {
            try NpyWriter.write([1, 2, 3], shape: shape, to: url)
            Issue.record("it was written")
        } catch {
            guard case .unwritable(url.path, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(try sandbox.names.isEmpty)
    }
}
