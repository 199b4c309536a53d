import Evaluation

/// Tables of a report, as HTML.
enum Tables {
    /// Precision, recall and F1 of each genre over the segments, and its tracks.
    static func genres(_ scores: Scores) -> String {
        let rows = scores.perGenre.enumerated().map { index, genre in
            let tracks = scores.trackConfusion[index].reduce(0, +)
            return "<tr><td>\(escaped(genre.genre))</td>"
                + [genre.precision, genre.recall, genre.f1].map { "<td class=\"n\">\(percent($0))</td>" }.joined()
                + "<td><span class=\"meter\"><i style=\"width:\(decimal((genre.f1 ?? 0) * 100, places: 1))%\"></i></span></td>"
                + "<td class=\"n\">\(grouped(genre.support))</td>"
                + "<td class=\"n\">\(scores.trackConfusion[index][index]) of \(tracks)</td></tr>"
        }
        return "<div class=\"scroll meters\"><table><thead><tr><th>genre</th><th class=\"n\">precision</th>"
            + "<th class=\"n\">recall</th><th class=\"n\">F1</th><th></th><th class=\"n\">segments</th>"
            + "<th class=\"n\">tracks correct</th></tr></thead>\n<tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table></div>\n"
    }

    /// Of each genre how many tracks are correct, with the 95% interval of that share.
    static func trackShares(_ scores: Scores) -> String {
        let rows = scores.genres.indices.map { index in
            let total = scores.trackConfusion[index].reduce(0, +)
            let right = scores.trackConfusion[index][index]
            let interval = Interval(ofShare: right, of: total)
            return "<tr><td>\(escaped(scores.genres[index]))</td><td class=\"n\">\(right) of \(total)</td>"
                + "<td class=\"n\">\(percent(total > 0 ? Double(right) / Double(total) : nil))</td>"
                + "<td class=\"n\">\(words(interval))</td></tr>"
        }
        return
            "<div class=\"scroll\"><table><thead><tr><th>genre</th><th class=\"n\">correct</th><th class=\"n\">share</th>"
            + "<th class=\"n\">95% CI</th></tr></thead>\n<tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table></div>\n"
    }

    /// "53.8% to 72.4%".
    static func words(_ interval: Interval) -> String {
        "\(percent(interval.low)) to \(percent(interval.high))"
    }

    /// The cells beside the diagonal that hold the largest part of their row.
    static func worstConfusions(_ scores: Scores, count: Int = 8) -> String {
        var pairs: [(row: Int, column: Int, value: Int, total: Int)] = []
        for (row, values) in scores.confusion.enumerated() {
            let total = values.reduce(0, +)
            for (column, value) in values.enumerated() where row != column && value > 0 {
                pairs.append((row, column, value, total))
            }
        }
        func share(_ pair: (row: Int, column: Int, value: Int, total: Int)) -> Double {
            Double(pair.value) / Double(pair.total)
        }
        guard !pairs.isEmpty else { return "<p>No segment was misclassified.</p>\n" }
        pairs.sort { (share($1), $0.row, $0.column) < (share($0), $1.row, $1.column) }
        let rows = pairs.prefix(count).map { pair in
            "<tr><td>\(escaped(scores.genres[pair.row]))</td><td>\(escaped(scores.genres[pair.column]))</td>"
                + "<td class=\"n\">\(grouped(pair.value)) of \(grouped(pair.total))</td>"
                + "<td class=\"n\">\(percent(share(pair)))</td></tr>"
        }
        return "<div class=\"scroll\"><table><thead><tr><th>true genre</th><th>classified as</th>"
            + "<th class=\"n\">segments</th><th class=\"n\">of the genre</th></tr></thead>\n<tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table></div>\n"
    }

    private static let greatestRows = 2000

    /// The verdict on each track and its segments' votes, folded by genre, wrong ones first. Of very many tracks, the
    /// wrong ones.
    static func tracks(_ assessment: Assessment) -> String {
        var shown = assessment.tracks
        var notes: [String] = []
        if shown.count > greatestRows {
            shown = Array(shown.filter { !$0.isRight }.prefix(greatestRows))
            notes.append(
                "Of \(counted(assessment.tracks.count, "track")), \(grouped(shown.count)) misclassified ones are listed."
            )
        }
        let parts = assessment.genres.indices.compactMap { genre -> String? in
            let own = assessment.tracks.filter { $0.label == genre }
            let listed = shown.filter { $0.label == genre }
            guard !own.isEmpty else { return nil }
            let rows = (listed.filter { !$0.isRight } + listed.filter(\.isRight)).map {
                row(of: $0, genres: assessment.genres)
            }
            let correct = own.count(where: \.isRight)
            let summary =
                "<summary>\(escaped(assessment.genres[genre])) <span>\(grouped(correct)) of \(grouped(own.count)) correct"
                + "</span></summary>\n"
            let table =
                "<table class=\"tracks\"><thead><tr><th>track</th><th>verdict (mean probability)</th>"
                + "<th>votes of the segments</th></tr></thead>\n<tbody>\n" + rows.joined(separator: "\n")
                + "\n</tbody></table>\n"
            return "<details class=\"genre\">\(summary)\(rows.isEmpty ? "" : table)</details>\n"
        }
        return notes.map { "<p class=\"note\">\(escaped($0))</p>\n" }.joined()
            + "<p class=\"note keys\">Votes: <span class=\"swatch true\"></span>true genre "
            + "<span class=\"swatch called\"></span>wrong verdict <span class=\"swatch other\"></span>other genres</p>\n"
            + parts.joined()
    }

