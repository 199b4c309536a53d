/// How tracks are divided into sides, as a person names it.
public enum SplitRule: Sendable, Hashable {
    /// Three quarters of each genre's tracks train.
    case random
    /// K folds, stratified by genre: each validates once.
    case folds(Int)
    /// About three quarters of each genre's tracks train, and no artist is on both sides.
    case artist
    /// K folds of whole artists.
    case artistFolds(Int)
    /// One of GTZAN's partitions.
    case gtzan(GTZAN.Partition)
    /// Lists in files.
    case lists(path: String)
    /// As the data themselves say.
    case fixed
    /// Every track trains.
    case all

    /// What may be written, for messages: rule and meaning.
    public static let known: [(rule: String, meaning: String)] = [
        ("random", "75 % of each genre's tracks train (the default where the data name no sides)"),
        ("kfold:K", "K folds, stratified by genre; each is held out once by a net of its own"),
        ("artist", "as random, but no artist on both sides (see --artists)"),
        ("artist-kfold:K", "K folds of whole artists"),
        ("filtered", "GTZAN's fault-filtered partition (Kereliuk, Sturm & Larsen 2015): 443/197/290 tracks"),
        ("stratified", "a random partition of GTZAN: 500/250/250 tracks"),
        ("file:PATH", "lists of tracks: a folder with train*.txt, valid*.txt, test*.txt, or a CSV of path,side"),
        ("fixed", "as the data say (the default where they do)"),
        ("all", "every track trains, for heads alone: they are judged by folds inside"),
    ]

    /// - Returns: nil for what is no rule.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let count = parts.count == 2 ? Int(parts[1]).flatMap { 2...1000 ~= $0 ? $0 : nil } : nil
        switch (parts[0], parts.count) {
        case ("random", 1): self = .random
        case ("artist", 1): self = .artist
        case ("fixed", 1): self = .fixed
        case ("all", 1): self = .all
        case ("filtered", 1): self = .gtzan(.filtered)
        case ("stratified", 1): self = .gtzan(.stratified)
        case ("file", 2) where !parts[1].isEmpty: self = .lists(path: parts[1])
        case ("kfold", 2):
            guard let count else { return nil }
            self = .folds(count)
        case ("artist-kfold", 2):
            guard let count else { return nil }
            self = .artistFolds(count)
        default: return nil
        }
    }
}
