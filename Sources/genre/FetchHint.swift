import Foundation
import ModelFile

/// One line on what a fetched model would bring, to a user who named none; once a day at most.
///
/// When it was last shown stands in a stamp in the user's folder of state. Where that cannot be written there is silence: a
/// hint that comes back each time is worse than none.
struct FetchHint {
    private static let seconds = 86_400.0
    private let stamp: URL

    /// In $XDG_STATE_HOME where it is an absolute path, as the XDG Base Directory Specification says, else
    /// ~/.local/state; nil where there is no home either.
    static func standard(environment: [String: String] = ProcessInfo.processInfo.environment) -> FetchHint? {
        var state: String?
        if let given = environment["XDG_STATE_HOME"], given.hasPrefix("/") {
            state = given
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            state = home + "/.local/state"
        }
        return state.map {
            FetchHint(stamp: URL(fileURLWithPath: $0).appendingPathComponent("genrekit/fetch-hint"))
        }
    }

    /// - Parameter model: the one that was used.
    func show(_ better: StandardModel.Better, insteadOf model: String) {
        guard isDue() else { return }
        if let missing = better.missing {
            note(
                "genre: hint: 'genre fetch \(missing)' (29 MB, once) adds a second net to \(model): \(better.fusion.gain)"
            )
        } else {
            note("genre: hint: \(model) was used alone, since \(better.problem)")
        }
    }

    /// Whether nothing was shown for a day; it counts as shown now. Of several processes one gets yes.
    private func isDue() -> Bool {
        let folder = stamp.deletingLastPathComponent()
        guard (try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)) != nil else {
            return false
        }
        let descriptor = open(stamp.path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0,
            status.st_mode & S_IFMT == S_IFREG
        else { return false }
        // An empty stamp was made just now. A clock that was set back counts as well.
        #if os(macOS)
            let shown = status.st_mtimespec.tv_sec
        #else
            let shown = status.st_mtim.tv_sec
        #endif
        let age = abs(Date().timeIntervalSince1970 - Double(shown))
        guard status.st_size == 0 || age >= Self.seconds else { return false }
        return ftruncate(descriptor, 0) == 0 && write(descriptor, "\n", 1) == 1
    }
}
