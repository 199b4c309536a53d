import Foundation
import Storage
import Testing

@Suite("Where outputs go: what may be replaced, links, pipes, left-overs")
struct OutputPlaceTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private static let kind = OutputKind("a test's file", firstBytes: 4) { $0.starts(with: Data("mine".utf8)) }

    private func link(_ name: String, to target: URL) throws -> URL {
        let link = sandbox.place(name)
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
        return link
    }

    private func pipe(_ name: String) -> URL {
        #expect(mkfifo(sandbox.place(name).path, 0o600) == 0)
        return sandbox.place(name)
    }

    @Test("An earlier output, an empty file and a free place are taken; another file by request alone")
    func replacing() throws {
        try OutputPlace.check(sandbox.place("new"), Self.kind)
        try OutputPlace.check(try sandbox.file("empty", ""), Self.kind)
        try OutputPlace.check(try sandbox.file("old", "mine, earlier"), Self.kind)
        let song = try sandbox.file("song", "ID3 a song")
        let other = try sandbox.file("other", "a letter")
        #expect(throws: StorageError.taken(paths: [song.path, other.path], kind: "a test's file")) {
            try OutputPlace.check([song, sandbox.place("old"), other]) { _ in Self.kind }
        }
        try OutputPlace.check(song, Self.kind, replacing: true)
        #expect(try String(contentsOf: song, encoding: .utf8) == "ID3 a song")
    }

    @Test("Links, pipes, devices, folders and places without a folder are refused by name")
    func refused() throws {
        let old = try sandbox.file("old", "mine")
        let link = try link("link", to: old)
        let dangling = try self.link("dangling", to: sandbox.place("nowhere"))
        for place in [link, dangling] {
            #expect(throws: StorageError.isLink(path: place.path)) { try OutputPlace.check(place, Self.kind) }
        }
        try OutputPlace.check(link, Self.kind, replacing: true)
        for place in [pipe("pipe"), sandbox.folder, URL(fileURLWithPath: "/dev/null")] {
            for replacing in [false, true] {
                #expect(throws: StorageError.notAFile(path: place.path)) {
                    try OutputPlace.check(place, Self.kind, replacing: replacing)
                }
            }
        }
        let nowhere = sandbox.place("no/such")
        #expect {
            try OutputPlace.check(nowhere, Self.kind)
        } throws: {
            "\($0)".contains("is not there")
        }
        try OutputPlace.check([nowhere], makingFolder: true) { _ in Self.kind }
        #expect(throws: StorageError.self) { try OutputPlace.checkFolder(old.appendingPathComponent("in/a/file")) }
        #expect(throws: StorageError.isLink(path: link.path)) { try OutputPlace.checkInnerFolder(link) }
    }

    @Test("The kinds know their own files, and no others")
    func kinds() throws {
        let page = try sandbox.file(
            "a.html", "<!DOCTYPE html><meta name=\"generator\" content=\"GenreKit, card of a model\"/>")
        #expect(OutputPlace.isEarlier(page, .page(.card)) && !OutputPlace.isEarlier(page, .page(.run)))
        let foreign = try sandbox.file("b.html", "<!DOCTYPE html><p>My diary")
        #expect(!OutputPlace.isEarlier(foreign, .page(.run)))

        let weights = sandbox.place("w.safetensors")
        func write(_ metadata: [String: String], half: Bool = false) throws {
            try Safetensors.write(
                layout: [.init(name: "a", type: half ? .float16 : .float32, shape: [2])], metadata: metadata,
                to: weights
            ) { _, writer in try writer.write([UInt8](repeating: 0, count: half ? 4 : 8)) }
        }
        try write(["format": "pt", "recipe_parameters": "{}"])
        #expect(OutputPlace.isEarlier(weights, .weights) && !OutputPlace.isEarlier(weights, .halfModel))
        try write(["format": "pt"])
        #expect(!OutputPlace.isEarlier(weights, .weights))
        try write(["format": "genrekit"], half: true)
        #expect(OutputPlace.isEarlier(weights, .halfModel))
        // A training's model is no export.
        try write(["format": "genrekit", "card": "{\"configuration\":{}}"])
        for kind in [OutputKind.halfModel, .weights, .importedModel] { #expect(!OutputPlace.isEarlier(weights, kind)) }

        let array = sandbox.place("v.npy")
        try NpyWriter.write([1, 2], shape: [1, 2], to: array)
        #expect(!OutputPlace.isEarlier(array, .vectorArray))
        let names = try sandbox.file("v.json", #"{"model":"m","per":"track","rows":[{"file":"x"}],"size":2}"#)
        #expect(OutputPlace.isEarlier(array, .vectorArray) && OutputPlace.isEarlier(names, .vectorNames))
        #expect(!OutputPlace.isEarlier(names, .vectorObject))
        for kind in [OutputKind.svg, .png, .onnx, .vectorNames, .vectorObject, .reproductionResults] {
            #expect(!OutputPlace.isEarlier(try sandbox.file("x", "{\"rows\":[]}"), kind))
        }
    }

    @Test("Hidden parts of killed writers go with the next writer of the name; a living writer's and other files stay")
    func leftovers() throws {
        let url = sandbox.place("model.onnx")
        try sandbox.file(".model.onnx.0abc123defghi.part", "half")
        for name in [".other.onnx.0abc123defghi.part", ".model.onnx.ABC.part", ".model.onnx.part", ".film.part"] {
            try sandbox.file(name, "not ours to remove")
        }
        try AtomicFile.write(to: url) { writer in
            try writer.write("living")
            // Another one ends first; this one's part stays.
            try AtomicFile.write("second", to: url)
            AtomicFile.removeLeftovers(in: sandbox.folder)
        }
        #expect(try String(contentsOf: url, encoding: .utf8) == "living")
        #expect(try sandbox.names == [".film.part", ".model.onnx.ABC.part", ".model.onnx.part", "model.onnx"])
        try sandbox.file(".model.onnx.zz.part", "half")
        try OutputPlace.check(url, Self.kind, replacing: true)
        #expect(try !sandbox.names.contains(".model.onnx.zz.part"))
    }

    @Test("Lines are added to regular files only, never through a link or to a pipe")
    func appending() throws {
        let log = sandbox.place("log")
        try AppendedFile.append(Data("a\n".utf8), to: log)
        try AppendedFile.append(Data("b\n".utf8), to: log)
        #expect(try String(contentsOf: log, encoding: .utf8) == "a\nb\n")
        let link = try link("link", to: log)
        #expect(throws: StorageError.isLink(path: link.path)) { try AppendedFile.append(Data("c".utf8), to: link) }
        let pipe = pipe("pipe")
        #expect(throws: StorageError.notAFile(path: pipe.path)) { try AppendedFile.append(Data("c".utf8), to: pipe) }
        #expect(try String(contentsOf: log, encoding: .utf8) == "a\nb\n")
    }

    @Test("Whole files are read within a limit; a pipe or a device never waits")
    func reading() throws {
        let file = try sandbox.file("x", "abcdef")
        #expect(try WholeFile.read(file, atMost: 6) == Data("abcdef".utf8))
        #expect(try WholeFile.beginning(of: file, count: 2) == Data("ab".utf8))
        #expect(throws: StorageError.tooLarge(path: file.path, bytes: 6, limit: 5)) {
            try WholeFile.read(file, atMost: 5)
        }
        for place in [pipe("pipe"), sandbox.folder, URL(fileURLWithPath: "/dev/zero")] {
            #expect(throws: StorageError.notAFile(path: place.path)) { try WholeFile.read(place, atMost: 10) }
        }
    }

    @Test("A lock is no link and no pipe")
    func locks() throws {
        let target = try sandbox.file("target", "")
        let link = try link(".lock", to: target)
        #expect(throws: StorageError.isLink(path: link.path)) { _ = try FolderLock(ifFree: sandbox.folder) }
        try FileManager.default.removeItem(at: link)
        let pipe = pipe(".lock")
        #expect(throws: StorageError.notAFile(path: pipe.path)) { _ = try FolderLock(ifFree: sandbox.folder) }
    }

    @Test("Temporary folders are new, and this user's alone")
    func temporaryFolders() throws {
        let folders = try (0..<2).map { _ in try TemporaryPlace.makeFolder("genrekit-test") }
        defer { for folder in folders { try? FileManager.default.removeItem(at: folder) } }
        #expect(folders[0].path != folders[1].path)
        var status = stat()
        #expect(stat(folders[0].path, &status) == 0 && status.st_mode & 0o777 == 0o700)
    }

    @Test("The advice fits the fault")
    func advice() {
        #expect(WriteAdvice.words(for: String(cString: strerror(EACCES))).contains("permissions"))
        #expect(!WriteAdvice.words(for: String(cString: strerror(EACCES))).contains("space"))
        #expect(WriteAdvice.words(for: String(cString: strerror(ENOSPC))).contains("space"))
    }
}

