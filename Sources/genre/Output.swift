import Foundation
import Report

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
    let fault = StandardStreams.put(text + "\n", to: STDOUT_FILENO)
    guard fault != 0, LostResults.shared.add() else { return }
    note("genre: standard output cannot be written (\(String(cString: strerror(fault)))); results are lost")
}

/// Writes a line to standard error; where that cannot be written there is nobody to tell.
func note(_ line: String) { _ = StandardStreams.put(line + "\n", to: STDERR_FILENO) }

/// Prints a value as JSON on one line of standard output, keys in order.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    show(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// One line on the terminal that is written over; nothing where standard error is no terminal.
///
/// May be called from any thread.
final class ProgressLine: @unchecked Sendable {  // all state is behind the lock
    private let lock = NSLock()
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var lastUpdate = ContinuousClock.now - .seconds(1)
    private var shown = false

    /// Shows the line, at most ten times a second.
    func show(_ line: @autoclosure () -> String) {
        lock.lock()
        defer { lock.unlock() }
        let now = ContinuousClock.now
        guard isTerminal, now - lastUpdate >= .milliseconds(100) else { return }
        lastUpdate = now
        shown = true
        _ = StandardStreams.put("\r\u{1B}[K\(line().prefix(max(Self.columns - 1, 20)))", to: STDERR_FILENO)
    }

    /// Characters a line of the terminal.
    private static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Takes the line away, before other output.
    func clear() {
        lock.lock()
        defer { lock.unlock() }
        guard shown else { return }
        shown = false
        _ = StandardStreams.put("\r\u{1B}[K", to: STDERR_FILENO)
    }
}

/// "[=====>     ]": how much of something is done.
func bar(_ done: Int, of total: Int, width: Int = 20) -> String {
    let filled = total > 0 ? min(max(done * width / total, 0), width) : 0
    let line = String(repeating: "=", count: filled) + (filled < width ? ">" : "")
    return "[\(line.left(width))]"
}

/// Rate and time left of work that is counted in items.
struct Pace: Sendable {
    private let start = ContinuousClock.now

    func seconds() -> Double {
        let taken = ContinuousClock.now - start
        return Double(taken.components.seconds) + Double(taken.components.attoseconds) * 1e-18
    }

    /// "3 min 20 s left" after `done` of `total` items.
    func left(done: Int, of total: Int) -> String {
        guard done > 0 else { return "" }
        return "\(duration(seconds() / Double(done) * Double(total - done))) left"
    }
}

/// 1234.5 as "20:34", 4000 as "1:06:40".
func playingTime(_ seconds: Double) -> String {
    let whole = Int(seconds)
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    let rest = String(format: ":%02d", whole % 60)
    return hours > 0 ? String(format: "%d:%02d", hours, minutes) + rest : "\(minutes)" + rest
}
