import Foundation
import Hummingbird
import NIOCore
import Testing

@testable import Server

@Suite struct ListeningTests {
    private func samples(_ count: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        for index in 0..<count {
            buffer.writeInteger((Float(sin(Double(index) * 0.13)) * 0.5).bitPattern, endianness: .little)
        }
        return buffer
    }

    @Test func aVerdictComesEveryHalfSecond() async throws {
        try await Fixture().with { client async throws in
            let begun = try await client.execute(uri: "/api/listen", method: .post)
            #expect(begun.status == .created)
            let id = try #require(begun.object["id"] as? String)
            #expect(begun.object["rate"] as? Double == 22_050)
            var times: [Double] = []
            for _ in 0..<8 {
                let heard = try await client.execute(
                    uri: "/api/listen/\(id)", method: .post, body: samples(22_050 / 4)
                ).object
                for moment in try #require(heard["moments"] as? [[String: Any]]) {
                    times.append(moment["time"] as? Double ?? 0)
                    #expect((moment["confidences"] as? [Double])?.count == 3)
                }
            }
            #expect(times.count == 3)
            #expect(zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 0.5) < 0.001 })
            let odd = try await client.execute(
                uri: "/api/listen/\(id)", method: .post, body: ByteBuffer(string: "abc"))
            #expect(odd.code == "bad_body")
            #expect(try await client.execute(uri: "/api/listen/\(id)", method: .delete).status == .noContent)
            let gone = try await client.execute(uri: "/api/listen/\(id)", method: .post, body: samples(8))
            #expect(gone.code == "unknown_id")
        }
    }

    @Test func sessionsAreBounded() async throws {
        try await Fixture().with { client async throws in
            for _ in 0..<8 {
                #expect(try await client.execute(uri: "/api/listen", method: .post).status == .created)
            }
            #expect(try await client.execute(uri: "/api/listen", method: .post).code == "too_many")
        }
    }
}
