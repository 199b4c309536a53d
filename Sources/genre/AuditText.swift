import Datasets
import Report

/// An audit in words.
struct AuditText {
    /// Lines of one kind at most; the rest is a number. `--json` has all.
    private static let most = 20

    private let audit: DatasetAudit
    /// The data as the caller named it.
    private let names: [String]
    private var lines: [String] = []

    init(_ audit: DatasetAudit, names: [String]) {
        self.audit = audit
        self.names = names
        overview()
        genres()
        faults()
        remarks()
        copies()
        relations()
        artists()
        gtzan()
    }

    var text: String { lines.map(StandardStreams.oneLine).joined(separator: "\n") }

    private mutating func overview() {
        // Tracks that lie in no genre's folder are of none.
        let genres = audit.genres.filter { !$0.name.isEmpty }.count
        let strays = audit.genres.first(where: \.name.isEmpty)?.tracks ?? 0
        var parts = [
            counted(audit.tracks, "track") + (genres > 0 ? " of \(counted(genres, "genre"))" : "")
                + (strays > 0 && genres > 0 ? ", \(strays) of them in no genre's folder" : "")
        ]
        if let durations = audit.durations {
            parts.append(playingTime(durations.total))
            parts.append(
                "\(seconds(durations.least)) to \(seconds(durations.greatest)) each, median \(seconds(durations.median))"
            )
        }
        lines.append("\(names.joined(separator: ", ")): " + parts.joined(separator: "; "))
        for format in audit.formats.prefix(8) {
            lines.append(
                "  \(format.tracks) x \(format.codec) (\(format.container)), \(format.sampleRate) Hz, "
                    + counted(format.channels, "channel"))
        }
        if audit.formats.count > 8 { lines.append("  … and \(audit.formats.count - 8) more formats") }
        if audit.otherFiles > 0 { lines.append("  \(counted(audit.otherFiles, "file")) of other kinds, not looked at") }
    }

    private mutating func genres() {
        let width = max(16, audit.genres.map(\.name.displayWidth).max() ?? 0)
        lines += ["", "genre".left(width) + "   tracks    length   artists   most of one artist"]
        for genre in audit.genres {
            let main = genre.mainArtist.map { "\(genre.mainArtistTracks) \($0)" } ?? "-"
            lines.append(
                "\((genre.name.isEmpty ? "(no folder)" : genre.name).left(width)) \(String(genre.tracks).right(8)) "
                    + "\((genre.seconds.map(playingTime) ?? "-").right(9)) \(String(genre.artists).right(9))   \(main)")
        }
        if audit.balance.isUneven {
            lines.append(
                "uneven: \(audit.balance.least) to \(audit.balance.greatest) tracks a genre; 'genre train' has "
                    + "--class-weights (weigh the loss) and --balanced-sampling (draw genres equally)")
        }
    }

    private mutating func faults() {
        list("files cannot be used", singular: "file cannot be used", audit.faults) { "\($0.track): \($0.reason)" }
    }

    private mutating func remarks() {
        let kinds: [(DatasetAudit.Remark.Kind, String, (Double) -> String)] = [
            (.damaged, "damaged, the sound may have gaps", { counted(Int($0), "corrupt packet") }),
            (.endMissing, "cut off, the end is missing", { "\(seconds($0)) are there" }),
            (.cancelling, "whose channels cancel in their mean", { "channel \(Int($0)) taken" }),
            (.short, "shorter than a segment", { seconds($0) }),
            (.silent, "silent", { seconds($0) }),
            (.longSilence, "with long silent stretches", { "\(seconds($0)) at a time" }),
            (.clipped, "clipped", { "\(decimal($0 * 100, places: 2))% of the samples" }),
            (.cutOff, "too long to be examined whole", { "the first \(seconds($0)) were" }),
        ]
        for (kind, title, measure) in kinds {
            list(title, audit.remarks.filter { $0.kind == kind }.sorted { $0.measure > $1.measure }) {
                "\($0.track): \(measure($0.measure))"
            }
        }
    }

    private mutating func copies() {
        list("groups of tracks with the same samples", singular: "group of tracks with the same samples", audit.copies)
        {
            $0.tracks.joined(separator: " = ") + ($0.genres.count > 1 ? "   across genres" : "")
        }
    }

    private mutating func relations() {
        guard let relations = audit.relations else { return }
        let kinds: [(DatasetAudit.Relation.Kind, String, String, String)] = [
            (
                .nearDuplicate, "pairs of one recording, coded or mastered anew",
                "pair of one recording, coded or mastered anew", "~"
            ),
            (.excerpt, "excerpts of another track", "excerpt of another track", "is in"),
            (.overlap, "pairs of tracks that share a part", "pair of tracks that share a part", "shares with"),
        ]
        for (kind, title, singular, verb) in kinds {
            list(title, singular: singular, relations.filter { $0.kind == kind }) { relation in
                "\(relation.track) \(verb) \(relation.other): \(seconds(relation.seconds))"
                    + " from \(playingTime(relation.trackStart)) and \(playingTime(relation.otherStart))"
                    + ", \(percent(relation.difference)) of bits differ"
                    + (relation.acrossGenres ? "   across genres" : "")
            }
        }
        if audit.copies.isEmpty && relations.isEmpty { lines += ["", "no track was found twice, whole or in part"] }
    }

    private mutating func artists() {
        let artists = audit.artists
        let sources = [
            (artists.fromTags, "tags"), (artists.fromIndex, "GTZAN's index"), (artists.fromFolders, "folders"),
        ]
        .filter { $0.0 > 0 }.map { "\($0.0) by \($0.1)" }
        lines += [
            "",
            "artists: \(artists.different) known"
                + (sources.isEmpty ? "" : " (tracks: \(sources.joined(separator: ", ")))")
                + ", \(counted(artists.unknown, "track")) of unknown ones",
        ]
        for artist in artists.main.filter({ !$0.name.isEmpty }).prefix(8) {
            let genres = artist.genres.filter { !$0.isEmpty }.joined(separator: ", ")
            lines.append("  \(artist.tracks) \(artist.name)" + (genres.isEmpty ? "" : " (\(genres))"))
        }
    }

    private mutating func gtzan() {
        guard let known = audit.gtzan else { return }
        lines += ["", "GTZAN: \(known.tracks) of its 1000 tracks; known faults among them"]
        if !known.undecodable.isEmpty {
            lines.append("  undecodable in common copies: \(known.undecodable.joined(separator: ", "))")
        }
        for group in known.copies { lines.append("  the same recording: \(group.tracks.joined(separator: " = "))") }
        if !known.leftOut.isEmpty {
            lines.append(
                "  left out by the fault-filtered partition (Kereliuk, Sturm & Larsen 2015): "
                    + known.leftOut.joined(separator: ", "))
        }
    }

    /// - Parameter singular: the title where there is one item, if that is another.
    private mutating func list<Item>(
        _ title: String, singular: String? = nil, _ items: [Item], _ line: (Item) -> String
    ) {
        guard !items.isEmpty else { return }
        lines += ["", "\(grouped(items.count)) \(items.count == 1 ? singular ?? title : title)"]
        lines += items.prefix(Self.most).map { "  " + line($0) }
        if items.count > Self.most { lines.append("  … and \(items.count - Self.most) more (--json has all)") }
    }
}

/// 2.345 as "2.3 s".
private func seconds(_ value: Double) -> String { decimal(value, places: 1) + " s" }
