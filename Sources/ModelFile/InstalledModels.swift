import Foundation
import Storage

/// Models that the user fetched or imported once, to be found by name: a folder of model files.
public struct InstalledModels: Sendable {
    public let folder: URL

    public init(folder: URL) { self.folder = folder }

    /// genrekit/models in the user's data folder: $XDG_DATA_HOME where it is an absolute path, as the XDG Base Directory
    /// Specification says, else ~/.local/share; nil where there is no home either.
    public static func standard(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> InstalledModels? {
        var data: String?
        if let given = environment["XDG_DATA_HOME"], given.hasPrefix("/") {
            data = given
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            data = home + "/.local/share"
        }
        return data.map { InstalledModels(folder: URL(fileURLWithPath: $0).appendingPathComponent("genrekit/models")) }
    }

    /// Where a model of that name lies, or would lie; nil for what can be no name: letters, digits, "-", "_", none else.
    public func place(of name: String) -> URL? {
        let isName =
            !name.isEmpty && name.utf8.count <= 100
            && name.unicodeScalars.allSatisfy {
                ("a"..."z" ~= $0) || ("A"..."Z" ~= $0) || ("0"..."9" ~= $0) || "-_".unicodeScalars.contains($0)
            }
        return isName ? folder.appendingPathComponent("\(name).safetensors") : nil
    }

    /// The file of an installed model; nil where there is none.
    public func file(of name: String) -> URL? {
        place(of: name).flatMap { FileManager.default.fileExists(atPath: $0.path) ? $0 : nil }
    }

    /// In increasing order.
    public var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }.map { String($0.dropLast(12)) }
            .sorted()
    }

    /// Makes the folder, where it is not there yet.
    ///
    /// - Throws: `StorageError.cannotWrite` without write access.
    public func makeFolder() throws {
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            let code = ((error as? CocoaError)?.underlying as? POSIXError).map { Int32($0.code.rawValue) }
            throw StorageError.cannotWrite(
                path: folder.path, reason: code.map { String(cString: strerror($0)) } ?? error.localizedDescription)
        }
    }

    /// Keeps a model under a name: written beside and renamed, one process at a time.
    ///
    /// - Returns: where it lies.
    /// - Throws: `StorageError.cannotWrite` without write access.
    @discardableResult
    public func install(_ model: TrainedModel, as name: String) throws -> URL {
        guard let place = place(of: name) else {
            throw StorageError.unwritable(path: folder.path, fault: "'\(name)' is no name for a model")
        }
        try makeFolder()
        let lock = try FolderLock(folder)
        try withExtendedLifetime(lock) {
            AtomicFile.removeLeftovers(of: place)
            try model.write(to: place)
        }
        return place
    }
}
