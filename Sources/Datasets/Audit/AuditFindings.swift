import Features
import Foundation

/// What measures and matches say, in the words of an audit.
extension DatasetAudit {
    /// Of audio files.
    init(
        of listing: AuditListing, roots: [URL], facts: [TrackExaminer.Facts?], faults: [String?],
        matches: [FingerprintIndex.Match]
    ) {
        let files = listing.files
        let good = files.indices.filter { facts[$0] != nil }
        let artists = ArtistTally(
            good.map { index in
                let file = files[index]
                return ArtistTally.Track(
                    id: file.id, genre: file.genre, tag: file.artist ?? facts[index]?.artist, folder: file.folder)
            })
        let seconds = good.compactMap { facts[$0]?.seconds }
        let copies = Self.copies(good.map { (files[$0].id, files[$0].genre, facts[$0]?.sound) })
        self.init(
            roots: roots.map(\.path), kind: .audio, files: files.count, tracks: good.count, otherFiles: listing.others,
            genres: artists.genres(seconds: seconds), durations: Durations(seconds),
            formats: Self.formats(good.compactMap { facts[$0] }),
            faults: listing.faults
                + files.indices.compactMap { index in
                    faults[index].map { Fault(track: files[index].id, reason: $0) }
                },
            remarks: good.flatMap { Self.remarks(on: facts[$0]!, track: files[$0].id) }, copies: copies,
            relations: Self.relations(matches, listing: listing, facts: facts), artists: artists.summary,
            balance: artists.balance, gtzan: GTZAN.knownFaults(among: files.map(\.id)), landmarks: 0,
            readingSeconds: 0, comparisonSeconds: 0)
    }

    /// Of ready-made segments: what their tracks tell, without sound.
    init(of data: LoadedDataset, roots: [URL]) {
        let tracks = data.set.tracks
        let genres = data.set.genres
        let artists = ArtistTally(
            tracks.map { .init(id: $0.id, genre: genres[$0.label], tag: $0.artist, folder: nil) })
        self.init(
            roots: roots.map(\.path), kind: data.kind, files: tracks.count + data.skipped.count, tracks: tracks.count,
            otherFiles: 0, genres: artists.genres(seconds: nil), durations: nil, formats: [],
            faults: data.skipped.map { Fault(track: $0.url.path, reason: $0.reason) }, remarks: [],
            copies: Self.copies(tracks.map { ($0.id, genres[$0.label], $0.soundHash) }), relations: nil,
            artists: artists.summary, balance: artists.balance, gtzan: GTZAN.knownFaults(among: tracks.map(\.id)),
            landmarks: 0, readingSeconds: 0, comparisonSeconds: 0)
    }

    private static func copies(_ tracks: [(id: String, genre: String, sound: UInt64?)]) -> [Copies] {
        var groups: [UInt64: [Int]] = [:]
        for (index, track) in tracks.enumerated() {
            if let sound = track.sound { groups[sound, default: []].append(index) }
        }
        return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }.map { group in
            Copies(
                tracks: group.map { tracks[$0].id }, genres: Set(group.map { tracks[$0].genre }).sorted())
        }
    }

    private static func formats(_ facts: [TrackExaminer.Facts]) -> [Format] {
        var counts: [[String]: Format] = [:]
        for fact in facts {
            let own = fact.properties
            let key = [own.codec, own.container, "\(own.sourceRate)", "\(own.channels)"]
            counts[
                key,
                default: Format(
                    codec: own.codec, container: own.container, sampleRate: Int(own.sourceRate),
                    channels: own.channels, tracks: 0)
            ].tracks += 1
        }
        return counts.sorted { ($1.value.tracks, $0.key.joined()) < ($0.value.tracks, $1.key.joined()) }.map(\.value)
    }

    private static func remarks(on facts: TrackExaminer.Facts, track: String) -> [Remark] {
        var remarks: [Remark] = []
        func add(_ kind: Remark.Kind, _ measure: Double) {
            remarks.append(Remark(kind: kind, track: track, measure: measure))
        }
        let levels = facts.levels
        if facts.seconds < FeatureRecipe.schindler.segmentSeconds { add(.short, facts.seconds) }
        if levels.peak < Double(SoundLevels.quiet) || facts.isConstant {
            add(.silent, facts.seconds)
        } else if levels.silent > 0 {
            add(.longSilence, Double(levels.longestSilence) / Fingerprint.sampleRate)
        }
        let clipped = Double(levels.clipped) / Double(max(1, levels.samples))
        if clipped >= leastClipping { add(.clipped, clipped) }
        let sound = facts.remarks
        if sound.damagedPackets > 0 { add(.damaged, Double(sound.damagedPackets)) }
        if sound.endIsMissing { add(.endMissing, facts.seconds) }
        if let channel = sound.channelTaken { add(.cancelling, Double(channel + 1)) }
        if facts.isCutOff { add(.cutOff, facts.seconds) }
        return remarks
    }

    /// Fraction of samples: loud masters touch full scale here and there.
    private static let leastClipping = 1e-4

    /// Matches but for those of exact copies, which are told already.
    private static func relations(
        _ matches: [FingerprintIndex.Match], listing: AuditListing, facts: [TrackExaminer.Facts?]
    ) -> [Relation] {
        let files = listing.files
        return matches.compactMap { match in
            guard let first = facts[match.first], let second = facts[match.second], first.sound != second.sound else {
                return nil
            }
            // The words of a recording's first and last frames lack their neighbours.
            func holds(_ seconds: Double) -> Bool { match.seconds + 0.5 >= 0.9 * seconds }
            let kind: Relation.Kind =
                holds(first.seconds) && holds(second.seconds)
                ? .nearDuplicate : holds(min(first.seconds, second.seconds)) ? .excerpt : .overlap
            let turned = kind == .excerpt && first.seconds > second.seconds
            let (one, two) = turned ? (match.second, match.first) : (match.first, match.second)
            return Relation(
                kind: kind, track: files[one].id, other: files[two].id,
                trackStart: turned ? match.secondStart : match.firstStart,
                otherStart: turned ? match.firstStart : match.secondStart, seconds: match.seconds,
                difference: match.difference, acrossGenres: files[one].genre != files[two].genre)
        }
    }
}

extension DatasetAudit.Durations {
    fileprivate init?(_ seconds: [Double]) {
        let ordered = seconds.sorted()
        guard let least = ordered.first, let greatest = ordered.last else { return nil }
        self.init(
            total: ordered.reduce(0, +), least: least, median: ordered[ordered.count / 2], greatest: greatest)
    }
}
