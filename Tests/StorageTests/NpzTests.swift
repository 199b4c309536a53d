import Foundation
import Testing

@testable import Storage

/// What numpy 2.4.6 wrote (Tools/make_array_fixtures.py), as base64.
private enum Written {
    static let deflated = """
        UEsDBC0AAAAIAAAAIQBErVeC//////////8HABQAbWVsLm5weQEAEACYAAAAAAAAAGEAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgXlNq
        qK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKxjoKJpo6CrUK5AEuBkYmZhZWNnYOTi5uHl4+fgFBIWERUTFxAFBLAwQtAAAA
        CAAAACEAs8GCDP//////////CAAUAGhhbGYubnB5AQAQAIQAAAAAAAAASAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2akrqOgnpZf
        VFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOpo6CrUKFAAuBjuGAwBQSwMELQAAAAgAAAAhAOEIPun//////////woAFABzaW5nbGUubnB5
        AQAQAIgAAAAAAAAATwAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgqG
        mjoKtQpkA66zZ87YMjA4HAAAUEsDBC0AAAAIAAAAIQDBhf0M//////////8KABQAZG91YmxlLm5weQEAEACIAAAAAAAAAE0AAAAAAAAAm+wX
        6hsQychQxlCtnpJanFykbqWgbpNmoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkahjqaOgq1ChQArj8rP17yTQqwBwBQSwMELQAA
        AAgAAAAhAApAfo7//////////wkAFABsYWJlbC5ucHkBABAAmAAAAAAAAABMAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Ce
        ll9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6mjoKtQoUAC4GKPgPBZxQPgBQSwMELQAAAAgAAAAhAPzGXx3//////////wkAFAB0cmFj
        ay5ucHkBABAABAEAAAAAAABsAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG4TamiorqOgnpZfVFKUmBefX5SSCpJwS8wpTgWKF2ckFqQC
        +RrGOpo6CrUK5AOuJAYGhhwgLgXiVCAuBmI9IDbAgnOB+CUQlwBxIlQfLrD9MyMeWVQAAFBLAwQtAAAACAAAACEAtjXx1///////////CAAU
        AG5hbWUubnB5AQAQAIQAAAAAAAAASAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBeE2ykrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ck
        FqQC+RpGOpo6CrUKFACuxKRkBgBQSwMELQAAAAgAAAAhALo0LnP//////////wgAFABmbGFnLm5weQEAEACBAAAAAAAAAEUAAAAAAAAAm+wX
        6hsQychQxlCtnpJanFykbqWgXpNkqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkahjqaOgq1ChQALkYAUEsBAi0DLQAAAAgAAAAh
        AEStV4JhAAAAmAAAAAcAAAAAAAAAAAAAAIABAAAAAG1lbC5ucHlQSwECLQMtAAAACAAAACEAs8GCDEgAAACEAAAACAAAAAAAAAAAAAAAgAGa
        AAAAaGFsZi5ucHlQSwECLQMtAAAACAAAACEA4Qg+6U8AAACIAAAACgAAAAAAAAAAAAAAgAEcAQAAc2luZ2xlLm5weVBLAQItAy0AAAAIAAAA
        IQDBhf0MTQAAAIgAAAAKAAAAAAAAAAAAAACAAacBAABkb3VibGUubnB5UEsBAi0DLQAAAAgAAAAhAApAfo5MAAAAmAAAAAkAAAAAAAAAAAAA
        AIABMAIAAGxhYmVsLm5weVBLAQItAy0AAAAIAAAAIQD8xl8dbAAAAAQBAAAJAAAAAAAAAAAAAACAAbcCAAB0cmFjay5ucHlQSwECLQMtAAAA
        CAAAACEAtjXx10gAAACEAAAACAAAAAAAAAAAAAAAgAFeAwAAbmFtZS5ucHlQSwECLQMtAAAACAAAACEAujQuc0UAAACBAAAACAAAAAAAAAAA
        AAAAgAHgAwAAZmxhZy5ucHlQSwUGAAAAAAgACAC1AQAAXwQAAAAA
        """
    static let stored = """
        UEsDBC0AAAAAAAAAIQBErVeC//////////8HABQAbWVsLm5weQEAEACYAAAAAAAAAJgAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnfHUx
        JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMsIDQpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg
        ICAgICAgICAgICAgICAgICAgICAgIAoAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhdQSwMELQAAAAAAAAAhAApAfo7//////////wkAFABsYWJl
        bC5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxpOCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFw
        ZSc6ICgzLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAAAAD/
        /////////wkAAAAAAAAAUEsBAi0DLQAAAAAAAAAhAEStV4KYAAAAmAAAAAcAAAAAAAAAAAAAAIABAAAAAG1lbC5ucHlQSwECLQMtAAAAAAAA
        ACEACkB+jpgAAACYAAAACQAAAAAAAAAAAAAAgAHRAAAAbGFiZWwubnB5UEsFBgAAAAACAAIAbAAAAKQBAAAAAA==
        """
    static let fortran = """
        k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCksIH0gICAgICAgICAg
        ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoADAQQCBQBDQURCRUCDgYSChYDDwcTCxc=
        """
    static let bigEndian = """
        k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAg
        ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/gAAAQAAAAA==
        """
    static let objects = """
        k05VTVBZAQB2AHsnZGVzY3InOiAnfE8nLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwpLCB9ICAgICAgICAgICAgICAg
        ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqABJWLAAAAAAAAAIwWbnVtcHkuX2NvcmUubXVsdGlhcnJh
        eZSMDF9yZWNvbnN0cnVjdJSTlIwFbnVtcHmUjAduZGFycmF5lJOUSwCFlEMBYpSHlFKUKEsBSwGFlGgDjAVkdHlwZZSTlIwCTziUiYiHlFKU
        KEsDjAF8lE5OTkr/////Sv////9LP3SUYoldlH2UYXSUYi4=
        """
    static let structured = """
        k05VTVBZAQB2AHsnZGVzY3InOiBbKCdhJywgJzxpNCcpLCAoJ2InLCAnPGY0JyldLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUn
        OiAoMSwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAAAAAAAQA==
        """
    static let complex = """
        k05VTVBZAQB2AHsnZGVzY3InOiAnPGMxNicsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgxLCksIH0gICAgICAgICAgICAg
        ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAPA/
        """

