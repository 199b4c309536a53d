import Datasets

/// The word that somebody may have meant.
enum Suggestion {
    /// The known word that is nearest to one that is not known; nil where none is near.
    static func nearest(to word: String, among known: [String]) -> String? {
        let lower = word.lowercased()
        guard !lower.isEmpty else { return nil }
        if let same = known.first(where: { $0.lowercased() == lower }) { return same }
        // gtzan-compact for compact, artist-kfold:4 for artist-kfold.
        let containing = known.filter {
            lower.count >= 3 && ($0.lowercased().hasPrefix(lower) || $0.lowercased().hasSuffix("-" + lower))
        }
        let scored = known.map { (word: $0, distance: EditDistance.between(lower, $0.lowercased())) }
        let limit = max(1, min(3, lower.count / 2))
        if let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= min(limit, 2) { return best.word }
        if containing.count == 1 { return containing[0] }
        return scored.min { $0.distance < $1.distance }.flatMap { $0.distance <= limit ? $0.word : nil }
    }

    /// "; did you mean 'train'?", or nothing.
    static func words(for word: String, among known: [String]) -> String {
        nearest(to: word, among: known).map { "; did you mean '\($0)'?" } ?? ""
    }
}

/// What is said of a name that is not known: what may have been meant, else all that there are.
func unknown(_ kind: String, _ name: String, among known: [String]) -> String {
    "There is no \(kind) '\(name)'"
        + (Suggestion.nearest(to: name, among: known).map { "; did you mean '\($0)'?" }
            ?? ". The \(kind)s are \(known.joined(separator: ", ")).")
}
