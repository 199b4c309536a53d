import Foundation
import Hummingbird
import Prediction

/// Responses that programs read.
enum Answer {
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: try line(value))))
    }

    /// On one line, keys in order.
    static func line(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    /// An error, as every refused request gets it.
    struct Failure: Encodable {
        let error: String
        let code: String

        init(_ error: ServerError) {
            self.error = error.description
            code = error.code
        }
    }

    static func failure(_ error: ServerError) -> Response {
        var headers: HTTPFields = [:]
        switch error {
        case .tooMany: headers[.retryAfter] = "1"
        case .methodNotAllowed(let allowed): headers[.allow] = allowed.joined(separator: ", ")
        case .tokenWanted: headers[.wwwAuthenticate] = "Bearer"
        case .badRange(let size): headers[.contentRange] = "bytes */\(size)"
        default: break
        }
        if let response = try? json(Failure(error), status: error.status, headers: headers) { return response }
        return Response(status: error.status)
    }
}

/// What `genre predict --json` prints, and each part of the track.
struct VerdictAnswer: Encodable, Sendable {
    struct Guess: Codable, Sendable {
        let genre: String
        let confidence: Double
    }

    struct Part: Encodable, Sendable {
        /// Seconds.
        let start: Double
        let end: Double
        /// None where nothing is heard.
        let genre: String?
        let probability: Double?
        let silent: Bool
    }

    let file: String
    let model: String
    let genre: String
    let confidence: Double
    let unsure: Bool
    /// Every genre, the most probable first.
    let top: [Guess]
    let seconds: Double
    let segments: Int
    let padded: Bool
    let silentSeconds: Double
    /// Corrupt packets, and one for an end that is missing.
    let damaged: Int
    /// From 1, where one channel was taken since the channels cancel.
    let channel: Int?
    let timeline: [Part]
    /// By which the sound is asked for again, where it was kept.
    var id: String?

    private enum CodingKeys: String, CodingKey {
        case file, model, genre, confidence, unsure, top, seconds, segments, padded, damaged, channel, timeline, id
        case silentSeconds = "silent_seconds"
    }

    init(_ prediction: TrackPrediction, file: String, model: String, unsure: Double) {
        self.file = file
        self.model = model
        genre = prediction.genre
        confidence = prediction.confidence
        self.unsure = prediction.confidence < unsure
        top = prediction.top(prediction.genres.count).map { Guess(genre: $0.genre, confidence: $0.confidence) }
        seconds = prediction.seconds
        segments = prediction.segments
        padded = prediction.isPadded
        silentSeconds = prediction.sound.silentSeconds
        damaged = prediction.sound.damage
        channel = prediction.sound.remarks.channelTaken.map { $0 + 1 }
        timeline = prediction.stretches.map { stretch in
            Part(
                start: stretch.start, end: stretch.end, genre: stretch.genre.map { prediction.genres[$0] },
                probability: stretch.genre == nil ? nil : stretch.probability, silent: stretch.genre == nil)
        }
    }
}
