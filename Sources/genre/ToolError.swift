import Foundation

/// What can go wrong in the tool itself.
enum ToolError: Error, CustomStringConvertible {
    case unreadable(path: String, what: String)
    case unwritable(path: String)
    /// A file of results that would be written over.
    case alreadyThere(path: String)
    /// A file that does not hold the results of such a run.
    case otherResults(path: String)
    /// A file of results that another process writes.
    case inUse(path: String)
    case noSuchModel(name: String, known: [String])

    var description: String {
        switch self {
        case .unreadable(let path, let what): "\(path): \(what) cannot be read; check the path and its permissions"
        case .unwritable(let path): "\(path) cannot be written; check the folder, its permissions and the free space"
        case .alreadyThere(let path): "\(path) holds results already; --resume goes on with them, or name another file"
        case .otherResults(let path):
            "\(path) holds something else than results of this model, in this format and with these --top, --unsure and "
                + "--timeline; name another file"
        case .inUse(let path): "another process writes \(path); let it end, or name another file"
        case .noSuchModel(let name, let known):
            "there is no model file '\(name)', and no built-in model of that name; built in: "
                + (known.isEmpty ? "none" : known.joined(separator: ", "))
        }
    }
}
