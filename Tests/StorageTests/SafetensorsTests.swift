import Foundation
import Storage
import Testing

@Suite("Safetensors")
struct SafetensorsTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Written by the Python package safetensors 0.8.0 (safetensors.numpy.save).
    static let fromPython = """
        YAIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJuw6RtZSI6ImEgXCJxdW90ZWRcIlxuXHUwMDAxIGxpbmUg8J+OtSIsInNlZWQiOiI3In0sInN0
        ZXBzIjp7ImR0eXBlIjoiSTY0Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMCwxNl19LCJzY2FsYXIiOnsiZHR5cGUiOiJGNjQiLCJz
        aGFwZSI6W10sImRhdGFfb2Zmc2V0cyI6WzE2LDI0XX0sImVtcHR5Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDRdLCJkYXRhX29mZnNl
        dHMiOlsyNCwyNF19LCJ3ZWlnaHQiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsM10sImRhdGFfb2Zmc2V0cyI6WzI0LDQ4XX0sImNvdW50
        Ijp7ImR0eXBlIjoiSTMyIiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNDgsNTJdfSwiaGFsZiI6eyJkdHlwZSI6IkYxNiIsInNoYXBl
        IjpbOF0sImRhdGFfb2Zmc2V0cyI6WzUyLDY4XX0sInNob3J0Ijp7ImR0eXBlIjoiSTE2Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpb
        NjgsNzJdfSwicGl4ZWxzIjp7ImR0eXBlIjoiVTgiLCJzaGFwZSI6WzEsMl0sImRhdGFfb2Zmc2V0cyI6WzcyLDc0XX0sImZsYWciOnsiZHR5
        cGUiOiJCT09MIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbNzQsNzZdfX0gIP3/////////BwAAAAAAAAAAAAAAAAAEQAAAAL8AAIC+
        AAAAAAAAgD4AAAA/AABAP////38APgDA/3sBAFU1AHwA/AB+AID/fwD/AQA=
        """

    @Test("A file written by the Python package")
    func python() throws {
        let data = try #require(Data(base64Encoded: Self.fromPython, options: .ignoreUnknownCharacters))
        let file = try SafetensorsFile(try sandbox.file("x.safetensors", [UInt8](data)))
        #expect(file.metadata == ["seed": "7", "näme": "a \"quoted\"\n\u{1} line 🎵"])
        #expect(
            file.names == ["count", "empty", "flag", "half", "pixels", "scalar", "short", "steps", "weight"])
        #expect(try file.shape(of: "weight") == [2, 3])
        #expect(try file.floats(named: "weight") == [-0.5, -0.25, 0, 0.25, 0.5, 0.75])
        #expect(try file.shape(of: "scalar") == [])
        #expect(try file.floats(named: "scalar") == [2.5])
        #expect(try file.shape(of: "empty") == [0, 4])
        #expect(try file.floats(named: "empty") == [])
        #expect(try file.floats(named: "steps") == [-3, 7])
        #expect(try file.floats(named: "pixels") == [0, 255])
        #expect(try file.floats(named: "short") == [-32768, 32767])
        #expect(try file.floats(named: "count") == [2_147_483_648])  // 2^31 - 1, rounded
        #expect(try file.floats(named: "flag") == [1, 0])
        #expect(try file.type(of: "half") == .float16)
        let half = try file.floats(named: "half")
        #expect(half.prefix(7) == [1.5, -2, 65504, 0x1p-24, 0.333251953125, .infinity, -.infinity])
        #expect(half.count == 8 && half[7].isNaN)
        #expect(throws: StorageError.noSuchTensor(path: file.url.path, name: "bias")) {
            try file.floats(named: "bias")
        }
    }

    @Test("Tensors come back bit for bit, whatever the numbers")
    func roundTrip() throws {
        let odd: [Float] = [0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 1.1]
        let metadata = ["recipe": "{\"hop\": 256}", "": "empty key", "path": "a\\b\t\u{7}", "genre": "bossa nova 🎷"]
        let url = sandbox.place("x.safetensors")
        try Safetensors.write(
            tensors: [("b.weight", [7], odd), ("a", [2, 2], [1, 2, 3, 4]), ("none", [3, 0], []), ("one", [], [5])],
            metadata: metadata, to: url)
        let file = try SafetensorsFile(url)
        #expect(file.names == ["a", "b.weight", "none", "one"])
        #expect(file.metadata == metadata)
        #expect(try file.floats(named: "b.weight").map(\.bitPattern) == odd.map(\.bitPattern))
        #expect(try file.shape(of: "a") == [2, 2])
        #expect(try file.floats(named: "a") == [1, 2, 3, 4])
        #expect(try file.floats(named: "one") == [5])
        #expect(file.contains("none") && !file.contains("b"))
        #expect(try file.withBytes(named: "a") { $0.count } == 16)
        #expect(try sandbox.names == ["x.safetensors"])
    }

    @Test("The bytes are as the format says, and the same whatever the order given")
    func bytes() throws {
        let url = sandbox.place("x.safetensors")
        try Safetensors.write(
            tensors: [("b", [1], [1]), ("a", [1, 2], [0.5, -2])], metadata: ["z": "1", "k": "\""], to: url)
        let header =
            #"{"__metadata__":{"k":"\"","z":"1"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#
            + #""b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#
        let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        var expected = Data([UInt8(padded.utf8.count), 0, 0, 0, 0, 0, 0, 0]) + Data(padded.utf8)
        expected += Data([0, 0, 0, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0x80, 0x3F])
        #expect(try Data(contentsOf: url) == expected)

        try Safetensors.write(
            tensors: [("a", [1, 2], [0.5, -2]), ("b", [1], [1])], metadata: ["k": "\"", "z": "1"], to: url)
        #expect(try Data(contentsOf: url) == expected)
    }

    @Test("Tensors that do not fit together are not written")
    func unwritable() throws {
        let url = sandbox.place("x.safetensors")
        let wrong: [[(name: String, shape: [Int], values: [Float])]] = [
            [("a", [2], [1])], [("a", [1], [1]), ("a", [1], [2])], [("__metadata__", [1], [1])], [("a", [-1], [1])],
            [("a", [1 << 32, 1 << 32], [])], [("a", [-1, -1], [1])],
        ]
        for tensors in wrong {
            do throws(StorageError) {
                try Safetensors.write(tensors: tensors, to: url)
                Issue.record("\(tensors) was written")
            } catch {
                guard case .unwritable(url.path, _) = error else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
        #expect(try sandbox.names == [])
    }

    // MARK: Hostile files

    /// A file with this header, its true length, and as many zero bytes of data.
    private func file(_ header: String, data: Int = 0, claiming length: UInt64? = nil) throws -> URL {
        let length = length ?? UInt64(header.utf8.count)
        let prefix = withUnsafeBytes(of: length.littleEndian, Array.init)
        return try sandbox.file("bad.safetensors", prefix + Array(header.utf8) + [UInt8](repeating: 0, count: data))
    }

    private func fault(_ url: URL) -> String? {
        do throws(StorageError) {
            _ = try SafetensorsFile(url)
            return nil
        } catch {
            guard case .malformed(url.path, "safetensors", let fault) = error else { return "another error: \(error)" }
            return fault
        }
    }

    private static func tensor(_ type: String, _ shape: String, _ from: String, _ to: String) -> String {
        #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(from),\#(to)]}"#
    }

    @Test("Sound headers are taken: no tensor, white space, keys in any order, escapes")
    func sound() throws {
        #expect(fault(try file("{}")) == nil)
        #expect(fault(try file("{}   \n ")) == nil)
        #expect(
            fault(try file(#"{ "a" : { "shape":[ 2 , 1 ],"data_offsets":[0, 8],"dtype":"F32" } }"#, data: 8)) == nil)
        let escaped = try SafetensorsFile(
            try file(#"{"__metadata__":{"\u00e9\ud83c\udfb5\/":"\b\f\n\r\t\\\""}}"#))
        #expect(escaped.metadata == ["é🎵/": "\u{8}\u{C}\n\r\t\\\""])
    }

    @Test("Lengths that lie")
    func lengths() throws {
        for bytes in [[], [1], [1, 0, 0, 0, 0, 0, 0]] as [[UInt8]] {
            #expect(fault(try sandbox.file("short", bytes))?.contains("too few") == true)
        }
        #expect(fault(try file("{}", claiming: 3))?.contains("claims") == true)
        #expect(fault(try file("{}", claiming: 100_000_001))?.contains("limit") == true)
        #expect(fault(try file("{}", claiming: .max))?.contains("limit") == true)
        #expect(fault(try file("{}", claiming: 1)) != nil)
        #expect(fault(try file("", claiming: 0)) != nil)
    }

    @Test("Shapes and offsets that lie")
    func layout() throws {
        func one(_ tensor: String, data: Int = 8) throws -> String? {
            fault(try file("{\"a\":\(tensor)}", data: data))
        }
        let tensor = Self.tensor
        #expect(try one(tensor("F32", "[2]", "0", "8")) == nil)
        #expect(try one(tensor("F32", "[3]", "0", "8"))?.contains("needs 12 bytes") == true)
        #expect(try one(tensor("F32", "[4]", "0", "16"))?.contains("cut off") == true)
        #expect(try one(tensor("F32", "[2]", "8", "0"))?.contains("ends before") == true)
        #expect(try one(tensor("F32", "[1152921504606846976]", "0", "8"))?.contains("needs") == true)
        #expect(try one(tensor("F32", "[1152921504606846976,16]", "0", "8"))?.contains("too large") == true)
        #expect(try one(tensor("F32", "[4611686018427387904,4,0]", "0", "0"), data: 0)?.contains("too large") == true)
        #expect(try one(tensor("F32", "[9223372036854775808]", "0", "8"))?.contains("64 bits") == true)
        #expect(try one(tensor("F32", "[2]", "0", "99999999999999999999999"))?.contains("64 bits") == true)
        #expect(try one(tensor("F32", "[-2]", "0", "8"))?.contains("natural") == true)
        #expect(try one(tensor("F32", "[2.0]", "0", "8")) != nil)
        #expect(try one(tensor("F32", "[02]", "0", "8"))?.contains("natural") == true)
        #expect(try one(tensor("F31", "[2]", "0", "8"))?.contains("F31") == true)
        let deep = "[" + Array(repeating: "1", count: 100).joined(separator: ",") + "]"
        #expect(try one(tensor("F32", deep, "0", "4"), data: 4)?.contains("more than 64") == true)
        #expect(try one(tensor("F32", "[1]", "4", "8"))?.contains("hole") == true)
        #expect(try one(tensor("F32", "[1]", "0", "4"))?.contains("belong to no tensor") == true)

        let first = tensor("F32", "[2]", "0", "8")
        let overlapping = tensor("F32", "[2]", "4", "12")
        let apart = tensor("F32", "[1]", "12", "16")
        #expect(fault(try file("{\"a\":\(first),\"b\":\(overlapping)}", data: 12))?.contains("overlaps") == true)
        #expect(fault(try file("{\"a\":\(first),\"b\":\(first)}", data: 8))?.contains("overlaps") == true)
        #expect(fault(try file("{\"a\":\(first),\"b\":\(apart)}", data: 16))?.contains("hole") == true)
        #expect(fault(try file("{\"a\":\(first),\"a\":\(first)}", data: 8))?.contains("twice") == true)
        // Names of any length and make stand in messages as a terminal can bear them.
        let loud = String(repeating: "x", count: 5000)
        let long = fault(try file("{\"\(loud)\":\(first),\"\(loud)\":\(first)}", data: 8))
        #expect(long?.contains("xxx") == true && long?.count ?? .max < 400)
        let escape = fault(try file(#"{"a\u001b[31m":{"dtype":"F99"}}"#))
        #expect(escape?.contains("\\u{1b}[31m") == true && escape?.contains("\u{1b}") == false)
    }

    @Test("Text that is not the format's JSON")
    func json() throws {
        let wrong = [
            " {}", "[]", "{", "{\"a\"}", "{\"a\":1}", "{\"a\":{}}", "{\"a\":[]}", "{}{}", "{},",
            "{\"a\":{\"dtype\":\"F32\"}}",
            "{\"__metadata__\":{\"a\":1}}", "{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}", "{\"__metadata__\":[]}",
            "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "{\"__metadata__\":{},\"__metadata__\":{}}",
            "{\"__metadata__\":{\"a\":\"\\x\"}}", "{\"__metadata__\":{\"a\":\"\\ud800\"}}",
            "{\"__metadata__\":{\"a\":\"\\udc00\"}}", "{\"__metadata__\":{\"a\":\"\\u12g4\"}}",
            "{\"__metadata__\":{\"a\":\"line\nbreak\"}}", "{\"__metadata__\":{\"a\":\"\\",
            "{\"__metadata__\":{\"a\":\"\\u00",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,0,0]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0],\"more\":1}}",
            "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[0,],\"data_offsets\":[0,0]}}",
            String(repeating: "{\"a\":", count: 100_000), "{\"a\":" + String(repeating: "[", count: 100_000),
        ]
        for header in wrong { #expect(fault(try file(header)) != nil, "\(header.prefix(80))") }
        let notUTF8: [UInt8] = Array("{\"__metadata__\":{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}}".utf8)
        let url = try sandbox.file("x", [UInt8(notUTF8.count), 0, 0, 0, 0, 0, 0, 0] + notUTF8)
        #expect(fault(url)?.contains("UTF-8") == true)
    }

    @Test("Every single byte of a sound file changed or cut: an error or a readable file, never a trap")
    func damaged() throws {
        let whole = [UInt8](try #require(Data(base64Encoded: Self.fromPython, options: .ignoreUnknownCharacters)))
        var refused = 0
        for position in whole.indices {
            var bytes = whole
            bytes[position] ^= UInt8(1 << (position % 8))
            let url = try sandbox.file("x", bytes)
            do throws(StorageError) {
                let file = try SafetensorsFile(url)
                for name in file.names { _ = try? file.floats(named: name) }
            } catch {
                refused += 1
            }
            #expect(fault(try sandbox.file("x", Array(whole.prefix(position)))) != nil)
        }
        #expect(refused > 300)
    }
}
