import Foundation
import Hummingbird
import NIOCore
import Storage
import Testing

@testable import Server

@Suite struct RunsTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("runs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func fixture(program: String = "/bin/echo") throws -> Fixture {
        try Fixture { [folder] in
            $0.runs = folder
            $0.data = [folder.path]
            $0.program = program
        }
    }

    @Test func onlyOptionsOfTheFormWithValuesOfTheirKindsArePassedOn() throws {
        #expect(
            try TrainingForm.arguments([
                "--net": "deep", "--epochs": "3", "--mixup": "0.2", "--spec-augment": "true",
                "--class-weights": "false",
                "--split": "artist-kfold:5", "--seed": "",
            ]) == ["--epochs", "3", "--mixup", "0.2", "--net", "deep", "--spec-augment", "--split", "artist-kfold:5"])
        for (name, value) in [
            ("--output", "/etc"), ("--net", "../x.json"), ("--epochs", "0"), ("--epochs", "1.5"), ("--epochs", "nan"),
            ("--split", "file:/etc/passwd"), ("--split", "-x"), ("--schedule", "a b"), ("--spec-augment", "yes"),
            ("--learning-rate", "inf"), ("data", "x"),
        ] {
            #expect(throws: ServerError.self, "\(name) \(value)") { try TrainingForm.arguments([name: value]) }
        }
    }

    @Test func wishesThatMakeNoSenseStartNothing() async throws {
        let fixture = try fixture()
        let data = Runs.id(of: folder.path)
        try await fixture.with { client async throws in
            for (body, code) in [
                ("{\"name\":\"../x\",\"data\":\"\(data)\"}", "bad_body"),
                ("{\"name\":\"-o\",\"data\":\"\(data)\"}", "bad_body"),
                ("{\"name\":\"a\",\"data\":\"/etc\"}", "unknown_id"), ("{\"name\":\"a\"}", "bad_body"),
                ("{\"name\":\"a\",\"data\":\"\(data)\",\"options\":{\"--force\":\"true\"}}", "bad_body"),
            ] {
                let response = try await client.execute(
                    uri: "/api/runs", method: .post, headers: [.contentType: "application/json"],
                    body: ByteBuffer(string: body))
                #expect(response.code == code, "\(body)")
            }
            #expect(try await client.execute(uri: "/api/runs/abc/stop", method: .post).code == "unknown_id")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test func aTrainingThatDoesNotBeginSaysWhy() async throws {
        let script = folder.deletingLastPathComponent().appendingPathComponent("fail-\(UUID().uuidString)")
        try Data("#!/bin/sh\necho \"genre: no music there: $1 $3\" >&2\nexit 1\n".utf8).write(to: script)
        chmod(script.path, 0o755)
        defer { unlink(script.path) }
        let fixture = try fixture(program: script.path)
        let runs = try #require(fixture.server.runs)
        let id = try runs.start(name: "first", data: Runs.id(of: folder.path), options: [:])
        // The process is waited for by another thread.
        for _ in 0..<1000 where runs.summaries.first?.status == .starting { usleep(10_000) }
        let run = try #require(runs.summaries.first)
        #expect(run.id == id && run.status == .failed)
        #expect(run.fault == "genre: no music there: train -o")
    }

    #if os(Linux)
        @Test func whoHoldsAFoldersLockIsFound() throws {
            #expect(TrainingProcess.holder(of: folder) == nil)
            let lock = try #require(try FolderLock(ifFree: folder))
            #expect(TrainingProcess.holder(of: folder) == getpid())
            withExtendedLifetime(lock) {}
        }
    #endif
}
