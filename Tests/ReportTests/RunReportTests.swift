import Evaluation
import Foundation
import ModelFile
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
        #expect(names.count == 4 * report.figures.count)
        #expect(report.figures.count >= 6)
        for figure in report.figures {
            #expect(
                xmlFault(try String(contentsOf: folder.appendingPathComponent(figure.name + ".svg"), encoding: .utf8))
                    == nil)
            for ending in [".png", "-dark.png"] {
                let bytes = try Data(contentsOf: folder.appendingPathComponent(figure.name + ending))
                #expect(bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]))
            }
            let pdf = try Data(contentsOf: folder.appendingPathComponent(figure.name + ".pdf"))
            #expect(pdf.starts(with: Data("%PDF-1.".utf8)))
        }
        #expect(try String(contentsOf: sample.folder.file("report.html"), encoding: .utf8) == report.html())
    }

    @Test func aModelsCardIsAPage() throws {
        let sample = try SampleRun()
        let file = sample.folder.file("card.html")
        try ModelReport(model: sample.model, name: "a & b").write(page: file)
        let page = try String(contentsOf: file, encoding: .utf8)
        #expect(page.contains("a &amp; b") && page.contains("&lt;script&gt;"))
        for part in ["use", "limits", "scores", "training", "net", "how-to", "citation"] {
            #expect(page.contains("<section id=\"\(part)\">"))
        }
        #expect(page.contains(">learning rate<") && page.contains("95% CI"))
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

    @Test func settingsAreShownWhereTheyAreNotTheSame() {
        var first = TrainingConfiguration(net: "a", epochs: 3)
        var second = TrainingConfiguration(net: "b", epochs: 9)
        #expect(SettingsDifferences([first, second]).rows.isEmpty, "net and length stand beside the scores")
        second.optimiserSettings = OptimiserSettings(
            .sgd(momentum: 0.9, nesterov: true), learningRate: 0.1, weightDecay: 1e-3, l2: .all(0.01))
        second.schedule = LearningRateSchedule(.plateau(patience: 3, factor: 0.5))
        first.towers = ["time": "abcdef"]
        let rows = SettingsDifferences([first, second, nil]).rows
        func values(_ name: String) -> [String]? { rows.first { $0.name == name }?.values }
        #expect(values("optimiser")?[1] == "SGD: momentum 0.9 (Nesterov)" && values("optimiser")?[2] == "unknown")
        #expect(values("weight decay") == ["none", "0.001", "unknown"])
        #expect(values("L2 penalty")?[0] == "none" && values("L1 penalty")?[1] == "none")
        #expect(values("learning rate")?[1].hasPrefix("0.1, times 0.5 after more than 3 epochs") == true)
        #expect(values("tower time began with")?[0] == "the model of digest abcdef")
    }

    /// A folder of runs, and what was said of each of six tracks: in the second run all is right.
    private func series(_ kind: String) throws -> (folder: TemporaryFolder, members: [URL]) {
        let folder = try TemporaryFolder()
        let members = ["run-1", "run-2"].map { folder.file("seeds/\($0)") }
        try FileManager.default.createDirectory(at: folder.file("seeds"), withIntermediateDirectories: true)
        for (index, member) in members.enumerated() {
            let sample = try SampleRun(genres: ["blues", "jazz", "rock"])
            try FileManager.default.copyItem(at: sample.folder.url, to: member)
            let outcomes = (0..<6).map { track in
                TrackOutcome(track: "\(track)", label: 0, max: 1 - index, maj: 0, segments: 4, right: track % 3)
            }
            let tracks = String(decoding: try JSONEncoder().encode(outcomes), as: UTF8.self)
            try Data("{\"side\":\"validation\",\"genres\":[\"blues\",\"jazz\",\"rock\"],\"tracks\":\(tracks)}".utf8)
                .write(to: member.appendingPathComponent("verdicts.json"))
        }
        try Data("{\"kind\":\"\(kind)\",\"rule\":\"by hand\",\"members\":[\"run-1\",\"run-2\"]}".utf8)
            .write(to: folder.file("seeds/series.json"))
        return (folder, members)
    }

    @Test func membersOfASeriesAreTakenTogether() throws {
        let (folder, members) = try series("seeds")
        let other = try SampleRun(genres: ["blues", "jazz", "rock"])
        let report = ComparisonReport(
            runs: try (members + [other.folder.url]).map { try FinishedRun($0) })
        #expect(report.names == ["seeds/run-1", "seeds/run-2", other.folder.url.lastPathComponent])
        #expect(report.figures.map(\.name).contains("means-raw"))
        let page = report.html()
        #expect(page.contains("<h1>seeds and \(other.folder.url.lastPathComponent)</h1>"))
        #expect(page.contains("1 series and 1 run, 3 runs in all"))
        // Twins do not deviate: their mean, and an interval without width.
        let raw = percent(other.model.card.scores?.raw).dropLast()
        #expect(page.contains("title=\"95% CI \(raw)% to \(raw)%\"><b>\(raw) ± 0.0%</b></td>"))
        #expect(report.figures.map(\.name).contains("intervals"))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)
        // A member alone is a run like others.
        let single = ComparisonReport(runs: [try FinishedRun(members[0]), try FinishedRun(other.folder.url)])
        #expect(single.names.first == "run-1" && !single.figures.map(\.name).contains("means-raw"))
        _ = folder
    }

    @Test func pairsOfRunsAreTested() throws {
        let (folder, members) = try series("seeds")
        // In the other order they are no series.
        let page = ComparisonReport(runs: try members.reversed().map { try FinishedRun($0) }).html()
        // Six tracks that one alone has right: p = 2 / 64. Raw by bootstrap.
        #expect(page.contains("<td class=\"n\">6</td><td>run-1</td><td class=\"n\">0</td><td class=\"n\">6</td>"))
        #expect(page.contains("<td class=\"n\">0.031</td>") && page.contains("95% intervals"))
        #expect(page.contains(" to ") && page.contains("<h1>run-2 and run-1</h1>"))
        // A run's own page tells the interval, too: max is right of all tracks, or of none.
        for (member, words) in zip(members, ["0.0% to 0.0%", "100.0% to 100.0%"]) {
            let report = RunReport(run: try FinishedRun(member), assessment: nil)
            #expect(report.html().contains("(95% CI \(words))"))
        }
        _ = folder
    }

    @Test func theConfigurationIsInAnOrderForReaders() throws {
        let sample = try SampleRun()
        let config = #"""
            {"configuration":{"net":"tiny","l1":0.0001,"new_option":7},"blueprint":{"layers":[{"towers":1}]},"data":["music"],
            "skipped":[{"file":"a<b.mp3","reason":"empty"}],"threads":2,"working_folder":"/home/me","novelty":{"x":"y"}}
            """#
        try Data(config.utf8).write(to: sample.folder.file("config.json"))
        let page = try sample.report().html()
        let section = try #require(page.firstMatch(of: /<section id="configuration">([\s\S]*?)<\/section>/)).output.1
        let names = section.matches(of: /<td class="key">([^<]*)<\/td>/).map { String($0.output.1) }
        #expect(
            names.prefix(7) == [
                "net", "epochs", "batch", "segments per track", "learning rate", "optimiser", "L1 penalty",
            ])
        for words in [
            ">64 segments<", ">5e-5, constant<", ">music<", ">22,050 Hz, mono, full scale ±32,768<",
            ">1 file left out<",
            "a&lt;b.mp3: empty", "2 threads", "0.93 s, one every 0.46 s",
        ] {
            #expect(section.contains(words), "\(words)")
        }
        // What no table tells is there, folded; the net has its figure.
        let folded = try #require(section.firstMatch(of: /<details><summary>More[\s\S]*/)).output
        #expect(folded.contains("novelty") && folded.contains("new option") && folded.contains("/home/me"))
        #expect(!section.contains("towers") && !folded.contains("0.0001"))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)
    }

    @Test func anAuditIsToldInWords() throws {
        let audit = #"""
            {"version":1,"roots":["/music"],"kind":"audio","files":4,"tracks":3,"otherFiles":1,"genres":[{"name":"blues",
            "tracks":2,"seconds":60,"artists":1,"mainArtist":"A <b>","mainArtistTracks":2},{"name":"jazz","tracks":1,
            "seconds":30,"artists":0,"mainArtistTracks":0}],"durations":{"total":90,"least":29.5,"median":30,"greatest":30.5},
            "formats":[{"codec":"mp3","container":"mp3","sampleRate":44100,"channels":2,"tracks":3}],
            "faults":[{"track":"x.mp3","reason":"no sound in it"}],"remarks":[{"kind":"clipped","track":"y.mp3",
            "measure":0.0123}],"copies":[{"tracks":["y.mp3","z.mp3"],"genres":["blues","jazz"]}],"relations":[],
            "artists":{"fromTags":2,"fromIndex":0,"fromFolders":0,"unknown":1,"different":1,"main":[{"name":"A <b>",
            "tracks":2,"genres":["blues"]}]},"balance":{"least":1,"greatest":2},"landmarks":987654321,"readingSeconds":1.5,
            "comparisonSeconds":0.25}
            """#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(audit.utf8))
        let page = try SampleRun().report(audit: value).html()
        for words in [
            "3 tracks of 2 genres, 1 min 30 s in all: 29.5 s to 30.5 s each, median 30.0 s; 1 file of other kinds.",
            "3 tracks of mp3 (mp3), 44,100 Hz, 2 channels", "Uneven: 1 to 2 tracks per genre",
            ">1 file cannot be used<",
            "x.mp3: no sound in it", ">1 track clipped<", "y.mp3: 1.23% of the samples",
            "y.mp3 = z.mp3 (across genres)",
            "2 by A &lt;b&gt;", "1 artist known (tracks: 2 by tags); 1 track of unknown ones.",
        ] {
            #expect(page.contains(words), "\(words)")
        }
        #expect(!page.contains("landmarks") && !page.contains("987654321"))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)
    }

    /// What must be said first is first, and what is long is folded.
    @Test func theRunsPageIsInAnOrderForReaders() throws {
        let report = try SampleRun().report()
        let page = report.html()
        let ids = page.matches(of: /<section id="([a-z]+)">/).map { String($0.output.1) }
        #expect(ids == ["summary", "curves", "confusions", "genres", "segments", "net", "configuration", "tracks"])
        let scores = try #require(report.run.card.scores)
        #expect(
            page.contains("<p class=\"headline\"><b>\(percent(scores.max))</b> of 6 validation tracks correct"))
        let tracks = try #require(page.firstMatch(of: /<section id="tracks">([\s\S]*?)<\/section>/)).output.1
        let folded = tracks.matches(of: /<details class="genre">([\s\S]*?)<\/details>/).map { $0.output.1 }
        #expect(folded.count == 3)
        for genre in folded {
            let marks = genre.matches(of: /<tr class="(right|wrong)">/).map { $0.output.1 }
            #expect(marks.count == 2)
            #expect(marks == marks.filter { $0 == "wrong" } + marks.filter { $0 == "right" }, "wrong ones first")
        }
        #expect(!tracks.replacing(/<details class="genre">[\s\S]*?<\/details>/, with: "").contains("<table"))
        for word in ["rightly", "surest", "right (%)", "told", "held out", "held-out", "nats a segment"] {
            #expect(!page.contains(word), "\(word)")
        }
    }

    @Test func whereAndHowARunWasMadeIsSaid() throws {
        let sample = try SampleRun()
        let config = #"""
            {"provenance":{"date":"2026-11-27T22:00:00Z","command":["genre","train","<x>"],"processor":"A CPU","cores":2,
            "system":"Debian 12","commit":"abc123"}}
            """#
        try Data(config.utf8).write(to: sample.folder.file("config.json"))
        let page = try sample.report().html()
        for words in ["2026-11-27T22:00:00Z", "genre train &lt;x&gt;", "A CPU", "Debian 12", "commit abc123"] {
            #expect(page.contains(words), "\(words)")
        }
        #expect(!page.contains("More of config.json"))
    }

    @Test func notesAreReadAsAText() throws {
        let long = String(repeating: "word ", count: 400)
        let notes = """
            Intended use: a first guess.

            Limits: not for <speech>.
            Nor for noise.

            \(long)

            # Data

            genre    tracks   share   also
            blues    16       18.0%   country 23, jazz
            rock     3        4.5%    <b>

            - one
              goes on
            - two & three
            """
        let page = ModelReport(model: try SampleRun().model, name: "m", notes: notes).html()
        #expect(page.contains("<section id=\"use\">\n<h2>Intended use</h2>\n<p>A first guess.</p>"))
        #expect(page.contains("<p>Not for &lt;speech&gt;. Nor for noise.</p>"))
        #expect(page.contains("<h3>Data</h3>"))
        #expect(page.contains("<th>genre</th><th class=\"n\">tracks</th><th class=\"n\">share</th><th>also</th>"))
        #expect(
            page.contains("<td>blues</td><td class=\"n\">16</td><td class=\"n\">18.0%</td><td>country 23, jazz</td>"))
        #expect(page.contains("<td>&lt;b&gt;</td>"))
        #expect(page.contains("<ul>\n<li>one goes on</li>\n<li>two &amp; three</li>\n</ul>"))
        // A long line is a paragraph, which wraps.
        #expect(page.contains("<p>\(long.dropLast())</p>"))
        #expect(!page.replacing(/<section id="how-to">[\s\S]*?<\/section>/, with: "").contains("<pre"))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)
        let order = page.matches(of: /<section id="([a-z-]+)">/).map { String($0.output.1) }
        #expect(order == ["use", "limits", "notes", "scores", "training", "net", "how-to", "citation"])
    }

    @Test func theBuiltInModelsNotesAreATable() throws {
        for model in BuiltInModel.all {
            #expect(model.notes.contains("\nblues   ") && model.notes.contains("(Sturm 2013)"))
            for line in model.notes.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }
        // A head cannot be opened without its backbone.
        let model = BuiltInModel.all[0]
        let page = ModelReport(model: try model.open(), name: model.name, notes: model.notes).html()
        #expect(page.contains("<td>blues</td>") && page.contains("<th>genre</th>"))
        #expect(page.contains("Apache License 2.0") && page.contains("Sturm 2013"))
    }

    @Test func linesAreKeptInAnElementAndNotInAnAttribute() {
        #expect(escaped("a\nb\t<c>") == "a b &lt;c&gt;")
        #expect(escapedLines("a\nb\t<c>\r\u{0}") == "a\nb\t&lt;c&gt; \u{FFFD}")
    }

    @Test func aModelFileIsNamedAfterItsRun() {
        func name(_ path: String) -> String { ModelReport.name(of: URL(fileURLWithPath: path)) }
        #expect(name("/a/my-run/model.safetensors") == "my-run")
        #expect(name("/a/my-run/best.safetensors") == "my-run, best epoch")
        #expect(name("/a/mine.safetensors") == "mine")
        #expect(name("/model.safetensors") == "model")
    }

    /// Whatever stands in a run's folder, there is a page or an error that names the file.
    @Test(arguments: [
        (
            "audit.json",
            #"{"durations":{"total":-1e300,"least":-1,"median":0,"greatest":1e308},"tracks":-9223372036854775808}"#
        ),
        ("audit.json", #"{"tracks":1e400}"#), ("audit.json", "[[[["),
        ("config.json", #"{"threads":-1e300,"data_seed":1e308,"skipped":[{"file":-1,"reason":[1]}],"date":-1e25}"#),
        ("config.json", #"{"command":[1,{"a":2}],"processor":{"x":1},"build":false}"#),
        (
            "verdicts.json",
            #"{"side":"validation","genres":[],"tracks":[{"track":"a","label":-1,"max":99,"maj":-9223372036854775808,"segments":-5,"right":9}]}"#
        ),
        ("verdicts.json", "NaN"), ("log.jsonl", #"{"epoch":1,"train_loss":NaN}"#),
        (
            "log.jsonl",
            #"{"epoch":1,"learning_rate":5e-05,"maj":0.25,"max":0.25,"penalty":2.3,"raw":0.29,"seconds":-1e25,"train_accuracy":0.2,"train_loss":34.5,"validation_loss":15.8}"#
        ),
        (
            "log.jsonl",
            #"{"epoch":999999999,"learning_rate":-1e-300,"maj":-1e30,"max":1e30,"penalty":0,"raw":-5,"seconds":1e29,"train_accuracy":7,"train_loss":-1e30,"validation_loss":1e30}"#
        ),
    ])
    func aHostileRunFolderIsNoTrap(file: String, content: String) throws {
        let sample = try SampleRun()
        try Data((content + "\n").utf8).write(to: sample.folder.file(file))
        do {
            let run = try FinishedRun(sample.folder.url)
            let audit =
                file == "audit.json" ? try FinishedRun.json(sample.folder.file(file), folder: sample.folder.url) : nil
            let page = RunReport(run: run, assessment: nil, audit: audit).html()
            #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)
            #expect(!page.contains("nan%") && !page.contains("inf%"))
            if file == "verdicts.json" { #expect(page.contains("verdicts.json")) }
        } catch {
            #expect("\(error)".contains(file), "\(error)")
        }
    }

    /// Every field of an audit that this version knows, with senseless numbers.
    @Test func anAuditOfSenselessNumbersIsShown() throws {
        let audit = #"""
            {"version":1,"roots":["/m"],"kind":"audio","files":-4,"tracks":-3,"otherFiles":4611686018427387904,"genres":[{"name":
            "blues","tracks":-2,"seconds":-1e300,"artists":-1,"mainArtistTracks":-9223372036854775808}],"durations":{"total":
            -1e300,"least":-1e308,"median":1e308,"greatest":1e300},"formats":[{"codec":"mp3","container":"mp3","sampleRate":-1,
            "channels":-2,"tracks":-3}],"faults":[],"remarks":[{"kind":"damaged","track":"y.mp3","measure":-1e300},{"kind":
            "cutOff","track":"y.mp3","measure":1e300}],"copies":[],"relations":[],"artists":{"fromTags":-2,"fromIndex":0,
            "fromFolders":0,"unknown":-1,"different":-1,"main":[]},"balance":{"least":-9223372036854775808,"greatest":
            4611686018427387904},"landmarks":-1,"readingSeconds":-1.5,"comparisonSeconds":-1e300}
            """#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(audit.utf8))
        let page = try SampleRun().report(audit: value).html()
        #expect(page.contains("-3 tracks of 1 genre, – in all"))
        #expect(xmlFault(page.replacing("<!DOCTYPE html>\n", with: "")) == nil)
    }

    @Test func lengthsOfTimeThatAreNoneAreDashes() {
        #expect([-1e300, -1, .nan, .infinity, 1e300].map { duration($0) } == ["–", "–", "–", "–", "–"])
        #expect([0, 59.4, 3600].map { duration($0) } == ["0.0 s", "59 s", "1 h 0 min"])
        #expect(percent(0.64) == "64.0%")
    }

    @Test func whatCannotBeWrittenIsNamed() throws {
        let sample = try SampleRun()
        let report = try sample.report(withData: false)
        let file = sample.folder.file("in the way")
        try Data().write(to: file)
        func expectRefusal(_ page: URL, figures: URL?, _ words: String...) {
            #expect {
                try report.write(page: page, figures: figures)
            } throws: { error in
                let text = "\(error)"
                return words.allSatisfy(text.contains) && !text.contains("Cocoa") && !text.contains("Domain")
                    && (text.hasPrefix("cannot write /") || text.contains(" cannot be written ("))
            }
        }
        expectRefusal(file.appendingPathComponent("report.html"), figures: nil, file.path, "is a file")
        expectRefusal(sample.folder.file("no/report.html"), figures: nil, "no/report.html", "is not there")
        expectRefusal(sample.folder.file("report.html"), figures: file, file.path)
        let error = CocoaError(.fileWriteNoPermission, userInfo: [NSFilePathErrorKey: "/a/b"])
        #expect("\(ReportError.cannotWrite(file, error))".hasPrefix("cannot write /a/b: you may not write there"))
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
            try FileManager.default.removeItem(at: $0.file("config.json"))
        }
        try expectRefusal("log.jsonl") { try FileManager.default.removeItem(at: $0.file("log.jsonl")) }
        try expectRefusal("line 1 of log.jsonl") { try Data("{\"epoch\":1}\n".utf8).write(to: $0.file("log.jsonl")) }
        for (name, value) in [
            ("epoch", "4611686018427387904"), ("epoch", "0"), ("raw", "1e300"), ("train_loss", "-1e99"),
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