@Suite("Tables as text")
struct DelimitedTextTests {
    private static let fields = [
        "plain", "", "a,b", "tab\there", "say \"yes\"", "\"\u{301}", "two\nlines", "cr\rlf\r\n", " space ",
        "'apostrophe",
        "\u{1B}[31m", "\u{92}\u{7F}", "\u{202E}gpj", "e\u{301}", "\u{E9}", "日本", "😀", "\u{2028}",
    ]

    @Test("What is written comes back byte for byte", arguments: [UInt8(ascii: ","), UInt8(ascii: "\t")])
    func roundTrip(delimiter: UInt8) throws {
        for trimming in [false, true] {
            let text = (0..<3).map { _ in DelimitedText.row(Self.fields, delimiter: delimiter) + "\n" }.joined()
            var rows: [DelimitedText.Row] = []
            try DelimitedText.read(Array(text.utf8), delimiter: delimiter, trimmingSpaces: trimming) { rows.append($0) }
            #expect(rows.count == 3 && rows.last?.end == text.utf8.count)
            for row in rows {
                #expect(row.isWhole && row.fields.map { Array($0.utf8) } == Self.fields.map { Array($0.utf8) })
            }
        }
    }

    @Test("What breaks the rules is told by line and place")
    func faults() throws {
        func fault(_ text: String) -> (DelimitedText.Fault?, [DelimitedText.Row]) {
            var rows: [DelimitedText.Row] = []
            do throws(DelimitedText.Fault) {
                try DelimitedText.read(Array(text.utf8), delimiter: UInt8(ascii: ",")) { rows.append($0) }
                return (nil, rows)
            } catch { return (error, rows) }
        }
        let open = fault("a,b\nc,\"d\ne")
        #expect(open.0 == .init(line: 2, problem: .openQuote, start: 4) && open.1.map(\.end) == [4])
        #expect(fault("a\n\"b\"c\n").0 == .init(line: 2, problem: .textAfterQuote, start: 2))
        let cut = fault("a,b\r\nc,d")
        #expect(cut.1.map(\.isWhole) == [true, false] && cut.1.map(\.end) == [5, 8])
    }
}
