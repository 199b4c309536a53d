import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Testing

@testable import Training

/// Series and runs side by side, from folders with verdicts made by hand.
@Suite struct RunComparisonTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("compare-\(UUID().uuidString)")

    /// A finished run that judged tracks of one segment each, all of genre 0 of two, by whether each is right.
    private func write(
        _ name: String, _ tracks: [(id: String, isRight: Bool)], dataHash: String = "1", verdicts: Bool = true
    ) throws {
        let blueprint = Blueprint("tiny", input: 80 × 80) {
            Convolution(2, kernel: 3 × 4)
            MaxPool(20 × 20)
            LeakyReLU(0.3)
            Dense(2)
        }
        let probabilities: [Float] = tracks.flatMap { $0.isRight ? [0.9, 0.1] : [0.2, 0.8] }
        let judged = JudgedSegments(
            probabilities: probabilities, classes: 2, segmentTracks: Array(tracks.indices),
            trackLabels: tracks.map { _ in 0 })
        let card = ModelCard(
            blueprint: blueprint, genres: ["a", "b"], recipe: .schindler, configuration: TrainingConfiguration(),
            split: "by hand", trainingTracks: [], heldOutTracks: tracks.map(\.id), dataHash: dataHash,
            scores: judged.scores(genres: ["a", "b"]),
            instructionSet: activeInstructionSet, toolVersion: "test")
        let run = try RunFolder(creating: folder.appendingPathComponent(name), replacing: false)
        try run.write(TrainedModel(card: card, parameters: ParameterStore(plan: NetworkPlan(blueprint))))
        guard verdicts else { return }
        let outcomes = judged.outcomes(names: tracks.map(\.id))
        try run.write(
            json: RunVerdicts(side: .validation, genres: ["a", "b"], tracks: outcomes), to: run.verdicts)
    }

    private func compare(_ names: String...) throws -> RunComparison {
        try RunComparison(names.map { folder.appendingPathComponent($0).path })
    }

    private func series(_ name: String, of members: [String]) throws {
        let plan = SeriesPlan(kind: .folds, rule: "test", members: members)
        try RunFolder(at: folder).write(json: plan, to: folder.appendingPathComponent("\(name)/series.json"))
    }

    @Test func onlyRunsOfTheSameTracksAreTested() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write("one", [("x", true), ("y", false)])
        try write("two", [("y", true), ("x", true)])
        try write("more", [("x", true), ("y", true), ("z", true)])
        try write("redrawn", [("x", true), ("y", false)], dataHash: "2")
        let same = try compare("one", "two")
        #expect(same.pairs.map(\.max.onlySecond) == [1] && same.pairs[0].isOfSameData && same.cautions.isEmpty)
        let other = try compare("one", "more")
        #expect(other.pairs.isEmpty && other.cautions.count == 1)
        #expect(other.cautions.first?.contains("same tracks") == true)
        let redrawn = try compare("one", "redrawn")
        #expect(redrawn.pairs.map(\.isOfSameData) == [false])
        #expect(redrawn.cautions.first?.contains("data differ") == true)
    }

    @Test func theTracksOfAllFoldsAreOneSet() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write("folds/a", [("x", true)])
        try write("folds/b", [("y", true), ("z", false), ("w", false)])
        try series("folds", of: ["a", "b"])
        let entry = try #require(try compare("folds").entries.first)
        // Two of four; the folds' mean would be two thirds.
        #expect(entry.tracks == 4 && [entry.raw, entry.max, entry.maj].allSatisfy { $0.value == 0.5 })
        let interval = try #require(entry.max.interval)
        #expect(interval.low < 0.5 && interval.high > 0.5)
        #expect(entry.max.best == 1)
    }

    @Test func whereVerdictsAreMissingNothingIsSaidOfThem() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write("old", [("x", true), ("y", false)], verdicts: false)
        try write("new", [("x", true), ("y", false)])
        let comparison = try compare("old", "new")
        #expect(comparison.entries.map(\.tracks) == [2, 2] && comparison.entries[0].max.value == 0.5)
        #expect(comparison.entries[0].max.interval == nil && comparison.entries[1].max.interval != nil)
        #expect(comparison.pairs.isEmpty)
        // A fold without verdicts does not fall out of the interval: there is none.
        try write("folds/a", [("x", true)], verdicts: false)
        try write("folds/b", [("y", true), ("z", false)])
        try series("folds", of: ["a", "b"])
        let folds = try #require(try compare("folds").entries.first)
        #expect(folds.tracks == 3 && folds.max.value == 2.0 / 3 && folds.max.interval == nil)
    }
}
