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

    private func names(
        _ list: String, _ bytes: [UInt8], warning: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> [String] {
        let url = folder.appendingPathComponent(list)
        try Data(bytes).write(to: url)
        return Array(AudioInputs([url.path], warning: warning)).map { String($0.name.dropFirst(folder.path.count + 1)) }
    }

    @Test func playlistsOfWindowsAreRead() throws {
        let curly = "That\u{2019}s \u{20AC}5 \u{2013} \u{153}uvre.mp3"
        try Data().write(to: folder.appendingPathComponent(curly))
        let latin = "That\u{92}s \u{80}5 \u{96} \u{9C}uvre.mp3\r\n".unicodeScalars.map { UInt8($0.value) }
        #expect(try names("cp1252.m3u", latin) == [curly])
        let paths = "b\\two.flac\r\nC:\\Music\\b\\c\\three.mp3\r\n\\\\server\\share\\a.wav\r\nC:\\none.mp3\r\n"
        #expect(
            try names("windows.m3u8", Array(paths.utf8)) == ["b/two.flac", "b/c/three.mp3", "a.wav", "C:\\none.mp3"])
        #expect(try names("url.m3u", Array("file:///\(folder.path)/b/%74wo.flac\r".utf8)) == ["/b/two.flac"])
        #expect(try names("old.m3u", Array("a.wav\rb/two.flac\r".utf8)) == ["a.wav", "b/two.flac"])
    }

    @Test func theOtherUnicodeFormIsFound() throws {
        try Data().write(to: folder.appendingPathComponent("cafe\u{301}.mp3"))
        let found = try names("nfc.m3u8", Array("caf\u{E9}.mp3\n".utf8))
        #expect(found.map { Array($0.utf8) } == [Array("cafe\u{301}.mp3".utf8)])
    }

    @Test(.timeLimit(.minutes(1))) func playlistsThatNameEachOtherEnd() throws {
        let warnings = Mutex<[String]>([])
        try Data("one.m3u\nb/two.flac\ntwo.m3u\n".utf8).write(to: folder.appendingPathComponent("two.m3u"))
        let found = try names("one.m3u", Array("one.m3u\na.wav\ntwo.m3u\nb/c/three.mp3\n".utf8)) { text in
            warnings.withLock { $0.append(text) }
        }
        #expect(found == ["a.wav", "b/two.flac", "b/c/three.mp3"])
        #expect(warnings.withLock { $0.count } == 1)
        #expect(warnings.withLock { $0.first?.hasPrefix("3 playlist entries") } == true)
    }

    @Test(.timeLimit(.minutes(1))) func listsThatNameNothingSaySo() throws {
        let warnings = Mutex<[String]>([])
        #expect(try names("empty.m3u", []) { text in warnings.withLock { $0.append(text) } } == [])
        #expect(warnings.withLock { $0.first?.hasSuffix("empty.m3u names no file") } == true)
        let pipe = folder.path + "/pipe.m3u"
        #expect(mkfifo(pipe, 0o600) == 0)
        let inputs = Array(AudioInputs([pipe, folder.path + "/x.cue", folder.path + "/x.xspf"]) { _ in })
        #expect(inputs[0].fault?.contains("not a regular file") == true)
        #expect(inputs[1].fault?.contains("cue sheet") == true)
        #expect(inputs[2].fault?.contains("playlist of a kind that is not read") == true)
    }

    @Test func filesOfOtherKindsAreCounted() throws {
        for name in ["x.xyz", "b/y.xyz", "b/c/noending", "b/cover.jpg"] {
            try Data().write(to: folder.appendingPathComponent(name))
        }
        let warnings = Mutex<[String]>([])
        #expect(Array(AudioInputs([folder.path]) { text in warnings.withLock { $0.append(text) } }).count == 3)
        #expect(warnings.withLock { $0.count } == 1)
        #expect(
            warnings.withLock { $0.first?.hasPrefix("3 files of other kinds were not looked at (2 .xyz, 1 without") }
                == true)
    }
}
