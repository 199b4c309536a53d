import Foundation
import Testing

@testable import Storage

@Suite struct ListTests {
    private func lines(_ bytes: [UInt8]) -> [String] {
        var text = ListText(bytes)
        var result: [String] = []
        while let line = text.next() { result.append(line) }
        return result
    }

    @Test func linesOfEveryEncodingAndEnd() throws {
        let wanted = ["a", "", "\u{E9} \u{2019} \u{20AC}", "last"]
        let text = wanted.joined(separator: "\n")
        #expect(lines(Array(text.utf8)) == wanted)
        #expect(lines([0xEF, 0xBB, 0xBF] + text.utf8) == wanted)
        #expect(lines(Array(text.replacingOccurrences(of: "\n", with: "\r\n").utf8)) == wanted)
        #expect(lines(Array(text.replacingOccurrences(of: "\n", with: "\r").utf8)) == wanted)
        for encoding in [String.Encoding.windowsCP1252, .utf16, .utf16LittleEndian, .utf16BigEndian] {
            #expect(lines(Array(try #require(("abcd\n" + text).data(using: encoding)))) == ["abcd"] + wanted)
        }
        #expect(lines([]) == [])
        #expect(lines(Array("a\rb\n".utf8)) == ["a\rb"])
    }

    @Test func listsThatAreNoFilesOrTooLongAreRefused() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lists-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("list.txt").path
        try Data(repeating: 65, count: 3 << 20).write(to: URL(fileURLWithPath: file))
        #expect { try ListText(contentsOf: file, limit: 2 << 20, format: "list") } throws: {
            "\($0)".contains("at most 2 MB")
        }
        let pipe = folder.appendingPathComponent("pipe").path
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: StorageError.notAFile(path: pipe)) { try listBytes(pipe, limit: 10, format: "list") }
    }

    /// Bytes that another program takes away while they are mapped end the program with their file's name.
    @Test func aFileThatIsCutShortIsNamed() async throws {
        let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("cut-\(UUID().uuidString)")
            try Data(repeating: 1, count: 1 << 16).write(to: file)
            CutShortFiles.nameThem()
            let mapped = try MappedFile(file)
            truncate(file.path, 0)
            unlink(file.path)
            let sum = mapped.bytes.reduce(0) { $0 + Int($1) }
            print(sum)
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("/cut-") && text.contains("was cut short while it was read"))
    }

    /// The directory claims what deflate could just make: the claim is refused before memory is taken.
    @Test func anArchiveMadeToFillTheMemoryIsRefused() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("bomb-\(UUID().uuidString).npz")
        defer { try? FileManager.default.removeItem(at: file) }
        let packed = [UInt8](repeating: 0, count: 200_000)
        let name = Array("x.npy".utf8)
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let sizes =
            little(0, 4) + little(packed.count, 4) + little(200_000_000, 4) + little(name.count, 2) + little(0, 2)
        var bytes = little(0x0403_4B50, 4) + little(20, 2) + little(0, 2) + little(8, 2) + little(0, 4) + sizes + name
        bytes += packed
        let directory = bytes.count
        bytes += little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + little(0, 2) + little(8, 2) + little(0, 4)
        bytes += sizes + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(0, 4) + name
        let length = bytes.count - directory
        bytes += little(0x0605_4B50, 4) + little(0, 4) + little(1, 2) + little(1, 2) + little(length, 4)
        bytes += little(directory, 4) + little(0, 2)
        try Data(bytes).write(to: file)
        let archive = try NpzFile(file)
        #expect(archive.names == ["x"])
        #expect { try archive.array("x") } throws: { error in
            "\(error)".contains("to 190 MB, more than 64 times as much") && "\(error)".contains("numpy.savez")
        }
    }
}
