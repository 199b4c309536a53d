import Audio
import Features
import Foundation
import Report

/// A sound's spectrogram as a model sees it: the segments of its recipe side by side, as a picture of bounded width.
struct Spectrogram {
    /// Columns of the picture, at most; each shows the greatest of what it stands for.
    static let greatestWidth = 1600

    let width: Int
    let mels: Int
    /// [mels][width], the highest band first.
    let values: [Float]
    let seconds: Double

    /// - Throws: what decoding and features throw.
    init(of file: URL, recipe: FeatureRecipe) throws {
        let extractor = try FeatureExtractor(recipe: recipe)
        var columns = ColumnStrip(recipe)
        var stream = SegmentStream(extractor)
        try AudioDecoder.decode(
            file, sampleRate: recipe.sampleRate,
            restart: {
                stream = SegmentStream(extractor)
                columns = ColumnStrip(recipe)
            }
        ) { piece in
            try stream.append(piece) { columns.add($0, at: $1) }
            return true
        }
        try stream.finish { columns.add($0, at: $1) }
        seconds = Double(stream.samples) / recipe.sampleRate
        mels = recipe.mels
        width = columns.count
        values = columns.turned
    }

    /// In viridis, from the 2nd percentile of its values to the greatest but a thousandth.
    var png: Data {
        let sorted = values.sorted()
        let low = Double(sorted[sorted.count / 50])
        let high = Double(sorted[max(0, sorted.count - 1 - sorted.count / 1000)])
        let span = max(high - low, 1e-9)
        return PNGImage(
            width: width, height: mels, palette: ColourMap.viridis.colours,
            pixels: values.map { ColourMap.index(of: (Double($0) - low) / span) }
        ).data
    }
}

/// Columns in time, joined two by two whenever they become too many.
private struct ColumnStrip {
    private let mels: Int
    private let frames: Int
    private let frameSeconds: Double
    /// [columns][mels].
    private var values: [Float] = []
    /// Frames a column.
    private var perColumn = 1
    private var inColumn = 0
    private var end = 0.0

    var count: Int { values.count / mels }

    init(_ recipe: FeatureRecipe) {
        mels = recipe.mels
        frames = recipe.trueFrames
        frameSeconds = recipe.segmentSeconds / Double(max(1, recipe.trueFrames))
    }

    /// A segment [mels][frames], of which only what the one before did not show is taken.
    mutating func add(_ segment: UnsafePointer<Float>, at start: Double) {
        let shown = Int(((end - start) / frameSeconds).rounded())
        guard shown < frames else { return }
        let stride = frames
        for frame in max(0, shown)..<frames { addFrame(segment + frame, stride: stride) }
        end = start + Double(frames) * frameSeconds
    }

    private mutating func addFrame(_ frame: UnsafePointer<Float>, stride: Int) {
        if inColumn == 0 {
            if count == Spectrogram.greatestWidth { halve() }
            for mel in 0..<mels { values.append(frame[mel * stride]) }
        } else {
            let start = values.count - mels
            for mel in 0..<mels { values[start + mel] = max(values[start + mel], frame[mel * stride]) }
        }
        inColumn = (inColumn + 1) % perColumn
    }

    private mutating func halve() {
        let half = count / 2
        for column in 0..<half {
            for mel in 0..<mels {
                values[column * mels + mel] = max(
                    values[2 * column * mels + mel], values[(2 * column + 1) * mels + mel])
            }
        }
        values.removeLast(values.count - half * mels)
        perColumn *= 2
    }

    /// [mels][columns], the highest band first.
    var turned: [Float] {
        var result = [Float](repeating: 0, count: values.count)
        for column in 0..<count {
            for mel in 0..<mels { result[(mels - 1 - mel) * count + column] = values[column * mels + mel] }
        }
        return result
    }
}
