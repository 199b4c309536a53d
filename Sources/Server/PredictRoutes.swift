import Foundation
import HTTPTypes
import Hummingbird
import Prediction
import Storage

/// `/api/predict` and `/api/embed`: a sound comes, a verdict or vectors go.
struct PredictRoutes: Sendable {
    let models: Models
    let workers: Workers
    let uploads: Uploads
    let admission: Admission
    let shelf: SoundShelf

    func add(to routes: Routes) {
        routes.add("/api/predict", [.post: predict])
        routes.add("/api/embed", [.post: embed])
    }

    @Sendable private func predict(_ request: Request, _ context: ServerContext) async throws -> Response {
        let model = try models.named(request.query("model"))
        let unsure = try request.number("unsure", in: 0...1, otherwise: 0.4)
        let keeps = try request.flag("keep")
        try admission.enter()
        let upload: Upload
        do { upload = try await uploads.take(request) } catch {
            admission.leave()
            throw error
        }
        // A task of its own: whatever becomes of the client, the upload's place is given back.
        let verdict = Task { [shelf, workers, admission] in
            defer { admission.leave() }
            do {
                var answer = try await Self.judge(upload, model, unsure: unsure, workers)
                if keeps { answer.id = shelf.keep(upload) } else { unlink(upload.file.path) }
                return answer
            } catch {
                unlink(upload.file.path)
                throw error
            }
        }
        guard Self.wantsEvents(request) else { return try Answer.json(try await verdict.value) }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream"],
            body: ResponseBody { writer in
                try await writer.write(Self.event("received", ["file": upload.name]))
                let last: ByteBuffer
                do { last = try Self.event("verdict", try await verdict.value) } catch {
                    last = try Self.event("error", Answer.Failure(error as? ServerError ?? .internalFault))
                }
                try await writer.write(last)
                try await writer.finish(nil)
            })
    }

    static func judge(
        _ upload: Upload, _ model: ServedModel, unsure: Double, _ workers: Workers
    ) async throws -> VerdictAnswer {
        try await workers.run { bench in
            let listener = try bench.listener(for: model)
            do {
                return VerdictAnswer(
                    try listener.predict(upload.file), file: upload.name, model: model.name, unsure: unsure)
            } catch {
                throw Self.failure(error, Sound(file: upload.file, name: upload.name), model)
            }
        }
    }

    /// A fault of the sound or of the model, as the client is to read it.
    static func failure(_ error: any Error, _ sound: Sound, _ model: ServedModel) -> ServerError {
        switch error {
        case let error as ServerError: return error
        case PredictionError.tellsTags, PredictionError.tellsGenres, PredictionError.noAudioRecipe,
            PredictionError.notForSingleFiles:
            return .unusableModel(name: model.name, reason: "\(error)")
        default: return .unusableSound(sound.sentence(error))
        }
    }

    struct EmbeddingAnswer: Encodable, Sendable {
        struct Segment: Encodable, Sendable {
            /// Seconds.
            let start: Double
            let silent: Bool
            let embedding: [Float]
        }

        let file: String
        let model: String
        let size: Int
        /// The mean of the audible segments' vectors.
        let embedding: [Float]
        /// Where it was asked for.
        let segments: [Segment]?
        let seconds: Double
        let padded: Bool
    }

    @Sendable private func embed(_ request: Request, _ context: ServerContext) async throws -> Response {
        let model = try models.named(request.query("model"))
        let per = request.query("per") ?? "track"
        guard ["track", "segment"].contains(per) else {
            throw ServerError.badQuery(name: "per", problem: "is neither 'track' nor 'segment'")
        }
        try admission.enter()
        defer { admission.leave() }
        let upload = try await uploads.take(request)
        defer { unlink(upload.file.path) }
        let answer = try await workers.run { bench in
            let listener = try bench.listener(for: model)
            let vectors: TrackEmbedding
            do { vectors = try listener.embed(upload.file) } catch {
                throw Self.failure(error, Sound(file: upload.file, name: upload.name), model)
            }
            let size = vectors.size
            return EmbeddingAnswer(
                file: upload.name, model: model.name, size: size, embedding: vectors.mean,
                segments: per == "track"
                    ? nil
                    : vectors.startTimes.indices.map { index in
                        EmbeddingAnswer.Segment(
                            start: vectors.startTimes[index], silent: vectors.isSilent[index],
                            embedding: Array(vectors.segments[index * size..<(index + 1) * size]))
                    }, seconds: vectors.sound.seconds, padded: vectors.sound.isPadded)
        }
        return try Answer.json(answer)
    }

    static func wantsEvents(_ request: Request) -> Bool {
        request.headers[.accept]?.lowercased().contains("text/event-stream") ?? false
    }

    /// A server-sent event; JSON on one line has no line ends within.
    static func event(_ name: String, _ value: some Encodable) throws -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
        buffer.writeBytes(try Answer.line(value))
        buffer.writeString("\n\n")
        return buffer
    }
}
