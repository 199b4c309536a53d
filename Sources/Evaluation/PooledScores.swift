extension Scores {
    /// The scores of several sets of tracks judged apart, as if they were one set: of the folds of a cross-validation,
    /// say, where every track is judged once. Segments and tracks weigh alike, in whichever set they are.
    ///
    /// - Parameter parts: of the same genres, at least one.
    public init(pooling parts: [Scores]) {
        precondition(!parts.isEmpty, "there is something to pool")
        precondition(parts.allSatisfy { $0.genres == parts[0].genres }, "scores of the same genres")
        let segments = parts.reduce(0) { $0 + $1.segments }
        let tracks = parts.reduce(0) { $0 + $1.tracks }
        // Shares are whole hits over a count: taken back to hits, their sums are exact.
        func share(_ value: (Scores) -> Double, of count: (Scores) -> Int) -> Double {
            let hits = parts.reduce(0) { $0 + Int((value($1) * Double(count($1))).rounded()) }
            return Double(hits) / Double(Swift.max(parts.reduce(0) { $0 + count($1) }, 1))
        }
        genres = parts[0].genres
        self.segments = segments
        self.tracks = tracks
        raw = share(\.raw, of: \.segments)
        max = share(\.max, of: \.tracks)
        maj = share(\.maj, of: \.tracks)
        loss = parts.reduce(0) { $0 + $1.loss * Double($1.segments) } / Double(Swift.max(segments, 1))
        confusion = Self.sum(parts.map(\.confusion))
        trackConfusion = Self.sum(parts.map(\.trackConfusion))
    }

    private static func sum(_ matrices: [[[Int]]]) -> [[Int]] {
        matrices.dropFirst().reduce(matrices[0]) { total, matrix in
            zip(total, matrix).map { zip($0, $1).map(+) }
        }
    }
}
