import Foundation
import Prediction
import Synchronization
import Testing

@Suite struct AudioInputsTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("inputs-tests-\(UUID().uuidString)")
        for path in ["b/c/three.mp3", "b/two.flac", "a.wav", "notes.txt", ".hidden.wav"] {
            let url = folder.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        try FileManager.default.createSymbolicLink(
            at: folder.appendingPathComponent("b/loop"), withDestinationURL: folder)
    }

    @Test func foldersAreWalkedInOrderAndLinksBackEnd() {
        let inputs = Array(AudioInputs([folder.path]) { _ in Issue.record("no warning is due") })
        #expect(inputs.map(\.key) == ["a.wav", "b/c/three.mp3", "b/two.flac"])
        #expect(inputs[0].name == folder.path + "/a.wav")
    }

    /// Root may read any folder.
    @Test(.enabled(if: geteuid() != 0)) func aFolderThatCannotBeReadComesAsAFile() throws {
        let closed = folder.path + "/b/c"
        #expect(chmod(closed, 0) == 0)
        defer { chmod(closed, 0o755) }
        let inputs = Array(AudioInputs([folder.path]) { _ in })
        #expect(inputs.map(\.key) == ["a.wav", "b/c", "b/two.flac"])
    }

    @Test func filesOfAnyNameComeAsTheyAreGiven() {
        let inputs = Array(AudioInputs(["nowhere.mp3", folder.path + "/notes.txt"]) { _ in })
        #expect(inputs.map(\.name) == ["nowhere.mp3", folder.path + "/notes.txt"])
    }

    @Test func playlistsNameFilesBesideThem() throws {
        let list = folder.appendingPathComponent("list.m3u8")
        try Data("\u{FEFF}#EXTM3U\r\n#EXTINF:1,x\r\na.wav\r\n\r\n/abs/x.ogg\r\nhttps://example.org/s\r\n".utf8).write(
            to: list)
        let warnings = Mutex<[String]>([])
        let inputs = Array(AudioInputs([list.path]) { text in warnings.withLock { $0.append(text) } })
        #expect(inputs.prefix(2).map(\.url.path) == [folder.path + "/a.wav", "/abs/x.ogg"])
        // What cannot be heard is one of the files, and says why.
        #expect(inputs.count == 3 && inputs[2].name == "https://example.org/s")
        #expect(inputs.map { $0.fault?.contains("network") } == [nil, nil, true])
        #expect { try inputs[2].check() } throws: { "\($0)".contains("https://example.org/s: is on the network") }
        #expect(warnings.withLock { $0.isEmpty })
        let pls = folder.appendingPathComponent("list.pls")
        try Data("[playlist]\nFile1= b/two.flac \nTitle1=x\nNumberOfEntries=1\n".utf8).write(to: pls)
        #expect(Array(AudioInputs([pls.path]) { _ in }).map(\.url.path) == [folder.path + "/b/two.flac"])
        #expect(Array(AudioInputs([folder.path + "/none.m3u"]) { _ in }).map(\.name) == [folder.path + "/none.m3u"])
    }

    @Test(arguments: [String.Encoding.utf8, .isoLatin1, .utf16]) func playlistsAreOfAnyEncoding(
        encoding: String.Encoding
    ) throws {
        let list = folder.appendingPathComponent("old.m3u")
        try #require("#EXTM3U\r\ngr\u{FC}n.mp3\r\n".data(using: encoding)).write(to: list)
        #expect(Array(AudioInputs([list.path]) { _ in }).map(\.name) == [folder.path + "/gr\u{FC}n.mp3"])
    }

    @Test func shardsPartTheFilesWhereverTheyLie() throws {
        let inputs = (0..<1000).map { AudioInputs.Input(url: folder, name: "/x/\($0)", key: "song \($0).mp3") }
        let shards = try (1...4).map { try #require(Shard("\($0)/4")) }
        let counts = shards.map { shard in inputs.filter { shard.contains($0) }.count }
        #expect(counts.reduce(0, +) == inputs.count)
        #expect(counts.allSatisfy { (200...300).contains($0) })
        for bad in ["0/4", "5/4", "1", "a/b", "1/0", "1/2/3", ""] { #expect(Shard(bad) == nil) }
    }
}
