import Architectures
import Evaluation
import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Testing

@testable import Report
@testable import Training

@Suite struct RelatedStudyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func study(_ names: [String], epochs: Int = 50, folds: Int = 1) throws -> RelatedStudy {
        RelatedStudy(
            folder: folder.url, nets: try names.map { try #require(Architecture.named($0)) }, greatestEpochs: epochs,
            folds: folds)
    }

    /// A run in a member's folder, as if it had been trained; `hits` of ten tracks are correct.
    private func finish(
        _ member: RelatedStudy.Member, of study: RelatedStudy, hits: Int, epochs: Int? = nil,
        towers: [String: String]? = nil
    ) throws {
        let blueprint = study.architecture(of: member).blueprint(genres: 2, input: 80 × 80)
        let run = try RunFolder(creating: member.folder, replacing: true)
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        var configuration = study.configuration(of: member)
        if let epochs { configuration.epochs = epochs }
        configuration.towers = towers
        let confusion = [[hits, 10 - hits], [0, 0]]
        let text = """
            {"genres":["blues","jazz"],"segments":10,"tracks":10,"raw":\(Double(hits) / 10),"max":\(Double(hits) / 10),\
            "maj":\(Double(hits) / 10),"loss":1,"confusion":\(confusion),"trackConfusion":\(confusion)}
            """
        let scores = try JSONDecoder().decode(Scores.self, from: Data(text.utf8))
        let card = ModelCard(
            blueprint: blueprint, genres: ["blues", "jazz"], recipe: .schindler, configuration: configuration,
            split: "by hand", trainingTracks: ["blues/1"], heldOutTracks: ["jazz/1"], dataHash: "", scores: scores,
            instructionSet: activeInstructionSet, toolVersion: "test")
        try run.write(TrainedModel(card: card, parameters: parameters))
        for epoch in 1...configuration.epochs { try run.append(SampleRun.record(epoch)) }
    }

    @Test func everyNetIsToldItsAuthorsSettingsAndNoMoreEpochsThanTheBound() throws {
        let study = try study(Architecture.all.map(\.name), epochs: 60)
        for member in study.members {
            let own = study.architecture(of: member).training
            let told = study.configuration(of: member)
            #expect(told.optimiserSettings == own.optimiser && told.batch == own.batch)
            #expect(told.epochs == min(own.epochs, 60) && told.schedule == own.schedule)
            #expect(told.segmentsPerTrack == nil)
            #expect(throws: Never.self, "\(member.net)") { try told.check() }
        }
        #expect(study.members.first { $0.net == "gesture-cnnlstm" }.map(study.configuration)?.epochs == 25)
    }

    @Test func membersLieInFoldersOfTheirNetsAndFolds() throws {
        let one = try study(["shallow", "bbnn"])
        #expect(one.members.map(\.folder.lastPathComponent) == ["shallow", "bbnn"])
        let folds = try study(["shallow", "bbnn"], folds: 2)
        #expect(folds.members.map { $0.folder.lastPathComponent } == ["fold-1", "fold-2", "fold-1", "fold-2"])
        #expect(folds.members.map(\.fold) == [0, 1, 0, 1])
    }

    @Test func whatTowersBeginWithIsTrainedBeforeOnTheSameFold() throws {
        let nets = RelatedStudy.withBeginnings(
            ["pons-timefrequency-init", "pons-time", "shallow"].compactMap(Architecture.named))
        #expect(nets.map(\.name) == ["pons-time", "pons-frequency", "pons-timefrequency-init", "shallow"])
        let study = try study(nets.map(\.name), folds: 2)
        let member = study.members.filter { $0.net == "pons-timefrequency-init" }[1]
        let beginnings = study.beginnings(of: member)
        #expect(beginnings.map(\.tower) == ["time", "frequency"])
        #expect(beginnings.map(\.member.net) == ["pons-time", "pons-frequency"])
        #expect(beginnings.allSatisfy { $0.member.fold == 1 })
        #expect(study.beginnings(of: study.members[0]).isEmpty)
        // It knows its own run, whatever the towers began with.
        let one = try self.study(["pons-timefrequency-init"], epochs: 2)
        try finish(one.members[0], of: one, hits: 5, towers: ["time": "abc"])
        #expect(try one.finishedRun(of: one.members[0]) != nil)
    }

    @Test func aRunOfFewerEpochsGoesOnAndOneOfOtherSettingsIsRefused() throws {
        let study = try study(["shallow"], epochs: 3)
        let member = study.members[0]
        #expect(try study.finishedRun(of: member) == nil)
        try finish(member, of: study, hits: 5, epochs: 3)
        #expect(try study.finishedRun(of: member) != nil)
        let longer = try self.study(["shallow"], epochs: 6)
        #expect(try longer.finishedRun(of: longer.members[0]) == nil)
        let shorter = try self.study(["shallow"], epochs: 2)
        #expect(throws: ReportError.self) { try shorter.finishedRun(of: shorter.members[0]) }
    }

    @Test func theTableHasTheBestFirstAndPoolsFolds() throws {
        let study = try study(["shallow", "bbnn", "compact"], epochs: 5, folds: 2)
        for (net, hits) in [("shallow", [5, 6]), ("bbnn", [9, 8])] {
            for (member, own) in zip(study.members.filter { $0.net == net }, hits) {
                try finish(member, of: study, hits: own)
            }
        }
        // One fold of two is no result.
        try finish(study.members.first { $0.net == "compact" }!, of: study, hits: 10)
        let report = try RelatedReport(study)
        #expect(report.rows.map(\.net) == ["bbnn", "shallow"])
        #expect(report.rows[0].scores.max == 0.85 && report.rows[0].scores.tracks == 20)
        #expect(report.text().split(separator: "\n").allSatisfy { $0.count <= 80 })
        // 0.9 and 0.8 on ten tracks each.
        #expect(report.text().contains("85.0 ± 7.1%") && report.text().contains("± is the standard deviation"))

        let page = folder.file("report.html")
        try report.write(page: page, figures: folder.file("figures"))
        let html = try String(contentsOf: page, encoding: .utf8)
        #expect(html.contains("91.3% of tracks") && html.contains("random tracks of GTZAN"))
        #expect(html.contains("85.0 ± 7.1") && html.contains("standard deviation of the 2 folds"))
        #expect(html.contains("1 of 6 trainings has not ended yet"))
        let table = try String(contentsOf: folder.file("table.csv"), encoding: .utf8)
        #expect(table.split(separator: "\n").count == 3 && table.contains("bbnn,"))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: folder.file("results.json"))) as? [String: Any])
        #expect((json["nets"] as? [[String: Any]])?.compactMap { $0["net"] as? String } == ["bbnn", "shallow"])
        let deviations = (json["nets"] as? [[String: Any]])?.first?["deviations"] as? [String: Double]
        #expect(deviations.map { abs($0["max"]! - 0.0707) < 1e-4 } == true)
        // What it wrote it may write again, and nothing else.
        #expect(throws: Never.self) { try report.write(page: page, figures: folder.file("figures")) }
        try Data("mine".utf8).write(to: folder.file("table.md"))
        #expect(throws: (any Error).self) { try report.write(page: page, figures: folder.file("figures")) }
    }

    @Test func publishedFiguresAreKnownOfEveryNetButOurs() {
        for net in Architecture.all where net.name != "compact" {
            #expect(RelatedResult.of(net.name) != nil, "\(net.name)")
        }
        #expect(RelatedResult.of("compact") == nil)
    }
}
