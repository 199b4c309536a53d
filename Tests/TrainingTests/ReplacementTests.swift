import Foundation
import ModelFile
import NeuralNetwork
import Testing

@testable import Datasets
@testable import Training

/// What may be replaced goes, all of it and nothing else; what may not stays as it is.
@Suite struct ReplacementTests {
    private let home = FileManager.default.temporaryDirectory.appendingPathComponent("replace-\(UUID().uuidString)")

    private func there(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: home.appendingPathComponent(name).path)
    }

    private func put(_ names: [String]) throws {
        for name in names {
            let file = home.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: file)
        }
    }

    private func series(_ members: [String]) throws {
        let folder = try SeriesFolder(creating: home, members: members, replacing: true)
        try folder.write(SeriesPlan(kind: .seeds, rule: "test", members: members))
        try put(members.map { "\($0)/config.json" })
    }

    @Test func allThatBelongsToARunGoes() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        try put([
            "config.json", "split.json", "model.safetensors", "audit.json", "report.html", "figures/a.svg",
            "tensorboard/events", "checkpoints/step-1.safetensors", "notes.txt",
        ])
        #expect(throws: TrainingError.self) { try RunFolder(creating: home, replacing: false) }
        #expect(there("audit.json"))
        _ = try RunFolder(creating: home, replacing: true)
        let left = try FileManager.default.contentsOfDirectory(atPath: home.path).filter { !$0.hasPrefix(".") }
        #expect(left == ["notes.txt"])
    }

    @Test func runsOfTheOldSeriesGoAndOthersStay() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        try series(["run-1", "run-2", "run-3"])
        try put(["run-2/notes.txt", "other/config.json", "comparison.html", "comparison-figures/a.svg"])
        _ = try SeriesFolder(creating: home, members: ["run-1"], replacing: true)
        #expect(!there("run-3") && !there("run-2/config.json") && !there("run-1/config.json"))
        #expect(!there("series.json") && !there("comparison.html") && !there("comparison-figures"))
        #expect(there("run-1") && there("run-2/notes.txt") && there("other/config.json"))
    }

    @Test func aSingleRunDoesNotGoIntoASeries() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        try series(["run-1", "run-2"])
        #expect {
            try RunFolder(creating: home, replacing: false)
        } throws: {
            "\($0)".contains("already holds a run")
        }
        #expect(there("run-1/config.json") && there("series.json"))
    }

    @Test(arguments: ["run-2", "."])
    func aSeriesThatIsTrainedIsMetBeforeAnythingGoes(held: String) throws {
        defer { try? FileManager.default.removeItem(at: home) }
        try series(["run-1", "run-2"])
        let lock = try RunFolder(at: home.appendingPathComponent(held)).lock()
        for replace in [
            { _ = try SeriesFolder(creating: home, members: ["run-1"], replacing: true) },
            { _ = try RunFolder(creating: home, replacing: true) },
        ] {
            #expect {
                try replace()
            } throws: {
                "\($0)".contains("going on")
            }
        }
        #expect(there("series.json") && there("run-1/config.json") && there("run-2/config.json"))
        withExtendedLifetime(lock) {}
    }

    @Test func theModelToBeginWithIsNotReplaced() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        try put(["run-1/best.safetensors", "run-1/config.json"])
        try FileManager.default.createSymbolicLink(
            at: home.appendingPathComponent("link"), withDestinationURL: home.appendingPathComponent("run-1"))
        for path in ["run-1/best.safetensors", "link/best.safetensors"] {
            let needed = home.appendingPathComponent(path)
            #expect(throws: TrainingError.self) {
                try RunFolder(creating: home.appendingPathComponent("run-1"), replacing: true, needing: [needed])
            }
            #expect(throws: TrainingError.self) {
                try SeriesFolder(creating: home, members: ["run-1", "run-2"], replacing: true, needing: [needed])
            }
        }
        #expect(there("run-1/best.safetensors") && there("run-1/config.json") && !there("run-2"))
    }

    /// A run that cannot be trained is refused when it is made, before a folder is touched.
    @Test func whatCannotBeTrainedIsSaidBeforeTheTraining() throws {
        let set = plainSet(tracksPerGenre: 4)
        func run(_ change: (inout TrainingConfiguration) -> Void, split: TrackSplit? = nil) throws {
            var told = TrainingConfiguration(net: "shallow", epochs: 1)
            change(&told)
            _ = try TrainingRun(
                configuration: told, data: LoadedDataset(inMemory: set), split: split, paths: [],
                folder: RunFolder(at: home), toolVersion: "test")
        }
        #expect(throws: Never.self) { try run { _ in } }
        #expect(throws: TrainingError.self) {
            try run { $0.augmentation = AugmentationConfiguration(masks: .init(bands: 500)) }
        }
        #expect(throws: TrainingError.self) { try run { $0.learningRate = 0 } }
        #expect(throws: NeuralNetworkError.self) { try run { $0.frozen = ["conv9"] } }
        #expect(throws: TrainingError.self) {
            try run({ _ in }, split: TrackSplit(training: Array(0..<12), validation: [], rule: "all"))
        }
    }
}
