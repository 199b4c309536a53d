/// A track as the net sees it before its last layer: vectors that lie near each other where the net hears the like.
public struct TrackEmbedding: Sendable {
    /// Values a vector: 200 of the paper's nets (after the activation, without dropout), 400 from an LSTM in both
    /// directions.
    public let size: Int
    /// Seconds from the start of the track to the start of each segment.
    public let startTimes: [Double]
    /// Whether there is nothing to hear in each segment; never in all of them.
    public let isSilent: [Bool]
    /// [segments][size].
    public let segments: [Float]
    /// What a reader of the vectors must know of the sound.
    public let sound: HeardSound

    /// The mean of the audible segments' vectors, added in double precision: [size].
    public var mean: [Float] {
        var sums = [Double](repeating: 0, count: size)
        for row in startTimes.indices where !isSilent[row] {
            for index in 0..<size { sums[index] += Double(segments[row * size + index]) }
        }
        let count = isSilent.count { !$0 }
        return sums.map { Float($0 / Double(count)) }
    }
}
