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
            folder: folder.url, nets: ["shallow", "crnn-published"].compactMap(Architecture.named), seeds: [0, 1],
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
        #expect(report.groups.map(\.net.name) == ["shallow"])
        // Mean and sample deviation, by hand: 0.62 and 0.04 / sqrt(2).
        #expect(ReproductionReport.words(report.spread(report.groups[0].runs, after: 2, \.raw)) == "62.0 ± 2.8 %")
        #expect(report.spread(report.groups[0].runs, after: 3, \.raw) == nil)
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
