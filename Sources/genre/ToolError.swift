import Foundation
import Storage

/// What can go wrong in the tool itself.
enum ToolError: Error, CustomStringConvertible {
    case unreadable(path: String, what: String)
    case unwritable(path: String, reason: String)
    /// A file's name whose ending says nothing, or another format than is to be written.
    case unknownEnding(path: String, known: String)
    /// A pipe or a device that results were to be kept in.
    case notForResults(path: String)
    /// Standard input that is a folder, or fails.
    case standardInput(problem: String)
    /// The list of --from, and what is wrong with it.
    case badList(path: String, String)
    /// A file of results that would be written over.
    case alreadyThere(path: String)
    /// A file that does not hold the results of such a run.
    case otherResults(path: String)
    /// A file of results that another process writes.
    case inUse(path: String)
    /// A model whose output is no number.
    case senselessModel(model: String, track: String)
    /// A result that JSON cannot hold.
    case notANumber(field: String)
    /// A net in a file of its own.
    case badNet(path: String, problem: String)
    case noSuchModel(name: String, known: [String])
    /// A model that can be fetched, and was not.
    case notInstalled(name: String)
    /// What keeps a model from being fetched.
    case notFetched(problem: String, wheel: String)
    case noDataFolder
    case tooFewToCalibrate(data: String, tracks: Int)
    /// Ready-made segments where a fusion is judged.
    case fusionNeedsSound(data: String)
    /// Something else where a model is wanted; `kind` says what it is.
    case notAModel(path: String, kind: String)
    /// The folder of several runs where a model is wanted.
    case seriesForModel(path: String, members: [String])
    case runWithoutModel(path: String)
    case nothingThere(path: String)
    /// Neither a file or folder nor a built-in model.
    case nothingNamed(name: String, known: [String])
    case nothingToInspect(path: String, kind: String)
    case noFiles(folder: String)
    /// A port that cannot be listened at.
    case notServed(host: String, port: Int, reason: String)

    var description: String {
        switch self {
        case .unreadable(let path, let what): "\(path): \(what) cannot be read; check the path and its permissions"
        case .badNet(let path, let problem): "\(path) is no net: \(problem)"
        case .badList(let path, let problem):
            problem.contains(path) ? "--from: \(problem)" : "--from \(path): \(problem)"
        case .unwritable(let path, let reason):
            "\(path) cannot be written (\(reason)); \(WriteAdvice.words(for: reason))"
        case .unknownEnding(let path, let known): "\(path): the name must end in \(known)"
        case .notForResults(let path):
            "\(path) is a pipe or a device, which keeps no results: name a file, or print to standard output with --json "
                + "or --csv"
        case .standardInput(let problem): "standard input \(problem)"
        case .alreadyThere(let path):
            "\(path) holds something already; --resume goes on with results, --force replaces it; or name another file"
        case .otherResults(let path):
            "\(path) holds something else than results of this model, in this format and with these --top, --unsure and "
                + "--timeline; name another file"
        case .inUse(let path): "another process writes \(path); let it end, or name another file"
        case .senselessModel(let model, let track):
            "\(model): on the track '\(track)' its output is no number, so its weights are damaged, or its training diverged; "
                + "copy it again, train anew, or name another model"
        case .notANumber(let field):
            "the result cannot be written as JSON: \(field) is not finite, so the model or the data are damaged"
        case .noSuchModel(let name, let known):
            "there is no model '\(name)'"
                + (Suggestion.nearest(to: name, among: known).map { " (did you mean '\($0)'?)" } ?? "")
                + "; name a model file, a run folder, or a built-in model: "
                + (known.isEmpty ? "none" : known.joined(separator: ", "))
        case .notInstalled(let name):
            "the model '\(name)' is not installed: 'genre fetch \(name)' gets it by pip"
        case .notFetched(let problem, let wheel):
            "\(problem); fetch the wheel by hand, on any machine, and import it:\n"
                + "  pip download --no-deps \(wheel)\n  genre import musicnn-0.1.0-py3-none-any.whl"
        case .noDataFolder:
            "there is no folder for models: neither XDG_DATA_HOME nor HOME is set; name a file with -o"
        case .tooFewToCalibrate(let data, let tracks):
            "\(data) has \(tracks) tracks that no member learned from, and a calibration needs 20: name more music, or leave "
                + "--calibrate out"
        case .fusionNeedsSound(let data):
            "\(data) holds no sound, and each member of a fusion makes its own segments: name folders of genre folders or a "
                + "table of audio files, or evaluate the members"
        case .notAModel(let path, let kind):
            "\(path) \(kind), and a model is wanted here: name a model file, a run folder or a built-in model"
        case .seriesForModel(let path, let members):
            "\(path) is the folder of a series, which has a model for each run; name one of them: "
                + (members.isEmpty
                    ? "its runs"
                    : members.prefix(5).map { shellWord("\(path)/\($0)") }.joined(separator: ", ")
                        + (members.count > 5 ? " …" : ""))
        case .nothingThere(let path): "there is no file or folder \(path); check the name"
        case .nothingToInspect(let path, let kind):
            "\(path) \(kind): name a model, a folder of music, a table, or an audio file"
        case .nothingNamed(let name, let known):
            "there is no file or folder \(name), and no built-in model of that name"
                + (Suggestion.nearest(to: name, among: known).map { " (did you mean '\($0)'?)" }
                    ?? " (they are \(known.joined(separator: ", ")))")
        case .notServed(let host, let port, let reason):
            reason.contains("in use")
                ? "port \(port) of \(host) is in use; name another with --port, or 0 for any that is free"
                : "the server cannot listen at \(host), port \(port) (\(reason)); name another --host or --port"
        case .noFiles(let folder): "there is no file in \(folder); name a folder of music"
        case .runWithoutModel(let path):
            "the run \(path) has no model yet: it gets one when its first epoch ends; 'genre train --resume "
                + "\(shellWord(path))' goes on with it"
        }
    }
}