    static func bytes(_ text: String) throws -> [UInt8] {
        [UInt8](try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters)))
    }
}

@Suite struct NpyTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func open(_ bytes: [UInt8]) throws -> NpyArray { try NpyArray(contentsOf: sandbox.file("x.npy", bytes)) }

    /// A file of that header and so many bytes of data.
    private func file(_ header: String, data: [UInt8], version: UInt8 = 1) -> [UInt8] {
        let length = UInt8(header.utf8.count)
        return [0x93] + Array("NUMPY".utf8) + [version, 0, length, 0] + (version == 1 ? [] : [0, 0])
            + Array(header.utf8) + data
    }

    private func expectFault(_ bytes: [UInt8], _ words: String? = nil, _ comment: Comment? = nil) {
        #expect(comment) {
            _ = try open(bytes)
        } throws: { error in
            guard case StorageError.malformed(let path, "npy", let fault) = error else { return false }
            return path.hasSuffix("x.npy") && words.map(fault.contains) ?? true
        }
    }

    @Test func headersOfEveryVersion() throws {
        for version: UInt8 in 1...3 {
            let array = try open(
                file(
                    "{\"shape\":(2, 3,), 'descr' : '|u1' , 'fortran_order': False}\n", data: [1, 2, 3, 4, 5, 6],
                    version: version))
            #expect(array.shape == [2, 3] && array.element == .uint8 && array.count == 6)
            #expect(array.integers() == [1, 2, 3, 4, 5, 6])
        }
        let single = try open(file("{'descr': '<i2', 'fortran_order': True, 'shape': (), }", data: [0xFE, 0xFF]))
        #expect(single.shape == [] && single.integers() == [-2])
        let none = try open(file("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 5), }", data: []))
        #expect(none.count == 0)
    }

    @Test func whatIsOfNoUseIsNamed() throws {
        expectFault(try Written.bytes(Written.fortran), "Fortran order")
        expectFault(try Written.bytes(Written.bigEndian), "'>f4'")
        expectFault(try Written.bytes(Written.objects), "Python objects")
        expectFault(try Written.bytes(Written.structured), "structured")
        expectFault(try Written.bytes(Written.complex), "'<c16'")
        expectFault([], "magic")
        expectFault(Array("PK not numpy's".utf8), "magic")
        expectFault(file("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", data: [1], version: 9), "version 9")
    }

    @Test func damagedHeaders() throws {
        for header in [
            "", "{", "[]", "{'descr': '|u1', 'fortran_order': False}", "{'descr': '|u1', 'shape': (1,)}",
            "{'descr': '|u1', 'fortran_order': Maybe, 'shape': (1,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} more",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1 1)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}", "{'descr': '|u1",
        ] { expectFault(file(header, data: [1]), "header", "\(header)") }
        expectFault(file("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': 1}", data: [1]), "key 'x'")
        for descr in ["<U0", "<U99999999999", "|S-1", "<f3", "f4", "<", "=f4"] {
            expectFault(
                file("{'descr': '\(descr)', 'fortran_order': False, 'shape': (1,)}", data: [1]), "'\(descr)'",
                "\(descr)")
        }
    }

    @Test func sizesThatLie() throws {
        let most = Int.max
        for (shape, words) in [
            ("(2,)", "needs 2 bytes, and 1"), ("(0,)", "needs 0 bytes, and 1"), ("(\(most), 2)", "impossible"),
            ("(\(most),)", "needs \(most) bytes"),
        ] {
            expectFault(file("{'descr': '|u1', 'fortran_order': False, 'shape': \(shape)}", data: [1]), words)
        }
        var long = file("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", data: [1], version: 2)
        long.replaceSubrange(8..<12, with: [0xFF, 0xFF, 0xFF, 0xFF])
        expectFault(long, "header of 4294967295 bytes")
        long = file("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", data: [1])
        for count in 0..<long.count { expectFault(Array(long.prefix(count))) }
    }

    @Test func textsAndNumbersOfOtherKinds() throws {
        let header = "{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}"
        #expect(try open(file(header, data: [0, 0xD8, 0, 0])).texts() == nil, "half a surrogate pair")
        #expect(try open(file(header, data: [0, 0, 0, 0])).texts() == [""])
        let bytes = try open(file("{'descr': '|S2', 'fortran_order': False, 'shape': (1,)}", data: [0xC3, 0x28]))
        #expect(bytes.texts() == nil && bytes.integers() == nil)
        let large = [UInt8](repeating: 0xFF, count: 8)
        #expect(
            try open(file("{'descr': '<u8', 'fortran_order': False, 'shape': (1,)}", data: large)).integers() == nil)
        #expect(
            try open(file("{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}", data: large)).integers() == [-1])
    }
}

