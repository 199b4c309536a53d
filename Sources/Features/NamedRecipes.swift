// The recipes that have names, each with where it comes from.

extension FeatureRecipe {
    /// The recipe of the GTZAN coursework's pickles: 0.93 s a segment, but only 41 true columns of its 80; the others
    /// repeat column 40.
    public static let coursework = FeatureRecipe(
        name: "coursework", sampleRate: 22_050, sampleScale: 32_768, frameLength: 2048, windowLength: 1024, hop: 512,
        spectrum: .magnitude, mels: 80, melScale: .htk, melNormalisation: .none, lowestFrequency: 0,
        highestFrequency: 11_025, logFloor: 1e-6, precision: .double, scope: .segment, segmentFrames: 80,
        segmentSamples: 20_505, segmentStride: 10_252)

    /// The recipe of the coursework of 2018, whose file holds samples, as public solutions of it have it: librosa's STFT
    /// (n_fft 512, hop 256, zero padding) and mel bank (Slaney's scale and areas), ln(magnitude + 1e-6) at full scale ±1;
    /// 80 true columns.
    public static let coursework2018 = FeatureRecipe(
        name: "coursework-2018", sampleRate: 22_050, sampleScale: 1, frameLength: 512, windowLength: 512, hop: 256,
        spectrum: .magnitude, mels: 80, melScale: .slaney, melNormalisation: .slaney, lowestFrequency: 0,
        highestFrequency: 11_025, logFloor: 1e-6, precision: .single, scope: .segment, segmentFrames: 80,
        segmentSamples: 20_462, segmentStride: 10_231)

    /// The recipe of Schindler, Lidy & Rauber 2016, in natural logarithms of magnitudes: 80 true columns in 0.93 s, a
    /// segment every 40 columns. The default for audio.
    public static let schindler = FeatureRecipe(
        name: "schindler", sampleRate: 22_050, sampleScale: 32_768, frameLength: 1024, windowLength: 1024, hop: 256,
        spectrum: .magnitude, mels: 80, melScale: .htk, melNormalisation: .none, lowestFrequency: 0,
        highestFrequency: 11_025, logFloor: 1e-6, precision: .single, scope: .track, segmentFrames: 80,
        segmentSamples: 79 * 256, segmentStride: 40 * 256)

    /// The recipe of GTZAN's spectrograms as pictures of 128 x 387 bytes: librosa's power mel spectrogram in decibels
    /// below the track's maximum, 80 dB deep, 12.9 columns a second. A segment is 6.2 s, one starts every 3.1 s.
    public static let gtzanMel = FeatureRecipe(
        name: "gtzan-mel", sampleRate: 22_050, sampleScale: 1, frameLength: 2048, windowLength: 2048, hop: 512,
        spectrum: .power, mels: 128, melScale: .slaney, melNormalisation: .slaney, lowestFrequency: 0,
        highestFrequency: 11_025, logFloor: 1e-10, precision: .single, scope: .block, segmentFrames: 80,
        segmentSamples: 268 * 512, segmentStride: 40 * 1707,
        picture: Picture(blockSeconds: 30, columns: 387, framesLeft: 2, range: 80, top: 14))

    /// Segments [80, 80] that came ready-made, from a recipe unknown or not of ours: no audio can be turned into them.
    public static let precomputed = precomputed(mels: 80, frames: 80)

    /// Ready-made segments of another size.
    public static func precomputed(mels: Int, frames: Int) -> FeatureRecipe {
        FeatureRecipe(
            name: "precomputed", sampleRate: 0, sampleScale: 1, frameLength: 0, windowLength: 0, hop: 0,
            spectrum: .magnitude, mels: mels, melScale: .htk, melNormalisation: .none, lowestFrequency: 0,
            highestFrequency: 0, logFloor: 0, precision: .single, scope: .none, segmentFrames: frames,
            segmentSamples: 0, segmentStride: 0)
    }

    /// What another net says of segments, in place of sound: so many numbers each.
    public static func outputs(_ count: Int) -> FeatureRecipe {
        var recipe = precomputed(mels: count, frames: 1)
        recipe.name = "outputs"
        return recipe
    }

    /// Whether its segments are what another net says; see ``outputs(_:)``.
    public var isOutputs: Bool { self == .outputs(mels) }

    /// Every recipe that has a name: the paper's and this tool's, then those that other nets were made for.
    public static let all: [FeatureRecipe] =
        [.schindler, .coursework, .coursework2018, .gtzanMel] + field + [.precomputed]

    /// The recipe of that name; nil where there is none.
    ///
    /// "NAME:FRAMES" is the recipe NAME with segments of another length, in columns, that overlap as its own do.
    public static func named(_ name: String) -> FeatureRecipe? {
        if let recipe = all.first(where: { $0.name == name }) { return recipe }
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let frames = Int(parts[1]), String(frames) == parts[1] else { return nil }
        return all.first { $0.name == parts[0] }?.cut(frames: frames)
    }

    /// The same spectrogram cut into segments of another length.
    ///
    /// - Returns: nil where a segment's columns are no free choice (each segment is transformed alone, or was made
    ///   elsewhere), and for fewer than 2 or more than 65,536.
    public func cut(frames: Int) -> FeatureRecipe? {
        guard 2...65_536 ~= frames, scope == .track || scope == .block, frames != segmentFrames else { return nil }
        var recipe = self
        recipe.name = "\(name):\(frames)"
        recipe.segmentFrames = frames
        let unit = Double(segmentStride) / Double(segmentFrames)
        let step = scope == .track ? hop : 1
        recipe.segmentStride = max(1, Int((unit * Double(frames)).rounded()) / step) * step
        if let picture {
            // As many whole hops as give so many columns.
            let perColumn = picture.blockSeconds * sampleRate / Double(picture.columns)
            recipe.segmentSamples = Int((Double(frames) * perColumn / Double(hop)).rounded(.up)) * hop
        } else {
            recipe.segmentSamples = (frames - 1) * hop
        }
        return recipe
    }
}
