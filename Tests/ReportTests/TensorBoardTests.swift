import Foundation
import Storage
import Testing
import Training

@testable import Report

@Suite struct TensorBoardTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Byte for byte what TensorBoard's own writer makes of the same events.
    @Test func eventsAreThoseOfTensorBoardsWriter() throws {
        let fixture = try #require(Bundle.module.url(forResource: "Fixtures/events", withExtension: "tfevents"))
        let writer = try EventWriter(folder: folder.url, start: Date(timeIntervalSince1970: 1.5))
        try writer.add(
            [
                .with {
                    $0.tag = "loss/train"
                    $0.simpleValue = 0.25
                },
                .with {
                    $0.tag = "figures/a"
                    $0.image = .with {
                        $0.height = 2
                        $0.width = 3
                        $0.colorspace = 4
                        $0.encodedImageString = Data(0..<200)
                    }
                },
                .with {
                    $0.tag = "_hparams_/experiment"
                    $0.metadata = .with {
                        $0.pluginData = .with {
                            $0.pluginName = "hparams"
                            $0.content = Data([8, 1])
                        }
                    }
                },
            ], step: 3, at: Date(timeIntervalSince1970: 2.5))
        #expect(try Data(contentsOf: writer.file) == Data(contentsOf: fixture))
    }

    /// The records of an event file, every sum checked.
    private func records(_ file: URL) throws -> [Tensorboard_Event] {
        let bytes = [UInt8](try Data(contentsOf: file))
        var events: [Tensorboard_Event] = []
        var place = 0
        func number(_ start: Int, _ count: Int) -> UInt64 {
            bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        while place < bytes.count {
            let length = Int(number(place, 8))
            try #require(place + 16 + length <= bytes.count)
            let record = bytes[place + 12..<place + 12 + length]
            #expect(number(place + 8, 4) == UInt64(Checksum.masked(Checksum.crc32c(bytes[place..<place + 8]))))
            #expect(number(place + 12 + length, 4) == UInt64(Checksum.masked(Checksum.crc32c(record))))
            events.append(try Tensorboard_Event(serializedBytes: Array(record)))
            place += 16 + length
        }
        return events
    }

    @Test func aRunIsWritten() throws {
        let sample = try SampleRun()
        let report = try sample.report()
        try RunEvents.write(report.run, figures: report.figures, to: folder.url)
        // A second time replaces the first.
        try RunEvents.write(report.run, figures: report.figures, to: folder.url)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(files.count == 1)
        let events = try records(folder.file(files[0]))
        #expect(events.first?.fileVersion == "brain.Event:2")
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.wallTime <= $1.wallTime })

        let raw = events.flatMap { event in event.summary.value.map { (event.step, $0) } }
            .filter { $0.1.tag == "accuracy/raw" }
        #expect(raw.map(\.0) == [1, 2, 3])
        #expect(raw.map(\.1.simpleValue) == report.run.epochs.map { Float($0.raw) })
        let images = events.flatMap(\.summary.value).filter { $0.tag.hasPrefix("figures/") }
        #expect(images.map(\.tag) == report.figures.map { "figures/\($0.name)" })
        #expect(images.allSatisfy { $0.image.encodedImageString.starts(with: [0x89, 0x50, 0x4e, 0x47]) })

        let plugIn = events.flatMap(\.summary.value).filter { $0.metadata.pluginData.pluginName == "hparams" }
        let sessions = try plugIn.map {
            try Tensorboard_Hparams_HParamsPluginData(serializedBytes: $0.metadata.pluginData.content)
        }
        #expect(sessions.count == 3)
        let start = try #require(sessions.map(\.sessionStartInfo).first { !$0.hparams.isEmpty })
        #expect(start.hparams["net"]?.stringValue == "tiny")
        #expect(start.hparams["learning_rate"]?.numberValue == 5e-5)
        #expect(sessions.last?.sessionEndInfo.status == .success)
    }

    @Test func theLearningRateIsAScalarWhereItIsKnown() throws {
        let events = try RunEvents(folder: folder.url, hyperparameters: .object([:]))
        for record in [SampleRun.record(1), SampleRun.record(2, learningRate: 0.25)] { try events.add(record) }
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).first)
        let rates = try records(folder.file(name)).flatMap { event in
            event.summary.value.filter { $0.tag == "learning rate" }.map { (event.step, $0.simpleValue) }
        }
        #expect(rates.map(\.0) == [2] && rates.map(\.1) == [0.25])
    }
}
