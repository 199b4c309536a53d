import Audio
import Foundation
import Synchronization
import Testing

@testable import Datasets

@Suite struct LeftOutTests {
    private let composed = "caf\u{E9}"
    private let decomposed = "cafe\u{301}"

    private func write(_ url: URL, _ seed: Int) throws {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try WaveFile.write(
            (0..<22_050).map { Float(($0 * (seed + 3)) % 101) / 101 - 0.5 }, sampleRate: 22_050, to: url)
    }

    /// Whether the disk keeps both forms apart, as Linux does.
    private func keepsForms(_ root: URL) -> Bool {
        let contents = try? FolderContents(of: root.path)
        return contents?.entries.count { $0.name == composed } == 2
    }

    @Test func namesThatDifferInFormOnlyAreBothUsed() throws {
        try withTemporaryFolder { root in
            for (number, name) in [
                "pop/\(composed).wav", "pop/\(decomposed).wav", "pop/3.wav", "rock/1.wav", "rock/2.wav",
            ]
            .enumerated() {
                try write(root.appendingPathComponent(name), number)
            }
            let warnings = Mutex<[String]>([])
            let data = try DatasetLoader.open([root], warning: { text in warnings.withLock { $0.append(text) } })
            guard FileManager.default.fileExists(atPath: root.path + "/pop/\(decomposed).wav"),
                data.set.tracks.count > 4
            else { return }
            #expect(data.set.tracks.count == 5)
            #expect(Set(data.set.tracks.map(\.id)).count == 5)
            #expect(Set(data.set.tracks.compactMap(\.soundHash)).count == 5)
            #expect(warnings.withLock { $0.count { $0.contains("composed and with decomposed") } } == 1)
            #expect(try Auditor.audit([root]).tracks == 5)
        }
    }

    @Test func genresThatDifferInFormOnlyAreOne() throws {
        try withTemporaryFolder { root in
            for genre in [composed, decomposed, "rock"] {
                for number in 0..<2 { try write(root.appendingPathComponent("\(genre)/\(number).wav"), number) }
            }
            guard keepsForms(root) else { return }
            var told: [String] = []
            let listing = try GenreFolders.scan([root]) { told.append($0) }
            #expect(listing.genres == [composed, "rock"])
            #expect(listing.files.count == 6 && Set(listing.files.map(\.id)).count == 6)
            #expect(told.contains { $0.contains("2 genre folders are named") })
        }
    }

    @Test func filesOfOtherKindsAreCounted() throws {
        try withTemporaryFolder { root in
            for genre in ["pop", "rock"] { try write(root.appendingPathComponent("\(genre)/1.wav"), 1) }
            for name in ["pop/a.xyz", "pop/b.xyz", "rock/sub/noending", "pop/cover.jpg"] {
                let url = root.appendingPathComponent(name)
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data("x".utf8).write(to: url)
            }
            var told: [String] = []
            _ = try GenreFolders.scan([root]) { told.append($0) }
            #expect(told.count == 1)
            #expect(
                told.first?.hasPrefix("3 files of other kinds were not looked at (2 .xyz, 1 without an ending)") == true
            )
            #expect(try Auditor.audit([root]).otherFiles == 4)
        }
    }

    /// A path beyond what the system takes is made from within, folder by folder.
    @Test func pathsThatAreTooLongAreNamed() throws {
        try withTemporaryFolder { root in
            for genre in ["pop", "rock"] { try write(root.appendingPathComponent("\(genre)/1.wav"), 1) }
            let name = String(repeating: "x", count: 200)
            var folders = [open(root.path + "/pop", O_RDONLY | O_DIRECTORY)]
            for _ in 0..<21 {
                #expect(mkdirat(folders.last!, name, 0o755) == 0)
                folders.append(openat(folders.last!, name, O_RDONLY | O_DIRECTORY))
            }
            close(openat(folders.last!, "deep.wav", O_CREAT | O_WRONLY, 0o644))
            // Nobody else can remove it by its path either.
            defer {
                unlinkat(folders.last!, "deep.wav", 0)
                for folder in folders.dropLast().reversed() { unlinkat(folder, name, AT_REMOVEDIR) }
                for folder in folders { close(folder) }
            }
            let data = try DatasetLoader.open([root])
            #expect(data.set.tracks.count == 2)
            #expect(data.skipped.count == 1)
            #expect(data.skipped.first?.reason.contains("longer than the 4095 bytes") == true)
        }
    }
}
