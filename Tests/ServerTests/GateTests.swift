import Hummingbird
import Testing

@testable import Server

@Suite struct GateTests {
    @Test(arguments: ["evil.example", "localhost.evil.example:8080", "192.168.0.9:8080", ""])
    func foreignNamesAreRefused(host: String) async throws {
        try await Fixture().with { client async throws in
            let response = try await client.execute(uri: "/health", method: .get, host: host)
            #expect(response.status == .misdirectedRequest)
            #expect(response.code == "foreign_host")
        }
    }

    @Test(arguments: ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "genre.localhost"])
    func namesOfThisMachineAreTaken(host: String) async throws {
        try await Fixture().with { client async throws in
            #expect(try await client.execute(uri: "/health", method: .get, host: host).status == .ok)
        }
    }

    @Test(arguments: ["http://evil.example", "null", "http://localhost:9999", "https://127.0.0.1:8080"])
    func pagesOfOtherSitesAreRefused(origin: String) async throws {
        try await Fixture().with { client async throws in
            for path in ["/api/predict", "/api/embed"] {
                let response = try await client.execute(
                    uri: path, method: .post, headers: [.origin: origin], body: Fixture.wave())
                #expect(response.status == .forbidden)
                #expect(response.code == "foreign_origin")
            }
        }
    }

    @Test func whatBrowsersSayOfTheSiteCounts() async throws {
        try await Fixture().with { client async throws in
            func status(_ path: String, _ headers: HTTPFields) async throws -> HTTPResponse.Status {
                try await client.execute(uri: path, method: .get, headers: headers).status
            }
            #expect(try await status("/health", [.origin: "http://localhost:8080", .fetchSite: "same-origin"]) == .ok)
            #expect(try await status("/health", [.fetchSite: "cross-site", .fetchMode: "no-cors"]) == .forbidden)
            #expect(try await status("/health", [.fetchSite: "same-site", .fetchMode: "cors"]) == .forbidden)
            let link: HTTPFields = [.fetchSite: "cross-site", .fetchMode: "navigate", .fetchDestination: "document"]
            #expect(try await status("/", link) == .ok)
            var frame = link
            frame[.fetchDestination] = "iframe"
            #expect(try await status("/", frame) == .forbidden)
        }
    }

    @Test func withATokenNobodyElseGetsIn() async throws {
        let token = "0123456789abcdef"
        try await Fixture {
            $0.host = "0.0.0.0"
            $0.token = token
        }.with { client async throws in
            let refused = try await client.execute(uri: "/health", method: .get)
            #expect(refused.status == .unauthorized)
            #expect(refused.code == "token_wanted")
            for wrong in ["Bearer 0123456789abcdeF", "Bearer ", "Basic \(token)", token] {
                let response = try await client.execute(
                    uri: "/health", method: .get, headers: [.authorization: wrong])
                #expect(response.status == .unauthorized, "\(wrong)")
            }
            let known = try await client.execute(
                uri: "/health", method: .get, host: "music.example", headers: [.authorization: "Bearer \(token)"])
            #expect(known.status == .ok)
            let first = try await client.execute(uri: "/?token=\(token)", method: .get)
            #expect(first.status == .seeOther)
            let cookie = try #require(first.headers[.setCookie])
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
            let page = try await client.execute(
                uri: "/", method: .get, headers: [.cookie: String(cookie.prefix { $0 != ";" })])
            #expect(page.status == .ok)
        }
    }

    @Test func everyResponseHasTheHeadersThatProtectIt() async throws {
        try await Fixture().with { client async throws in
            for path in ["/", "/health", "/nowhere", "/assets/app.js"] {
                let headers = try await client.execute(uri: path, method: .get).headers
                let policy = try #require(headers[.contentSecurityPolicy])
                #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
                #expect(headers[.xContentTypeOptions] == "nosniff")
                #expect(headers[.crossOriginResourcePolicy] == "same-origin")
            }
        }
    }

    @Test func pagesHoldNoScriptAndNoStyleWithin() async throws {
        for (name, file) in Pages.files where name.hasSuffix(".html") {
            let text = String(buffer: file.bytes)
            #expect(!text.contains("<style") && !text.contains(" style=") && !text.contains("<script>"))
            #expect(!text.contains("javascript:") && !text.contains(" onclick="))
        }
        for (name, file) in Pages.files where name.hasSuffix(".css") || name.hasSuffix(".js") {
            let text = String(buffer: file.bytes)
            #expect(!text.contains("https://") && !text.contains("@import"), "\(name) loads from elsewhere")
        }
    }

    @Test func whatHasNotChangedIsNotSentAgain() async throws {
        try await Fixture().with { client async throws in
            let first = try await client.execute(uri: "/assets/report.css", method: .get)
            let mark = try #require(first.headers[.eTag])
            let second = try await client.execute(
                uri: "/assets/report.css", method: .get, headers: [.ifNoneMatch: mark])
            #expect(second.status == .notModified)
            #expect(second.body.readableBytes == 0)
        }
    }
}
