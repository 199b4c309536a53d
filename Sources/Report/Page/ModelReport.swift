import Architectures
import Foundation
import ModelFile
import NeuralNetwork
import Storage

/// A model's card as a page: what it is for, how good it is and where not, how it came to be, how to use it.
public struct ModelReport {
    public let model: TrainedModel
    /// By which it is known.
    public let name: String
    /// As commands take it: a built-in model's name or a file.
    public let argument: String

    /// Lines that were written about it; nil for none.
    public let notes: String?

    /// - Parameters:
    ///   - argument: nil for the name.
    public init(model: TrainedModel, name: String, argument: String? = nil, notes: String? = nil) {
        self.model = model
        self.name = name
        self.argument = argument ?? name
        self.notes = notes
    }

    /// The name of a model file for its readers: of a run's model the run's folder, of any other the file without its
    /// ending.
    public static func name(of file: URL) -> String {
        let file = file.standardizedFileURL
        let stem = file.deletingPathExtension().lastPathComponent
        let folder = file.deletingLastPathComponent().lastPathComponent
        guard !folder.isEmpty, folder != "/" else { return stem }
        return stem == "model" ? folder : stem == "best" ? "\(folder), best epoch" : stem
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
        let parts = notes.map { Notes($0).parts } ?? []
        func taken(_ names: [String]) -> [Notes.Part] {
            parts.filter { part in
                part.heading.map { heading in names.contains { heading.lowercased().hasPrefix($0) } } ?? false
            }
        }
        let use = taken(Self.useNames)
        let limits = taken(Self.limitNames)
        let others = parts.filter { part in
            !(use + limits).contains { $0.heading == part.heading && $0.body == part.body }
        }
        return Page(
            title: name,
            subtitle: "A model: the net \(card.architecture) for \(counted(card.genres.count, "genre")), "
                + "\(grouped(model.parameters.plan.parameterCount)) parameters, features \(card.recipe.name).",
            sections: [
                useSection(use), limitSection(limits), noteSection(others), scoreSection, trainingSection, netSection,
                howToSection, citationSection,
            ].compactMap { $0 },
            foot: "Written by GenreKit; model by version \(card.toolVersion).", kind: .card
        ).html()
    }

    // MARK: - What it is for

    /// Beginnings of notes' headings, in small letters.
    private static let useNames = ["intended use", "what it is for", "purpose"]
    private static let limitNames = ["limit", "out of scope", "trust"]

    private func useSection(_ parts: [Notes.Part]) -> Page.Section {
        let genres = "<p>Genres: \(escaped(model.card.genres.joined(separator: ", "))).</p>\n"
        let body =
            parts.isEmpty
            ? "<p>It classifies a piece of music as one of \(counted(model.card.genres.count, "genre")).</p>\n"
            : parts.map(\.body).joined()
        return Page.Section(id: "use", heading: "Intended use", body: body + genres)
    }

    private func limitSection(_ parts: [Notes.Part]) -> Page.Section {
        let card = model.card
        var body = parts.map(\.body).joined()
        var lines =
            !parts.isEmpty
            ? [] : ["It names one of its genres whatever it is given: speech, noise and other music, too."]
        if !card.recipe.makesSegmentsFromAudio {
            lines.append("It was trained on spectrograms made elsewhere and cannot classify audio.")
        }
        if card.imported != nil { lines.append("How its weights were trained, and on which tracks, is not known.") }
        if let scores = card.scores, scores.tracks < 100 {
            lines.append(
                "Its accuracy is known from \(counted(scores.tracks, "track")) only: chance moves such a number by several "
                    + "points.")
        }
        if let caution = SplitCaution.words([card.split]) { lines.append(caution) }
        if let caution = card.blueprint.caution { lines.append(caution) }
        if !lines.isEmpty {
            body += "<ul>\n" + lines.map { "<li>\(escaped($0))</li>\n" }.joined() + "</ul>\n"
        }
        return Page.Section(id: "limits", heading: "Limits", body: body)
    }

    private func noteSection(_ parts: [Notes.Part]) -> Page.Section? {
        guard !parts.isEmpty else { return nil }
        let body = parts.map { part in (part.heading.map { "<h3>\(escaped($0))</h3>\n" } ?? "") + part.body }
        return Page.Section(id: "notes", heading: "Notes", body: body.joined())
    }

