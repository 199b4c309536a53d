import Foundation
import Prediction
import Storage

/// Standard input as a stream of bytes.
enum StandardInput {
    /// Gives all of it, piece by piece.
    ///
    /// - Throws: ``ToolError/standardInput(problem:)``, and what `take` throws.
    static func read(_ take: (Data) throws -> Void) throws {
        while true {
            let piece: Data
            do throws(StorageError) {
                piece = try WholeFile.bytes(of: STDIN_FILENO, path: "standard input", atMost: 1 << 20)
            } catch {
                switch error {
                case .notAFile: throw ToolError.standardInput(problem: "is a folder: name it as an argument instead")
                case .unreadable(_, let reason): throw ToolError.standardInput(problem: "cannot be read (\(reason))")
                default: throw error
                }
            }
            if piece.isEmpty { return }
            try take(piece)
        }
    }

    /// Whether a name stands for a stream that the caller opened.
    static func isStream(_ name: String) -> Bool { ["-", "/dev/stdin"].contains(name) || descriptor(name) != nil }

    /// The number in /dev/fd/63, as shells name the streams of their commands.
    static func descriptor(_ name: String) -> Int32? {
        for folder in ["/dev/fd/", "/proc/self/fd/"] where name.hasPrefix(folder) {
            return Int32(name.dropFirst(folder.count))
        }
        return nil
    }
}

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
        guard descriptor >= 0 else {
            throw ToolError.unwritable(path: folder.path, reason: String(cString: strerror(errno)))
        }
        unlink(path)
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try StandardInput.read { piece in
            do { try file.write(contentsOf: piece) } catch {
                throw ToolError.unwritable(path: folder.path, reason: "no space is left, or the file is too long")
            }
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
