import Datasets
import Foundation

/// What a data set's audit found, in words with units; an audit of another make is shown field by field.
struct AuditSection {
    let section: Page.Section

    init(_ audit: JSONValue) {
        let body =
            (try? JSONEncoder().encode(audit)).flatMap { try? JSONDecoder().decode(DatasetAudit.self, from: $0) }
            .map { AuditWords($0).html }
            ?? "<details><summary>An audit that this version does not know, field by field</summary>\n"
            + Tables.json(audit) + "</details>\n"
        section = Page.Section(id: "audit", heading: "Data set audit", body: body)
    }
}

private struct AuditWords {
    private let audit: DatasetAudit
    private(set) var html = ""

    /// Lines of a kind that are seen at once, and those that can be unfolded.
    private static let few = 6
    private static let most = 1000

    init(_ audit: DatasetAudit) {
        self.audit = audit
        overview()
        genres()
        list("file", "cannot be used", audit.faults) { "\($0.track): \($0.reason)" }
        remarks()
        copies()
        relations()
        artists()
        gtzan()
    }

    private mutating func paragraph(_ words: String) { html += "<p>\(escaped(words))</p>\n" }

    private mutating func overview() {
        var words = "\(counted(audit.tracks, "track")) of \(counted(audit.genres.count, "genre"))"
        if let durations = audit.durations {
            words +=
                ", \(duration(durations.total)) in all: \(seconds(durations.least)) to \(seconds(durations.greatest)) "
                + "each, median \(seconds(durations.median))"
        }
        if audit.otherFiles > 0 { words += "; \(counted(audit.otherFiles, "file")) of other kinds" }
        paragraph(words + ".")
        let formats = audit.formats.prefix(8).map { format in
            "\(counted(format.tracks, "track")) of \(format.codec) (\(format.container)), \(grouped(format.sampleRate)) Hz, "
                + counted(format.channels, "channel")
        }
        if !formats.isEmpty {
            let others = audit.formats.count - formats.count
            paragraph(
                "Formats: " + formats.joined(separator: "; ")
                    + (others > 0 ? "; and \(counted(others, "other"))." : "."))
        }
        paragraph(
            audit.balance.isUneven
                ? "Uneven: \(audit.balance.least) to \(audit.balance.greatest) tracks per genre; --class-weights weighs the loss, "
                    + "--balanced-sampling draws genres equally."
                : "Balanced: \(audit.balance.least) to \(counted(audit.balance.greatest, "track")) per genre.")
    }

    private mutating func genres() {
        let rows = audit.genres.map { genre in
            let main = genre.mainArtist.map { "\(genre.mainArtistTracks) by \($0)" } ?? "–"
            return "<tr><td>\(escaped(genre.name.isEmpty ? "(no folder)" : genre.name))</td>"
                + "<td class=\"n\">\(grouped(genre.tracks))</td>"
                + "<td class=\"n\">\(genre.seconds.map(duration) ?? "–")</td><td class=\"n\">\(grouped(genre.artists))</td>"
                + "<td>\(escaped(main))</td></tr>"
        }
        html +=
            "<div class=\"scroll\"><table><thead><tr><th>genre</th><th class=\"n\">tracks</th><th class=\"n\">length</th>"
            + "<th class=\"n\">artists</th><th>most of one artist</th></tr></thead>\n<tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table></div>\n"
    }

    private mutating func remarks() {
        let kinds: [(DatasetAudit.Remark.Kind, String, (Double) -> String)] = [
            (.damaged, "damaged: the sound may have gaps", { counted(Int(max(0, min($0, 1e9))), "corrupt packet") }),
            (.endMissing, "cut off: the end is missing", { "\(seconds($0)) are there" }),
            (.cancelling, "whose channels cancel in their mean", { "channel \(Int(max(0, min($0, 1e9)))) taken" }),
            (.short, "shorter than a segment", seconds), (.silent, "silent", seconds),
            (.longSilence, "with long silent stretches", { "\(seconds($0)) at a time" }),
            (.clipped, "clipped", { "\(decimal($0 * 100, places: 2))% of the samples" }),
            (.cutOff, "too long to be examined whole", { "the first \(seconds($0)) were" }),
        ]
        for (kind, title, measure) in kinds {
            list("track", title, audit.remarks.filter { $0.kind == kind }.sorted { $0.measure > $1.measure }) {
                "\($0.track): \(measure($0.measure))"
            }
        }
    }