    private static func row(of track: Assessment.Track, genres: [String]) -> String {
        let verdict = track.verdict
        let called = verdict.bySum
        let ranking = genres.indices.filter { verdict.votes[$0] > 0 }.sorted {
            (verdict.votes[$1], verdict.probabilities[$1], $0) < (verdict.votes[$0], verdict.probabilities[$0], $1)
        }
        // The true genre's part first, then the verdict's, so that rows compare at a glance.
        func order(_ genre: Int) -> Int { genre == track.label ? 0 : genre == called ? 1 : 2 }
        let parts = ranking.sorted {
            (order($0), ranking.firstIndex(of: $0)!) < (order($1), ranking.firstIndex(of: $1)!)
        }
        .map { genre in
            let kind = ["true", "called", "other"][order(genre)]
            let width = decimal(Double(verdict.votes[genre]) / Double(track.segments) * 100, places: 2)
            return "<i class=\"\(kind)\" style=\"width:\(width)%\"></i>"
        }
        let votes = ranking.map { "\(verdict.votes[$0]) \(escaped(genres[$0]))" }.joined(separator: ", ")
        var words = "<b>\(escaped(genres[called]))</b> \(percent(verdict.probabilities[called]))"
        if verdict.byVote != called { words += ", by votes <b>\(escaped(genres[verdict.byVote]))</b>" }
        return "<tr class=\"\(track.isRight ? "right" : "wrong")\"><td class=\"id\">"
            + "<span class=\"mark\">\(track.isRight ? "✓" : "✗")</span>\u{A0}\(escaped(track.id))</td>"
            + "<td>\(words)</td>"
            + "<td><span class=\"bar\">\(parts.joined())</span><span class=\"note\">\(votes)</span></td></tr>"
    }

    // MARK: - Any JSON

    /// A value of any make: fields as a table, lists of like objects as one, lists of plain values on a line.
    static func json(_ value: JSONValue) -> String {
        switch value {
        case .object(let fields):
            let plain = fields.filter { $0.value.text != nil || isLine($0.value) }.sorted { $0.key < $1.key }
            let parts = fields.filter { $0.value.text == nil && !isLine($0.value) }.sorted { $0.key < $1.key }
            var html = ""
            if !plain.isEmpty {
                let rows = plain.map { name, value in
                    "<tr><td class=\"key\">\(words(name))</td><td class=\"value\">\(line(value))</td></tr>"
                }
                html += "<table class=\"settings\"><tbody>\n" + rows.joined(separator: "\n") + "\n</tbody></table>\n"
            }
            for (name, part) in parts { html += "<h3>\(words(name))</h3>\n" + json(part) }
            return html
        case .array(let elements):
            if isLine(value) { return "<p>\(line(value))</p>\n" }
            return list(elements)
        default: return "<p>\(line(value))</p>\n"
        }
    }

    private static func list(_ elements: [JSONValue]) -> String {
        let shown = elements.prefix(500)
        let rest =
            elements.count > shown.count
            ? "<p class=\"note\">… and \(grouped(elements.count - shown.count)) more.</p>\n" : ""
        let objects = shown.compactMap { if case .object(let fields) = $0 { fields } else { nil } }
        let areFlat = objects.allSatisfy { $0.values.allSatisfy { $0.text != nil || isLine($0) } }
        guard objects.count == shown.count, areFlat else {
            return "<ul>\n" + shown.map { "<li>\(json($0))</li>\n" }.joined() + "</ul>\n" + rest
        }
        let names = Set(objects.flatMap(\.keys)).sorted()
        let rows = objects.map { object in
            "<tr>" + names.map { "<td>\(object[$0].map(line) ?? "")</td>" }.joined() + "</tr>"
        }
        return "<div class=\"scroll\"><table><thead><tr>" + names.map { "<th>\(words($0))</th>" }.joined()
            + "</tr></thead>\n<tbody>\n" + rows.joined(separator: "\n") + "\n</tbody></table></div>\n" + rest
    }

    /// Whether a list is short enough to stand on a line: plain values only.
    private static func isLine(_ value: JSONValue) -> Bool {
        if case .array(let elements) = value { return elements.allSatisfy { $0.text != nil } }
        return false
    }

    private static func line(_ value: JSONValue) -> String {
        if let text = value.text { return escaped(text) }
        guard case .array(let elements) = value else { return "" }
        if elements.isEmpty { return "none" }
        let shown = elements.prefix(200).compactMap(\.text).map(escaped).joined(separator: ", ")
        return elements.count > 200 ? shown + ", … (\(grouped(elements.count)) in all)" : shown
    }

    /// "held_out_tracks" and "heldOutTracks" as "held out tracks".
    private static func words(_ name: String) -> String {
        guard name.wholeMatch(of: /[a-z]+([A-Z][a-z]+)+/) != nil else {
            return escaped(name.replacing("_", with: " "))
        }
        return name.reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : String($1) }
    }
}
