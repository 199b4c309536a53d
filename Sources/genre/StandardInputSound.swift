import Foundation
import Prediction

/// A sound on standard input, kept in a file while it is heard: some formats are read back and forth. The file has no
/// name, so that no other program meets it and it goes away with this one, however that ends.
final class StandardInputSound {
    private let file: FileHandle

    /// Leads to the file by its descriptor.
    var url: URL {
        #if os(Linux)
            URL(fileURLWithPath: "/proc/self/fd/\(file.fileDescriptor)")
        #else
            URL(fileURLWithPath: "/dev/fd/\(file.fileDescriptor)")
        #endif
    }

    /// Reads all of standard input.
    init() throws {
        let folder = FileManager.default.temporaryDirectory
        var path = Array(folder.appendingPathComponent("genre-stdin-XXXXXX").path.utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw ToolError.unwritable(path: folder.path) }
        unlink(path)
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        while let piece = try FileHandle.standardInput.read(upToCount: 1 << 20), !piece.isEmpty {
            do { try file.write(contentsOf: piece) } catch { throw ToolError.unwritable(path: folder.path) }
        }
        try file.seek(toOffset: 0)
    }

    /// An error that calls the sound by a name that means something.
    func named(_ error: any Error) -> any Error {
        Fault(description: "\(error)".replacing(url.path, with: "standard input"))
    }

    private struct Fault: Error, CustomStringConvertible {
        let description: String
    }
}
