extension TrackPrediction {
    /// A part of a track with one genre: neighbouring segments whose most probable genre is the same, or that are silent.
    public struct Stretch: Sendable, Hashable {
        /// Seconds from the start of the track.
        public var start: Double
        public var end: Double
        /// Index of the genre; nil of silence.
        public var genre: Int?
        /// The genre's probability, the mean over the segments; 0 of silence.
        public var probability: Double
    }

    /// The track in parts of one genre each, in their order and without gaps.
    public var stretches: [Stretch] {
        var result: [Stretch] = []
        var segments = 0
        for (index, moment) in moments.enumerated() {
            let best = moment.probabilities.indices.max { moment.probabilities[$0] < moment.probabilities[$1] } ?? 0
            let genre = moment.isSilent ? nil : best
            let probability = moment.isSilent ? 0 : Double(moment.probabilities[best])
            let end = index + 1 < moments.count ? moments[index + 1].start : seconds
            if let last = result.last, last.genre == genre {
                segments += 1
                result[result.count - 1].end = end
                result[result.count - 1].probability += (probability - last.probability) / Double(segments)
            } else {
                segments = 1
                result.append(Stretch(start: moment.start, end: end, genre: genre, probability: probability))
            }
        }
        return result
    }
}
