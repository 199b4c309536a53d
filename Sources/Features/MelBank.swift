import Foundation

/// The tables of a recipe: made once, used for every frame.
enum FeatureTables {
    /// A window of `length` samples in the middle of `frameLength`, zeros on both sides: Hann's periodic one where none is
    /// named.
    static func window(_ kind: FeatureRecipe.Window? = nil, length: Int, frameLength: Int) -> [Double] {
        var frame = [Double](repeating: 0, count: frameLength)
        let before = (frameLength - length) / 2
        if kind == .blackmanHarris62 {
            let angle = 2 * Double.pi / Double(max(1, length - 1))
            let values = (0..<length).map { index in
                0.44959 - 0.49364 * cos(angle * Double(index)) + 0.05677 * cos(2 * angle * Double(index))
            }
            let scale = 2 / values.reduce(0, +)
            for index in 0..<length { frame[before + index] = values[index] * scale }
            return frame
        }
        for index in 0..<length {
            frame[before + index] = 0.5 - 0.5 * cos(2 * Double.pi * Double(index) / Double(length))
        }
        return frame
    }

    /// Triangles over the bins of a real transform, [mels][frameLength / 2 + 1]: band m rises from edge m to edge m + 1
    /// and falls to edge m + 2, with mels + 2 edges at equal distances on the mel scale (as librosa's `filters.mel`).
    static func melBank(_ recipe: FeatureRecipe) -> [Double] {
        let scale = recipe.melScale
        let lowest = scale.mels(recipe.lowestFrequency)
        let highest = scale.mels(recipe.highestFrequency)
        let edges = (0..<recipe.mels + 2).map { index in
            scale.hertz(lowest + (highest - lowest) * Double(index) / Double(recipe.mels + 1))
        }
        let bins = recipe.frameLength / 2 + 1
        // Essentia's triangles are straight over mels.
        func axis(_ hertz: Double) -> Double { recipe.melNormalisation == .sum ? scale.mels(hertz) : hertz }
        let places = (0..<bins).map { axis(recipe.sampleRate * Double($0) / Double(recipe.frameLength)) }
        var bank = [Double](repeating: 0, count: recipe.mels * bins)
        for mel in 0..<recipe.mels {
            let lower = edges[mel]
            let centre = edges[mel + 1]
            let upper = edges[mel + 2]
            let height = recipe.melNormalisation == .slaney ? 2 / (upper - lower) : 1
            let (rise, fall) = (axis(centre) - axis(lower), axis(upper) - axis(centre))
            for bin in 0..<bins {
                let frequency = places[bin]
                let rising = (frequency - axis(lower)) / rise
                let falling = (axis(upper) - frequency) / fall
                bank[mel * bins + bin] = height * max(0, min(rising, falling))
            }
            guard recipe.melNormalisation == .sum else { continue }
            let row = mel * bins..<(mel + 1) * bins
            let sum = bank[row].reduce(0, +)
            for place in row where sum > 0 { bank[place] /= sum }
        }
        return bank
    }
}

extension FeatureRecipe.MelScale {
    // Slaney's scale: 200 / 3 Hz a mel up to 1000 Hz (15 mels), then 27 mels for each factor of 6.4.
    private static let linearStep = 200.0 / 3
    private static let logarithmicStart = 15.0
    private static let logarithmicStep = log(6.4) / 27

    /// The mel value of a frequency in Hz.
    public func mels(_ hertz: Double) -> Double {
        switch self {
        case .htk: 2595 * log10(1 + hertz / 700)
        case .slaney:
            hertz < 1000
                ? hertz / Self.linearStep : Self.logarithmicStart + log(hertz / 1000) / Self.logarithmicStep
        }
    }

    /// The frequency in Hz of a mel value.
    public func hertz(_ mels: Double) -> Double {
        switch self {
        case .htk: 700 * (pow(10, mels / 2595) - 1)
        case .slaney:
            mels < Self.logarithmicStart
                ? mels * Self.linearStep : 1000 * exp((mels - Self.logarithmicStart) * Self.logarithmicStep)
        }
    }
}
