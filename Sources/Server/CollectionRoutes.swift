import Foundation
import HTTPTypes
import Hummingbird

/// `/api/collection`: the music that the server was started with, by ids.
struct CollectionRoutes: Sendable {
    let collection: MusicCollection?
    let sounds: SoundRoutes
    let workers: Workers
    let folder: URL

    /// Tracks that one answer holds at most.
    private static let greatestPage = 2000

    func add(to routes: Routes) {
        routes.add("/api/collection", [.get: { _, _ in try Answer.json(wanted().progress) }])
        routes.add("/api/collection/tracks", [.get: tracks])
        routes.add(
            "/api/collection/tracks/{id}",
            [
                .get: { _, context in
                    guard let verdict = try entry(context).verdict else {
                        throw ServerError.notPossible("This track has no verdict yet.")
                    }
                    return Response(
                        status: .ok, headers: [.contentType: "application/json"],
                        body: .init(byteBuffer: ByteBuffer(bytes: verdict.answer)))
                }
            ])
        routes.add("/api/collection/tracks/{id}/genre", [.put: correct, .delete: takeBack])
        routes.add(
            "/api/collection/tracks/{id}/audio",
            [.get: { request, context in try await sounds.original(sound(context), request) }])
        routes.add(
            "/api/collection/tracks/{id}/audio.wav",
            [
                .get: { request, context in
                    let id = try context.id("id")
                    return try await sounds.wave(
                        of: sound(context), at: folder.appendingPathComponent("collection-\(id).wav"), request)
                }
            ])
        routes.add(
            "/api/collection/tracks/{id}/spectrogram.png",
            [.get: { request, context in try await sounds.picture(of: sound(context), request) }])
        routes.add(
            "/api/collection/corrections.csv",
            [
                .get: { _, _ in
                    Response(
                        status: .ok,
                        headers: [
                            .contentType: "text/csv; charset=utf-8",
                            .contentDisposition: "attachment; filename=\"corrections.csv\"",
                        ], body: .init(byteBuffer: ByteBuffer(bytes: try wanted().corrections)))
                }
            ])
        routes.add(
            "/api/collection/map",
            [
                .get: { _, _ in
                    let collection = try wanted()
                    return try await workers.run { _ in try Answer.json(collection.map) }
                },
                .post: { _, _ in
                    try wanted().beginMap(workers)
                    return Response(status: .accepted)
                },
            ])
    }

    /// - Throws: ``ServerError/notPossible(_:)`` where the server was started without music.
    private func wanted() throws(ServerError) -> MusicCollection {
        guard let collection else {
            throw .notPossible("The server has no collection; start it with one: genre serve MUSIC.")
        }
        return collection
    }

    private func entry(_ context: ServerContext) throws(ServerError) -> MusicCollection.Entry {
        let id = try context.id("id")
        guard let entry = try wanted().entry(id) else { throw .unknown(kind: "track", id: id) }
        return entry
    }

    private func sound(_ context: ServerContext) throws(ServerError) -> Sound {
        let entry = try entry(context)
        if let fault = entry.input.fault { throw .unusableSound("\(entry.name): \(fault)") }
        return Sound(file: entry.input.url, name: entry.name)
    }

    // MARK: tracks

    private struct Track: Encodable {
        let id: String
        let name: String
        let genre: String?
        let confidence: Double?
        let unsure: Bool?
        let seconds: Double?
        let marks: [String]?
        /// The genre that the file's tag names.
        let tag: String?
        let correction: String?
        let error: String?
    }

    private struct Page: Encodable {
        let revision: Int
        let more: Bool
        let tracks: [Track]
    }

    /// What of a kept answer a row of the table shows.
    private struct Kept: Decodable {
        let genre: String
        let confidence: Double
        let unsure: Bool
        let seconds: Double
        let padded: Bool
        let damaged: Int
        let silentSeconds: Double

        private enum CodingKeys: String, CodingKey {
            case genre, confidence, unsure, seconds, padded, damaged
            case silentSeconds = "silent_seconds"
        }
    }

    @Sendable private func tracks(_ request: Request, _ context: ServerContext) async throws -> Response {
        let collection = try wanted()
        let after = try request.count("after", in: 0...1_000_000_000_000_000, otherwise: 0)
        let entries = collection.changes(after: after, atMost: Self.greatestPage)
        let rows = entries.map { entry in
            let kept = entry.verdict.flatMap { try? JSONDecoder().decode(Kept.self, from: $0.answer) }
            let marks = kept.map { kept in
                [
                    kept.padded ? "short" : nil, kept.damaged > 0 ? "damaged" : nil,
                    kept.silentSeconds >= 0.5 ? "silence" : nil,
                ]
                .compactMap { $0 }
            }
            return Track(
                id: entry.id, name: entry.name, genre: kept?.genre, confidence: kept?.confidence,
                unsure: kept?.unsure, seconds: kept?.seconds, marks: marks, tag: entry.verdict?.tag,
                correction: entry.correction, error: entry.error)
        }
        return try Answer.json(
            Page(
                revision: entries.last?.revision ?? after, more: entries.count == Self.greatestPage, tracks: rows))
    }

    // MARK: corrections

    private struct Correction: Decodable { let genre: String }

    @Sendable private func correct(_ request: Request, _ context: ServerContext) async throws -> Response {
        let entry = try entry(context)
        let body = try await JSONBody.read(Correction.self, from: request)
        let genre = body.genre.trimmingCharacters(in: .whitespacesAndNewlines)
        guard 1...80 ~= genre.count, !genre.unicodeScalars.contains(where: CharacterSet.controlCharacters.contains)
        else {
            throw ServerError.badBody(problem: "'genre' must be a name of 1 to 80 characters")
        }
        _ = try wanted().correct(entry.id, to: genre)
        return Response(status: .noContent)
    }

    @Sendable private func takeBack(_ request: Request, _ context: ServerContext) async throws -> Response {
        _ = try wanted().correct(entry(context).id, to: nil)
        return Response(status: .noContent)
    }
}

/// Small JSON objects that programs send.
enum JSONBody {
    private static let greatest = 256 << 10

    /// - Throws: ``ServerError/unsupportedType(_:)``, ``ServerError/badBody(problem:)``, ``ServerError/tooLarge(limit:)``.
    static func read<Value: Decodable>(_ type: Value.Type, from request: Request) async throws -> Value {
        let kind = (request.headers[.contentType] ?? "").prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces)
        guard kind.lowercased() == "application/json" else {
            throw ServerError.badBody(problem: "it must be JSON, and its type application/json")
        }
        var bytes = Data()
        for try await piece in request.body {
            bytes += piece.readableBytesView
            guard bytes.count <= greatest else { throw ServerError.tooLarge(limit: greatest) }
        }
        do { return try JSONDecoder().decode(type, from: bytes) } catch let error as DecodingError {
            throw ServerError.badBody(problem: words(error))
        }
    }

    private static func words(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, _): "there is no '\(key.stringValue)'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            path(context).isEmpty ? "it is no JSON object" : "'\(path(context))' is of another type than it should be"
        default: "it is no JSON"
        }
    }
}
