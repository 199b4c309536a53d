import Audio
import Foundation
import Hummingbird
import Logging
import ModelFile
import NIOCore
import NeuralNetwork
import Testing

@testable import Server

/// A server with two models of three genres, and sounds to send to it.
struct Fixture {
    let server: GenreServer

    init(change: (inout ServerOptions) -> Void = { _ in }) throws {
        var options = ServerOptions()
        options.version = "test"
        change(&options)
        server = try GenreServer(options, models: [Self.served("tiny", seed: 3), Self.served("other", seed: 4)])
    }

    private static func served(_ name: String, seed: UInt64) -> ServedModel {
        ServedModel(name: name, origin: .given, notes: "for tests") { .single(try tiny(seed: seed)) }
    }

    static func tiny(seed: UInt64) throws -> TrainedModel {
        let blueprint = Blueprint("tiny", input: 80 × 80) {
            Convolution(4, kernel: 5 × 5)
            MaxPool(10 × 10)
            LeakyReLU(0.3)
            Dense(7)
            LeakyReLU(0.3)
            Dense(3)
        }
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        parameters.initialise(seed: seed)
        return TrainedModel(
            card: ModelCard(
                blueprint: blueprint, genres: ["a", "b", "c"], recipe: .schindler,
                configuration: TrainingConfiguration(), split: "none", trainingTracks: [], heldOutTracks: [],
                dataHash: "", scores: nil, instructionSet: activeInstructionSet, toolVersion: "test"),
            parameters: parameters)
    }

    /// A chirp as a WAV file's bytes.
    static func wave(seconds: Double = 3, level: Float = 0.5) throws -> ByteBuffer {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("serve-\(UUID().uuidString).wav")
        defer { try? FileManager.default.removeItem(at: file) }
        let samples = (0..<Int(seconds * 22_050)).map { index in
            level * Float(sin(Double(index) * (0.05 + Double(index) * 1e-6)))
        }
        try WaveFile.write(samples, sampleRate: 22_050, to: file)
        return ByteBuffer(bytes: try Data(contentsOf: file))
    }

    /// A form with one file.
    static func form(_ sound: ByteBuffer, name: String, boundary: String = "xyz") -> ByteBuffer {
        var body = ByteBuffer(
            string: "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n"
                + "Content-Type: audio/wav\r\n\r\n")
        body.writeImmutableBuffer(sound)
        body.writeString("\r\n--\(boundary)--\r\n")
        return body
    }

    static let formHeaders: HTTPFields = [.contentType: "multipart/form-data; boundary=xyz"]

    func with(_ body: (Client) async throws -> Void) async throws {
        try await body(Client(responder: server.router().0.buildResponder()))
    }

    /// Names files that lie in the server's private folder.
    var kept: [String] { (try? FileManager.default.contentsOfDirectory(atPath: server.folder.path)) ?? ["gone"] }
}

/// Asks the router without a network, under the server's own name where no other is given.
struct Client: Sendable {
    let responder: RouterResponder<ServerContext>

    struct Answer {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let body: ByteBuffer
    }

    func execute(
        uri: String, method: HTTPRequest.Method, host: String = "localhost:8080", headers: HTTPFields = [:],
        body: ByteBuffer? = nil
    ) async throws -> Answer {
        var headers = headers
        if let body { headers[.contentLength] = String(body.readableBytes) }
        let request = Request(
            head: HTTPRequest(method: method, scheme: "http", authority: host, path: uri, headerFields: headers),
            body: RequestBody(buffer: body ?? ByteBuffer()))
        let context = ServerContext(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let response = try await responder.respond(to: request, context: context)
        let written = Written()
        try await response.body.write(written)
        return Answer(status: response.status, headers: response.headers, body: written.bytes)
    }

    private final class Written: ResponseBodyWriter {
        var bytes = ByteBuffer()

        func write(_ buffer: ByteBuffer) async throws { bytes.writeImmutableBuffer(buffer) }
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

extension Client.Answer {
    /// The body as a JSON object.
    var object: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body.readableBytesView))) as? [String: Any] ?? [:]
    }

    /// The word for programs of an error, which has a sentence too.
    var code: String? {
        guard let sentence = object["error"] as? String, sentence.count > 10,
            sentence.hasSuffix(".") || sentence.contains(":")
        else { return nil }
        return object["code"] as? String
    }
}
