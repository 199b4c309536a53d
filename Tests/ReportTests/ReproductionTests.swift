import Architectures
import Datasets
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
        _ member: Reproduction.Member, raw: [Double], split: String = "by hand",
        change: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws {
        let net = try #require(Architecture.named(member.net))
        let run = try RunFolder(creating: member.folder, replacing: true)
        let parameters = try ParameterStore(plan: NetworkPlan(net.blueprint(genres: 2)))
        var configuration = reproduction.configuration(of: member)
        change(&configuration)
        let card = ModelCard(
            blueprint: net.blueprint(genres: 2), genres: ["blues", "jazz"], recipe: .schindler,
            configuration: configuration, split: split, trainingTracks: ["blues/1"], heldOutTracks: ["jazz/1"],
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
        // Two epochs are no five.
        #expect(abs(raw["mean"]! - 0.62) < 1e-12 && raw["mean_of_five_epochs"] == nil)
        #expect((net["runs"] as? [[String: Any]])?.map { $0["raw"] as? [Double] } == [[0.5, 0.6], [0.52, 0.64]])
    }

    @Test func fiveEpochsAreFive() throws {
        let long = Reproduction(folder: folder.url, nets: reproduction.nets, milestones: [4, 6])
        for (member, raw) in [(0, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), (2, [0.2, 0.2, 0.3, 0.4, 0.5, 0.8])] {
            try finish(reproduction.members[member], raw: raw) { $0.epochs = 6 }
        }
        let object = try JSONSerialization.jsonObject(with: ReproductionReport(long).json()) as? [String: Any]
        let net = try #require((object?["nets"] as? [[String: Any]])?.first)
        let after = try #require(net["after"] as? [[String: Any]]).map { $0["raw"] as? [String: Double] }
        #expect(after[0]?["mean"] != nil && after[0]?["mean_of_five_epochs"] == nil)
        // (0.4 + 0.44) / 2, by hand.
        #expect(abs((after[1]?["mean_of_five_epochs"] ?? 0) - 0.42) < 1e-12)
    }

    @Test func runsOfAnotherSplitAreRefused() throws {
        var asked = reproduction
        asked.split = "artist: no artist on both sides (seed 0)"
        let member = asked.members[0]
        try finish(member, raw: [0.5, 0.6], split: "artist: no artist on both sides (seed 7)")
        #expect(try asked.finishedRun(of: member) != nil, "seeds do not count")
        try finish(member, raw: [0.5, 0.6], split: "random: 0.75 of each genre's tracks train (seed 0)")
        #expect(throws: ReportError.self) { try asked.finishedRun(of: member) }

        // Begun, and without a model yet: config.json tells.
        let sample = try SampleRun()
        let folder = RunFolder(at: member.folder)
        _ = try TrainingRun(
            configuration: reproduction.configuration(of: member), data: LoadedDataset(inMemory: sample.set), paths: [],
            folder: RunFolder(creating: member.folder, replacing: true), toolVersion: "test"
        ).prepare(threads: 1)
        #expect(throws: ReportError.self) { try asked.begunRun(of: member) }
        asked.split = try folder.record().split
        #expect(try asked.begunRun(of: member) != nil)
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
        #expect(ReproductionReport.words(report.spread(report.nets[0].runs, after: 2, \.raw)) == "62.0 ± 2.8%")
        #expect(report.spread(report.nets[0].runs, after: 3, \.raw) == nil)
        let page = report.html()
        #expect(
            page.contains("2 of 4 runs are finished") && page.contains(">62.0 ± 2.8%<") && page.contains("smoke run"))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)

        try finish(members[1], raw: [0.1, 0.1])
        #expect(try ReproductionReport(reproduction).html().contains("across the segments of a batch"))
    }

    /// The text of a table's cells, a row an array; the first is the head.
    private func cells(of table: String) -> [[String]] {
        table.matches(of: /<tr>(.*?)<\/tr>/).map { row in
            row.output.1.matches(of: /<t[dh][^>]*>(.*?)<\/t[dh]>/).map {
                String($0.output.1).replacing("\u{A0}", with: " ")
            }
        }
    }

    @Test func publishedFiguresStandBesideOurs() throws {
        let long = Reproduction(
            folder: folder.url,
            nets: ["shallow", "crnn-published"].compactMap(Architecture.named).map { .init(net: $0, seeds: [0]) },
            milestones: [50, 100])
        for member in long.members {
            try finish(
                member, raw: (1...100).map { Double($0) / 200 }, split: "fixed: by hand; 5 recordings on two sides"
            ) {
                $0.epochs = 100
            }
        }
        let report = try ReproductionReport(long)
        let table = cells(of: report.netTable())
        #expect(
            table[0] == [
                "net", "epochs", "runs", "raw", "published raw (the paper's Table I)", "max", "maj", "raw, 5 epochs",
                "Schindler et al.: raw / max / maj",
            ])
        // The segments are not the paper's: no difference is given. Means of five epochs by hand.
        #expect(table[1] == ["shallow", "50", "1", "25.0%", "–", "50.0%", "25.0%", "24.0%", "–"])
        #expect(table[3].prefix(8) == ["shallow", "100", "1", "50.0%", "63.12%", "50.0%", "25.0%", "49.0%"])
        #expect(table[4] == ["crnn-published", "100", "1", "50.0%", "64.52%", "50.0%", "25.0%", "49.0%", "–"])
        let page = report.html()
        #expect(page.contains("5 recordings are on both sides") && page.contains("not the paper&#39;s own data"))
        #expect(!page.lowercased().contains("smoke run") && page.contains("<h1>The nets of Pandey"))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)

        // A net alone has columns of its own only.
        let crnn = Reproduction(folder: folder.url, nets: [long.nets[1]], milestones: [50, 100])
        #expect(try cells(of: ReproductionReport(crnn).netTable())[0].last == "raw, 5 epochs")
    }

    @Test func aRunsTableSaysOnceWhatIsTheSame() throws {
        let members = reproduction.members
        try finish(members[0], raw: [0.5, 0.6], split: "fixed: as told")
        try finish(members[2], raw: [0.52, 0.64], split: "fixed: as told")
        try Data("a page".utf8).write(to: members[2].folder.appendingPathComponent("report.html"))
        let report = try ReproductionReport(reproduction)
        let html = report.html()
        let table = report.runTable(besides: folder.url)
        #expect(table.contains("The same of all: batch 64; split fixed: as told."))
        #expect(
            cells(of: table) == [
                ["net", "seed", "raw, epoch 1", "raw, epoch 2", "time"], ["shallow", "0", "50.0%", "60.0%", "2.5 s"],
                ["<a href=\"shallow/seed-1/report.html\">shallow</a>", "1", "52.0%", "64.0%", "2.5 s"],
            ])
        #expect(html.contains(table) && html.contains("2 of 4 runs finished"))
        // From elsewhere a relative link would lead nowhere.
        #expect(!report.runTable(besides: folder.file("shallow/seed-0")).contains("href"))
        // Another split is told of each run.
        try finish(members[0], raw: [0.5, 0.6], split: "fixed: as told before")
        #expect(try cells(of: ReproductionReport(reproduction).runTable(besides: folder.url))[0].last == "split")
    }

    /// The cells of a LaTeX table's body.
    private func latexRows(_ table: String) -> [[String]] {
        table.split(separator: "\n").filter { $0.contains(" & ") }.map { line in
            line.replacing(" \\\\", with: "").split(separator: "&").map {
                $0.replacing("$", with: "").replacing("\\%", with: "%").trimmingCharacters(in: .whitespaces)
            }
        }
    }

    @Test func theTableForATextHasTheCellsOfTheResults() throws {
        try finish(reproduction.members[0], raw: [0.5, 0.6])
        try finish(reproduction.members[2], raw: [0.52, 0.64])
        try finish(reproduction.members[1], raw: [0.1, 0.123456])
        let page = folder.file("report.html")
        let report = try ReproductionReport(reproduction)
        let written = try report.write(page: page, figures: nil)
        #expect(
            written.files.map(\.lastPathComponent) == [
                "report.html", "results.json", "table.tex", "table.md", "table.csv",
            ])
        let latex = try String(contentsOf: folder.file("table.tex"), encoding: .utf8)
        for words in [
            "\\toprule", "\\midrule", "\\bottomrule", "\\begin{tabular}{lrrrrrr}", "Pandey, Hossain \\& Bayraktar",
        ] {
            #expect(latex.contains(words), "\(words)")
        }
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.file("results.json")))
        let nets = try #require((object as? [String: Any])?["nets"] as? [[String: Any]])
        var expected: [[String]] = []
        for epochs in [1, 2] {
            for net in nets {
                let after = try #require(net["after"] as? [[String: Any]]).first { $0["epochs"] as? Int == epochs }
                func words(_ name: String) throws -> String {
                    let measure = try #require(after?[name] as? [String: Double])
                    let deviation = measure["deviation"].map { String(format: " \\pm %.2f", $0 * 100) } ?? ""
                    return String(format: "%.2f", try #require(measure["mean"]) * 100) + deviation
                }
                expected.append([
                    try #require(net["net"] as? String), String(epochs),
                    String(try #require(net["runs"] as? [Any]).count), try words("raw"), "--", try words("max"),
                    try words("maj"),
                ])
            }
        }
        let rows = latexRows(latex)
        #expect(rows[0] == ["Net", "Epochs", "Runs", "Raw (%)", "Published raw (%)", "Max (%)", "Maj (%)"])
        #expect(rows.dropFirst() == expected[...])
        #expect(expected[2][3] == "62.00 \\pm 2.83" && expected[3][3] == "12.35")
        let markdown = try String(contentsOf: folder.file("table.md"), encoding: .utf8)
        #expect(markdown.contains("| shallow | 2 | 2 | 62.00 ± 2.83 | – | 50.00 ± 0.00 | 25.00 ± 0.00 |"))
        let csv = try String(contentsOf: folder.file("table.csv"), encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(Set(csv.map(\.count)) == [16] && csv.count == 5)
        #expect(csv[3].prefix(5) == ["shallow", "2", "2", "62.00", "2.83"])
        // Student's t of one degree: 12.7062 times 0.02.
        #expect(csv[3][5] == "36.59" && csv[3][6] == "87.41")
    }

    @Test func publishedValuesStandInTheTableAndTheChart() throws {
        let long = Reproduction(folder: folder.url, nets: [reproduction.nets[0]], milestones: [50, 100])
        for member in long.members {
            try finish(member, raw: (1...100).map { Double($0) / 200 }, split: "fixed: by hand") { $0.epochs = 100 }
        }
        let report = try ReproductionReport(long)
        #expect(latexRows(report.table(.latex)).last?[4] == "63.12")
        #expect(report.table(.csv).hasSuffix(",63.12\n"))
        #expect(report.figures.first?.name == "published")
        let svg = try #require(report.figures.first).svg()
        #expect(svg.contains("shallow, published: Table I of the paper: 63.12%"))
        #expect(svg.contains("after 100 epochs"))
        let page = report.html()
        #expect(
            try #require(page.range(of: "shallow, published")).lowerBound
                < #require(page.range(of: "id=\"curves\"")).lowerBound)
        #expect(page.contains("The paper: Pandey, Hossain &amp; Bayraktar, Implementation of Shallow and Deep"))
        // The words are kept for this page.
        #expect(!page.contains("the report") && !page.contains("The report"))
        for line in report.text().split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        #expect(report.text().contains("published: raw accuracy in Table I of Pandey, Hossain & Bayraktar"))
    }

    @Test func aSmokeRunIsCalledOne() throws {
        try finish(reproduction.members[0], raw: [0.5, 0.6], split: "fixed: by hand" + TrackSplit.tenthWords)
        let report = try ReproductionReport(reproduction)
        let page = report.html()
        #expect(page.contains("<h1>Smoke run: Table I of Pandey, Hossain &amp; Bayraktar</h1>"))
        #expect(!page.contains("reproduced"))
        let caution = try #require(page.range(of: "A smoke run of 2 epochs on a tenth of the tracks"))
        #expect(caution.lowerBound < page.range(of: "<table")!.lowerBound)
        #expect(report.table(.latex).contains("Smoke run, no result."))
        #expect(report.text().contains("smoke run"))
        // However many epochs.
        #expect(
            Reproduction(folder: folder.url, nets: reproduction.nets, milestones: [200], isSmokeRun: true).isSmokeRun)
        #expect(!Reproduction(folder: folder.url, nets: reproduction.nets, milestones: [200]).isSmokeRun)
    }

    @Test func aTenthOfTheTracksHasEveryGenreOnBothSides() {
        let tracks = (0..<60).map { SegmentSet.Track(id: "\($0 % 3)/\($0 / 3)", label: $0 % 3) }
        let set = SegmentSet(
            genres: ["a", "b", "c"], recipe: .schindler, tracks: tracks,
            values: tracks.map { _ in [Float](repeating: 0, count: 6400) })
        let split = TrackSplit(training: Array(0..<45), validation: Array(45..<60), rule: "by hand").tenth(of: set)
        #expect(split.training.count == 6 && split.validation.count == 3)
        for side in [split.training, split.validation] { #expect(Set(side.map { tracks[$0].label }) == [0, 1, 2]) }
        #expect(split.training.allSatisfy { $0 < 45 } && split.validation.allSatisfy { $0 >= 45 })
        #expect(split.rule == "by hand; a tenth of the tracks, for a smoke run")
    }

    @Test func oneEpochIsNoCurve() throws {
        try finish(reproduction.members[0], raw: [0.5, 0.6])
        let names = try ReproductionReport(reproduction).figures.map(\.name)
        #expect(names.contains("accuracy-shallow-2") && !names.contains("accuracy-shallow-1"))
    }

    @Test func publishedFiguresOfTableI() {
        let list = PublishedResult.tableI
        #expect(PublishedResult.find("shallow", epochs: 100, in: list)?.raw == 63.12)
        #expect(PublishedResult.find("crnn", epochs: 200, in: list)?.raw == 64.72)
        #expect(PublishedResult.find("shallow", epochs: 50, in: list) == nil)
        #expect(Reproduction.usualNets.allSatisfy { name in list.contains { $0.net == name } })
    }
}
