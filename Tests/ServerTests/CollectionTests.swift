import Audio
import Foundation
import Hummingbird
import NIOCore
import Testing

@testable import Server

@Suite struct CollectionTests {
    private let music: URL
    private let state: URL

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("collection-\(UUID().uuidString)")
        music = folder.appendingPathComponent("music")
        state = folder.appendingPathComponent("state")
        try FileManager.default.createDirectory(at: music, withIntermediateDirectories: true)
        for name in ["one.wav", "two, \"too\".wav", "three.wav"] {
            let sound = try Fixture.wave(seconds: name == "one.wav" ? 2 : 1.5)
            try Data(sound.readableBytesView).write(to: music.appendingPathComponent(name))
        }
        try Data("no sound".utf8).write(to: music.appendingPathComponent("bad.mp3"))
    }

    private func fixture() throws -> Fixture {
        try Fixture { [music, state] in
            $0.music = [music.path]
            $0.state = state
        }
    }

    private func listen(_ fixture: Fixture) async throws {
        let collection = try #require(fixture.server.collection)
        await collection.listen(fixture.server.workers) { Issue.record("\($0)") }
    }

    private struct Row: Equatable {
        var genre: String?
        var error: Bool
    }

    private func rows(_ client: Client) async throws -> (ids: [String: String], rows: [String: Row]) {
        let answer = try await client.execute(uri: "/api/collection/tracks?after=0", method: .get).object
        let tracks = try #require(answer["tracks"] as? [[String: Any]])
        var (ids, rows): ([String: String], [String: Row]) = ([:], [:])
        for track in tracks {
            let name = ((track["name"] as? String ?? "") as NSString).lastPathComponent
            ids[name] = track["id"] as? String
            rows[name] = Row(genre: track["genre"] as? String, error: track["error"] != nil)
        }
        return (ids, rows)
    }

    @Test func everyFileIsHeardOnceAndKept() async throws {
        let first = try fixture()
        try await listen(first)
        var found: [String: Row] = [:]
        try await first.with { client async throws in
            let progress = try await client.execute(uri: "/api/collection", method: .get).object
            #expect(progress["done"] as? Int == 3 && progress["failed"] as? Int == 1)
            #expect(progress["finished"] as? Bool == true)
            found = try await rows(client).rows
            #expect(found["bad.mp3"] == Row(genre: nil, error: true))
            #expect(found.values.count { $0.genre != nil } == 3)
            let nothing = try await client.execute(
                uri: "/api/collection/tracks?after=\(progress["revision"] as? Int ?? 0)", method: .get
            ).object
            #expect((nothing["tracks"] as? [Any])?.isEmpty == true)
        }
        let file = state.appendingPathComponent("verdicts.jsonl")
        let kept = try Data(contentsOf: file)
        #expect(kept.count { $0 == UInt8(ascii: "\n") } == 3)
        // Half a line, as a crash leaves it.
        try (kept + Data("{\"name\":".utf8)).write(to: file)
        first.server.close()
        try await again(found)
    }

    /// The next server hears only what failed, and has the same verdicts.
    private func again(_ found: [String: Row]) async throws {
        let folder = state.deletingLastPathComponent().appendingPathComponent("copy")
        try FileManager.default.copyItem(at: state, to: folder)
        let next = try Fixture { [music] in
            $0.music = [music.path]
            $0.state = folder
        }
        try await listen(next)
        try await next.with { client async throws in #expect(try await rows(client).rows == found) }
        let lines = try Data(contentsOf: folder.appendingPathComponent("verdicts.jsonl"))
        #expect(lines.count { $0 == UInt8(ascii: "\n") } == 4)
    }

    @Test func correctionsAreATableOfPathsAndGenres() async throws {
        let fixture = try fixture()
        try await listen(fixture)
        try await fixture.with { client async throws in
            let ids = try await rows(client).ids
            let id = try #require(ids["two, \"too\".wav"])
            func put(_ id: String, _ body: String, type: String = "application/json") async throws -> Client.Answer {
                try await client.execute(
                    uri: "/api/collection/tracks/\(id)/genre", method: .put, headers: [.contentType: type],
                    body: ByteBuffer(string: body))
            }
            #expect(try await put(id, "{\"genre\": \" jazz, late \"}").status == .noContent)
            let path = music.appendingPathComponent("two, \"too\".wav").standardizedFileURL.path
            let expected = "path,genre\n\"\(path.replacingOccurrences(of: "\"", with: "\"\""))\",\"jazz, late\"\n"
            let table = try await client.execute(uri: "/api/collection/corrections.csv", method: .get)
            #expect(String(buffer: table.body) == expected)
            let file = state.appendingPathComponent("corrections.csv")
            #expect(try String(contentsOf: file, encoding: .utf8) == expected)
            for (body, type) in [
                ("{\"genre\": \"\"}", "application/json"), ("{\"genre\": 5}", "application/json"),
                ("{\"genre\": \"a\\nb\"}", "application/json"), ("[]", "application/json"), ("{", "application/json"),
                ("{\"genre\": \"x\"}", "text/plain"),
            ] {
                #expect(try await put(id, body, type: type).code == "bad_body", "\(body)")
            }
            #expect(try await put("0123456789abcdef", "{\"genre\": \"x\"}").code == "unknown_id")
            #expect(try String(contentsOf: file, encoding: .utf8) == expected)
            let back = try await client.execute(uri: "/api/collection/tracks/\(id)/genre", method: .delete)
            #expect(back.status == .noContent)
            #expect(try String(contentsOf: file, encoding: .utf8) == "path,genre\n")
        }
    }

    @Test func tracksPlayByTheirIds() async throws {
        let fixture = try fixture()
        try await listen(fixture)
        try await fixture.with { client async throws in
            let ids = try await rows(client).ids
            let id = try #require(ids["one.wav"])
            let sound = try await client.execute(uri: "/api/collection/tracks/\(id)/audio", method: .get)
            #expect(
                Data(sound.body.readableBytesView) == (try Data(contentsOf: music.appendingPathComponent("one.wav"))))
            let verdict = try await client.execute(uri: "/api/collection/tracks/\(id)", method: .get).object
            #expect(verdict["seconds"] as? Double == 2)
            let bad = try #require(ids["bad.mp3"])
            #expect(try await client.execute(uri: "/api/collection/tracks/\(bad)", method: .get).code == "not_possible")
            for id in ["..", "%2e%2e", "one.wav", "0123456789abcdef"] {
                let response = try await client.execute(uri: "/api/collection/tracks/\(id)/audio", method: .get)
                #expect(response.status == .notFound, "\(id)")
            }
        }
    }

    @Test func twoServersDoNotKeepInOneFolder() throws {
        let first = try fixture()
        #expect(throws: (any Error).self) { try fixture() }
        withExtendedLifetime(first) {}
    }

    @Test func principalComponentsAreTheDirectionsOfGreatestVariance() throws {
        // Along (3, 4) / 5 by tens, across by ones.
        var vectors: [[Float]] = []
        for along: Float in [-2, -1, 0, 1, 2] {
            for across: Float in [-1, 1] {
                vectors.append([6 * along - 0.8 * across, 8 * along + 0.6 * across, 5])
            }
        }
        let found = try #require(PrincipalComponents(vectors, count: 2))
        // Sums of squares: 2 x (4+1+0+1+4) x 100 = 2000 along, 10 across.
        #expect(abs(found.shares[0] - 2000 / 2010) < 1e-6)
        #expect(abs(found.shares[1] - 10 / 2010) < 1e-6)
        for (row, along) in [-2, -2, -1, -1, 0, 0, 1, 1, 2, 2].enumerated() {
            #expect(abs(found.places[2 * row] - Double(along) / 2) < 1e-6)
            #expect(abs(abs(found.places[2 * row + 1]) - 1) < 1e-5)
        }
        #expect(PrincipalComponents([[1, 2], [1, 2], [1, 2]], count: 2) == nil)
        #expect(PrincipalComponents([[.nan, 2], [1, 2], [1, 3]], count: 2) == nil)
    }
}
