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

    /// The two ends, by Linux's own calls: Swift's Glibc has not those of POSIX. Nil where the system gives none.
    private static func openPair() -> (leader: Int32, follower: Int32)? {
        let leader = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        guard leader >= 0 else { return nil }
        var lock: Int32 = 0
        var number: UInt32 = 0
        let setLock: UInt = 0x4004_5431  // TIOCSPTLCK
        let getNumber: UInt = 0x8004_5430  // TIOCGPTN
        guard ioctl(leader, setLock, &lock) == 0, ioctl(leader, getNumber, &number) == 0 else { return nil }
        let follower = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        return follower >= 0 ? (leader, follower) : nil
    }

    /// Nil where the system gives no pseudoterminal.
    static func run(
        _ arguments: [String], columns: Int, in folder: URL? = nil, environment: [String: String] = [:]
    ) throws -> Outcome? {
        guard let (leader, follower) = openPair() else { return nil }
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
            progress += states.dropLast().filter { !$0.isEmpty }.map { String($0) }
            return String(states.last ?? "")
        }
        return Outcome(status: process.terminationStatus, lines: lines, progress: progress)
    }
}
