import Foundation
import Storage

/// The wheel of musicnn as pip downloads it: a zip archive of which four kinds of members are read, and nothing is run.
struct MusicnnWheel {
    private static let greatestIndex = 1 << 20
    private static let greatestData = 64 << 20
    private static let greatestText = 1 << 16

    let url: URL
    let sha256: String
    private let zip: ZipFile

    /// - Throws: ``BackboneError/otherWheel(file:sha256:wanted:wheel:)``, `StorageError`.
    init(_ url: URL, release: MusicnnRelease) throws {
        self.url = url
        // What is no wheel at all is said before its digest.
        zip = try ZipFile(url, format: "wheel")
        sha256 = try SHA256.hexDigest(ofFile: url)
        guard sha256 == release.sha256 else {
            throw BackboneError.otherWheel(file: url.path, sha256: sha256, wanted: release.sha256, wheel: release.name)
        }
    }

    func bundle(of variant: String) throws -> TensorBundle {
        let index = try zip.contents(of: "musicnn/\(variant)/.index", atMost: Self.greatestIndex)
        let data = try zip.contents(of: "musicnn/\(variant)/.data-00000-of-00001", atMost: Self.greatestData)
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
        guard let name = zip.names.first(where: { $0.contains(".dist-info/LICENSE") }) else {
            throw BackboneError.damaged(file: url.path, part: "", problem: "it holds no licence")
        }
        return try text(name).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func text(_ name: String) throws -> String {
        let contents = try zip.contents(of: name, atMost: Self.greatestText)
        let bytes = withExtendedLifetime(contents.owner) { Array(contents.bytes) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw BackboneError.damaged(file: url.path, part: "'\(name)'", problem: "there is no text")
        }
        return text
    }
}
