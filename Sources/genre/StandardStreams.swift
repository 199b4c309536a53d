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

    /// Whether a name given for an output stands for standard output.
    static func isOutput(_ name: String) -> Bool {
        ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(name)
    }

    /// A text as a terminal may have it: what would steer it is written out, but for line feeds and tabs.
    static func plain(_ text: String) -> String {
        escaped(text) {
            $0 != "\n" && $0 != "\t"
        } as: {
            $0.escaped(asASCII: true)
        }
    }

    /// The same for a name within a line: line feeds and tabs are written out, too.
    static func oneLine(_ text: String) -> String {
        escaped(text) { _ in
            true
        } as: {
            $0.escaped(asASCII: true)
        }
    }

    /// A text with every scalar written anew that would steer a terminal and is chosen.
    static func escaped(
        _ text: String, _ isChosen: (Unicode.Scalar) -> Bool, as write: (Unicode.Scalar) -> String
    ) -> String {
        guard text.unicodeScalars.contains(where: { Hazard.isPossible($0) && isChosen($0) }) else { return text }
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            if Hazard.isPossible(scalar), isChosen(scalar), !Hazard.isScript(scalars, at: index) {
                result.append(contentsOf: write(scalar).unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// Scalars that steer a terminal or deceive its reader.
    private enum Hazard {
        /// Controls, overrides of direction, line separators, and what has no width.
        static func isPossible(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.value {
            case 0...0x1F, 0x7F...0x9F: true
            case 0x20...0x7E: false
            case 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB,
                0xE0000...0xE007F:
                true
            default: false
            }
        }

        /// Joiners belong to emoji, and to scripts of the Near East and India.
        static func isScript(_ scalars: [Unicode.Scalar], at index: Int) -> Bool {
            guard index > 0, index + 1 < scalars.count else { return false }
            let (before, after) = (scalars[index - 1], scalars[index + 1])
            func isOfScript(_ scalar: Unicode.Scalar) -> Bool { 0x600...0xDFF ~= scalar.value }
            switch scalars[index].value {
            case 0x200C: return isOfScript(before) && isOfScript(after)
            case 0x200D:
                let joins = before.value > 0xFF && (before.properties.isEmoji || before.value == 0xFE0F)
                return joins && after.value > 0xFF && after.properties.isEmoji
                    || isOfScript(before) && isOfScript(after)
            default: return false
            }
        }
    }

    /// - Returns: 0, or the error's number.
    static func put(_ text: String, to stream: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { put(UnsafeRawBufferPointer($0), to: stream) }
    }

    /// - Returns: 0, or the error's number.
    static func put(_ bytes: UnsafeRawBufferPointer, to stream: Int32) -> Int32 {
        var left = bytes
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

/// Writes a result in words to standard output at once, so that it keeps its place among the diagnostics.
func show(_ text: String) { putResult(StandardStreams.plain(text) + "\n") }

/// Writes a line for programs, as it is; what would steer a terminal is written out only where one reads.
func showData(_ line: String) {
    putResult((isatty(STDOUT_FILENO) == 1 ? StandardStreams.plain(line) : line) + "\n")
}

private func putResult(_ text: String) {
    let fault = StandardStreams.put(text, to: STDOUT_FILENO)
    guard fault != 0, LostResults.shared.add() else { return }
    note("genre: standard output cannot be written (\(String(cString: strerror(fault)))); results are lost")
}

/// Writes a line to standard error, on a terminal broken where it is longer than that is wide; where standard error cannot
/// be written there is nobody to tell.
func note(_ line: String) {
    let text = Terminal.wrapped(StandardStreams.plain(line), for: STDERR_FILENO)
    _ = StandardStreams.put(text + "\n", to: STDERR_FILENO)
}
