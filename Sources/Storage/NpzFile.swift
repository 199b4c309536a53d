import Foundation

/// An archive of numpy's (.npz): a zip file of .npy arrays, stored or deflated (``ZipFile`` says what is refused).
public final class NpzFile: Sendable {
    private static let ending = ".npy"

    public let url: URL
    /// Without ".npy", in increasing order.
    public let names: [String]
    private let zip: ZipFile

    /// - Throws: `StorageError.missing`, `.notAFile`, `.unreadable`, `.malformed`.
    public init(_ url: URL) throws(StorageError) {
        self.url = url
        zip = try ZipFile(
            url, format: "npz",
            advice: "; if it is meant so, write it with numpy.savez (not savez_compressed)",
            where: { $0.hasSuffix(Self.ending) })
        names = zip.names.map { String($0.dropLast(Self.ending.count)) }.sorted()
    }

    /// - Throws: `StorageError.noSuchTensor`, `.malformed`.
    public func array(_ name: String) throws(StorageError) -> NpyArray {
        guard names.contains(name) else { throw .noSuchTensor(path: url.path, name: name) }
        let contents = try zip.contents(of: name + Self.ending, called: name)
        return try NpyArray(name: "\(url.path) (\(name))", bytes: contents.bytes, owner: contents.owner)
    }
}
