import Foundation
import Hummingbird
import NIOCore
import Prediction
import Testing

@testable import Server

@Suite struct PredictRouteTests {
    @Test func healthSaysWhichModel() async throws {
        try await Fixture().with { client async throws in
            let response = try await client.execute(uri: "/health", method: .get)
            #expect(response.status == .ok)
            #expect(response.object["status"] as? String == "ok")
            #expect(response.object["model"] as? String == "tiny")
        }
    }

    @Test func aFileOfAFormIsJudgedAsTheLibraryJudgesIt() async throws {
        let fixture = try Fixture()
        let sound = try Fixture.wave()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("serve-\(UUID().uuidString).wav")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(sound.readableBytesView).write(to: file)
        let expected = try Listener(.single(Fixture.tiny(seed: 3))).predict(file)
        try await fixture.with { client async throws in
            let response = try await client.execute(
                uri: "/api/predict", method: .post, headers: Fixture.formHeaders,
                body: Fixture.form(sound, name: "A song.wav"))
            #expect(response.status == .ok)
            let answer = response.object
            #expect(answer["file"] as? String == "A song.wav")
            #expect(answer["genre"] as? String == expected.genre)
            // The test's own reader of JSON rounds the last digit.
            #expect(abs((answer["confidence"] as? Double ?? 0) - expected.confidence) < 1e-14)
            #expect(answer["segments"] as? Int == expected.segments)
            let top = try #require(answer["top"] as? [[String: Any]])
            #expect(top.map { $0["genre"] as? String } == expected.top(3).map(\.genre))
            let timeline = try #require(answer["timeline"] as? [[String: Any]])
            #expect(timeline.count == expected.stretches.count)
            #expect(answer["id"] == nil)
        }
        #expect(fixture.kept == [])
    }

    @Test func aBodyMayBeTheSoundItself() async throws {
        try await Fixture().with { client async throws in
            let sound = try Fixture.wave()
            let form = try await client.execute(
                uri: "/api/predict?model=other", method: .post, headers: Fixture.formHeaders,
                body: Fixture.form(sound, name: "x.wav"))
            let raw = try await client.execute(
                uri: "/api/predict?model=other&name=..%2F..%2Fetc%2Fx.wav", method: .post,
                headers: [.contentType: "audio/wav"], body: sound)
            #expect(raw.status == .ok)
            #expect(raw.body == form.body)
        }
    }

    @Test func eventsEndWithTheVerdict() async throws {
        try await Fixture().with { client async throws in
            let sound = try Fixture.wave()
            let plain = try await client.execute(
                uri: "/api/predict?name=x.wav", method: .post, headers: [.contentType: "audio/wav"], body: sound)
            let response = try await client.execute(
                uri: "/api/predict?name=x.wav", method: .post,
                headers: [.contentType: "audio/wav", .accept: "text/event-stream"], body: sound)
            #expect(response.headers[.contentType] == "text/event-stream")
            let events = String(buffer: response.body).components(separatedBy: "\n\n").filter { !$0.isEmpty }
            #expect(events.first == "event: received\ndata: {\"file\":\"x.wav\"}")
            #expect(events.last == "event: verdict\ndata: \(String(buffer: plain.body))")
            let bad = try await client.execute(
                uri: "/api/predict", method: .post, headers: [.accept: "text/event-stream"],
                body: ByteBuffer(string: "no sound"))
            #expect(String(buffer: bad.body).contains("event: error\ndata: {\"code\":\"unusable_sound\""))
        }
    }

    @Test func aKeptSoundPlaysAndShows() async throws {
        let fixture = try Fixture()
        try await fixture.with { client async throws in
            let sound = try Fixture.wave()
            let answer = try await client.execute(
                uri: "/api/predict?keep=true", method: .post, headers: [.contentType: "audio/wav"], body: sound
            ).object
            let id = try #require(answer["id"] as? String)
            let original = try await client.execute(uri: "/api/sounds/\(id)/audio", method: .get)
            #expect(original.body == sound)
            #expect(original.headers[.contentType] == "audio/wav")
            let part = try await client.execute(
                uri: "/api/sounds/\(id)/audio", method: .get, headers: [.range: "bytes=4-7"])
            #expect(part.status == .partialContent)
            #expect(part.body == sound.getSlice(at: 4, length: 4))
            #expect(part.headers[.contentRange] == "bytes 4-7/\(sound.readableBytes)")
            let beyond = try await client.execute(
                uri: "/api/sounds/\(id)/audio", method: .get, headers: [.range: "bytes=99999999-"])
            #expect(beyond.status == .rangeNotSatisfiable)
            #expect(beyond.code == "bad_range")
            let wave = try await client.execute(uri: "/api/sounds/\(id)/audio.wav", method: .get)
            #expect(abs(wave.body.readableBytes - 44 - 3 * 44_100 * 2) < 2000)
            let picture = try await client.execute(uri: "/api/sounds/\(id)/spectrogram.png", method: .get)
            #expect(picture.headers[.contentType] == "image/png")
            #expect(picture.body.getString(at: 1, length: 3) == "PNG")
            #expect(try await client.execute(uri: "/api/sounds/\(id)", method: .delete).status == .noContent)
            #expect(try await client.execute(uri: "/api/sounds/\(id)/audio", method: .get).code == "unknown_id")
        }
        #expect(fixture.kept == [])
    }

