import ArgumentParser
import Foundation
import Storage

/// The command line: `genre train`, `genre evaluate`, `genre predict` …
struct GenreTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "genre",
        abstract: "Classify music by genre, and train the nets that do so.",
        discussion: """
            'genre' alone shows the first steps, 'genre help predict' explains a command, with examples.

            Exit codes: 0 good, 1 the work failed or a result could not be written, 2 wrong usage, 130 or 143 stopped by \
            a signal. Results go to standard output, progress and diagnostics to standard error.
            """,
        version: toolVersion,
        subcommands: [
            TrainCommand.self, CompareCommand.self, EvaluateCommand.self, PredictCommand.self, TagsCommand.self,
            EmbedCommand.self, FuseCommand.self,
            FeaturesCommand.self, NetsCommand.self, InspectCommand.self, ExportCommand.self, ImportCommand.self,
            FetchCommand.self, ModelsCommand.self, ReportCommand.self,
            DrawCommand.self, ServeCommand.self, ReproduceCommand.self, DemoCommand.self, BenchCommand.self,
        ])
}

/// The tool's version, recorded in every model.
let toolVersion = "0.1.0"

@main
enum Main {
    static func main() {
        // A limit on the size of files is then an error of the write that meets it, not the end of the program.
        signal(SIGXFSZ, SIG_IGN)
        StandardStreams.complete()
        CutShortFiles.nameThem()
        let given = Array(CommandLine.arguments.dropFirst())
        if given.isEmpty {
            show(firstSteps)
            exit(LostResults.shared.exist ? 1 : 0)
        }
        do {
            var command = try GenreTool.parseAsRoot(CommandWords(given).words)
            try command.run()
            if LostResults.shared.exist { exit(1) }
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            leave(with: error, command: CommandWords.command(of: given))
        }
    }

    private static func leave(with error: any Error, command: [String]) -> Never {
        let code = GenreTool.exitCode(for: error)
        if code == .success {  // help, version and completions arrive as errors too
            show(CommandWords.wrappedUsage(Completions.finished(GenreTool.fullMessage(for: error))))
            exit(LostResults.shared.exist ? 1 : 0)
        }
        if code == .validationFailure {
            note(CommandWords.usageError(GenreTool.message(for: error), command: command))
            exit(2)
        }
        note("genre: \(words(of: error))")
        exit(1)
    }

    /// What a system library's error says, in words that name the file; all others speak for themselves.
    private static func words(of error: any Error) -> String {
        switch error {
        case let error as CocoaError:
            let path = error.userInfo[NSFilePathErrorKey] as? String
            let code = (error.underlying as? POSIXError).map { Int32($0.code.rawValue) }
            let reason = code.map { String(cString: strerror($0)) } ?? error.localizedDescription
            return "\(path ?? "a file") cannot be read or written (\(reason)); \(WriteAdvice.words(for: reason))"
        case let error as POSIXError:
            return "the system refuses (\(String(cString: strerror(Int32(error.code.rawValue)))))"
        case let error as EncodingError:
            if case .invalidValue(let value, let context) = error {
                let place = context.codingPath.map(\.stringValue).joined(separator: ".")
                return
                    "the result holds \(value)\(place.isEmpty ? "" : " as '\(place)'"), which JSON cannot; try without --json"
            }
            return "the result cannot be written as JSON"
        default: return "\(error)"
        }
    }
}
