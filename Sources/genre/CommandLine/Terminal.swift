import Foundation
import Report

/// What is known of a terminal, and text laid out for it.
enum Terminal {
    /// Columns where none are known: those of the terminals of old, which every table here fits.
    static let usualColumns = 80

    static func isTerminal(_ stream: Int32) -> Bool { isatty(stream) == 1 }

    /// Columns of the terminal that a stream leads to; ``usualColumns`` where it leads to none.
    static func columns(of stream: Int32) -> Int {
        var size = winsize()
        return ioctl(stream, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : usualColumns
    }

    /// Text whose lines are broken at spaces where they are longer than the terminal is wide, the rest of a line indented;
    /// as it is where the stream leads to no terminal, so that programs get one line for each message.
    static func wrapped(_ text: String, for stream: Int32) -> String {
        isTerminal(stream) ? wrapped(text, columns: columns(of: stream)) : text
    }

    /// Text whose lines are broken at spaces. A word that is longer than a line stays whole.
    ///
    /// - Parameter columns: of a line.
    static func wrapped(_ text: String, columns: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { wrapped(line: String($0), columns: columns) }.joined(separator: "\n")
    }

    /// Names with their meanings, one below the other, for help: a meaning that is too long goes on below its beginning.
    static func list(_ entries: [(name: String, meaning: String)]) -> String {
        let width = (entries.map(\.name.displayWidth).max() ?? 0) + 4
        return entries.map { name, meaning in
            let lines = wrapped(meaning, columns: usualColumns - 1 - width).split(separator: "\n")
                .map { $0.trimmingPrefix("  ") }
            return ("  " + name).left(width) + lines.joined(separator: "\n" + "".left(width))
        }.joined(separator: "\n")
    }

    /// Prose whose lines were broken for another width, its paragraphs on one line each, to be broken anew; lines of tables,
    /// which have wide gaps, stay apart.
    static func reflowed(_ text: String) -> String {
        var lines: [String] = []
        var isOpen = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            let isProse = !line.isEmpty && !line.contains("  ")
            if isOpen, isProse, let last = lines.popLast() {
                lines.append(last + " " + line)
            } else {
                lines.append(line)
            }
            isOpen = isProse
        }
        return lines.joined(separator: "\n")
    }

    private static func wrapped(line: String, columns: Int) -> String {
        guard line.displayWidth > columns, columns >= 20 else { return line }
        let indent = String(line.prefix { $0 == " " }) + "  "
        var lines: [String] = []
        var current = ""
        var hasWord = false
        for (index, word) in line.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            let longer = index == 0 ? String(word) : current + " " + word
            if longer.displayWidth > columns, hasWord, !word.isEmpty {
                lines.append(current)
                current = indent + word
            } else {
                current = longer
            }
            hasWord = hasWord || !word.isEmpty
        }
        lines.append(current)
        return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
    }
}

/// Writes a result for people to standard output: lines that are longer than the terminal is wide are broken at spaces.
func showText(_ text: String) { show(Terminal.wrapped(text, for: STDOUT_FILENO)) }

/// Says what may be done next, on standard error: a heading, then a command with its purpose a line.
func noteNext(_ steps: [(purpose: String, command: String)]) {
    guard !steps.isEmpty else { return }
    let width = (steps.map(\.purpose.displayWidth).max() ?? 0) + 2
    note("next:")
    for (purpose, command) in steps { note("  \(purpose.left(width))\(command)") }
}

/// A word as a shell takes it: in quotes where it holds anything but plain characters.
func shellWord(_ word: String) -> String {
    let plain = word.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || ("0"..."9").contains($0) || "_-./:=@%+,~".unicodeScalars.contains($0)
    }
    return plain && !word.isEmpty && !word.hasPrefix("~") ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}

/// A file's address for a browser, which terminals make a link of.
func fileLink(_ url: URL) -> String { url.absoluteURL.absoluteString }
