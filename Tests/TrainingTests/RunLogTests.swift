import Foundation
import Testing

@testable import Training

@Suite struct RunLogTests {
    private func record(_ epoch: Int, raw: Double) -> EpochRecord {
        EpochRecord(
            epoch: epoch, trainLoss: 1, penalty: 1, trainAccuracy: 0.5, validationLoss: 1, raw: raw, max: 0.5, maj: 0.5,
            seconds: 1)
    }

    @Test func theLaterOfTwoLinesHoldsAndACutOneIsLeftOut() throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let folder = try RunFolder(creating: home, replacing: false)
        #expect(try folder.records().isEmpty)
        for (epoch, raw) in [(1, 0.1), (2, 0.2), (2, 0.3), (3, 0.4)] { try folder.append(record(epoch, raw: raw)) }
        let whole = try Data(contentsOf: folder.log)
        try whole.dropLast(9).write(to: folder.log)
        #expect(try folder.records().map(\.raw) == [0.1, 0.3])
        try (Data("{\n".utf8) + whole).write(to: folder.log)
        #expect(throws: TrainingError.self) { try folder.records() }
    }
}
