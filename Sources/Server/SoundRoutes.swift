import Audio
import Foundation
import HTTPTypes
import Hummingbird

/// What pages show of a sound: its spectrogram, and the sound itself.
struct SoundRoutes: Sendable {
    let models: Models
    let workers: Workers
    let shelf: SoundShelf

    func add(to routes: Routes) {
        routes.add(
            "/api/sounds/{id}",
            [
                .delete: { request, context in
                    try shelf.drop(context.id("id"))
                    return Response(status: .noContent)
                }
            ])
        routes.add(
            "/api/sounds/{id}/spectrogram.png",
            [
                .get: { request, context in
                    try await picture(of: shelf.sound(context.id("id")), request)
                }
            ])
        routes.add(
            "/api/sounds/{id}/audio",
            [
                .get: { request, context in
                    try await original(shelf.sound(context.id("id")), request)
                }
            ])
        routes.add(
            "/api/sounds/{id}/audio.wav",
            [
                .get: { request, context in
                    let sound = try shelf.sound(context.id("id"))
                    return try await wave(of: sound, at: URL(fileURLWithPath: sound.file.path + ".wav"), request)
                }
            ])
    }

    func picture(of sound: Sound, _ request: Request) async throws -> Response {
        let model = try models.named(request.query("model"))
        let data = try await workers.run { _ in
            let recipe = try model.model.recipes[0]
            do { return try Spectrogram(of: sound.file, recipe: recipe).png } catch {
                throw PredictRoutes.failure(error, sound, model)
            }
        }
        return Response(
            status: .ok, headers: [.contentType: "image/png", .cacheControl: "private, max-age=3600"],
            body: .init(byteBuffer: ByteBuffer(bytes: data)))
    }

    /// The file as it came, of a type that its first bytes say; never one that a browser would run.
    func original(_ sound: Sound, _ request: Request) async throws -> Response {
        let head = (try? FileHandle(forReadingFrom: sound.file).read(upToCount: 16)) ?? Data()
        return try FileResponse.response(sound.file, type: Self.type(of: head), to: request)
    }

    static func type(of head: Data) -> String {
        func begins(_ text: String, at place: Int = 0) -> Bool {
            head.dropFirst(place).starts(with: Array(text.utf8))
        }
        if begins("RIFF"), begins("WAVE", at: 8) { return "audio/wav" }
        if begins("fLaC") { return "audio/flac" }
        if begins("OggS") { return "audio/ogg" }
        if begins("ftyp", at: 4) { return "audio/mp4" }
        if begins("ID3") { return "audio/mpeg" }
        if head.count > 1, head[0] == 0xFF, head[1] & 0xE0 == 0xE0 {
            return head[1] & 0x06 == 0 ? "audio/aac" : "audio/mpeg"
        }
        if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return "audio/webm" }
        return "application/octet-stream"
    }

    /// The sound as a WAV file, which every browser plays; it is made once.
    func wave(of sound: Sound, at place: URL, _ request: Request) async throws -> Response {
        if !FileManager.default.fileExists(atPath: place.path) {
            try await workers.run { _ in
                do { try PlayableSound.write(sound.file, to: place) } catch {
                    throw ServerError.unusableSound(sound.sentence(error))
                }
            }
        }
        return try FileResponse.response(place, type: "audio/wav", to: request)
    }
}

extension ServerContext {
    /// A part of the path: letters, digits and hyphens; whatever else stands there names nothing.
    func id(_ name: String) throws(ServerError) -> String {
        let text = parameters.get(name) ?? ""
        guard 1...100 ~= text.utf8.count,
            text.utf8.allSatisfy({
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0
                    || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 || $0 == UInt8(ascii: "-")
            })
        else { throw .unknown(kind: "thing", id: text) }
        return text
    }
}
