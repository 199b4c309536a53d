import Evaluation
import Foundation
import NeuralNetwork
import Storage
import Training

/// The report of one run: figures, and a page that holds them and all tables.
public struct RunReport {
    public let run: FinishedRun
    /// What the model says of the tracks; nil where the data is not at hand: the page then says so.
    public let assessment: Assessment?
    /// What a data set's audit found: the JSON of a `DatasetAudit`.
    public let audit: JSONValue?

    public init(run: FinishedRun, assessment: Assessment?, audit: JSONValue? = nil) {
        self.run = run
        self.assessment = assessment
        self.audit = audit
    }

    /// The run's own scores, or those of the assessment where it has none.
    private var scores: Scores? { run.card.scores ?? assessment?.scores }

    // MARK: - Figures

    /// One epoch is no curve.
    public var curves: [Figure] {
        guard run.epochs.count > 1 else { return [] }
        return [Curves.accuracy(run.epochs), Curves.loss(run.epochs)]
            + [Curves.learningRate(run.epochs)].compactMap { $0 }
    }

    public var confusions: [Figure] { scores.map(ConfusionFigure.figures) ?? [] }

    public var spectrograms: [Figure] { assessment?.spectrograms ?? [] }

    public var architecture: Figure { ArchitectureFigure.figure(of: run.model.parameters.plan) }

    public var figures: [Figure] { curves + confusions + spectrograms + [architecture] }

    // MARK: - Writing

    /// Writes the page, and every figure as SVG (light or dark as the reader's system is) and as PNG (light, dark).
    ///
    /// - Parameter figures: the folder of the figures, made where it is missing; nil for none.
    /// - Parameter replacing: whether files that are no earlier report may be replaced.
    public func write(page: URL, figures folder: URL?, replacing: Bool = false) throws {
        try OutputPlace.check(page, .page(.run), replacing: replacing)
        if let folder { try FigureFiles.write(figures, to: folder, replacing: replacing) }
        do { try AtomicFile.write(html(), to: page) } catch { throw ReportError.cannotWrite(page, error) }
    }

    // MARK: - The page

    public func html() -> String {
        let card = run.card
        let data = run.dataPaths.map { URL(fileURLWithPath: $0).lastPathComponent }.joined(separator: ", ")
        return Page(
            title: data.isEmpty ? card.architecture : "\(card.architecture) on \(data)",
            subtitle: "A training run, \(run.name): \(counted(run.epochs.last!.epoch, "epoch")), "
                + "\(counted(card.trainingTracks?.count ?? 0, "track")) to train on, "
                + "\(counted(card.heldOutTracks?.count ?? 0, "track")) held out"
                + (card.testTracks.map { ", \(counted($0.count, "track")) to test on" } ?? "") + ".",
            sections: [
                summary, curveSection, confusionSection, genreSection, exampleSection, trackSection, netSection,
                ConfigurationSection(run: run).section, auditSection,
            ].compactMap { $0 }, foot: "Written by GenreKit; model by version \(card.toolVersion).", kind: .run
        ).html()
    }

    private var summary: Page.Section {
        let card = run.card
        var body = ""
        if let caution = card.blueprint.caution { body += "<p class=\"caution\">\(escaped(caution))</p>\n" }
        for warning in assessment?.warnings ?? [] { body += "<p class=\"caution\">\(escaped(warning))</p>\n" }
        if let caution = SplitCaution.words([card.split]) { body += "<p class=\"caution\">\(escaped(caution))</p>\n" }
        var cards: [(value: String, words: String)] = []
        var intervals: [Interval?] = []
        if let scores {
            body +=
                "<p>On the \(card.scoredSide) tracks (\(counted(scores.segments, "segment")) of "
                + "\(counted(scores.tracks, "track")), \(counted(scores.genres.count, "genre"))):</p>\n"
            cards += [
                (percent(scores.raw), "raw: segments right"),
                (percent(scores.max), "max: tracks right by summed probability"),
                (percent(scores.maj), "maj: tracks right by votes"),
                (decimal(scores.loss, places: 3), "cross-entropy, nats a segment"),
            ]
            intervals = self.intervals
        }
        cards += [
            (grouped(run.model.parameters.plan.parameterCount), "parameters"),
            (duration(run.epochs.reduce(0) { $0 + $1.seconds }), "training, \(counted(run.epochs.count, "epoch"))"),
        ]
        body +=
            "<div class=\"cards\">\n"
            + cards.enumerated().map { place, card in
                let interval = (place < intervals.count ? intervals[place] : nil).map {
                    "<small>95 %: \(Tables.words($0))</small>"
                }
                return "<div class=\"card\"><b>\(escaped(card.value))</b>\(interval ?? "")"
                    + "<span>\(escaped(card.words))</span></div>\n"
            }
            .joined() + "</div>\n"
        if intervals.contains(where: { $0 != nil }) {
            body +=
                "<p class=\"note\">95 %: intervals for chance in the choice of tracks, by bootstrap over the tracks judged."
                + "</p>\n"
        }
        var words = epochWords
        if let held = card.validationScores {
            words +=
                " After the last epoch: raw \(percent(held.raw)), max \(percent(held.max)), maj \(percent(held.maj))."
        }
        if !words.isEmpty { body += "<p>\(escaped(words.trimmingCharacters(in: .whitespaces)))</p>\n" }
        if let split = card.split { body += "<p class=\"note\">Split: \(escaped(split)).</p>" }
        return Page.Section(id: "summary", heading: "Summary", body: body)
    }