    private mutating func copies() {
        list("recording", "there several times, sample for sample", audit.copies) {
            $0.tracks.joined(separator: " = ") + ($0.genres.count > 1 ? " (across genres)" : "")
        }
    }

    private mutating func relations() {
        guard let relations = audit.relations else { return }
        let kinds: [(DatasetAudit.Relation.Kind, String, String)] = [
            (.nearDuplicate, "of the same recording, coded or mastered anew", "is"),
            (.excerpt, "of which one is cut out of the other", "is in"),
            (.overlap, "that share a part", "shares with"),
        ]
        for (kind, title, verb) in kinds {
            list("pair", title, relations.filter { $0.kind == kind }) { relation in
                "\(relation.track) \(verb) \(relation.other): \(seconds(relation.seconds)), from "
                    + "\(seconds(relation.trackStart)) and \(seconds(relation.otherStart)) on, "
                    + "\(percent(relation.difference)) of bits differ"
                    + (relation.acrossGenres ? " (across genres)" : "")
            }
        }
        if audit.copies.isEmpty && relations.isEmpty { paragraph("No track was found twice, whole or in part.") }
    }

    private mutating func artists() {
        let artists = audit.artists
        let sources = [
            (artists.fromTags, "tags"), (artists.fromIndex, "GTZAN's index"), (artists.fromFolders, "folders"),
        ]
        .filter { $0.0 > 0 }.map { "\(grouped($0.0)) by \($0.1)" }
        html += "<h3>Artists</h3>\n"
        var words = "\(counted(artists.different, "artist")) known"
        if !sources.isEmpty { words += " (tracks: \(sources.joined(separator: ", ")))" }
        paragraph(words + "; \(counted(artists.unknown, "track")) of unknown ones.")
        items(artists.main.map { "\(counted($0.tracks, "track")): \($0.name) (\($0.genres.joined(separator: ", ")))" })
    }

    private mutating func gtzan() {
        guard let known = audit.gtzan else { return }
        html += "<h3>GTZAN</h3>\n"
        paragraph("\(grouped(known.tracks)) of its 1,000 tracks, by their names; known faults among them:")
        var lines = known.copies.map { "the same recording: \($0.tracks.joined(separator: " = "))" }
        if !known.undecodable.isEmpty {
            lines.append("undecodable in common copies: \(known.undecodable.joined(separator: ", "))")
        }
        if !known.leftOut.isEmpty {
            lines.append(
                "\(counted(known.leftOut.count, "track")) that the fault-filtered partition (Kereliuk, Sturm & Larsen 2015) "
                    + "leaves out: \(known.leftOut.joined(separator: ", "))")
        }
        items(lines.isEmpty ? ["none"] : lines)
    }

    private mutating func list<Item>(_ noun: String, _ title: String, _ found: [Item], _ line: (Item) -> String) {
        guard !found.isEmpty else { return }
        html += "<h3>\(escaped("\(counted(found.count, noun)) \(title)"))</h3>\n"
        items(found.map(line))
    }

    private mutating func items(_ lines: [String]) {
        func list(_ lines: some Sequence<String>) -> String {
            "<ul class=\"findings\">\n" + lines.map { "<li>\(escaped($0))</li>\n" }.joined() + "</ul>\n"
        }
        guard !lines.isEmpty else { return }
        html += list(lines.prefix(Self.few))
        let rest = lines.dropFirst(Self.few)
        guard !rest.isEmpty else { return }
        html += "<details><summary>\(grouped(rest.count)) more</summary>\n\(list(rest.prefix(Self.most)))"
        if rest.count > Self.most { html += "<p class=\"note\">… and \(grouped(rest.count - Self.most)) more.</p>\n" }
        html += "</details>\n"
    }
}

/// 2.345 as "2.3 s".
private func seconds(_ value: Double) -> String { decimal(value, places: 1) + " s" }
