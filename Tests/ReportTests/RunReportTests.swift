import Evaluation
import Foundation
import NeuralNetwork
import Testing
import Training

@testable import Report

@Suite struct RunReportTests {
    @Test func theAssessmentRepeatsTheRunsScores() throws {
        let sample = try SampleRun()
        let assessment = try #require(try sample.report().assessment)
        let scores = try #require(sample.model.card.scores)
        #expect(assessment.scores == scores)
        #expect(assessment.warnings.isEmpty)
        #expect(assessment.tracks.map(\.id) == sample.model.card.heldOutTracks)
        #expect(
            assessment.tracks.count(where: \.isRight)
                == scores.trackConfusion.indices.reduce(0) { $0 + scores.trackConfusion[$1][$1] })
        #expect(assessment.tracks.allSatisfy { $0.verdict.votes.reduce(0, +) == 4 && $0.segments == 4 })
    }

    @Test func twoWrongSegmentsAndARightOneAreChosen() {
        func candidate(_ segment: Int, track: Int, label: Int, _ probabilities: [Float]) -> Candidate {
            Candidate(segment: segment, track: track, number: 1, label: label, probabilities: probabilities)
        }
        let candidates = [
            candidate(0, track: 0, label: 0, [0.2, 0.7, 0.1]), candidate(1, track: 0, label: 0, [0, 0.9, 0.1]),
            candidate(2, track: 1, label: 0, [0.2, 0.8, 0]), candidate(3, track: 2, label: 1, [0.6, 0.3, 0.1]),
            candidate(4, track: 3, label: 0, [0.99, 0, 0.01]), candidate(5, track: 4, label: 2, [0, 0.05, 0.95]),
        ]
        // The surest; then another genre's, though a surer one is left; the right one of the genre not shown yet.
        #expect(Candidate.choose(from: candidates).map(\.segment) == [1, 3, 5])
        #expect(Candidate.choose(from: Array(candidates[4...])).map(\.segment) == [4])
        #expect(Candidate.choose(from: Array(candidates[...1])).map(\.segment) == [1])
        // Pairs that are asked for, the surest of each; all of them or none.
        #expect(Candidate.choose([(0, 1), (1, 0), (2, 2)], from: candidates)?.map(\.segment) == [1, 3, 5])
        #expect(Candidate.choose([(0, 1), (1, 2)], from: candidates)?.count == nil)
        #expect(Candidate.choose([], from: candidates)?.count == nil)
    }

    @Test func thePageStandsAlone() throws {
        let audit = try JSONDecoder().decode(
            JSONValue.self,
            from: Data(
                #"""
                {"tracks":99,"mainArtist":"z","copies":[{"a":"<x>","b":2},{"a":"y","c":true}],"deep":[[1,{"z":null}]]}
                """#.utf8))
        let report = try SampleRun().report(audit: audit)
        let page = report.html()
        // Nothing is fetched: no addresses, no scripts, references only into the page and to data in it.
        for word in ["http:", "https:", "<script", "url(", "@import", "src=", "//"] {
            let found = page.replacing(/base64,[A-Za-z0-9+\/=]*/, with: "").contains(word)
            #expect(!found, "\(word)")
        }
        for match in page.matches(of: /href="([^"]*)"/) {
            #expect(match.output.1.hasPrefix("#") || match.output.1.hasPrefix("data:"))
        }
        #expect(page.contains("default-src 'none'") && page.contains("prefers-color-scheme:dark"))
        #expect(page.contains("@media print") && page.contains("width=device-width"))
        for id in page.matches(of: /href="#([^"]*)"/) { #expect(page.contains("id=\"\(id.output.1)\"")) }
        let parts = [
            "summary", "curves", "confusions", "genres", "segments", "tracks", "net", "configuration", "audit",
        ]
        for part in parts { #expect(page.contains("<section id=\"\(part)\">"), "\(part)") }
        #expect(page.contains(">main artist<"))
        #expect(page.contains("&lt;x&gt;") && page.contains("&lt;script&gt;"))
        #expect(!page.contains("\u{0}") && !page.contains("\u{202E}"))
        // Written so that a strict parser reads it, too.
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)
    }

    /// A Double would round them.
    @Test(arguments: ["9007199254740993", "18446744073709551615", "-9007199254740993"])
    func longWholeNumbersKeepTheirDigits(number: String) throws {
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(#"{"seed":\#(number)}"#.utf8))
        #expect(value["seed"]?.text == number)
        #expect(Tables.json(value).contains(">\(number)<"))
        #expect(try JSONValue(["seed": 7, "rate": 0.5]) == .object(["seed": .number(7), "rate": .number(0.5)]))
    }

    @Test func withoutDataThePageSaysWhatIsMissing() throws {
        let page = try SampleRun().report(withData: false).html()
        #expect(page.contains("--data DATA") && !page.contains("<section id=\"tracks\">"))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)
    }

    @Test func pageAndFiguresAreWritten() throws {
        let sample = try SampleRun()
        let report = try sample.report()
        let folder = sample.folder.file("figures")
        try report.write(page: sample.folder.file("report.html"), figures: folder)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count == 3 * report.figures.count)
        #expect(report.figures.count >= 6)
        for figure in report.figures {
            #expect(
                xmlFault(try String(contentsOf: folder.appendingPathComponent(figure.name + ".svg"), encoding: .utf8))
                    == nil)
            for ending in [".png", "-dark.png"] {
                let bytes = try Data(contentsOf: folder.appendingPathComponent(figure.name + ending))
                #expect(bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]))
            }
        }
        #expect(try String(contentsOf: sample.folder.file("report.html"), encoding: .utf8) == report.html())
    }

    @Test func aModelsCardIsAPage() throws {
        let sample = try SampleRun()
        let file = sample.folder.file("card.html")
        try ModelReport(model: sample.model, name: "a & b").write(page: file)
        let page = try String(contentsOf: file, encoding: .utf8)
        #expect(page.contains("a &amp; b") && page.contains("&lt;script&gt;"))
        for part in ["scores", "net", "training"] { #expect(page.contains("<section id=\"\(part)\">")) }
        #expect(page.contains(">learning rate<") && page.contains("95 % interval"))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)
    }

    @Test func runsAreComparedByNamesOfTheirOwn() throws {
        let samples = try [SampleRun(), SampleRun(genres: ["blues", "jazz", "rock"], epochs: 5)]
        let report = ComparisonReport(runs: try samples.map { try FinishedRun($0.folder.url) })
        #expect(Set(report.names).count == 2)
        let page = report.html()
        for sample in samples { #expect(page.contains(sample.folder.url.lastPathComponent)) }
        // Not the same data.
        #expect(page.contains("class=\"caution\""))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)
    }

    @Test func aFolderThatIsNoRunIsRefused() throws {
        func expectRefusal(_ words: String, _ change: (TemporaryFolder) throws -> Void) throws {
            let sample = try SampleRun()
            try change(sample.folder)
            #expect {
                _ = try FinishedRun(sample.folder.url)
            } throws: {
                "\($0)".contains(words) && "\($0)".contains(sample.folder.url.lastPathComponent)
            }
        }
        try expectRefusal("holds no model.safetensors") {
            try FileManager.default.removeItem(at: $0.file("model.safetensors"))
        }
        try expectRefusal("log.jsonl cannot be read") { try FileManager.default.removeItem(at: $0.file("log.jsonl")) }
        try expectRefusal("line 1 of log.jsonl") { try Data("{\"epoch\":1}\n".utf8).write(to: $0.file("log.jsonl")) }
        for (name, value) in [
            ("epoch", "9223372036854775807"), ("epoch", "0"), ("raw", "1e300"), ("train_loss", "-1e99"),
        ] {
            try expectRefusal("line 4 of log.jsonl") { folder in
                var fields = [
                    "epoch": "4", "train_loss": "1", "penalty": "1", "train_accuracy": "1", "validation_loss": "1",
                    "raw": "1", "max": "1", "maj": "1", "seconds": "1",
                ]
                fields[name] = value
                let line = "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}\n"
                let log = try Data(contentsOf: folder.file("log.jsonl"))
                try (log + Data(line.utf8)).write(to: folder.file("log.jsonl"))
            }
        }
        try expectRefusal("holds no epoch") { try Data().write(to: $0.file("log.jsonl")) }
        try expectRefusal("config.json is not valid JSON") { try Data("{".utf8).write(to: $0.file("config.json")) }
        try expectRefusal("scores.genres") { folder in
            var model = try SampleRun().model
            model.card.scores = JudgedSegments(
                probabilities: [1, 0], classes: 2, segmentTracks: [0], trackLabels: [0]
            ).scores(genres: ["a", "b"])
            try model.write(to: folder.file("model.safetensors"))
        }
    }

    @Test func dataOfAnotherRunIsRefused() throws {
        let sample = try SampleRun()
        #expect {
            _ = try Assessment(
                of: sample.model, on: SampleRun(genres: ["blues", "jazz", "polka"]).set, pool: ThreadPool(threads: 1))
        } throws: {
            "\($0)".contains("polka")
        }
    }
}
