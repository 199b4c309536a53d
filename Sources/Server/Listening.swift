import Audio
import Foundation
import HTTPTypes
import Hummingbird
import Prediction

/// `/api/listen`: sound that is still going on comes piece by piece, a verdict every half second goes.
final class Listening: @unchecked Sendable {  // the sessions are behind the lock
    /// Someone who plays to the server.
    private final class Session: @unchecked Sendable {  // used by one piece of work at a time
        let lock = NSLock()
        let model: ServedModel
        var classifier: LiveClassifier?
        var lastUse = ContinuousClock.now

        init(model: ServedModel) { self.model = model }
    }

    private let models: Models
    private let workers: Workers
    private let lock = NSLock()
    private var sessions: [String: Session] = [:]
    /// Sessions at once; each has a net of its own.
    private static let greatestCount = 8
    /// Seconds after which a session that nobody plays to may go.
    private static let idle = 60
    /// Bytes of a piece: 20 seconds at 48 kHz.
    private static let greatestPiece = 4 << 20

    init(models: Models, workers: Workers) {
        self.models = models
        self.workers = workers
    }

    func add(to routes: Routes) {
        routes.add("/api/listen", [.post: { [self] request, _ in try await begin(request) }])
        routes.add(
            "/api/listen/{id}",
            [
                .post: { [self] request, context in try await take(request, id: context.id("id")) },
                .delete: { [self] _, context in
                    let id = try context.id("id")
                    guard lock.withLock({ sessions.removeValue(forKey: id) }) != nil else {
                        throw ServerError.unknown(kind: "session", id: id)
                    }
                    return Response(status: .noContent)
                },
            ])
    }

    private struct Begun: Encodable {
        let id: String
        let model: String
        /// Hz at which samples are wanted.
        let rate: Double
        let genres: [String]
        /// Seconds that a verdict is of.
        let stretch: Double
    }

    private func begin(_ request: Request) async throws -> Response {
        let model = try models.named(request.query("model"))
        let (rate, stretch) = try await workers.run { bench in
            let predictor = try bench.listener(for: model).predictor
            return (predictor.sampleRate, predictor.segmentSeconds)
        }
        if let fault = model.fault { throw ServerError.unusableModel(name: model.name, reason: fault) }
        let session = Session(model: model)
        let id = UUID().uuidString.lowercased()
        try lock.withLock {
            let now = ContinuousClock.now
            sessions = sessions.filter { now - $0.value.lastUse < .seconds(Self.idle) }
            guard sessions.count < Self.greatestCount else { throw ServerError.tooMany(limit: Self.greatestCount) }
            sessions[id] = session
        }
        return try Answer.json(
            Begun(
                id: id, model: model.name, rate: rate, genres: model.model.genres, stretch: stretch), status: .created)
    }

    private struct Heard: Encodable, Sendable {
        struct Moment: Encodable, Sendable {
            /// Seconds heard so far.
            let time: Double
            let genre: String
            let silent: Bool
            let padded: Bool
            /// In the order of the model's genres.
            let confidences: [Double]
        }

        let moments: [Moment]
    }

    /// Takes samples: 32-bit floats, little-endian, one channel, full scale ±1, at the session's rate.
    private func take(_ request: Request, id: String) async throws -> Response {
        guard let session = lock.withLock({ sessions[id] }) else { throw ServerError.unknown(kind: "session", id: id) }
        var bytes = ByteBuffer()
        for try await piece in request.body {
            bytes.writeImmutableBuffer(piece)
            guard bytes.readableBytes <= Self.greatestPiece else {
                throw ServerError.tooLarge(limit: Self.greatestPiece)
            }
        }
        guard bytes.readableBytes % 4 == 0 else {
            throw ServerError.badBody(problem: "it is no row of 32-bit samples: its length is no multiple of 4")
        }
        let samples =
            Array(
                unsafeUninitializedCapacity: bytes.readableBytes / 4,
                initializingWith: { buffer, count in
                    bytes.withUnsafeReadableBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
                    count = bytes.readableBytes / 4
                }) as [Float]
        let heard = try await workers.run { _ in
            try session.lock.withLock {
                session.lastUse = .now
                let classifier = try session.classifier ?? session.model.makeListener().live()
                session.classifier = classifier
                return Heard(
                    moments: try classifier.append(samples).map { moment in
                        Heard.Moment(
                            time: moment.time, genre: moment.genre, silent: moment.isSilent, padded: moment.isPadded,
                            confidences: moment.confidences)
                    })
            }
        }
        return try Answer.json(heard)
    }
}