    /// Of raw, max and maj; none where it is not kept what was said of each track.
    private var intervals: [Interval?] {
        guard let entry = (try? RunComparison([run.folder.url.path]))?.entries.first else { return [] }
        return [entry.raw, entry.max, entry.maj].map(\.interval)
    }

    private var epochWords: String {
        guard run.epochs.count > 1 else { return "" }
        let recent = run.epochs.suffix(5)
        let mean = recent.reduce(0) { $0 + $1.raw } / Double(recent.count)
        let best = run.epochs.max { $0.raw < $1.raw }!
        return "Held-out tracks: mean raw accuracy of the last \(counted(recent.count, "epoch")) \(percent(mean)); the "
            + "greatest, \(percent(best.raw)), came in epoch \(best.epoch)."
    }

    private var curveSection: Page.Section {
        let last = run.epochs.last!
        let body =
            curves.isEmpty
            ? "<p>\(counted(run.epochs.count, "epoch")): loss \(decimal(last.trainLoss, places: 3)) in training, "
                + "\(decimal(last.validationLoss, places: 3)) held out; \(percent(last.trainAccuracy)) of the training "
                + "segments right.</p>\n" : curveGrid(curves)
        return Page.Section(
            id: "curves", heading: "Training",
            body: body
                + "<p class=\"note\">Training figures are taken while it trains, with dropout; held-out ones after each "
                + "epoch. raw counts segments, max and maj tracks.</p>")
    }

    private var confusionSection: Page.Section? {
        guard !confusions.isEmpty else { return nil }
        return Page.Section(
            id: "confusions", heading: "Confusions", body: figureGrid(confusions.map { $0.element() }))
    }

    private var genreSection: Page.Section? {
        guard let scores else { return nil }
        return Page.Section(
            id: "genres", heading: "Genres",
            body: columns([
                "<h3>Precision, recall and F1 of the segments</h3>\n" + Tables.genres(scores),
                "<h3>Worst confusions</h3>\n" + Tables.worstConfusions(scores),
            ]))
    }

    private var exampleSection: Page.Section? {
        guard let assessment else { return missing(id: "segments", heading: "Segments") }
        guard !assessment.examples.isEmpty else { return nil }
        return Page.Section(
            id: "segments", heading: "Segments",
            body: "<p>The wrong verdicts that the net was surest of, from two tracks, and the surest right one.</p>\n"
                + figureGrid(assessment.exampleElements))
    }

    private var trackSection: Page.Section? {
        guard let assessment else { return nil }
        let right = assessment.tracks.count(where: \.isRight)
        return Page.Section(
            id: "tracks", heading: "Tracks",
            body:
                "<p>\(right) of \(counted(assessment.tracks.count, "track")) are right by the mean probability of their "
                + "segments.</p>\n" + Tables.tracks(assessment))
    }

    private func missing(id: String, heading: String) -> Page.Section {
        Page.Section(
            id: id, heading: heading,
            body: "<p>Spectrograms and the verdict on each track need the run's data, which was not at hand. "
                + "<code>genre report RUN --data DATA</code> adds them.</p>")
    }

    private var netSection: Page.Section { .net(run.card.architecture, figure: architecture) }

    private var auditSection: Page.Section? { audit.map { AuditSection($0).section } }
}

/// Parts side by side where there is room.
func columns(_ parts: [String]) -> String {
    "<div class=\"columns\">\n" + parts.map { "<div>\n\($0)</div>\n" }.joined() + "</div>\n"
}

func figureGrid(_ elements: [String]) -> String { "<div class=\"figures\">\n\(elements.joined())</div>\n" }

/// Charts in two columns where there is room.
///
/// - Parameter caption: of the charts by their places; plain text, nothing for none.
func curveGrid(_ figures: [Figure], caption: (Int) -> String = { _ in "" }) -> String {
    let elements = figures.enumerated().map { $1.element(caption: caption($0)) }
    return "<div class=\"figures curves\">\n\(elements.joined())</div>\n"
}

/// Figures as files.
public enum FigureFiles {
    /// Holds the rule of outputs for NAME.svg, NAME.png and NAME-dark.png of each figure.
    ///
    /// - Throws: `StorageError`, which names all that is in the way.
    public static func check(_ figures: [Figure], in folder: URL, replacing: Bool = false) throws {
        let names = figures.flatMap { [$0.name + ".svg", $0.name + ".png", $0.name + "-dark.png"] }
        let files = names.map(folder.appendingPathComponent)
        try OutputPlace.check(files, makingFolder: true, replacing: replacing) { .figure($0) }
    }

    /// Writes NAME.svg, NAME.png and NAME-dark.png of each figure.
    ///
    /// - Parameter replacing: whether files that are no earlier figures may be replaced.
    public static func write(_ figures: [Figure], to folder: URL, replacing: Bool = false) throws {
        try OutputPlace.checkInnerFolder(folder)
        try check(figures, in: folder, replacing: replacing)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for figure in figures {
                let place = folder.appendingPathComponent(figure.name).path
                try AtomicFile.write(figure.svg(.adaptive), to: URL(fileURLWithPath: place + ".svg"))
                try AtomicFile.write(try figure.png(.light), to: URL(fileURLWithPath: place + ".png"))
                try AtomicFile.write(try figure.png(.dark), to: URL(fileURLWithPath: place + "-dark.png"))
            }
        } catch {
            throw ReportError.cannotWrite(folder, error)
        }
    }
}
