import ArgumentParser
import Foundation

/// The words of a command line, looked at before the parser takes them: what it would take for something else, or say
/// badly.
struct CommandWords {
    /// What to hand to the parser.
    let words: [String]

    /// - Throws: `ValidationError` where a command is not known, or a file's name was taken for options.
    init(_ given: [String], root: any ParsableCommand.Type = GenreTool.self) throws {
        let end = given.firstIndex(of: "--") ?? given.endIndex
        try Self.checkCommand(Array(given[..<end]), root: root)
        try Self.checkNames(given[..<end])
        words = Self.joined(given[..<end]) + given[end...]
    }

    /// Words of wrong usage, with the place where the right one stands.
    static func usageError(_ message: String, command: [String]) -> String {
        "genre: \(lowered(message))\nsee 'genre \((["help"] + command).joined(separator: " "))'"
    }

    /// A complaint as the others are: it begins with a small letter and ends without a full stop.
    static func lowered(_ message: String) -> String {
        var message = message.replacing(". Did you mean", with: "; did you mean")
        if message.hasSuffix("."), !message.hasSuffix("..") { message.removeLast() }
        let first = message.prefix { $0.isLetter }
        let beginsASentence = [
            "A", "An", "The", "There", "Name", "Unknown", "Missing", "Standard", "Choose", "Seeds", "Unexpected",
            "Expected", "Only", "Draw", "Give",
        ].contains(first)
        return beginsASentence ? first.lowercased() + message.dropFirst(first.count) : message
    }

    /// Help with its line of usage broken where it is longer than the terminal is wide: the parser breaks all others.
    static func wrappedUsage(_ help: String) -> String {
        help.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("USAGE: ")
                ? Terminal.wrapped(String(line), columns: Terminal.columns(of: STDOUT_FILENO)) : String(line)
        }.joined(separator: "\n")
    }

    // MARK: commands

    private static func names(_ command: any ParsableCommand.Type) -> [String] {
        command.configuration.subcommands.map { $0.configuration.commandName ?? "" }
    }

    /// The command and its subcommands as far as the words name them.
    static func command(of given: [String], root: any ParsableCommand.Type = GenreTool.self) -> [String] {
        var words = given[...]
        if words.first == "help" { words.removeFirst() }
        var command = root
        var path: [String] = []
        while let word = words.popFirst(),
            let next = command.configuration.subcommands.first(where: { $0.configuration.commandName == word })
        {
            path.append(word)
            command = next
        }
        return path
    }

    private static func checkCommand(_ words: [String], root: any ParsableCommand.Type) throws {
        var rest = words[...]
        let isHelp = rest.first == "help"
        if isHelp { rest.removeFirst() }
        if isHelp, rest.first == "help" { return }
        var command = root
        while let word = rest.first, !word.hasPrefix("-") {
            guard let next = command.configuration.subcommands.first(where: { $0.configuration.commandName == word })
            else {
                // Behind a command stand its own words; of one that has commands only, and behind 'help', a command.
                guard isHelp || !names(command).isEmpty else { return }
                let parents = command == root ? "" : "\(command.configuration.commandName ?? "") "
                let known = names(command) + (command == root && !isHelp ? ["help"] : [])
                let nearest = Suggestion.nearest(to: word, among: known)
                guard !known.isEmpty else {
                    throw ValidationError("'\(parents.dropLast())' has no command '\(word)'.")
                }
                throw ValidationError(
                    "Unknown command '\(parents)\(word)'"
                        + (nearest.map { "; did you mean '\(parents)\($0)'?" }
                            ?? (audioOrModel(word).map { "; \($0)" } ?? "; the commands are " + list(known))))
            }
            command = next
            rest.removeFirst()
        }
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }

    /// Somebody may name a song where a command belongs.
    private static func audioOrModel(_ word: String) -> String? {
        guard FileManager.default.fileExists(atPath: word) else { return nil }
        return "to classify '\(word)', say 'genre predict \(shellWord(word))'"
    }

    // MARK: names that look like options

    private static func checkNames(_ words: ArraySlice<String>) throws {
        for word in words where word.hasPrefix("-") && word.count > 2 && !isNumbers(word) {
            let isOption = word.hasPrefix("--") && !word.contains(".") || word.dropFirst(2).first == "="
            if isOption { continue }
            if FileManager.default.fileExists(atPath: word) {
                throw ValidationError(
                    "'\(word)' is a file whose name begins with '-', and was taken for options: write './\(word)', or '--' "
                        + "before the names.")
            }
            // The parser would read single letters, an 'h' among them as a call for help.
            if !word.hasPrefix("--") {
                throw ValidationError(
                    "Unknown option '\(word)'; write './\(word)' if it is a file.")
            }
        }
    }

    // MARK: negative numbers

    /// Whether a word is a number below zero, or numbers with commas between of which the first is.
    private static func isNumbers(_ word: String) -> Bool {
        word.wholeMatch(of: /-(\.?[0-9][0-9.,eE+-]*|inf|infinity|nan)/.ignoresCase()) != nil
    }

    /// With numbers below zero joined to the option before them: the parser would take them for options of their own.
    private static func joined(_ words: ArraySlice<String>) -> [String] {
        var result: [String] = []
        for word in words {
            if isNumbers(word), let option = result.last, option.hasPrefix("--"), option.count > 2,
                !option.contains("=")
            {
                result[result.count - 1] = "\(option)=\(word)"
            } else {
                result.append(word)
            }
        }
        return result
    }
}
