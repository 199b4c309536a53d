import Foundation

/// Which genres of data are used, and by what names.
public enum GenreSelection: Sendable, Hashable {
    /// All that have so many tracks: those with fewer are left out, with a word. Where the data name sides themselves, one
    /// track will do.
    case atLeast(Int)
    /// These alone, as a run that began with fewer genres than the data have needs them.
    case only([String])
    /// A model's: names that differ in case and punctuation only are taken for the model's, others are an error.
    case known([String])
}

/// Names of genres, compared as people read them.
enum GenreNames {
    /// Without case, marks, width and all that is no letter or digit: "Hip-Hop" and "hiphop" are the same.
    static func folded(_ name: String) -> String {
        let plain = name.folding(
            options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil
        ).lowercased()
        let letters = plain.filter { $0.isLetter || $0.isNumber }
        return letters.isEmpty ? plain : letters
    }

    /// The known name of each of the data's genres.
    /// - Throws: `DatasetError.unknownGenres`, which names all that are not known.
    static func matched(
        _ genres: [String], to known: [String], warning: (String) -> Void
    ) throws(DatasetError) -> [String: String] {
        var byFolded: [String: [String]] = [:]
        for name in known { byFolded[folded(name), default: []].append(name) }
        var result: [String: String] = [:]
        var unknown: [String] = []
        for genre in genres {
            if known.contains(genre) {
                result[genre] = genre
            } else if let found = byFolded[folded(genre)], found.count == 1 {
                result[genre] = found[0]
                warning("the data's genre '\(genre)' is taken for the model's '\(found[0])'")
            } else {
                unknown.append(genre)
            }
        }
        guard unknown.isEmpty else { throw .unknownGenres(unknown, known: known) }
        return result
    }

    /// The known name that was probably meant.
    static func nearest(to name: String, among known: [String]) -> String? {
        let own = folded(name)
        let near = known.map { ($0, EditDistance.between(own, folded($0))) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= max(1, min(own.count, near.0.count) / 3) else { return nil }
        return near.0
    }

    /// Whether all are numbers, as the folders of the FMA data set are.
    static func areNumbers(_ genres: [String]) -> Bool {
        genres.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }
    }
}

extension AudioListing {
    /// The listing with the genres that are wanted, by the names that are wanted, before a file is opened.
    ///
    /// - Throws: `DatasetError.unknownGenres`; `.tooFewGenres` where fewer than two have tracks enough.
    func selecting(_ selection: GenreSelection, warning: (String) -> Void) throws(DatasetError) -> AudioListing {
        switch selection {
        case .only(let wanted): return renamed { wanted.contains($0) ? $0 : nil }
        case .known(let known):
            let names = try GenreNames.matched(genres, to: known, warning: warning)
            return renamed { names[$0] }
        case .atLeast(let wanted):
            let least = files.contains { $0.side != nil } ? 1 : max(1, wanted)
            // What cannot be read is named when its turn comes.
            let counts = genres.indices.map { label in
                let own = files.filter { $0.label == label }
                return own.contains { $0.fault != nil } ? least : own.count
            }
            let left = try genresLeftOut(genres, counts, least: least, warning: warning)
            return left.isEmpty ? self : renamed { left.contains($0) ? nil : $0 }
        }
    }

    private func renamed(_ name: (String) -> String?) -> AudioListing {
        let names = genres.map(name)
        let kept = Set(names.compactMap(\.self)).sorted()
        guard names != genres.map(Optional.some) else { return self }
        let labels = names.map { name in name.flatMap { kept.firstIndex(of: $0) } }
        let files = files.compactMap { file -> File? in
            guard let label = labels[file.label] else { return nil }
            var file = file
            file.label = label
            return file
        }
        return AudioListing(genres: kept, files: files.sorted(by: Self.inOrder), roots: roots)
    }
}

/// Genres with fewer tracks than are needed; says so, all in one sentence.
///
/// - Throws: `DatasetError.tooFewGenres` where fewer than two genres remain.
func genresLeftOut(
    _ genres: [String], _ counts: [Int], least: Int, of what: String = "track", warning: (String) -> Void
) throws(DatasetError) -> Set<String> {
    let few = genres.indices.filter { counts[$0] < least }
    guard !few.isEmpty else { return [] }
    let words = few.map { "'\(genres[$0])' (\(counts[$0]))" }.joined(separator: ", ")
    guard genres.count - few.count > 1 else {
        throw .tooFewGenres(names: words, least: least, what: what, left: genres.count - few.count)
    }
    let lack = least == 1 ? "without a usable \(what)" : "with fewer than \(least) usable \(what)s each"
    warning("\(few.count) genre\(few.count == 1 ? " is" : "s are") left out, \(lack): \(words)")
    return Set(few.map { genres[$0] })
}

extension SegmentSet {
    /// The set with the genres that are wanted, by the names that are wanted.
    ///
    /// - Throws: `DatasetError.unknownGenres`; `.tooFewGenres` where fewer than two have tracks enough.
    func selecting(_ selection: GenreSelection, warning: (String) -> Void) throws(DatasetError) -> SegmentSet {
        switch selection {
        case .only(let wanted): return renamingGenres { wanted.contains($0) ? $0 : nil }
        case .known(let known):
            let used = genres.indices.filter { label in tracks.contains { $0.label == label } }.map { genres[$0] }
            let names = try GenreNames.matched(used, to: known, warning: warning)
            return renamingGenres { names[$0] }
        case .atLeast(let wanted):
            let least = tracks.contains { $0.side != nil } ? 1 : max(1, wanted)
            var counts = [Int](repeating: 0, count: genres.count)
            for track in tracks { counts[track.label] += 1 }
            let left = try genresLeftOut(genres, counts, least: least, warning: warning)
            return renamingGenres { left.contains($0) ? nil : $0 }
        }
    }

    /// The set with genres renamed, joined (where they get the same name) or left out (nil), with all their tracks.
    func renamingGenres(_ name: (String) -> String?) -> SegmentSet {
        let names = genres.map(name)
        guard names != genres.map(Optional.some) else { return self }
        let kept = Set(names.compactMap(\.self)).sorted()
        let labels = names.map { name in name.flatMap { kept.firstIndex(of: $0) } }
        return selecting(genres: kept) { labels[$0.label] }
    }
}
