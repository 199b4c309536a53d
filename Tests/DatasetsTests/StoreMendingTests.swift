import Audio
import Features
import Foundation
import Synchronization
import Testing

@testable import Datasets

@Suite struct StoreMendingTests {
    private func makeMusic(_ root: URL) throws -> URL {
        let music = root.appendingPathComponent("music")
        for (number, name) in ["pop/1", "pop/2", "rock/1", "rock/2"].enumerated() {
            let url = music.appendingPathComponent("\(name).wav")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try WaveFile.write(
                (0..<44_100).map { Float(($0 * (number + 3)) % 101) / 101 - 0.5 }, sampleRate: 22_050, to: url)
        }
        return music
    }

    /// Changes one stored value, to another that is finite.
    private func damage(_ chunk: URL) throws {
        var data = try Data(contentsOf: chunk)
        data[data.count - 2] ^= 0x01
        try data.write(to: chunk)
    }

    @Test func changedValuesAreMadeAnew() throws {
        try withTemporaryFolder { root in
            let music = try makeMusic(root)
            let store = root.appendingPathComponent("store")
            let first = try DatasetLoader.makeStore([music], at: store, StoreSettings())
            #expect(first.computed == 4)
            let chunk = store.appendingPathComponent("chunk-00000.safetensors")
            let whole = try Data(contentsOf: chunk)
            try damage(chunk)
            // Whoever reads the store is told, and not given the values.
            #expect { try DatasetLoader.open([store]) } throws: { error in
                "\(error)".contains("'rock/2.wav'") && "\(error)".contains("not those that were written")
            }
            let warnings = Mutex<[String]>([])
            let again = try DatasetLoader.makeStore(
                [music], at: store, StoreSettings(), warning: { text in warnings.withLock { $0.append(text) } })
            #expect(again.computed == 1 && again.reused == 3)
            #expect(warnings.withLock { $0 }.count == 1)
            #expect(warnings.withLock { $0 }.first?.contains("the features of 'rock/2.wav' are damaged") == true)
            #expect(try Data(contentsOf: chunk) == whole)
            #expect(try DatasetLoader.open([store]).set.tracks.count == 4)
            #expect(try DatasetLoader.makeStore([music], at: store, StoreSettings()).computed == 0)
        }
    }

    @Test func theCacheMendsItself() throws {
        try withTemporaryFolder { root in
            let music = try makeMusic(root)
            let cache = FeatureCache(folder: root.appendingPathComponent("cache"))
            let options = DatasetOptions(cache: cache)
            let hash = try DatasetLoader.open([music], options).set.contentHash
            let entry = try #require(try FileManager.default.contentsOfDirectory(atPath: cache.folder.path).first)
            try damage(cache.folder.appendingPathComponent("\(entry)/chunk-00000.safetensors"))
            let warnings = Mutex<[String]>([])
            let data = try DatasetLoader.open(
                [music], options, warning: { text in warnings.withLock { $0.append(text) } })
            #expect(warnings.withLock { $0 }.contains { $0.contains("made anew") })
            #expect(data.set.contentHash == hash)
            try DatasetLoader.makeStore([music], at: cache.folder.appendingPathComponent(entry), StoreSettings()).store
                .verify()
        }
    }

    /// A file where the cache's folder should be stands for every place that cannot be written to, for root too.
    @Test func aCacheThatCannotBeWrittenIsAWarning() throws {
        try withTemporaryFolder { root in
            let music = try makeMusic(root)
            let place = root.appendingPathComponent("file")
            try Data("x".utf8).write(to: place)
            let cache = FeatureCache(folder: place.appendingPathComponent("features"))
            let warnings = Mutex<[String]>([])
            let data = try DatasetLoader.open(
                [music], .init(cache: cache), warning: { text in warnings.withLock { $0.append(text) } })
            #expect(data.set.tracks.count == 4)
            let told = warnings.withLock { $0 }
            #expect(told.count == 1 && told[0].contains("the cache of features cannot be used"))
            #expect(told.first?.contains("--no-cache") == true)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aPipeIsNoIndex() throws {
        try withTemporaryFolder { root in
            let music = try makeMusic(root)
            #expect(mkfifo(music.appendingPathComponent("index.json").path, 0o600) == 0)
            #expect(try DatasetLoader.open([music]).set.tracks.count == 4)
            let table = root.appendingPathComponent("t.csv")
            #expect(mkfifo(table.path, 0o600) == 0)
            #expect(throws: DatasetError.unreadable(path: table.path, reason: "it is not a regular file")) {
                try DatasetLoader.open([table])
            }
        }
    }

    @Test func aStoreOfAnEarlierVersionIsMadeAgain() throws {
        try withTemporaryFolder { root in
            let music = try makeMusic(root)
            let store = root.appendingPathComponent("store")
            _ = try DatasetLoader.makeStore([music], at: store, StoreSettings())
            let index = store.appendingPathComponent("index.json")
            let text = try String(contentsOf: index, encoding: .utf8)
            let old = text.replacingOccurrences(of: "\"version\":\(StoreHeader.version)", with: "\"version\":1")
            #expect(old != text)
            try old.write(to: index, atomically: true, encoding: .utf8)
            #expect(throws: DatasetError.self) { try SegmentStore(store) }
            let warnings = Mutex<[String]>([])
            let made = try DatasetLoader.makeStore(
                [music], at: store, StoreSettings(), warning: { text in warnings.withLock { $0.append(text) } })
            #expect(made.computed == 4)
            #expect(warnings.withLock { $0 }.contains { $0.contains("earlier version") })
        }
    }
}
