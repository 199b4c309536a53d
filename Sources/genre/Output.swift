import ArgumentParser
import Foundation
import Report
import Storage

/// Prints a value as JSON on one line of standard output, keys in order.
func printJSON(_ value: some Encodable) throws { showData(try JSONText.line(of: value)) }

/// JSON as programs read it, which no terminal minds: a name is the same after parsing, whatever it holds.
enum JSONText {
    /// A value on one line, keys in order.
    static func line(of value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return safe(String(decoding: try encoder.encode(value), as: UTF8.self)) } catch EncodingError.invalidValue(
            _, let context)
        {
            throw ToolError.notANumber(field: context.codingPath.map(\.stringValue).joined(separator: "."))
        }
    }

    /// JSON with JSON's own escapes for what would steer a terminal: such scalars stand in strings only.
    static func safe(_ json: String) -> String {
        StandardStreams.escaped(json) {
            $0 != "\n" && $0 != "\t" && $0 != "\r"
        } as: { scalar in
            UTF16.encode(scalar)!.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        }
    }
}

/// - Throws: a complaint where a file to be written is one that is read.
func refuse(_ outputs: [URL], amongst inputs: [String]) throws {
    func identity(_ path: String) -> [UInt64]? {
        var status = stat()
        return stat(path, &status) == 0 ? [UInt64(status.st_dev), UInt64(status.st_ino)] : nil
    }
    for output in outputs {
        guard let place = identity(output.path), let input = inputs.first(where: { identity($0) == place }) else {
            continue
        }
        throw ValidationError("\(output.path) would be written over, and it is \(input), which is read: name another.")
    }
}

/// Whether files that are there already may be replaced.
struct ReplacingOption: ParsableArguments {
    @Flag(
        help: """
            Replace files that are there already, whatever they hold; without it only empty files and earlier outputs of \
            the same kind are.
            """)
    var force = false
}

/// The place of a page, whose name says that it is one.
func pagePlace(_ name: String) throws -> URL {
    let url = URL(fileURLWithPath: name)
    guard ["html", "htm"].contains(url.pathExtension.lowercased()) else {
        throw ValidationError("\(name): a page's name must end in .html.")
    }
    return url
}

/// Copies a file to standard output.
func showBytes(of file: URL) throws {
    let mapped = try MappedFile(file)
    let fault = withExtendedLifetime(mapped) { StandardStreams.put(mapped.bytes, to: STDOUT_FILENO) }
    guard fault == 0 else {
        throw ToolError.unwritable(path: "standard output", reason: String(cString: strerror(fault)))
    }
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
        let columns = max(Terminal.columns(of: STDERR_FILENO) - 1, 20)
        _ = StandardStreams.put("\r\u{1B}[K\(Self.fitting(line(), columns))", to: STDERR_FILENO)
    }

    /// Without the parts, two spaces between them, that do not fit; of the first as much as fits.
    static func fitting(_ line: String, _ columns: Int) -> String {
        var line = line
        while line.displayWidth > columns, let gap = line.range(of: "  ", options: .backwards) {
            line = String(line[..<gap.lowerBound])
        }
        return String(line.fitting(columns))
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
func bar(_ done: Int, of total: Int, width: Int = 12) -> String {
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