    // MARK: - How good it is

    private var scoreSection: Page.Section? {
        guard let scores = model.card.scores else { return nil }
        var body = Headline.html(scores, side: model.card.side, interval: nil) + Headline.measures(scores, nil)
        let confusions = ConfusionFigure.figures(of: scores)
        if !confusions.isEmpty { body += figureGrid(confusions.map { $0.element() }) }
        body += columns([
            "<h3>Tracks correct</h3>\n" + Tables.trackShares(scores),
            "<h3>Precision, recall and F1 by segment</h3>\n" + Tables.genres(scores),
            "<h3>Most frequent confusions</h3>\n" + Tables.worstConfusions(scores),
        ])
        return Page.Section(id: "scores", heading: "Accuracy", body: body)
    }

    // MARK: - How it came to be

    private var netSection: Page.Section {
        .net(model.card.architecture, figure: ArchitectureFigure.figure(of: model.parameters.plan))
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
        let sides = [
            card.trainingTracks.map { "\(counted($0.count, "track")) for training" },
            card.heldOutTracks.map { "\(counted($0.count, "track")) for validation" },
            card.testTracks.map { "\(counted($0.count, "track")) for the test" },
        ].compactMap { $0 }
        if !sides.isEmpty { words.append(sides.joined(separator: ", ") + ".") }
        return Page.Section(
            id: "training", heading: "Training",
            body: (words.isEmpty ? "" : "<p>\(escaped(words.joined(separator: " ")))</p>\n")
                + columns(parts.map { "<h3>\($0.0)</h3>\n" + $0.1.html }))
    }

    // MARK: - How to use and to cite it

    private var howToSection: Page.Section {
        let quoted =
            argument.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./".contains($0)) }
            ? argument : "'\(argument.replacing("'", with: "'\\''"))'"
        let lines =
            model.card.recipe.makesSegmentsFromAudio
            ? ["genre predict --model \(quoted) song.mp3", "genre evaluate \(quoted) MUSIC", "genre inspect \(quoted)"]
            : ["genre evaluate \(quoted) DATA", "genre inspect \(quoted)"]
        return Page.Section(
            id: "how-to", heading: "How to use it",
            body: "<pre>\(escapedLines(lines.joined(separator: "\n")))</pre>\n"
                + (model.card.recipe.makesSegmentsFromAudio
                    ? "<p class=\"note\">MUSIC is a folder with a folder per genre.</p>\n" : ""))
    }

    private var citationSection: Page.Section {
        let isBuiltIn = BuiltInModel.all.contains { $0.name == name }
        let licence =
            isBuiltIn
            ? "The model is part of GenreKit, under the Apache License 2.0. The recordings that it was trained on are not."
            : "GenreKit is under the Apache License 2.0. The licence of this model is for its maker to state."
        var works = ["GenreKit, version \(model.card.toolVersion). The GenreKit authors."]
        let schindler =
            "A. Schindler, T. Lidy, A. Rauber: Comparing shallow versus deep neural network architectures for automatic music "
            + "genre classification. 9th Forum Media Technology, 2016."
        let paper =
            "T. Pandey, I. Hossain, N. Bayraktar: Implementation of Shallow and Deep Neural Network Architecture for Music "
            + "Genre Classification. University of Bristol."
        switch model.card.architecture {
        case "shallow", "deep": works.append(schindler)
        case "deep-published", "crnn", "bicrnn", "crnn-published": works += [schindler, paper]
        default: break
        }
        return Page.Section(
            id: "citation", heading: "Licence and citation",
            body: "<p>\(licence)</p>\n<ul>\n" + works.map { "<li>\(escaped($0))</li>\n" }.joined() + "</ul>\n")
    }
}

extension Page.Section {
    /// A net by name, in words and as its figure.
    static func net(_ name: String, figure: Figure) -> Page.Section {
        let summary = Architecture.named(name)?.summary
        return Page.Section(
            id: "net", heading: "Net",
            body: (summary.map { "<p>\(escaped($0.prefix(1).uppercased() + $0.dropFirst())).</p>\n" } ?? "")
                + figureGrid([figure.element()]))
    }
}
