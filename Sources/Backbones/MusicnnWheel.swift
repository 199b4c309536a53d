import Foundation
import Storage

/// The wheel of musicnn as pip downloads it, or the folder that it was unpacked to: four kinds of files are read of it, and
/// nothing is run.
///
/// What is read is known by its SHA-256: the wheel by its own, a folder by that of each file.
struct MusicnnWheel {
    private static let greatestIndex = 1 << 20
    private static let greatestData = 64 << 20
    private static let greatestText = 1 << 16
    private static let licences = ["musicnn-0.1.0.dist-info/LICENSE.md", "LICENSE.md"]

    private enum Source {
        case archive(ZipFile)
        /// The folder that holds the package's own, "musicnn".
        case folder(URL)
    }

    let url: URL
    private let source: Source
    private let release: MusicnnRelease
    private let sha256: String

    /// - Throws: ``BackboneError/otherWheel(file:sha256:wanted:wheel:)``, `StorageError`.
    init(_ url: URL, release: MusicnnRelease) throws {
        self.url = url
        self.release = release
        if Self.isFolder(url) {
            // The package's own folder is taken, too.
            let isPackage = url.standardizedFileURL.lastPathComponent == "musicnn"
            source = .folder(isPackage ? url.standardizedFileURL.deletingLastPathComponent() : url)
            sha256 = ""
            return
        }
        // What is no wheel at all is said before its digest.
        source = .archive(try ZipFile(url, format: "wheel"))
        sha256 = try SHA256.hexDigest(ofFile: url)
        guard sha256 == release.sha256 else {
            throw BackboneError.otherWheel(file: url.path, sha256: sha256, wanted: release.sha256, wheel: release.name)
        }
    }

    static func isFolder(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// The file that a variant's weights come from, without folders, and its digest.
    func origin(of variant: String) -> (file: String, sha256: String) {
        let data = Self.data(variant)
        switch source {
        case .archive: return (url.lastPathComponent, sha256)
        case .folder: return (data, release.files[data] ?? "")
        }
    }

    private static func data(_ variant: String) -> String { "musicnn/\(variant)/.data-00000-of-00001" }

    func bundle(of variant: String) throws -> TensorBundle {
        let index = try contents(of: "musicnn/\(variant)/.index", atMost: Self.greatestIndex)
        let data = try contents(of: Self.data(variant), atMost: Self.greatestData)
        do throws(ByteCursor.Fault) {
            return try TensorBundle(
                index: withExtendedLifetime(index.owner) { Array(index.bytes) }, data: data.bytes, owner: data.owner)
        } catch {
            throw BackboneError.damaged(file: url.path, part: "'musicnn/\(variant)'", problem: error.problem)
        }
    }

    /// The names of the tags, in the order of the outputs.
    func tags(_ list: String, count: Int) throws -> [String] {
        let source = try text("musicnn/configuration.py")
        guard let tags = PythonStrings.list(list, in: source), tags.count == count, Set(tags).count == count,
            !tags.contains("")
        else {
            throw BackboneError.damaged(
                file: url.path, part: "'musicnn/configuration.py'", problem: "\(list) does not name \(count) tags")
        }
        return tags
    }

    /// The text of its licence.
    func licence() throws -> String {
        let name: String? =
            switch source {
            case .archive(let zip): zip.names.first { $0.contains(".dist-info/LICENSE") }
            case .folder(let folder):
                Self.licences.first {
                    FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
                }
            }
        guard let name else {
            throw BackboneError.damaged(file: url.path, part: "", problem: "it holds no licence")
        }
        return try text(name).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    // MARK: - Files

    private func text(_ name: String) throws -> String {
        let contents = try contents(of: name, atMost: Self.greatestText)
        let bytes = withExtendedLifetime(contents.owner) { Array(contents.bytes) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw BackboneError.damaged(file: url.path, part: "'\(name)'", problem: "there is no text")
        }
        return text
    }

    private func contents(of name: String, atMost limit: Int) throws -> ZipFile.Contents {
        let folder: URL
        switch source {
        case .archive(let zip): return try zip.contents(of: name, atMost: limit)
        case .folder(let own): folder = own
        }
        let file = folder.appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: file.path) else {
            let isHidden = file.lastPathComponent.hasPrefix(".")
            throw BackboneError.damaged(
                file: url.path, part: "",
                problem: "it lacks '\(name)'" + (isHidden ? ", a hidden file, which a copy by '*' leaves out" : ""))
        }
        // Read whole, so that what was checked is what is used.
        let owner = ReadBytes(try WholeFile.read(file, atMost: limit))
        let found = SHA256.hexDigest(of: owner.data)
        let wanted = release.files[name] ?? release.files[Self.licences[0]] ?? ""
        guard found == wanted else {
            throw BackboneError.damaged(
                file: url.path, part: "'\(name)'", problem: "the SHA-256 is \(found), and must be \(wanted)")
        }
        return ZipFile.Contents(bytes: owner.bytes, owner: owner)
    }
}

/// A file's bytes that stay where they are.
private final class ReadBytes: Sendable {
    let data: Data
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer  // never written

    init(_ data: Data) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: data.count, alignment: 64)
        data.copyBytes(to: buffer)
        self.data = data
        bytes = UnsafeRawBufferPointer(buffer)
    }

    deinit { bytes.deallocate() }
}
