/// How well a classifier does on a set of labelled segments, by the measures of Schindler et al. 2016 (section 4).
public struct Scores: Sendable, Hashable, Codable {
    /// Genre names, in the order of the class indices.
    public let genres: [String]
    public let segments: Int
    public let tracks: Int
    /// Share of segments whose most probable class is right.
    public let raw: Double
    /// Share of tracks whose class with the largest summed probability is right.
    public let max: Double
    /// Share of tracks whose class with the most segments is right.
    public let maj: Double
    /// Mean cross-entropy of the segments, in nats.
    public let loss: Double
    /// Segments by [true genre][predicted genre].
    public let confusion: [[Int]]
    /// Tracks by [true genre][genre with the largest summed probability].
    public let trackConfusion: [[Int]]

    /// Precision, recall and F1 of each genre over the segments; nil where there is nothing to divide by.
    public var perGenre: [GenreScores] {
        genres.indices.map { GenreScores(genre: genres[$0], index: $0, confusion: confusion) }
    }
}

/// One genre's measures, from a confusion matrix of segments.
public struct GenreScores: Sendable, Hashable, Codable {
    public let genre: String
    /// Right among those called this genre; nil if none was.
    public let precision: Double?
    /// Found among those of this genre; nil if there are none.
    public let recall: Double?
    /// Harmonic mean of both; nil if there are neither segments of this genre nor any called so.
    public let f1: Double?
    /// Segments of this genre.
    public let support: Int

    public init(genre: String, index: Int, confusion: [[Int]]) {
        let hits = confusion[index][index]
        let called = confusion.reduce(0) { $0 + $1[index] }
        let present = confusion[index].reduce(0, +)
        self.genre = genre
        precision = called == 0 ? nil : Double(hits) / Double(called)
        recall = present == 0 ? nil : Double(hits) / Double(present)
        f1 = called + present == 0 ? nil : 2 * Double(hits) / Double(called + present)
        support = present
    }
}
