import Architectures
import Foundation
import ModelFile
import NeuralNetwork
import Storage

/// A model's card as a page: what it is, how it was trained, how it was judged.
public struct ModelReport {
    public let model: TrainedModel
    /// By which it is known.
    public let name: String

    /// Lines that were written about it; nil for none.
    public let notes: String?

    public init(model: TrainedModel, name: String, notes: String? = nil) {
        self.model = model
        self.name = name
        self.notes = notes
    }

    /// Writes one HTML file that needs no other.
    ///
    /// What lies at the page's place is replaced, whatever it is: hold `OutputPlace`'s rule first.
    ///
    /// - Throws: ``ReportError/cannotWrite(file:problem:)``.
    public func write(page: URL) throws(ReportError) {
        do { try AtomicFile.write(html(), to: page) } catch {
            throw .cannotWrite(page, error)
        }
    }

    public func html() -> String {
        let card = model.card
        return Page(
            title: name,
            subtitle: "A model: the net \(card.architecture) for \(counted(card.genres.count, "genre")), "
                + "\(grouped(model.parameters.plan.parameterCount)) parameters, features \(card.recipe.name).",
            sections: [noteSection, scoreSection, netSection, trainingSection].compactMap { $0 },
            foot: "Written by GenreKit; model by version \(card.toolVersion).", kind: .card
        ).html()
    }

    private var noteSection: Page.Section? {
        notes.map {
            Page.Section(
                id: "notes", heading: "Notes",
                body: "<div class=\"scroll\"><pre>\(escaped($0.trimmingCharacters(in: .newlines)))</pre></div>")
        }
    }

    private var scoreSection: Page.Section? {
        guard let scores = model.card.scores else { return nil }
        var body =
            "<p>On the \(model.card.scoredSide) tracks (\(counted(scores.segments, "segment")) of "
            + "\(counted(scores.tracks, "track"))): raw \(percent(scores.raw)), max \(percent(scores.max)), maj "
            + "\(percent(scores.maj)).</p>\n"
        let confusions = ConfusionFigure.figures(of: scores)
        if !confusions.isEmpty { body += figureGrid(confusions.map { $0.element() }) }
        body += columns([
            "<h3>Tracks told rightly</h3>\n" + Tables.trackShares(scores),
            "<h3>Precision, recall and F1 of the segments</h3>\n" + Tables.genres(scores),
            "<h3>Worst confusions</h3>\n" + Tables.worstConfusions(scores),
        ])
        return Page.Section(id: "scores", heading: "Scores", body: body)
    }

    private var netSection: Page.Section {
        let card = model.card
        let caution = card.blueprint.caution.map { "<p class=\"caution\">\(escaped($0))</p>\n" } ?? ""
        return .net(
            card.architecture, figure: ArchitectureFigure.figure(of: model.parameters.plan), before: caution)
    }

    private var trainingSection: Page.Section {
        let card = model.card
        var parts = [("Features", Settings(card.recipe))]
        if let configuration = card.configuration { parts.insert(("Training", Settings(configuration)), at: 0) }
        if let imported = card.imported {
            var settings = Settings()
            settings.add("file", imported.file)
            settings.add("digest", imported.sha256)
            parts.append(("Imported weights", settings))
        }
        if let calibration = card.calibration {
            var settings = Settings()
            settings.add("temperature", decimal(calibration.temperature, places: 2))
            settings.add("of a single segment", calibration.segmentTemperature.map { decimal($0, places: 2) })
            settings.add("fitted on", counted(calibration.tracks, "track"))
            settings.add(
                "calibration error", "\(percent(calibration.errorAfter)), \(percent(calibration.errorBefore)) without")
            parts.append(("Confidences", settings))
        }
        var words: [String] = []
        if let split = card.split { words.append("Split: \(split).") }
        if let training = card.trainingTracks { words.append("\(counted(training.count, "track")) to train on.") }
        if let held = card.heldOutTracks { words.append("\(counted(held.count, "track")) held out.") }
        if let test = card.testTracks { words.append("\(counted(test.count, "track")) to test on.") }
        return Page.Section(
            id: "training", heading: "Training",
            body: "<p>\(escaped(words.joined(separator: " ")))</p>\n"
                + columns(parts.map { "<h3>\($0.0)</h3>\n" + $0.1.html }))
    }
}

extension Page.Section {
    /// A net by name, in words and as its figure.
    ///
    /// - Parameter before: HTML.
    static func net(_ name: String, figure: Figure, before: String = "") -> Page.Section {
        let summary = Architecture.named(name)?.summary
        return Page.Section(
            id: "net", heading: "Net",
            body: before + (summary.map { "<p>\(escaped($0.prefix(1).uppercased() + $0.dropFirst())).</p>\n" } ?? "")
                + figureGrid([figure.element()]))
    }
}
