import Foundation
import HTTPTypes
import Hummingbird
import Logging

struct ServerContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }

    /// Without a connection.
    init(logger: Logger) { coreContext = .init(source: LoggerSource(logger: logger)) }

    private struct LoggerSource: RequestContextSource {
        let logger: Logger
    }
}

typealias Handler = @Sendable (Request, ServerContext) async throws -> Response

/// Addresses and who answers them. What is asked by another method gets the list of those that are answered.
final class Routes {
    private let router: Router<ServerContext>
    /// Paths as OpenAPI writes them, with the methods answered there.
    private(set) var table: [(path: String, methods: [String])] = []

    init(_ router: Router<ServerContext>) { self.router = router }

    private static let usual: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .delete, .patch, .options, .trace, .init("QUERY")!,
    ]

    /// - Parameter path: "/api/sounds/{id}".
    func add(_ path: String, _ handlers: [HTTPRequest.Method: Handler]) {
        var handlers = handlers
        if let get = handlers[.get] {
            handlers[.head] = { request, context in
                var response = try await get(request, context)
                let length = response.body.contentLength
                response.body = .init()
                response.headers[.contentLength] = length.map(String.init)
                return response
            }
        }
        let answered = handlers
        let allowed = answered.keys.map(\.rawValue).sorted()
        table.append((path, allowed.filter { $0 != "HEAD" }))
        let place = RouterPath(stringLiteral: path)
        for method in Self.usual {
            router.on(place, method: method) { request, context in
                guard let handler = answered[method] else { throw ServerError.methodNotAllowed(allowed: allowed) }
                return try await handler(request, context)
            }
        }
    }
}

extension Request {
    /// A parameter of the address; nil where it is not there.
    func query(_ name: String) -> String? { uri.queryParameters[Substring(name)].map(String.init) }

    /// - Throws: ``ServerError/badQuery(name:problem:)`` where it is neither true nor false.
    func flag(_ name: String) throws(ServerError) -> Bool {
        switch query(name) {
        case nil, "false", "0": return false
        case "true", "1", "": return true
        default: throw .badQuery(name: name, problem: "is neither 'true' nor 'false'")
        }
    }

    /// A number of a range.
    func number(_ name: String, in range: ClosedRange<Double>, otherwise usual: Double) throws(ServerError) -> Double {
        guard let text = query(name) else { return usual }
        guard let value = Double(text), range.contains(value) else {
            throw .badQuery(name: name, problem: "is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A whole number of a range.
    func count(_ name: String, in range: ClosedRange<Int>, otherwise usual: Int) throws(ServerError) -> Int {
        guard let text = query(name) else { return usual }
        guard let value = Int(text), range.contains(value) else {
            throw .badQuery(
                name: name, problem: "is no whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
