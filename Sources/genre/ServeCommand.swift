import ArgumentParser
import Dispatch
import Foundation
import ModelFile
import NeuralNetwork
import Server

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Classify music in the browser, on this machine.",
        discussion: """
            Starts a server that this machine alone reaches, and prints its address: pages on which music is dropped, \
            played to the microphone, and looked through, and on which nets are trained; and an interface for programs \
            (/api/openapi.json describes it). Ctrl-C ends it; trainings go on.

            Examples:
              genre serve
              genre serve --model my-run --port 9000
              genre serve MUSIC
              genre serve --runs my-runs --data my-music
              curl -F file=@song.mp3 http://localhost:8080/api/predict

            With a --host that other machines reach, the server wants a --token, which everybody who uses it must know. \
            What is sent is not encrypted: put a proxy with TLS before it where the network is not yours.
            """)

    @Argument(
        help: "A collection: audio files, folders, playlists. Its results and corrections are kept.",
        completion: Completions.audio) var music: [String] = []
    @Option(
        help: """
            The model that is used where the page names no other: a model file, a run folder, or a built-in model \
            (\(builtInModelNames)).
            """, completion: Completions.model)
    var model: String?
    @Option(
        help: "Where the collection's results are kept; by default 'genre-serve' in the first folder of MUSIC.",
        completion: .directory) var state: String?
    @Option(help: "A folder of trainings, for the page that shows and begins them.", completion: .directory)
    var runs: String?
    @Option(
        help: "What trainings begun on the page may learn from; may be given several times.",
        completion: Completions.data) var data: [String] = []
    @Option(help: "The address to listen at.", completion: .default) var host = "127.0.0.1"
    @Option(help: "The port; 0 for any that is free.", completion: .default) var port = 8080
    @Option(
        help: "What clients must know: letters, digits, '-', '_' and '.', at least 16 of them.", completion: .default)
    var token: String?
    @Option(
        help: ArgumentHelp("Largest upload: bytes, or with kB, MB or GB.", valueName: "size"), completion: .default)
    var maxUpload = "2GB"
    @Option(help: "Sounds judged at once; by default one per core.", completion: .default) var jobs: Int?
    @Flag(help: "Open no browser.") var noOpen = false
    @OptionGroup var length: LengthOption

    func validate() throws {
        guard 0...65_535 ~= port else { throw ValidationError("--port must be 0 to 65535.") }
        guard 1...256 ~= jobs ?? 1 else { throw ValidationError("--jobs must be 1 to 256.") }
        try refuseNetworkAddresses(music)
        try AudioArguments.refuseModels(music)
        guard runs != nil || data.isEmpty else {
            throw ValidationError("--data goes with --runs, the folder of trainings.")
        }
        for path in data where !FileManager.default.fileExists(atPath: path) {
            throw ValidationError("--data \(path): there is nothing; check the path.")
        }
        guard !host.isEmpty else { throw ValidationError("--host must be a name or an address.") }
        if let token {
            guard 16...200 ~= token.utf8.count, token.wholeMatch(of: /[A-Za-z0-9._-]+/) != nil else {
                throw ValidationError("--token must be 16 to 200 letters, digits, '-', '_' and '.'.")
            }
        }
        guard try options().isLoopback || token != nil else {
            throw ValidationError(
                "--host \(host) lets other machines in: give a --token, which they must know "
                    + "('openssl rand -hex 16' makes one).")
        }
    }

    private func options() throws -> ServerOptions {
        var options = ServerOptions()
        options.host = host
        options.port = port
        options.token = token
        guard let size = byteSize(maxUpload), 1...(1 << 44) ~= size else {
            throw ValidationError("--max-upload must be a size of 1 byte to 16384 GB, say 500MB, not '\(maxUpload)'.")
        }
        options.greatestUpload = size
        options.jobs = jobs ?? UsableCores.count
        options.version = toolVersion
        options.music = music
        options.state = try stateFolder()
        options.runs = runs.map { URL(fileURLWithPath: $0) }
        options.data = data
        options.program = Self.program
        return options
    }

    /// - Throws: a complaint where music is no folder and no place is named.
    private func stateFolder() throws -> URL? {
        if let state { return URL(fileURLWithPath: state) }
        guard !music.isEmpty else { return nil }
        var isFolder: ObjCBool = false
        for word in music where FileManager.default.fileExists(atPath: word, isDirectory: &isFolder) {
            if isFolder.boolValue { return URL(fileURLWithPath: word).appendingPathComponent("genre-serve") }
        }
        throw ValidationError("name a folder for the collection's results: --state FOLDER.")
    }

    /// The file of this program.
    private static var program: String {
        #if os(Linux)
            if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
        #endif
        return Bundle.main.executablePath ?? CommandLine.arguments[0]
    }

    func run() throws {
        let server = try GenreServer(try options(), models: try servedModels()) { note("genre: \($0)") }
        let (host, opens) = (host, !noOpen)
        if try !options().isLoopback {
            note("genre: \(host) can be reached from other machines; clients need the token")
        }
        let done = Outcome()
        Task {
            do {
                try await server.run { port in
                    let name = ["0.0.0.0", "::"].contains(host) ? ProcessInfo.processInfo.hostName : host
                    let address =
                        "http://\(name.contains(":") ? "[\(name)]" : name == "127.0.0.1" ? "localhost" : name)"
                    show("\(address):\(port)/")
                    note("genre: Ctrl-C ends the server")
                    if opens { Browser.open("\(address):\(port)/") }
                }
                done.end(nil)
            } catch { done.end(error) }
        }
        if let error = done.wait() { throw ToolError.notServed(host: host, port: port, reason: "\(error)") }
        note("genre: the server has ended")
    }

    /// The model that was asked for, then all others that have names here.
    private func servedModels() throws -> [ServedModel] {
        // Opened now, so that a wrong name is a complaint and no page.
        let named = try NamedModel(model)
        let opened = Opened(named.model)
        let builtIn = BuiltInModel.named(named.name)
        let isOurs = model == nil || builtIn != nil || builtInFusion(named.name) != nil
        let first = ServedModel(name: named.name, origin: isOurs ? .builtIn : .given, notes: builtIn?.notes) {
            opened.model
        }
        let others =
            BuiltInFusion.all.filter { $0.isComplete() }.map { fusion in
                ServedModel(name: fusion.name, origin: .builtIn) { .fused(try fusion.open()) }
            }
            + BuiltInModel.all.map { model in
                ServedModel(name: model.name, origin: .builtIn, notes: model.notes) { .single(try model.open()) }
            }
            + (InstalledModels.standard()?.names ?? []).map { name in
                ServedModel(name: name, origin: .installed) { try NamedModel(name).model }
            }
        var names: Set<String> = []
        return ([first] + others).filter { names.insert($0.name).inserted }
    }
}