    @Test func vectorsAreTheModels() async throws {
        try await Fixture().with { client async throws in
            let sound = try Fixture.wave()
            let track = try await client.execute(uri: "/api/embed", method: .post, body: sound).object
            #expect(track["size"] as? Int == 7)
            #expect((track["embedding"] as? [Double])?.count == 7)
            #expect(track["segments"] == nil)
            let parts = try await client.execute(uri: "/api/embed?per=segment", method: .post, body: sound).object
            #expect((parts["segments"] as? [Any])?.isEmpty == false)
            #expect(try await client.execute(uri: "/api/embed?per=bar", method: .post, body: sound).code == "bad_query")
        }
    }

    @Test func modelsAreListed() async throws {
        try await Fixture().with { client async throws in
            let list = try await client.execute(uri: "/api/models", method: .get).object["models"] as? [[String: Any]]
            #expect(list?.map { $0["name"] as? String } == ["tiny", "other"])
            #expect(list?[0]["default"] as? Bool == true)
            #expect(list?[0]["genres"] as? [String] == ["a", "b", "c"])
        }
    }

    // MARK: what is refused

    @Test func brokenUploadsGetASentenceAndLeaveNothing() async throws {
        let fixture = try Fixture { $0.greatestUpload = 200_000 }
        let sound = try Fixture.wave()
        var cut = Fixture.form(sound, name: "x.wav")
        cut.moveWriterIndex(to: cut.writerIndex - 8)
        let empty = Fixture.form(ByteBuffer(), name: "x.wav")
        let nothing = ByteBuffer(string: "--xyz--\r\n")
        let huge = Fixture.form(sound, name: String(repeating: "x", count: 20_000))
        let large = ByteBuffer(repeating: 7, count: 300_000)
        let cases: [(HTTPFields, ByteBuffer, String)] = [
            (Fixture.formHeaders, cut, "bad_body"), (Fixture.formHeaders, empty, "bad_body"),
            (Fixture.formHeaders, nothing, "bad_body"), (Fixture.formHeaders, huge, "bad_body"),
            (Fixture.formHeaders, Fixture.form(large, name: "l"), "too_large"), ([:], large, "too_large"),
            ([.contentType: "multipart/form-data"], cut, "bad_body"),
            ([.contentType: "application/json"], ByteBuffer(string: "{}"), "unsupported_type"),
            ([.contentType: "audio/mpeg"], ByteBuffer(string: "this is no sound at all"), "unusable_sound"),
            ([:], ByteBuffer(), "bad_body"), ([:], try Fixture.wave(level: 0), "unusable_sound"),
        ]
        try await fixture.with { [cases] client async throws in
            for (headers, body, code) in cases {
                let response = try await client.execute(
                    uri: "/api/predict?keep=true", method: .post, headers: headers, body: body)
                #expect(response.code == code, "\(String(buffer: response.body))")
                #expect(!String(buffer: response.body).contains(fixture.server.folder.path))
            }
        }
        #expect(fixture.kept == [])
        #expect(fixture.server.admission.inHand == 0)
    }

    @Test func namesAreNamesAndIdsAreIds() async throws {
        #expect(Uploads.cleaned("../../etc/passwd") == "passwd")
        #expect(Uploads.cleaned("C:\\music\\a\u{1B}[31m.mp3") == "a[31m.mp3")
        #expect(Uploads.cleaned("..") == "sound")
        #expect(Uploads.cleaned(String(repeating: "ä", count: 4000)).utf8.count == 200)
        try await Fixture().with { client async throws in
            for path in [
                "/api/sounds/nothing/audio", "/api/sounds/..%2F..%2Fetc%2Fpasswd/audio", "/assets/..%2Findex.html",
                "/assets/../../etc/passwd", "/%2e%2e/etc/passwd", "/api/sounds/%00/audio", "/nowhere",
            ] {
                let response = try await client.execute(uri: path, method: .get)
                #expect(response.status == .notFound, "\(path)")
                #expect(response.code != nil, "\(path)")
            }
            #expect(try await client.execute(uri: "/api/predict?model=none", method: .post).code == "unknown_model")
            let wrong = try await client.execute(uri: "/api/predict", method: .get)
            #expect(wrong.status == .methodNotAllowed)
            #expect(wrong.headers[.allow] == "POST")
        }
    }

    @Test func uploadsBeyondTheQueueAreSentAway() async throws {
        let fixture = try Fixture { $0.greatestUploads = 1 }
        try fixture.server.admission.enter()
        try await fixture.with { client async throws in
            let response = try await client.execute(uri: "/api/predict", method: .post, body: Fixture.wave())
            #expect(response.status == .tooManyRequests)
            #expect(response.headers[.retryAfter] == "1")
            #expect(response.code == "too_many")
            fixture.server.admission.leave()
            let next = try await client.execute(uri: "/api/predict", method: .post, body: Fixture.wave())
            #expect(next.status == .ok)
        }
    }

    @Test func anUploadThatStandsStillIsEnded() async throws {
        let folder = try Fixture().server
        let uploads = Uploads(folder: folder.folder, limits: .init(bytes: 1000, stall: 0, whole: 10))
        // A client that sends nothing and does not go away.
        let (body, source) = RequestBody.makeStream()
        await source.yield(ByteBuffer(string: "some"))
        let request = Request(
            head: .init(method: .post, scheme: "http", authority: "localhost", path: "/api/predict"), body: body)
        do {
            _ = try await uploads.take(request)
            Issue.record("it waits for ever, or takes half a sound")
        } catch { #expect((error as? ServerError)?.code == "too_slow") }
        source.finish()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.folder.path) == [])
    }
}
