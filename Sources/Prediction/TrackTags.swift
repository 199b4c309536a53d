/// The tags of one track: each with its probability, by itself.
public struct TrackTags: Sendable {
    /// In the order of the model's outputs.
    public let names: [String]
    /// Seconds from the start of the track to the start of each segment.
    public let startTimes: [Double]
    /// Whether there is nothing to hear in each segment; never in all of them.
    public let isSilent: [Bool]
    /// Probabilities, [segments][tags]: the taggram.
    public let segments: [Float]
    /// What a reader of the tags must know of the sound.
    public let sound: HeardSound

    init(names: [String], startTimes: [Double], isSilent: [Bool], segments: [Float], sound: HeardSound) {
        precondition(segments.count == names.count * startTimes.count && !startTimes.isEmpty, "[segments][tags]")
        self.names = names
        self.startTimes = startTimes
        self.isSilent = isSilent
        self.segments = segments
        self.sound = sound
    }

    /// Probabilities of one segment.
    public func segment(_ index: Int) -> ArraySlice<Float> {
        segments[index * names.count..<(index + 1) * names.count]
    }

    /// Each tag's mean over the audible segments, added in double precision.
    public var probabilities: [Double] {
        var sums = [Double](repeating: 0, count: names.count)
        for index in startTimes.indices where !isSilent[index] {
            for (tag, value) in segment(index).enumerated() { sums[tag] += Double(value) }
        }
        let count = Double(isSilent.count { !$0 })
        return sums.map { $0 / count }
    }

    /// Tags from the most to the least probable, the first of equals first.
    public static func ranking(_ probabilities: some Collection<some BinaryFloatingPoint>) -> [Int] {
        let values = probabilities.map { Double($0) }
        return values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
    }
}
