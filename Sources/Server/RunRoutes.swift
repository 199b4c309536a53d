import Foundation
import HTTPTypes
import Hummingbird
import Storage

/// `/api/runs`: what trains, what has trained, and what is to train.
struct RunRoutes: Sendable {
    let runs: Runs?
    let workers: Workers

    private static let greatestReport = 256 << 20

    func add(to routes: Routes) {
        routes.add(
            "/api/runs",
            [
                .get: { _, _ in
                    let runs = try wanted()
                    return try await workers.run { _ in try Answer.json(["runs": runs.summaries]) }
                }, .post: start,
            ])
        routes.add(
            "/api/runs/form",
            [
                .get: { _, _ in
                    let data = try wanted().data.map { TrainingForm.Source(id: $0.id, name: $0.path) }
                    return try Answer.json(TrainingForm(data: data, options: TrainingForm.options))
                }
            ])
        routes.add(
            "/api/runs/{id}",
            [
                .get: { _, context in
                    let runs = try wanted()
                    let run = try runs.run(context.id("id"))
                    return try await workers.run { _ in try Answer.json(runs.detail(of: run)) }
                }
            ])
        routes.add(
            "/api/runs/{id}/stop",
            [
                .post: { _, context in
                    try wanted().stop(context.id("id"))
                    return Response(status: .accepted)
                }
            ])
        routes.add(
            "/api/runs/{id}/resume",
            [
                .post: { _, context in
                    try wanted().resume(context.id("id"))
                    return Response(status: .accepted)
                }
            ])
        routes.add(
            "/api/runs/{id}/report",
            [
                .get: { request, context in
                    let run = try wanted().run(context.id("id"))
                    let data: Data
                    do { data = try WholeFile.read(run.folder.report, atMost: Self.greatestReport) } catch {
                        throw ServerError.notPossible(
                            "The run '\(run.name)' has no report yet; 'genre report' writes one when it has ended.")
                    }
                    return Response(
                        status: .ok,
                        headers: [
                            .contentType: "text/html; charset=utf-8",
                            .contentSecurityPolicy: SecurityHeaders.documentPolicy,
                        ], body: .init(byteBuffer: ByteBuffer(bytes: data)))
                }
            ])
    }

    private func wanted() throws(ServerError) -> Runs {
        guard let runs else {
            throw .notPossible(
                "The server shows no trainings; start it with a folder of them: genre serve --runs FOLDER.")
        }
        return runs
    }

    private struct Wish: Decodable {
        let name: String
        let data: String
        let options: [String: String]?
    }

    private struct Begun: Encodable { let id: String }

    @Sendable private func start(_ request: Request, _ context: ServerContext) async throws -> Response {
        let runs = try wanted()
        let wish = try await JSONBody.read(Wish.self, from: request)
        return try Answer.json(
            Begun(id: try runs.start(name: wish.name, data: wish.data, options: wish.options ?? [:])), status: .accepted
        )
    }
}
