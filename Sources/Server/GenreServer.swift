import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Report
import ServiceLifecycle
import Storage
import UnixSignals

/// What a server is told.
public struct ServerOptions: Sendable {
    public var host = "127.0.0.1"
    /// 0 for any that is free.
    public var port = 8080
    /// Without it nobody gets in, where there is one; wanted beyond this machine.
    public var token: String?
    /// Bytes of an upload.
    public var greatestUpload = 2 << 30
    /// Sounds judged at once.
    public var jobs = 1
    /// Uploads in hand at once: still coming, waiting, or being judged.
    public var greatestUploads = 64
    /// Seconds without a byte, and for the whole of an upload.
    public var stallSeconds = 30
    public var uploadSeconds = 1800
    public var version = ""
    /// Files, folders and playlists of the collection; none for no collection.
    public var music: [String] = []
    /// Where the collection's results are kept.
    public var state: URL?
    /// The folder of trainings; nil for none.
    public var runs: URL?
    /// What trainings may learn from: folders and tables.
    public var data: [String] = []
    /// The program that trains.
    public var program = ""

    public init() {}

    /// Whether only this machine reaches the server.
    public var isLoopback: Bool {
        ["localhost", "127.0.0.1", "::1"].contains(host) || host.hasPrefix("127.")
    }
}

/// The server: pages for people, an interface for programs.
public final class GenreServer: Sendable {
    let options: ServerOptions
    let workers: Workers
    let admission: Admission
    let shelf: SoundShelf
    /// For what comes and goes; only this user may enter.
    let folder: URL
    let models: Models
    let collection: MusicCollection?
    let runs: Runs?
    private let log: @Sendable (String) -> Void

    /// - Parameters:
    ///   - models: at least one; the first is used where a request names none.
    ///   - log: gets a line for every fault of the server's own.
    /// - Throws: `StorageError` where no private folder can be made.
    public init(
        _ options: ServerOptions, models: [ServedModel], log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        self.options = options
        self.models = Models(models)
        self.log = log
        if let state = options.state, !options.music.isEmpty {
            collection = try MusicCollection(options.music, model: models[0], keptIn: state)
        } else {
            collection = nil
        }
        runs = try options.runs.map { try Runs($0, data: options.data, program: options.program) }
        folder = try TemporaryPlace.makeFolder("genre-serve")
        workers = Workers(threads: options.jobs)
        admission = Admission(limit: options.greatestUploads)
        shelf = SoundShelf(bytes: 2 * options.greatestUpload)
    }

    deinit { close() }

    /// Ends the work and removes what was kept.
    public func close() {
        workers.close()
        try? FileManager.default.removeItem(at: folder)
    }

    // MARK: addresses

    func router() -> (Router<ServerContext>, Routes) {
        let router = Router(context: ServerContext.self)
        router.add(middleware: ErrorAnswers(log: log))
        router.add(middleware: Gate(token: options.token, names: options.isLoopback ? [] : [options.host.lowercased()]))
        let routes = Routes(router)
        for (path, page) in [("/", "index.html"), ("/api/openapi.json", "openapi.json")] {
            routes.add(path, [.get: { request, _ in try Pages.response(page, to: request) }])
        }
        routes.add(
            "/assets/{name}",
            [.get: { request, context in try Pages.response(context.parameters.get("name") ?? "", to: request) }])
        routes.add("/health", [.get: { [self] _, _ in try Answer.json(health) }])
        routes.add(
            "/api/models/{name}/net.svg",
            [
                .get: { [models, workers] request, context in
                    let model = try models.named(context.parameters.get("name") ?? "")
                    let index = try request.count("net", in: 0...100, otherwise: 0)
                    let picture = try await workers.run { _ in
                        let nets = try model.model.nets
                        guard nets.indices.contains(index) else {
                            throw ServerError.unknown(kind: "net", id: String(index))
                        }
                        return ArchitectureFigure.figure(of: nets[index].parameters.plan).svg(.adaptive)
                    }
                    return Response(
                        status: .ok,
                        headers: [
                            .contentType: "image/svg+xml", .contentSecurityPolicy: SecurityHeaders.documentPolicy,
                            .cacheControl: "no-cache",
                        ], body: .init(byteBuffer: ByteBuffer(string: picture)))
                }
            ])
        routes.add(
            "/api/models",
            [
                .get: { [models, workers] _, _ in
                    // Opening a model takes time.
                    try await workers.run { _ in
                        try Answer.json(
                            ["models": models.all.map { ModelAnswer($0, isDefault: $0 === models.first) }])
                    }
                }
            ])
        PredictRoutes(
            models: models, workers: workers,
            uploads: Uploads(
                folder: folder,
                limits: .init(
                    bytes: options.greatestUpload, stall: options.stallSeconds, whole: options.uploadSeconds)),
            admission: admission, shelf: shelf
        ).add(to: routes)
        let sounds = SoundRoutes(models: models, workers: workers, shelf: shelf)
        sounds.add(to: routes)
        CollectionRoutes(collection: collection, sounds: sounds, workers: workers, folder: folder).add(to: routes)
        RunRoutes(runs: runs, workers: workers).add(to: routes)
        Listening(models: models, workers: workers).add(to: routes)
        return (router, routes)
    }

    private struct Health: Encodable {
        let status = "ok"
        let version: String
        let model: String
        /// Uploads in hand.
        let uploads: Int
    }

    private var health: Health {
        Health(version: options.version, model: models.first.name, uploads: admission.inHand)
    }

    // MARK: running

    /// - Parameter running: gets the port that the server listens at.
    func application(
        running: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> Application<RouterResponder<ServerContext>> {
        var logger = Logger(label: "genre") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return Application(
            router: router().0,
            server: .http1(configuration: .init(idleTimeout: .seconds(75))),
            configuration: .init(
                address: .hostname(options.host, port: options.port),
                availableConnectionsDelegate: MaximumAvailableConnections(512)),
            onServerRunning: { channel in running(channel.localAddress?.port ?? 0) }, logger: logger)
    }

    /// Serves until Ctrl-C or the signal that ends services; requests in hand are answered first, for ten seconds at most.
    ///
    /// - Throws: what keeps the port from being taken.
    public func run(running: @escaping @Sendable (Int) -> Void) async throws {
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: application(running: running))],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "genre") { _ in SwiftLogNoOpLogHandler() })
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        configuration.maximumCancellationDuration = .seconds(5)
        defer { close() }
        let listening = Task { [collection, workers, log] in await collection?.listen(workers, log: log) }
        defer { listening.cancel() }
        try await ServiceGroup(configuration: configuration).run()
    }
}
