import Foundation

/// Folders for a while, with names that nobody can guess, which only this user may enter.
public enum TemporaryPlace {
    /// Makes a folder; its end is the caller's business.
    ///
    /// - Parameter place: the folder that it lies in; by default the system's for temporary files.
    /// - Throws: `StorageError.cannotWrite`.
    public static func makeFolder(_ name: String, in place: URL? = nil) throws(StorageError) -> URL {
        let parent = place ?? FileManager.default.temporaryDirectory
        var path = Array(parent.appendingPathComponent("\(name)-XXXXXX").path.utf8CString)
        guard mkdtemp(&path) != nil else { throw .cannotWrite(path: parent.path, reason: systemFault()) }
        return URL(
            fileURLWithPath: String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self),
            isDirectory: true)
    }
}
