import Evaluation
import ModelFile

extension ModelCard {
    /// Which tracks its scores are of, as pages say it.
    var side: String { testTracks == nil ? "validation" : "test" }
}

/// What a page says first: how good the model is.
enum Headline {
    /// "52.4% of 250 validation tracks correct (95% CI 46.0% to 58.1%)".
    static func html(_ scores: Scores, side: String, interval: Interval?) -> String {
        "<p class=\"headline\"><b>\(percent(scores.max))</b> of \(counted(scores.tracks, "\(side) track")) correct"
            + (interval.map { " <span>(95% CI \(Tables.words($0)))</span>" } ?? "") + "</p>\n"
    }

    /// The other measures, less loud.
    static func measures(
        _ scores: Scores, _ intervals: (raw: Interval?, max: Interval?, maj: Interval?)?
    ) -> String {
        let rows: [(String, String, Interval?)] = [
            ("raw: segments correct", percent(scores.raw), intervals?.raw),
            ("max: tracks correct by mean probability", percent(scores.max), intervals?.max),
            ("maj: tracks correct by votes of the segments", percent(scores.maj), intervals?.maj),
            ("cross-entropy (nats per segment)", decimal(scores.loss, places: 3), nil),
        ]
        let hasIntervals = rows.contains { $0.2 != nil }
        let lines = rows.map { name, value, interval in
            "<tr><td>\(escaped(name))</td><td class=\"n\">\(value)</td>"
                + (hasIntervals ? "<td class=\"n\">\(interval.map(Tables.words) ?? "")</td>" : "") + "</tr>"
        }
        return "<div class=\"scroll measures\"><table><thead><tr><th>measure</th><th class=\"n\">value</th>"
            + (hasIntervals ? "<th class=\"n\">95% CI</th>" : "") + "</tr></thead>\n<tbody>\n"
            + lines.joined(separator: "\n") + "\n</tbody></table></div>\n"
            + "<p class=\"note\">Of \(counted(scores.segments, "segment")) of \(counted(scores.tracks, "track"))."
            + (hasIntervals
                ? " CI: confidence interval for the choice of tracks, by bootstrap over the tracks." : "") + "</p>\n"
    }
}
