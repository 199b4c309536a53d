import Foundation
import Storage

/// What can go wrong in a report.
public enum ReportError: Error, CustomStringConvertible {
    /// librsvg refused a figure.
    case cannotDraw(figure: String, problem: String)
    case cannotWrite(file: String, problem: String)
    /// The folder is no finished run, or a file in it is damaged.
    case notARun(folder: String, problem: String)
    /// A JSON file that is not one.
    case badJSON(file: String)
    /// A number of a file that makes no sense.
    case senseless(file: String, problem: String)
    /// The folder holds a finished run that was told something else.
    case otherRun(folder: String)
    /// The data given for a report is not the run's.
    case dataDoesNotFit(problem: String)

    public var description: String {
        switch self {
        case .cannotDraw(let figure, let problem): "cannot draw the figure '\(figure)': \(problem)"
        case .cannotWrite(let file, let problem): "cannot write \(file): \(problem)"
        case .notARun(let folder, let problem): "\(folder) is not a finished run: \(problem)"
        case .badJSON(let file): "\(file) is not valid JSON"
        case .senseless(let file, let problem): "\(file) makes no sense: \(problem); make it again, or take it away"
        case .otherRun(let folder):
            "\(folder) holds a run of another configuration or of more epochs: name another folder with -o, or move it away"
        case .dataDoesNotFit(let problem): problem
        }
    }
}

extension ReportError {
    /// Why a file or a folder could not be written, and which, in words that help.
    ///
    /// - Parameters:
    ///   - file: what was to be written, where the error does not tell.
    ///   - error: of Foundation, of `Storage`, or a ``ReportError`` already.
    static func cannotWrite(_ file: URL, _ error: any Error) -> ReportError {
        switch error {
        case let error as ReportError: return error
        case StorageError.cannotWrite(let path, let reason):
            return .cannotWrite(file: path, problem: faults.first { words(of: $0.key) == reason }?.value ?? reason)
        case StorageError.notAFile(let path):
            return .cannotWrite(file: path, problem: "a folder or a device is in its place")
        case let error as CocoaError:
            let path = error.userInfo[NSFilePathErrorKey] as? String ?? file.path
            let problem = code(of: error).map { faults[$0] ?? words(of: $0) }
            return .cannotWrite(file: path, problem: problem ?? error.localizedDescription)
        default: return .cannotWrite(file: file.path, problem: error.localizedDescription)
        }
    }

    private static func code(of error: CocoaError) -> Int32? {
        if let system = error.underlying as? POSIXError { return Int32(system.code.rawValue) }
        return codes[error.code]
    }

    private static func words(of code: Int32) -> String { String(cString: strerror(code)) }

    private static let faults: [Int32: String] = [
        EACCES: "you may not write there; name another place with -o", EPERM: "you may not write there",
        EROFS: "the disk can only be read; name another place with -o", ENOSPC: "no space is left on the disk",
        ENOENT: "the folder that it belongs in is not there",
        ENOTDIR: "what should be a folder on the way there is a file",
        EEXIST: "a file is in its place",
    ]

    private static let codes: [CocoaError.Code: Int32] = [
        .fileWriteNoPermission: EACCES, .fileWriteVolumeReadOnly: EROFS, .fileWriteOutOfSpace: ENOSPC,
        .fileNoSuchFile: ENOENT, .fileWriteFileExists: EEXIST,
    ]
}
