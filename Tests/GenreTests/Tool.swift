import Foundation

/// The built tool, run as a user runs it.
enum Tool {
    struct Outcome {
        let status: Int32
        let output: String
        let diagnostics: String

        /// Standard output as one JSON object a line.
        func objects() throws -> [[String: Any]] {
            try output.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            }
        }
    }

    /// The tool lies beside the test bundle.
    static let url = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("genre")

    /// Removed when the tests end.
    private static let caches: String = {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("genre-tests-cache-\(getpid())").path
        atexit { try? FileManager.default.removeItem(atPath: Tool.caches) }
        return folder
    }()

    static func run(
        _ arguments: String..., in folder: URL? = nil, environment: [String: String] = [:], input: URL? = nil
    ) throws -> Outcome {
        try run(arguments, in: folder, environment: environment, input: input)
    }

    static func run(
        _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:], input: URL? = nil
    ) throws -> Outcome {
        let process = process(arguments, in: folder, environment: environment)
        // Files, not pipes: a full pipe would stop the tool.
        let streams = try TemporaryFolder()
        let output = streams.url.appendingPathComponent("output")
        let diagnostics = streams.url.appendingPathComponent("diagnostics")
        for file in [output, diagnostics] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: diagnostics)
        process.standardInput = try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            diagnostics: String(decoding: try Data(contentsOf: diagnostics), as: UTF8.self))
    }

    /// Starts the tool and comes back at once; what it says goes nowhere, or its diagnostics to a pipe.
    static func start(_ arguments: [String], diagnostics: Pipe? = nil) throws -> Process {
        let process = process(arguments, in: nil, environment: [:])
        process.standardOutput = FileHandle.nullDevice
        process.standardError = diagnostics ?? FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    static func process(
        _ arguments: [String], in folder: URL?, environment: [String: String]
    ) -> Process {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        process.currentDirectoryURL = folder
        // A cache of its own for every run of the tests, never the user's, nor the models that the user installed; where no
        // state can be kept, no hint is shown.
        process.environment = ProcessInfo.processInfo.environment.merging(
            [
                "XDG_CACHE_HOME": caches, "XDG_DATA_HOME": caches + "/data", "XDG_STATE_HOME": "/dev/null/none",
            ].merging(environment) { $1 }
        ) { $1 }
        return process
    }
}

/// A folder that goes away with its owner.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("genre-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Makes a file, and the folders above it.
    @discardableResult
    func write(_ data: Data, to name: String) throws -> String {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
        return file.path
    }

    func contents(of name: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(name)).sorted()
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
