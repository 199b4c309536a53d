import Foundation

/// More training segments from the sound of some: stretched in time, shifted in pitch, or both (Schindler, Lidy & Rauber
/// 2016, who take 3 segments a track, stretch factors 0.2, 0.5, 1.2 and 1.5, shifts of -5, -2, 2 and 5 semitones, all
/// sixteen pairs).
public struct SoundAugmentation: Codable, Sendable, Hashable {
    /// What a stretch factor is of.
    public enum Factor: String, Codable, Sendable, CaseIterable {
        /// Of the speed, as librosa's `time_stretch` takes it: at 0.5 a sound lasts twice as long.
        case rate
        /// Of the duration: at 0.5 a sound lasts half as long.
        case duration
    }

    /// One of the changes made to a segment.
    public struct Variant: Sendable, Hashable {
        /// The sound lasts 1 / rate times as long.
        public var rate: Double
        public var semitones: Double
    }

    /// Factors; empty for none.
    public var stretch: [Double]
    public var factor: Factor
    /// Semitones up, or down below 0; empty for none.
    public var pitch: [Double]
    /// Segments of each track that are changed, drawn by the track's sound alone.
    public var segments: Int

    public init(stretch: [Double] = [], factor: Factor = .rate, pitch: [Double] = [], segments: Int = 3) {
        self.stretch = stretch
        self.factor = factor
        self.pitch = pitch
        self.segments = segments
    }

    /// The speeds, 1 where nothing is stretched.
    public var rates: [Double] {
        stretch.isEmpty ? [1] : stretch.map { factor == .rate ? $0 : 1 / $0 }
    }

    /// The shifts in semitones, 0 where nothing is shifted.
    public var shifts: [Double] { pitch.isEmpty ? [0] : pitch }

    /// Every pair, pitches within a stretch.
    public var variants: [Variant] {
        rates.flatMap { rate in shifts.map { Variant(rate: rate, semitones: $0) } }
    }

    /// Whether it can be done to segments of that recipe.
    /// - Throws: `FeatureError.invalidAugmentation`.
    public func check(for recipe: FeatureRecipe) throws(FeatureError) {
        try check()
        guard recipe.scope == .track && recipe.peakSeconds == nil || recipe.scope == .segment else {
            throw .invalidAugmentation(
                "a segment of the recipe '\(recipe.name)' cannot be made from its own sound alone")
        }
    }

    /// Whether it can be done; it may come from a file.
    /// - Throws: `FeatureError.invalidAugmentation` naming the first value out of its range.
    public func check() throws(FeatureError) {
        func require(_ holds: Bool, _ problem: String) throws(FeatureError) {
            guard holds else { throw .invalidAugmentation(problem) }
        }
        try require(!stretch.isEmpty || !pitch.isEmpty, "it neither stretches nor shifts")
        try require(stretch.count <= 32 && pitch.count <= 32, "there are more than 32 factors or shifts")
        for value in stretch {
            try require((0.1...10).contains(value), "the stretch factor \(value) is outside 0.1...10")
        }
        for value in pitch {
            try require((-24...24).contains(value), "the shift \(value) is outside -24...24 semitones")
        }
        try require((1...1000).contains(segments), "its segments a track are outside 1...1,000")
    }
}

extension SoundAugmentation: CustomStringConvertible {
    /// "stretch 0.5, 1.2 (rate), pitch -2, 2, 3 segments a track"
    public var description: String {
        func list(_ values: [Double]) -> String { values.map { String(format: "%g", $0) }.joined(separator: ", ") }
        return [
            stretch.isEmpty ? nil : "stretch \(list(stretch)) (\(factor.rawValue))",
            pitch.isEmpty ? nil : "pitch \(list(pitch))", "\(segments) segments a track",
        ].compactMap { $0 }.joined(separator: ", ")
    }
}
