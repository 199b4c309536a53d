import ArgumentParser
import Foundation
import ModelFile
import NeuralNetwork
import Prediction
import Storage

/// What a command is to hear: files, folders, playlists, standard input.
struct AudioArguments: ParsableArguments {
    @Argument(help: "Audio files, folders, playlists, or '-'.", completion: Completions.audio) var inputs: [String] = []
    @Option(help: "Read paths from a file, one per line; '-' for standard input.", completion: .file()) var from:
        String?
    @Option(help: "Files at once; by default one per core.", completion: .default) var jobs: Int?
    @Option(help: ArgumentHelp("The same as --jobs.", visibility: .hidden), completion: .default) var threads: Int?

    @OptionGroup var length: LengthOption

    func validate() throws {
        try Self.check(inputs, list: from)
        guard !(from == "-" && inputs.contains("-")) else {
            throw ValidationError("Standard input cannot be both a sound and a list.")
        }
        guard 1...256 ~= jobs ?? 1 else { throw ValidationError("--jobs must be 1 to 256.") }
        _ = try checked(threads: threads)
    }

    /// - Throws: a complaint where nothing is named, or an address is.
    static func check(_ inputs: [String], list: String?) throws {
        guard !inputs.isEmpty || list != nil else {
            throw ValidationError("Name audio files, folders or playlists, '-' for standard input, or --from a list.")
        }
        try refuseNetworkAddresses(inputs)
    }

    /// - Throws: a complaint where a model stands among the music.
    static func refuseModels(_ inputs: [String]) throws {
        for word in inputs where isModel(word) {
            let rest = inputs.filter { $0 != word }.prefix(3).map(shellWord)
            throw ValidationError(
                "'\(word)' \(FileKind(word) == .missing ? "is a built-in model" : FileKind(word).words), and music is wanted"
                    + " here: say --model \(shellWord(word)) \((rest.isEmpty ? ["MUSIC"] : rest).joined(separator: " "))."
            )
        }
    }

    /// Reads the list of --from and the sound on standard input, where these are asked for.
    func open() throws -> AudioCollection {
        let given = try inputs + (from.map(listedPaths) ?? [])
        return AudioCollection(
            given: given, isOne: given.count == 1 && !inputs.isEmpty,
            standardInput: try inputs.contains("-") ? StandardInputSound() : nil,
            jobs: jobs ?? threads ?? UsableCores.count)
    }
}

/// The paths in a list, one a line; lines end as those of text files do, so that a name may hold any other character.
private func listedPaths(_ list: String) throws -> [String] {
    let longest = 256 << 20
    var text: ListText
    do throws(StorageError) {
        text = ListText(
            list == "-"
                ? try listBytes(of: STDIN_FILENO, path: "standard input", limit: longest, format: "list")
                : try listBytes(list, limit: longest, format: "list"))
    } catch {
        if case .notAFile = error, list == "-" || list == "/dev/stdin" {
            throw ToolError.standardInput(problem: "is a folder: name it as an argument instead")
        }
        throw ToolError.badList(path: list, "\(error)")
    }
    var paths: [String] = []
    while let bytes = text.nextBytes() {
        guard !bytes.isEmpty else { continue }
        let line = ListText.text(bytes)
        let entry = ListedPath.path(ofFileURL: line) ?? line
        paths.append(ListedPath.find(entry, in: "") ?? ListedPath.misnamed(bytes, in: "") ?? entry)
    }
    return paths
}

/// The files that were named, and how they are heard.
struct AudioCollection {
    /// The words that stand for them.
    let given: [String]
    fileprivate let isOne: Bool
    fileprivate let standardInput: StandardInputSound?
    fileprivate let jobs: Int

    func files(warning: @escaping @Sendable (String) -> Void) -> some Sequence<AudioInputs.Input> {
        AudioInputs(given, warning: warning).lazy.map { [standardInput] input in
            input.name == "-" && standardInput != nil
                ? AudioInputs.Input(url: standardInput?.url ?? input.url, name: "-") : input
        }
    }

    /// Hears files with a model.
    ///
    /// - Parameters:
    ///   - wanted: those of ``files(warning:)`` that are to be heard.
    ///   - work: what is to be told of each.
    ///   - take: gets the results in order.
    func hear<Value>(
        _ wanted: AnyIterator<AudioInputs.Input>, with model: GenreModel,
        _ work: @escaping (GenrePredictor, URL) throws -> Value,
        _ take: @escaping (AudioInputs.Input, Result<Value, any Error>) throws -> Void
    ) throws {
        func takeNamed(_ input: AudioInputs.Input, _ result: Result<Value, any Error>) throws {
            try take(input, result.mapError { input.name == "-" ? standardInput?.named($0) ?? $0 : $0 })
        }
        var first = AudioInputs(given) { _ in }
        guard isOne, first.next()?.name == given[0] else {
            return try CollectionPredictor(model: model, jobs: jobs).run(wanted, work, takeNamed)
        }
        // One file: all threads work on its segments, and the model is ready sooner.
        let predictor = try GenrePredictor(model: model, pool: ThreadPool(threads: jobs), batch: 16)
        guard let input = wanted.next() else { return }
        try takeNamed(
            input,
            Result {
                try input.check()
                return try work(predictor, input.url)
            })
    }
}

/// How many files there will be, for the progress on a terminal: counted beside the work, since a collection is listed as
/// it is heard. Nil until it is known, and where there is no terminal.
final class InputCount: @unchecked Sendable {  // the number is behind the lock
    private let lock = NSLock()
    private var counted: Int?

    var total: Int? { lock.withLock { counted } }

    init(of given: [String], _ isWanted: @escaping @Sendable (AudioInputs.Input) -> Bool = { _ in true }) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        Thread.detachNewThread { [self] in
            let count = AudioInputs(given) { _ in }.lazy.filter(isWanted).reduce(0) { count, _ in count + 1 }
            lock.withLock { counted = count }
        }
    }
}
