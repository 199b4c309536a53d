import Foundation

/// The tool run on a terminal of a given width, as a person runs it.
enum Pseudoterminal {
    struct Outcome {
        let status: Int32
        /// All that the terminal got, standard output and standard error, without the signs that steer it.
        let lines: [String]
        /// Each state of the line that is written over.
        let progress: [String]
    }

    /// Nil where the system gives no pseudoterminal.
    static func run(
        _ arguments: [String], columns: Int, in folder: URL? = nil, environment: [String: String] = [:]
    ) throws -> Outcome? {
        let leader = posix_openpt(O_RDWR | O_NOCTTY)
        guard leader >= 0, grantpt(leader) == 0, unlockpt(leader) == 0, let name = ptsname(leader) else { return nil }
        let follower = open(name, O_RDWR | O_NOCTTY)
        guard follower >= 0 else { return nil }
        var size = winsize(ws_row: 50, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(follower, UInt(TIOCSWINSZ), &size)

        let process = Tool.process(arguments, in: folder, environment: environment)
        let terminal = FileHandle(fileDescriptor: follower, closeOnDealloc: false)
        process.standardOutput = terminal
        process.standardError = terminal
        process.standardInput = FileHandle.nullDevice
        try process.run()
        close(follower)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(leader, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }  // Linux: EIO once the tool has ended
            bytes += piece[..<count]
        }
        process.waitUntilExit()
        close(leader)

        let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
        var progress: [String] = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let states = line.split(separator: "\r", omittingEmptySubsequences: false)
                .map { $0.replacing("\u{1B}[K", with: "") }
            progress += states.dropLast().filter { !$0.isEmpty }
            return String(states.last ?? "")
        }
        return Outcome(status: process.terminationStatus, lines: lines, progress: progress)
    }
}
