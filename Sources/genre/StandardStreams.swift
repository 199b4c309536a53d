import Foundation

/// The program's standard streams, written to at once.
enum StandardStreams {
    /// Opens those that the caller closed, so that no file takes their place and gets what is said to them. Nothing can be
    /// written to such a standard output: results are not lost in silence.
    static func complete() {
        for (stream, mode) in [(STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY)]
        where fcntl(stream, F_GETFD) == -1 {
            _ = open("/dev/null", mode)  // takes the least free number: this one
        }
    }

    /// With control characters written out, but for line feeds and tabs: a file's name or a model's card must not steer
    /// the terminal.
    static func plain(_ text: String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
        }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { plain, scalar in
            plain += isControl(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }

    /// - Returns: 0, or the error's number.
    static func put(_ text: String, to stream: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            var left = UnsafeRawBufferPointer(bytes)
            while !left.isEmpty {
                let written = write(stream, left.baseAddress, left.count)
                if written < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                left = UnsafeRawBufferPointer(rebasing: left[written...])
            }
            return 0
        }
    }
}

/// Results that standard output did not take: the work goes on, and the exit code says so at its end.
///
/// May be used from any thread.
final class LostResults: @unchecked Sendable {  // all state is behind the lock
    static let shared = LostResults()

    private let lock = NSLock()
    private var isAny = false

    var exist: Bool { lock.withLock { isAny } }

    /// - Returns: whether it is the first.
    fileprivate func add() -> Bool {
        lock.withLock {
            defer { isAny = true }
            return !isAny
        }
    }
}

/// Writes a result to standard output at once, so that it keeps its place among the diagnostics.
func show(_ text: String) {
    let fault = StandardStreams.put(StandardStreams.plain(text) + "\n", to: STDOUT_FILENO)
    guard fault != 0, LostResults.shared.add() else { return }
    note("genre: standard output cannot be written (\(String(cString: strerror(fault)))); results are lost")
}

/// Writes a line to standard error, on a terminal broken where it is longer than that is wide; where standard error cannot
/// be written there is nobody to tell.
func note(_ line: String) {
    let text = Terminal.wrapped(StandardStreams.plain(line), for: STDERR_FILENO)
    _ = StandardStreams.put(text + "\n", to: STDERR_FILENO)
}
