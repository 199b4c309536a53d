import Foundation
import Testing

@testable import Server

@Suite struct InterfaceTests {
    /// What the document says of each address and method.
    private func document() throws -> [String: [String: [String: Any]]] {
        let file = try #require(Pages.files["openapi.json"])
        let object = try JSONSerialization.jsonObject(with: Data(file.bytes.readableBytesView)) as? [String: Any]
        return try #require(object?["paths"] as? [String: [String: [String: Any]]])
    }

    @Test func theDocumentNamesEveryAddressAndNoOther() throws {
        let routes = try Fixture().server.router().1.table
        let answered = Dictionary(uniqueKeysWithValues: routes.map { ($0.path, Set($0.methods)) })
        let documented = try document().mapValues { Set($0.keys.map { $0.uppercased() }) }
        #expect(answered == documented)
    }

    @Test func everyPartOfAPathIsAParameter() throws {
        for (path, operations) in try document() {
            let parts = Set(path.matches(of: /\{([a-z]+)\}/).map { String($0.1) })
            for operation in operations.values {
                let parameters = operation["parameters"] as? [[String: Any]] ?? []
                let named = parameters.filter { $0["in"] as? String == "path" }.compactMap { $0["name"] as? String }
                #expect(Set(named) == parts, "\(path)")
            }
        }
    }

    @Test func addressesOfWhatIsNotThereSaySo() async throws {
        try await Fixture().with { client async throws in
            for path in [
                "/api/collection", "/api/collection/tracks", "/api/collection/map", "/api/runs", "/api/runs/x",
            ] {
                let response = try await client.execute(uri: path, method: .get)
                #expect(response.status == .conflict)
                #expect(response.code == "not_possible", "\(path)")
            }
        }
    }
}
