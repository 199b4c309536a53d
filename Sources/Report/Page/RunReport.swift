import Evaluation
import Foundation
import ModelFile
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

    /// The best epoch by the measure that the run watched; nil for a run of one epoch.
    private var best: EpochRecord? {
        run.epochs.count > 1 ? (run.settings.watched ?? .raw).best(run.epochs) : nil
    }

    // MARK: - Figures

    /// One epoch is no curve.
    public var curves: [Figure] {
        guard run.epochs.count > 1 else { return [] }
        return [Curves.accuracy(run.epochs, best: best), Curves.loss(run.epochs, best: best)]
            + [Curves.learningRate(run.epochs)].compactMap { $0 }
    }

    public var confusions: [Figure] { scores.map(ConfusionFigure.figures) ?? [] }

    public var spectrograms: [Figure] { assessment?.spectrograms ?? [] }

    public var architecture: Figure { ArchitectureFigure.figure(of: run.model.parameters.plan) }

    public var figures: [Figure] { curves + confusions + spectrograms + [architecture] }

    // MARK: - Writing

    /// Writes the page, and every figure as files.
    ///
    /// - Parameters:
    ///   - figures: the folder of the figures, made where it is missing; nil for none.
    ///   - options: how the files of the figures are.
    ///   - replacing: whether files of other kinds may be replaced.
    /// - Returns: the figures' files.
    @discardableResult
    public func write(
        page: URL, figures folder: URL?, _ options: FigureFiles.Options = FigureFiles.Options(), replacing: Bool = false
    ) throws -> [URL] {
        try OutputPlace.check(page, .page(.run), replacing: replacing)
        let files = try folder.map { try FigureFiles.write(figures, to: $0, options, replacing: replacing) } ?? []
        do { try AtomicFile.write(html(), to: page) } catch { throw ReportError.cannotWrite(page, error) }
        return files
    }

    // MARK: - The page

    public func html() -> String {
        let card = run.card
        let data = run.dataPaths.map { URL(fileURLWithPath: $0).lastPathComponent }.joined(separator: ", ")
        let net = data.isEmpty ? card.architecture : "\(card.architecture) on \(data)"
        return Page(
            title: "\(run.name): \(net)",
            subtitle: "A training run of \(counted(run.epochs.last!.epoch, "epoch")): "
                + "\(counted(card.trainingTracks?.count ?? 0, "track")) for training, "
                + "\(counted(card.heldOutTracks?.count ?? 0, "track")) for validation"
                + (card.testTracks.map { ", \(counted($0.count, "track")) for the test" } ?? "") + ".",
            sections: [
                summary, curveSection, confusionSection, genreSection, exampleSection, netSection,
                ConfigurationSection(run: run).section, trackSection, auditSection,
            ].compactMap { $0 }, foot: "Written by GenreKit; model by version \(card.toolVersion).", kind: .run
        ).html()
    }

    private var summary: Page.Section {
        let card = run.card
        var body = ""
        if let scores {
            let (intervals, fault) = intervals
            body += Headline.html(scores, side: card.side, interval: intervals?.max)
            body += Headline.measures(scores, intervals)
            if let fault { body += Page.caution(fault) }
        }
        body += cautions
        var words = epochWords
        if let held = card.validationScores {
            words +=
                " On the validation tracks, after the last epoch: raw \(percent(held.raw)), max \(percent(held.max)), maj "
                + "\(percent(held.maj))."
        }
        if !words.isEmpty { body += "<p>\(escaped(words.trimmingCharacters(in: .whitespaces)))</p>\n" }
        let facts = [
            run.record("date").map { "Trained \($0)" },
            "\(counted(run.model.parameters.plan.parameterCount, "parameter"))",
            "\(counted(run.epochs.count, "epoch")) in \(duration(run.epochs.reduce(0) { $0 + $1.seconds }))",
            run.record("processor"), run.record("system"), run.build,
        ].compactMap { $0 }
        body += "<p class=\"note\">\(escaped(facts.joined(separator: " · ")))</p>\n"
        if let command = run.record("command") { body += "<p class=\"note\"><code>\(escaped(command))</code></p>\n" }
        if let split = card.split { body += "<p class=\"note\">Split: \(escaped(split)).</p>" }
        return Page.Section(id: "summary", heading: "Summary", body: body)
    }

    private var cautions: String {
        var body = ""
        // What flatters the scores weighs more than what explains them.
        if let caution = SplitCaution.words([run.card.split]) { body += Page.caution(caution) }
        for warning in assessment?.warnings ?? [] { body += Page.caution(warning) }
        if let caution = run.card.blueprint.caution { body += Page.remark(caution) }
        return body
    }

    /// Of raw, max and maj; nil where it is not kept what was said of each track, with the fault where that cannot be
    /// read.
    private var intervals: (values: (raw: Interval?, max: Interval?, maj: Interval?)?, fault: String?) {
        guard FileManager.default.fileExists(atPath: run.folder.verdicts.path), run.card.scores != nil else {
            return (nil, nil)
        }
        do {
            guard let entry = try RunComparison([run.folder.url.path]).entries.first else { return (nil, nil) }
            return ((entry.raw.interval, entry.max.interval, entry.maj.interval), nil)
        } catch {
            return (nil, "There are no intervals: \(error).")
        }
    }

    private var epochWords: String {
        guard let best else { return "" }
        let recent = run.epochs.suffix(5)
        let mean = recent.reduce(0) { $0 + $1.raw } / Double(recent.count)
        let watched = run.settings.watched ?? .raw
        return "Best epoch by validation \(watched == .loss ? "cross-entropy" : watched.rawValue): \(best.epoch), raw "
            + "\(percent(best.raw)). Mean of the last \(counted(recent.count, "epoch")): raw \(percent(mean))."
    }

    private var curveSection: Page.Section {
        let last = run.epochs.last!
        let body =
            curves.isEmpty
            ? "<p>\(counted(run.epochs.count, "epoch")): cross-entropy \(decimal(last.trainLoss, places: 3)) in training, "
                + "\(decimal(last.validationLoss, places: 3)) on validation; accuracy on the training segments "
                + "\(percent(last.trainAccuracy)).</p>\n" : curveGrid(curves)
        return Page.Section(
            id: "curves", heading: "Curves",
            body: body
                + "<p class=\"note\">Training values are taken during the epoch, with dropout; validation values after it. "
                + "raw counts segments, max and maj count tracks.</p>")
    }

    private var confusionSection: Page.Section? {
        guard !confusions.isEmpty else { return nil }
        return Page.Section(
            id: "confusions", heading: "Confusion matrix", body: figureGrid(confusions.map { $0.element() }))
    }

    private var genreSection: Page.Section? {
        guard let scores else { return nil }
        return Page.Section(
            id: "genres", heading: "Genres",
            body: columns([
                "<h3>Precision, recall and F1 by segment</h3>\n" + Tables.genres(scores),
                "<h3>Most frequent confusions</h3>\n" + Tables.worstConfusions(scores),
            ]))
    }

    private var exampleSection: Page.Section? {
        guard let assessment else { return missing(id: "segments", heading: "Segments") }
        guard !assessment.examples.isEmpty else { return nil }
        return Page.Section(
            id: "segments", heading: "Segments",
            body:
                "<p>The misclassified segments with the highest confidence, from two tracks, and the correct one with the "
                + "highest confidence.</p>\n" + figureGrid(assessment.exampleElements, kind: "segments"))
    }

    private var trackSection: Page.Section? {
        guard let assessment else { return nil }
        let correct = assessment.tracks.count(where: \.isRight)
        return Page.Section(
            id: "tracks", heading: "Tracks",
            body:
                "<p>\(grouped(correct)) of \(counted(assessment.tracks.count, "track")) correct by the mean probability of "
                + "their segments. Each genre unfolds, misclassified tracks first.</p>\n" + Tables.tracks(assessment))
    }

    private func missing(id: String, heading: String) -> Page.Section {
        Page.Section(
            id: id, heading: heading,
            body: "<p>Spectrograms and the verdict on each track need the run's data, which was not found. "
                + "<code>genre report RUN --data DATA</code> adds them.</p>")
    }

    private var netSection: Page.Section { .net(run.card.architecture, figure: architecture) }

    private var auditSection: Page.Section? { audit.map { AuditSection($0).section } }
}

/// Parts side by side where there is room.
func columns(_ parts: [String]) -> String {
    "<div class=\"columns\">\n" + parts.map { "<div>\n\($0)</div>\n" }.joined() + "</div>\n"
}

/// - Parameter kind: a class of its own; nil for none.
func figureGrid(_ elements: [String], kind: String? = nil) -> String {
    "<div class=\"figures\(kind.map { " \($0)" } ?? "")\">\n\(elements.joined())</div>\n"
}

/// Charts in two columns where there is room.
///
/// - Parameter caption: of the charts by their places; plain text, nothing for none.
func curveGrid(_ figures: [Figure], caption: (Int) -> String = { _ in "" }) -> String {
    let elements = figures.enumerated().map { $1.element(caption: caption($0)) }
    return "<div class=\"figures curves\">\n\(elements.joined())</div>\n"
}
