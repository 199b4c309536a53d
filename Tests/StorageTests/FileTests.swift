import Foundation
import Storage
import Testing

@Suite("Mapped files, atomic writing, hashes")
struct FileTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test("A mapped file shows the file's bytes, also none, and also after the name is gone")
    func mapping() throws {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 * 31) }
        let url = try sandbox.file("x", bytes)
        let file = try MappedFile(url)
        try FileManager.default.removeItem(at: url)
        withExtendedLifetime(file) { #expect(Array(file.bytes) == bytes) }
        #expect(try MappedFile(try sandbox.file("empty", [])).bytes.isEmpty)
    }

    @Test("What is no regular file is refused, and named")
    func refused() throws {
        let missing = sandbox.place("none")
        #expect(throws: StorageError.missing(path: missing.path)) { try MappedFile(missing) }
        #expect(throws: StorageError.missing(path: missing.path + "/x")) {
            try MappedFile(missing.appendingPathComponent("x"))
        }
        #expect(throws: StorageError.notAFile(path: sandbox.folder.path)) { try MappedFile(sandbox.folder) }
        let pipe = sandbox.place("pipe")
        #expect(mkfifo(pipe.path, 0o600) == 0)
        #expect(throws: StorageError.notAFile(path: pipe.path)) { try MappedFile(pipe) }
        #expect(throws: StorageError.notAFile(path: "/dev/zero")) { try MappedFile(URL(fileURLWithPath: "/dev/zero")) }
        #expect(throws: StorageError.notAFile(path: pipe.path)) { try SHA256.hexDigest(ofFile: pipe) }
        #expect(StorageError.missing(path: missing.path).localizedDescription.contains(missing.path))
    }

    @Test("Writing puts all bytes in place, small and large, and leaves nothing beside")
    func writing() throws {
        let url = sandbox.place("x.bin")
        let large = [UInt32](0..<300_000)
        let count = try AtomicFile.write(to: url) { writer in
            try writer.write("head")
            try writer.write(large)
            for i in 0..<200_000 { try writer.write([UInt8(truncatingIfNeeded: i)]) }
            try writer.write(Data([1, 2, 3]))
            return 7
        }
        #expect(count == 7)
        var expected = Data("head".utf8)
        large.withUnsafeBytes { expected.append(contentsOf: $0) }
        expected.append(contentsOf: (0..<200_000).map { UInt8(truncatingIfNeeded: $0) } + [1, 2, 3])
        #expect(try Data(contentsOf: url) == expected)
        try AtomicFile.write("new", to: url)
        #expect(try String(contentsOf: url, encoding: .utf8) == "new")
        try AtomicFile.write(Data(), to: url)
        #expect(try Data(contentsOf: url).isEmpty)
        #expect(try sandbox.names == ["x.bin"])
    }

    @Test("A writer that fails leaves the old file and nothing else")
    func failing() throws {
        struct Stop: Error {}
        let url = try sandbox.file("x", "old")
        #expect(throws: Stop.self) {
            try AtomicFile.write(to: url) { writer in
                try writer.write([UInt8](repeating: 1, count: 1_000_000))
                throw Stop()
            }
        }
        #expect(try String(contentsOf: url, encoding: .utf8) == "old")
        #expect(try sandbox.names == ["x"])
    }

    @Test("While it is written the place holds the old file")
    func oldUntilDone() throws {
        let url = try sandbox.file("x", "old")
        try AtomicFile.write(to: url) { writer in
            try writer.write([UInt8](repeating: 1, count: 1_000_000))
            #expect(try String(contentsOf: url, encoding: .utf8) == "old")
        }
        #expect(try Data(contentsOf: url).count == 1_000_000)
    }

    @Test("Places that cannot be written are refused, and named")
    func unwritable() throws {
        let nowhere = sandbox.place("no/such/x")
        do throws(StorageError) {
            try AtomicFile.write("x", to: nowhere)
            Issue.record("it was written")
        } catch {
            guard case .cannotWrite(nowhere.path, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(throws: StorageError.notAFile(path: sandbox.folder.path)) {
            try AtomicFile.write("x", to: sandbox.folder)
        }
        #expect(throws: StorageError.notAFile(path: "/dev/null")) {
            try AtomicFile.write("x", to: URL(fileURLWithPath: "/dev/null"))
        }
    }

    @Test("Nothing is written through a symbolic link: it gives way, and what it led to stays")
    func symbolicLink() throws {
        let target = try sandbox.file("target", "old")
        let link = sandbox.place("link")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
        try AtomicFile.write("new", to: link)
        #expect(try String(contentsOf: target, encoding: .utf8) == "old")
        #expect(try String(contentsOf: link, encoding: .utf8) == "new")
        #expect(throws: (any Error).self) { try FileManager.default.destinationOfSymbolicLink(atPath: link.path) }
    }

    @Test("A name as long as a folder allows can be written")
    func longName() throws {
        let url = sandbox.place(String(repeating: "ü", count: 125))
        try AtomicFile.write("x", to: url)
        #expect(try sandbox.names.count == 1)
    }

    /// FIPS 180-4's examples, and one million times "a".
    static let digests = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test("SHA-256 of the standard's examples: at once, piece by piece, from a file", arguments: 0..<digests.count)
    func digest(index: Int) throws {
        let (text, digest) = Self.digests[index]
        let data = Data(text.utf8)
        #expect(SHA256.hexDigest(of: data) == digest)
        #expect(try SHA256.hexDigest(ofFile: try sandbox.file("x", text)) == digest)
        var hash = SHA256()
        for start in stride(from: 0, to: data.count, by: 77) { hash.update(data[start..<min(start + 77, data.count)]) }
        let byPieces = hash.hexDigest()
        #expect(byPieces == digest)
    }
}