@Suite struct NpzTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func file(_ bytes: [UInt8]) throws -> NpzFile { try NpzFile(sandbox.file("x.npz", bytes)) }

    /// Opens the archive and all its arrays.
    private func readAll(_ bytes: [UInt8]) throws {
        let archive = try file(bytes)
        for name in archive.names { _ = try archive.array(name) }
    }

    private func expectFault(_ bytes: [UInt8], _ words: String? = nil) {
        #expect {
            try readAll(bytes)
        } throws: { error in
            guard case StorageError.malformed(let path, "npz", let fault) = error else { return false }
            return path.hasSuffix("x.npz") && words.map(fault.contains) ?? true
        }
    }

    @Test func deflatedAndStored() throws {
        let archive = try file(Written.bytes(Written.deflated))
        #expect(archive.names == ["double", "flag", "half", "label", "mel", "name", "single", "track"])
        let mel = try archive.array("mel")
        #expect(mel.shape == [2, 3, 4] && mel.element == .uint8)
        #expect(mel.withBytes { Array($0) } == Array(0..<24))
        #expect(try archive.array("half").withBytes { Array($0) } == [0, 0x3E, 0, 0xC0])
        #expect(try archive.array("single").withBytes { $0.load(as: Float.self) } == 0.1)
        #expect(try archive.array("double").element == .float64)
        #expect(try archive.array("label").integers() == [0, -1, 9])
        #expect(try archive.array("track").texts() == ["blues.00000", "métal", "🎷"])
        #expect(try archive.array("name").texts() == ["ab", "c"])
        #expect(try archive.array("flag").element == .bool)
        #expect(throws: StorageError.noSuchTensor(path: archive.url.path, name: "none")) {
            try archive.array("none")
        }
        let stored = try file(Written.bytes(Written.stored))
        #expect(try stored.array("mel").withBytes { Array($0) } == Array(0..<24))
        #expect(try stored.array("label").integers() == [0, -1, 9])
    }

    /// Where a member's entry in the directory starts.
    private func entry(_ bytes: [UInt8]) throws -> Int {
        try #require(bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    }

    private func changed(_ bytes: [UInt8], at place: Int, to new: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes.replaceSubrange(place..<(place + new.count), with: new)
        return bytes
    }

    @Test func checksumsAndSizesThatLie() throws {
        for text in [Written.deflated, Written.stored] {
            let good = try Written.bytes(text)
            let entry = try entry(good)
            expectFault(changed(good, at: entry + 16, to: [1, 2, 3, 4]), "checksum")
            expectFault(changed(good, at: entry + 8, to: [1, 0]), "encrypted")
            expectFault(changed(good, at: entry + 10, to: [12, 0]), "method 12")
            expectFault(changed(good, at: entry + 42, to: [0xF0, 0xFF, 0xFF, 0x7F]), "cut off")
            expectFault(changed(good, at: entry + 42, to: [1, 0, 0, 0]), "header of 'mel' is damaged")
            expectFault(changed(good, at: entry + 20, to: [0xF0, 0xFF, 0xFF, 0x7F]), "beyond the end")
            expectFault(changed(good, at: entry + 20, to: [0xFF, 0xFF, 0xFF, 0xFF]), "beyond the end")
        }
        let deflated = try Written.bytes(Written.deflated)
        let entry = try entry(deflated)
        expectFault(changed(deflated, at: entry + 24, to: [0xF0, 0xFF, 0xFF, 0x7F]), "more than deflate can make")
        for size: UInt8 in [151, 153] {
            expectFault(changed(deflated, at: entry + 24, to: [size, 0, 0, 0]), "cannot be inflated")
        }
        // The first bytes of the deflated stream, after a header of 30, the name and 20 extra bytes.
        expectFault(changed(deflated, at: 57, to: [0xFF, 0xFF]), "cannot be inflated")
        let stored = try Written.bytes(Written.stored)
        expectFault(changed(stored, at: try self.entry(stored) + 24, to: [9, 0, 0, 0]), "sizes differ")
    }

    @Test func directoriesThatLie() throws {
        let good = try Written.bytes(Written.stored)
        let end = good.count - 22
        expectFault(changed(good, at: end + 10, to: [9, 0]))
        expectFault(changed(good, at: end + 10, to: [0xFF, 0x7F]), "claims 32767 members")
        expectFault(changed(good, at: end + 10, to: [0xFF, 0xFF]), "ZIP64")
        expectFault(changed(good, at: end + 16, to: [0, 0, 0, 0]), "directory is damaged")
        expectFault(changed(good, at: end + 16, to: [0xF0, 0xFF, 0xFF, 0x7F]), "cut off")
        expectFault(changed(good, at: end + 20, to: [7, 0]), "no zip directory")
        expectFault([], "no zip directory")
        expectFault(Array("text".utf8), "no zip directory")
        let name = try entry(good) + 46
        // The other member is called 'label': a second one of that name.
        let second = try #require(
            good.indices.first { $0 > name && good[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
        var twice = good
        twice.replaceSubrange((second + 46)..<(second + 55), with: Array("xxmel.npy".utf8))
        #expect(try file(twice).names == ["mel", "xxmel"])
        expectFault(changed(good, at: name, to: [0xFF]), "no text")
        #expect(try file(changed(good, at: name + 4, to: Array("txt".utf8))).names == ["label"])
    }

    @Test func everyShortenedFileIsRefused() throws {
        for text in [Written.deflated, Written.stored] {
            let good = try Written.bytes(text)
            for count in 0..<good.count { expectFault(Array(good.prefix(count))) }
        }
    }

    /// Any byte may be wrong: an error or other values, but no trap.
    @Test func anyByteMayBeWrong() throws {
        for text in [Written.deflated, Written.stored] {
            let good = try Written.bytes(text)
            var refused = 0
            for place in good.indices {
                do { try readAll(changed(good, at: place, to: [good[place] ^ 0x81])) } catch is StorageError {
                    refused += 1
                }
            }
            #expect(refused > good.count / 3)
        }
    }
}
