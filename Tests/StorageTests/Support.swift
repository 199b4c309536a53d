import Foundation

/// A folder for one test's files, removed with the object.
final class Sandbox {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("genrekit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func place(_ name: String) -> URL { folder.appendingPathComponent(name) }

    @discardableResult
    func file(_ name: String, _ bytes: [UInt8]) throws -> URL {
        let url = place(name)
        try Data(bytes).write(to: url)
        return url
    }

    @discardableResult
    func file(_ name: String, _ text: String) throws -> URL { try file(name, Array(text.utf8)) }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }
}
