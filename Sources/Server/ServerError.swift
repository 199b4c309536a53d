import Foundation
import HTTPTypes

/// Why a request is refused, as a sentence for whoever sent it.
enum ServerError: Error, CustomStringConvertible {
    /// Nothing is at the path.
    case noSuchPage(path: String)
    case methodNotAllowed(allowed: [String])
    /// An id that names nothing (any more).
    case unknown(kind: String, id: String)
    case unknownModel(name: String, known: [String])
    /// A model that is there but cannot be used; the reason is a sentence.
    case unusableModel(name: String, reason: String)
    /// The Host header names another site: a foreign name that leads here (DNS rebinding).
    case foreignHost(String)
    /// A page of another site asks.
    case foreignOrigin(String)
    case tokenWanted
    case tooLarge(limit: Int)
    /// The upload stalled, or took too long as a whole.
    case tooSlow(seconds: Int)
    case tooMany(limit: Int)
    /// The body ends early, or is no form.
    case badBody(problem: String)
    case badQuery(name: String, problem: String)
    /// The type of a body that is not read here.
    case unsupportedType(String)
    /// The sound cannot be judged; the sentence names it as the client did.
    case unusableSound(String)
    case notPossible(String)
    /// The range of bytes asked for lies outside the sound.
    case badRange(size: Int)
    case internalFault

    var status: HTTPResponse.Status {
        switch self {
        case .noSuchPage, .unknown, .unknownModel: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .unusableModel, .notPossible: .conflict
        case .foreignHost: .misdirectedRequest
        case .foreignOrigin: .forbidden
        case .tokenWanted: .unauthorized
        case .tooLarge: .contentTooLarge
        case .tooSlow: .requestTimeout
        case .tooMany: .tooManyRequests
        case .badBody, .badQuery: .badRequest
        case .unsupportedType: .unsupportedMediaType
        case .unusableSound: .unprocessableContent
        case .badRange: .rangeNotSatisfiable
        case .internalFault: .internalServerError
        }
    }

    /// A word for programs.
    var code: String {
        switch self {
        case .noSuchPage: "no_such_page"
        case .methodNotAllowed: "method_not_allowed"
        case .unknown: "unknown_id"
        case .unknownModel: "unknown_model"
        case .unusableModel: "unusable_model"
        case .foreignHost: "foreign_host"
        case .foreignOrigin: "foreign_origin"
        case .tokenWanted: "token_wanted"
        case .tooLarge: "too_large"
        case .tooSlow: "too_slow"
        case .tooMany: "too_many"
        case .badBody: "bad_body"
        case .badQuery: "bad_query"
        case .unsupportedType: "unsupported_type"
        case .unusableSound: "unusable_sound"
        case .notPossible: "not_possible"
        case .badRange: "bad_range"
        case .internalFault: "internal_fault"
        }
    }

    var description: String {
        switch self {
        case .noSuchPage(let path): "There is nothing at \(Self.short(path))."
        case .methodNotAllowed(let allowed): "This address takes \(allowed.joined(separator: " and ")) only."
        case .unknown(let kind, let id): "There is no \(kind) with the id '\(Self.short(id))'."
        case .unknownModel(let name, let known):
            "There is no model '\(Self.short(name))'; the models are \(known.joined(separator: ", "))."
        case .unusableModel(let name, let reason): "The model '\(Self.short(name))' cannot be used: \(reason)."
        case .foreignHost(let host):
            "The server does not answer to the name '\(Self.short(host))'; use the address that it printed at its start."
        case .foreignOrigin(let origin):
            "A page of another site (\(Self.short(origin))) may not use this server."
        case .tokenWanted:
            "The server wants its token: send 'Authorization: Bearer TOKEN', or open the address with '?token=TOKEN' once."
        case .tooLarge(let limit):
            "The upload is larger than \(Self.size(limit)); raise --max-upload, or send a shorter sound."
        case .tooSlow(let seconds):
            "The upload stood still, or was not complete, for \(seconds) seconds; send it again."
        case .tooMany(let limit): "\(limit) uploads are waiting already; try again in a second."
        case .badBody(let problem): "The request's body cannot be read: \(problem)."
        case .badQuery(let name, let problem): "The parameter '\(Self.short(name))' \(problem)."
        case .unsupportedType(let type):
            "A body of type '\(Self.short(type))' is not read here; send the sound as it is, or as a form with one file."
        case .unusableSound(let sentence): sentence
        case .notPossible(let sentence): sentence
        case .badRange(let size): "The range lies outside the sound's \(size) bytes."
        case .internalFault: "The server failed at this request; its terminal says why."
        }
    }

    /// What came from outside, bounded.
    private static func short(_ text: String) -> String { text.count > 100 ? text.prefix(99) + "…" : text }

    static func size(_ bytes: Int) -> String {
        let units: [(String, Int)] = [("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)]
        for (name, size) in units where bytes >= size {
            let value = Double(bytes) / Double(size)
            return value == value.rounded() ? "\(Int(value)) \(name)" : String(format: "%.1f \(name)", value)
        }
        return "\(bytes) bytes"
    }
}