/// A model on its way to another thread, which alone uses it.
private struct Opened: @unchecked Sendable {
    let model: GenreModel
    init(_ model: GenreModel) { self.model = model }
}

/// How the server ended.
private final class Outcome: @unchecked Sendable {  // behind the semaphore
    private let semaphore = DispatchSemaphore(value: 0)
    private var error: (any Error)?

    func end(_ error: (any Error)?) {
        self.error = error
        semaphore.signal()
    }

    func wait() -> (any Error)? {
        semaphore.wait()
        return error
    }
}

/// "500MB" in bytes; nil for what is no size.
func byteSize(_ text: String) -> Int? {
    guard let match = text.wholeMatch(of: /([0-9]{1,15}) ?([kKmMgG]?)[bB]?/), let number = Int(match.1) else {
        return nil
    }
    let shift =
        switch match.2.lowercased() {
        case "k": 10
        case "m": 20
        case "g": 30
        default: 0
        }
    let (size, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : size
}

/// The browser of whoever sits before this machine.
private enum Browser {
    /// Opens an address where there is a screen, and a program for it.
    static func open(_ address: String) {
        let process = Process()
        #if os(macOS)
            process.executableURL = URL(fileURLWithPath: "/usr/bin/open")
        #else
            let environment = ProcessInfo.processInfo.environment
            let hasScreen = ["DISPLAY", "WAYLAND_DISPLAY"].contains { environment[$0]?.isEmpty == false }
            guard hasScreen, isatty(STDERR_FILENO) == 1 else { return }
            process.executableURL = URL(fileURLWithPath: "/usr/bin/xdg-open")
        #endif
        process.arguments = [address]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try? process.run()
    }
}
