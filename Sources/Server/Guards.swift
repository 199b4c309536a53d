import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// Every error as a JSON object, and on every response what keeps browsers from misusing it.
struct ErrorAnswers<Context: RequestContext>: RouterMiddleware {
    let log: @Sendable (String) -> Void

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do { response = try await next(request, context) } catch let error as ServerError {
            response = Answer.failure(error)
        } catch let error as HTTPError where error.status == .notFound {
            response = Answer.failure(.noSuchPage(path: request.uri.path))
        } catch is CancellationError {
            response = Answer.failure(.notPossible("The server ends; ask again when it is back."))
        } catch {
            log("\(request.method) \(request.uri.path): \(error)")
            response = Answer.failure(.internalFault)
        }
        SecurityHeaders.add(to: &response.headers)
        return response
    }
}

enum SecurityHeaders {
    /// Pages load from this server alone, and no script or style stands within a page.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
        + "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    /// Of reports and pictures, which hold their style, and no script.
    static let documentPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; sandbox allow-same-origin"

    static func add(to headers: inout HTTPFields) {
        let usual: [(HTTPField.Name, String)] = [
            (.contentSecurityPolicy, policy), (.xContentTypeOptions, "nosniff"), (.referrerPolicy, "no-referrer"),
            (.crossOriginResourcePolicy, "same-origin"), (.crossOriginOpenerPolicy, "same-origin"),
            (.xFrameOptions, "DENY"), (.cacheControl, "no-store"), (.permissions, "microphone=(self), camera=()"),
        ]
        for (name, value) in usual where headers[name] == nil { headers[name] = value }
    }
}

extension HTTPField.Name {
    static let referrerPolicy = Self("Referrer-Policy")!
    static let xFrameOptions = Self("X-Frame-Options")!
    static let permissions = Self("Permissions-Policy")!
    static let crossOriginOpenerPolicy = Self("Cross-Origin-Opener-Policy")!
    static let fetchSite = Self("Sec-Fetch-Site")!
    static let fetchMode = Self("Sec-Fetch-Mode")!
    static let fetchDestination = Self("Sec-Fetch-Dest")!
}

/// Who may ask: pages of this server and programs, under a name that is the server's own, and with the token where
/// there is one.
struct Gate<Context: RequestContext>: RouterMiddleware {
    /// Nil where only this machine can reach the server.
    let token: String?
    /// Names that the user gave the server, beside those of this machine.
    let names: Set<String>

    private static var cookie: String { "genre-token" }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let authority = request.head.authority ?? ""
        // With a token a foreign name is of no use to an attacker: the cookie is not sent to it.
        guard token != nil || isOwn(Self.name(of: authority)) else { throw ServerError.foreignHost(authority) }
        if let origin = request.headers[.origin] {
            guard ["http://\(authority)", "https://\(authority)"].contains(origin.lowercased()), !authority.isEmpty
            else {
                throw ServerError.foreignOrigin(origin)
            }
        }
        // A link to a page may come from anywhere; all else only from pages of this server.
        if let site = request.headers[.fetchSite], site == "cross-site" || site == "same-site" {
            let isLink =
                request.method == .get && request.headers[.fetchMode] == "navigate"
                && request.headers[.fetchDestination] == "document"
            guard isLink else { throw ServerError.foreignOrigin(request.headers[.origin] ?? site) }
        }
        guard let token else { return try await next(request, context) }
        if request.method == .get, let given = request.uri.queryParameters["token"],
            Self.isEqual(String(given), token)
        {
            return Response(
                status: .seeOther,
                headers: [
                    .location: "/",
                    .setCookie: "\(Self.cookie)=\(token); Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000",
                ])
        }
        let bearer = request.headers[.authorization].flatMap { value in
            value.lowercased().hasPrefix("bearer ") ? String(value.dropFirst(7)) : nil
        }
        let given = bearer ?? request.cookies[Self.cookie]?.value
        guard let given, Self.isEqual(given, token) else { throw ServerError.tokenWanted }
        return try await next(request, context)
    }

    /// "[::1]:8080" as "::1", "localhost:8080" as "localhost".
    static func name(of authority: String) -> String {
        var name = authority.lowercased()[...]
        if name.first == "[" { return String(name.dropFirst().prefix { $0 != "]" }) }
        if let colon = name.lastIndex(of: ":") { name = name[..<colon] }
        return String(name.hasSuffix(".") ? name.dropLast() : name)
    }

    private func isOwn(_ name: String) -> Bool {
        ["localhost", "127.0.0.1", "::1"].contains(name) || name.hasSuffix(".localhost") || names.contains(name)
    }

    /// In a time that does not tell how much of it is right.
    private static func isEqual(_ first: String, _ second: String) -> Bool {
        let (first, second) = (Array(first.utf8), Array(second.utf8))
        guard first.count == second.count else { return false }
        return zip(first, second).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
