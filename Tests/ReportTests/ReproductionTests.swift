import Architectures
import Foundation
import ModelFile
import NeuralNetwork
import Testing

@testable import Report
@testable import Training

@Suite struct ReproductionTests {
    private let folder: TemporaryFolder
    private let reproduction: Reproduction

    init() throws {
        folder = try TemporaryFolder()
        reproduction = Reproduction(
            folder: folder.url,
            nets: ["shallow", "crnn-published"].compactMap(Architecture.named).map { .init(net: $0, seeds: [0, 1]) },
            milestones: [1, 2])
    }

    /// A run in a member's folder, as if it had been trained.
    private func finish(
        _ member: Reproduction.Member, raw: [Double], change: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws {
        let net = try #require(Architecture.named(member.net))
        let run = try RunFolder(creating: member.folder, replacing: true)
        let parameters = try ParameterStore(plan: NetworkPlan(net.blueprint(genres: 2)))
        var configuration = reproduction.configuration(of: member)
        change(&configuration)
        let card = ModelCard(
            blueprint: net.blueprint(genres: 2), genres: ["blues", "jazz"], recipe: .schindler,
            configuration: configuration, split: "by hand", trainingTracks: ["blues/1"], heldOutTracks: ["jazz/1"],
            dataHash: "", scores: nil, instructionSet: activeInstructionSet, toolVersion: "test")
        try run.write(TrainedModel(card: card, parameters: parameters))
        for (index, value) in raw.enumerated() { try run.append(SampleRun.record(index + 1, raw: value)) }
    }

    @Test func everyNetIsTrainedAsItsAuthorsDid() {
        let members = reproduction.members
        #expect(members.map(\.net) == ["shallow", "crnn-published", "shallow", "crnn-published"])
        #expect(members.map(\.seed) == [0, 0, 1, 1])
        #expect(members.map { $0.folder.lastPathComponent } == ["seed-0", "seed-0", "seed-1", "seed-1"])
        let configurations = members.map(reproduction.configuration)
        #expect(configurations.map(\.batch) == [64, 32, 64, 32])
        #expect(configurations.map(\.l1) == [1e-4, 1e-5, 1e-4, 1e-5])
        #expect(configurations.allSatisfy { $0.epochs == 2 && $0.learningRate == 5e-5 })
    }

    @Test func aNetHasSeedsOfItsOwnAndTheFirstOneABatchStudy() throws {
        let nets = try zip(["shallow", "deep"], [2, 1]).map { name, seeds in
            Reproduction.Group(net: try #require(Architecture.named(name)), seeds: (0..<UInt64(seeds)).map { $0 })
        }
        let study = Reproduction(folder: folder.url, nets: nets, batches: [28, 64], milestones: [2])
        // The study's batch of 64 is Table I's own row.
        #expect(
            study.members.map { "\($0.net) \($0.batch) \($0.seed)" } == [
                "shallow 64 0", "deep 64 0", "shallow 28 0", "shallow 64 1", "shallow 28 1",
            ])
        #expect(study.members[2].folder.path.hasSuffix("shallow/batch-28/seed-0"))
        #expect(study.configuration(of: study.members[2]).batch == 28)
        try finish(study.members[0], raw: [0.5, 0.6])
        try finish(study.members[2], raw: [0.3, 0.4])
        let report = try ReproductionReport(study)
        #expect(report.batches.map(\.group.batch) == [28, 64] && report.runs.count == 2)
        #expect(report.html().contains("Batch sizes"))
        #expect(try !ReproductionReport(reproduction).html().contains("Batch sizes"))
    }

    @Test func resultsForProgramsNameNoPath() throws {
        try finish(reproduction.members[0], raw: [0.5, 0.6])
        try finish(reproduction.members[2], raw: [0.52, 0.64])
        let data = try ReproductionReport(reproduction).json()
        #expect(!String(decoding: data, as: UTF8.self).contains("/"))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let net = try #require((object["nets"] as? [[String: Any]])?.first)
        #expect(net["net"] as? String == "shallow")
        let after = try #require(net["after"] as? [[String: Any]])
        #expect(after.map { $0["epochs"] as? Int } == [1, 2])
        let raw = try #require(after[1]["raw"] as? [String: Double])
        // The mean of the two epochs there are, by hand: (0.55 + 0.58) / 2.
        #expect(abs(raw["mean"]! - 0.62) < 1e-12 && abs(raw["mean_of_five_epochs"]! - 0.565) < 1e-12)
        #expect((net["runs"] as? [[String: Any]])?.map { $0["raw"] as? [Double] } == [[0.5, 0.6], [0.52, 0.64]])
    }

    @Test func aShorterRunIsNotFinishedAndALongerOneRefused() throws {
        let member = reproduction.members[0]
        try finish(member, raw: [0.5]) { $0.epochs = 1 }
        #expect(try reproduction.finishedRun(of: member) == nil)
        try finish(member, raw: [0.5, 0.6, 0.7]) { $0.epochs = 3 }
        #expect { _ = try reproduction.finishedRun(of: member) } throws: { "\($0)".contains("more epochs") }
    }

    @Test func finishedRunsAreKeptAndOthersRefused() throws {
        let member = reproduction.members[0]
        #expect(try reproduction.finishedRun(of: member) == nil)
        // A run that was broken off has no model yet.
        _ = try RunFolder(creating: member.folder, replacing: true)
        #expect(try reproduction.finishedRun(of: member) == nil)
        try finish(member, raw: [0.5, 0.6])
        #expect(try reproduction.finishedRun(of: member)?.epochs.count == 2)
        try finish(member, raw: [0.5, 0.6]) { $0.learningRate = 1 }
        #expect {
            _ = try reproduction.finishedRun(of: member)
        } throws: {
            "\($0)".contains(member.folder.path) && "\($0)".contains("another configuration")
        }
    }

    @Test func thePageTellsMeansBesideThePublishedFigures() throws {
        #expect(try ReproductionReport(reproduction).html().contains("0 of 4 runs are finished"))
        let members = reproduction.members
        try finish(members[0], raw: [0.5, 0.6])
        try finish(members[2], raw: [0.52, 0.64])
        let report = try ReproductionReport(reproduction)
        #expect(report.nets.map(\.group.net.name) == ["shallow"])
        // Mean and sample deviation, by hand: 0.62 and 0.04 / sqrt(2).
        #expect(ReproductionReport.words(report.spread(report.nets[0].runs, after: 2, \.raw)) == "62.0 ± 2.8 %")
        #expect(report.spread(report.nets[0].runs, after: 3, \.raw) == nil)
        let page = report.html()
        #expect(
            page.contains("2 of 4 runs are finished") && page.contains("62.0 ± 2.8 %") && page.contains("smoke run"))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)

        try finish(members[1], raw: [0.1, 0.1])
        #expect(try ReproductionReport(reproduction).html().contains("across the segments of a batch"))
    }

    @Test func publishedFiguresOfTableI() {
        let list = PublishedResult.tableI
        #expect(PublishedResult.find("shallow", epochs: 100, in: list)?.raw == 63.12)
        #expect(PublishedResult.find("crnn", epochs: 200, in: list)?.raw == 64.72)
        #expect(PublishedResult.find("shallow", epochs: 50, in: list) == nil)
        #expect(Reproduction.usualNets.allSatisfy { name in list.contains { $0.net == name } })
    }
}
