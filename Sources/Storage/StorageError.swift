import Foundation

/// Why a file could not be read or written. Every case carries the file's path.
public enum StorageError: Error, Equatable, Sendable {
    case missing(path: String)
    /// A folder, a device or a pipe.
    case notAFile(path: String)
    case unreadable(path: String, reason: String)
    case cannotWrite(path: String, reason: String)
    case tooLarge(path: String, bytes: Int, limit: Int)
    /// A file to be written is there already and is no earlier output of the same kind.
    case taken(paths: [String], kind: String)
    /// A symbolic link where a file is to be written: nothing is written through it.
    case isLink(path: String)
    /// The bytes break the format's rules.
    case malformed(path: String, format: String, fault: String)
    case noSuchTensor(path: String, name: String)
    /// A tensor whose elements cannot be given as what was asked for.
    case unusableType(path: String, name: String, type: String)
    /// Values given to a writer that do not fit together.
    case unwritable(path: String, fault: String)
}

extension StorageError: CustomStringConvertible, LocalizedError {
    public var description: String {
        switch self {
        case .missing(let path):
            "\(path): there is no such file; check the path"
        case .notAFile(let path):
            "\(path) is not a regular file; name a file"
        case .unreadable(let path, let reason):
            "\(path) cannot be read (\(reason)); check its permissions"
        case .cannotWrite(let path, let reason):
            "\(path) cannot be written (\(reason)); \(WriteAdvice.words(for: reason))"
        case .tooLarge(let path, let bytes, let limit):
            "\(path) has \(bytes) bytes, more than the \(limit) that such a file may have"
        case .taken(let paths, let kind):
            paths.prefix(5).joined(separator: ", ") + (paths.count > 5 ? " and \(paths.count - 5) more" : "")
                + " would be replaced, and \(paths.count == 1 ? "is" : "are") not known as \(kind) that genre wrote: "
                + "name another place, or add --force to replace \(paths.count == 1 ? "it" : "them")"
        case .isLink(let path):
            "\(path) is a symbolic link, and nothing is written through links: name the file that it leads to, or remove it"
        case .malformed(let path, let format, let fault):
            "\(path) is not a sound \(format) file: \(fault); fetch or write it again"
        case .noSuchTensor(let path, let name):
            "\(path) holds no tensor named \"\(name)\"; it may belong to another net or version"
        case .unusableType(let path, let name, let type):
            "\(path): tensor \"\(name)\" is of type \(type), which cannot be read as floats; convert it to F32"
        case .unwritable(let path, let fault):
            "\(path) was not written: \(fault)"
        }
    }

    public var errorDescription: String? { description }
}

/// The words for the last failed system call.
func systemFault(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// Runs what the standard library's closures let throw anything, and throws `StorageError` only.
func withStorageErrors<Result>(path: String, _ body: () throws -> Result) throws(StorageError) -> Result {
    do {
        return try body()
    } catch let error as StorageError {
        throw error
    } catch {
        throw .cannotWrite(path: path, reason: "\(error)")
    }
}
