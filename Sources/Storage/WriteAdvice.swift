import Foundation

/// What a person can do about a file that could not be written.
public enum WriteAdvice {
    /// - Parameter reason: the system's words for the fault, as `strerror` gives them.
    public static func words(for reason: String) -> String {
        advice.first { $0.codes.contains { systemFault($0) == reason } }?.words
            ?? "check the folder, its permissions and the space left"
    }

    private static let advice: [(codes: [Int32], words: String)] = [
        ([EACCES, EPERM], "you may not write there: change the permissions, or name another place"),
        ([EROFS], "the disk can only be read: name another place"),
        ([ENOSPC, EDQUOT], "free some space, or name another place"),
        ([ENOENT], "the folder that it belongs in is not there: make it, or check the path"),
        ([ENOTDIR], "what should be a folder on the way there is a file: check the path"),
        ([EFBIG], "the system's limit on the size of files is reached"),
        ([EMFILE, ENFILE], "too many files are open: raise the system's limit"),
        ([ENAMETOOLONG], "choose a shorter name"),
        ([EIO], "the disk is at fault"),
    ]
}
