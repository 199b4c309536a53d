import Foundation

/// McNemar's test (1947) whether two classifiers that judged the same tracks are right equally often, in its exact form:
/// of the tracks on which they differ, half should favour each.
public struct McNemar: Codable, Sendable, Hashable {
    /// Tracks that only the first, or only the second, has right.
    public var onlyFirst: Int
    public var onlySecond: Int
    /// Tracks that both judged.
    public var tracks: Int
    /// Two-sided: the chance of a difference at least so great, were they equally good.
    public var p: Double

    private enum CodingKeys: String, CodingKey {
        case tracks, p
        case onlyFirst = "only_first"
        case onlySecond = "only_second"
    }

    public init(onlyFirst: Int, onlySecond: Int, tracks: Int) {
        self.onlyFirst = onlyFirst
        self.onlySecond = onlySecond
        self.tracks = tracks
        let count = Double(onlyFirst + onlySecond)
        var tail = 0.0
        for hits in 0...min(onlyFirst, onlySecond) {
            let hits = Double(hits)
            // Binomial coefficients by logarithms, since their numbers may be beyond any type.
            let ways: Double = lgamma(count + 1) - lgamma(hits + 1) - lgamma(count - hits + 1)
            tail += exp(ways - count * log(2))
        }
        p = min(1, 2 * tail)
    }

    /// Over the tracks that both judged, by name; nil where there is none.
    ///
    /// - Parameter isRight: of an outcome, say by its `max` verdict.
    public init?(
        _ first: [TrackOutcome], _ second: [TrackOutcome],
        isRight: (TrackOutcome) -> Bool = { $0.max == $0.label }
    ) {
        let others = Dictionary(second.map { ($0.track, isRight($0)) }) { first, _ in first }
        var tracks = 0
        var (onlyFirst, onlySecond) = (0, 0)
        for outcome in first {
            guard let other = others[outcome.track] else { continue }
            tracks += 1
            switch (isRight(outcome), other) {
            case (true, false): onlyFirst += 1
            case (false, true): onlySecond += 1
            default: break
            }
        }
        guard tracks > 0 else { return nil }
        self.init(onlyFirst: onlyFirst, onlySecond: onlySecond, tracks: tracks)
    }
}
