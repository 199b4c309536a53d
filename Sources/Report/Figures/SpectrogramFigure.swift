import Features
import Foundation

/// One segment as the net gets it, above what the net says of it.
public enum SpectrogramFigure {
    /// - Parameters:
    ///   - name: the stem of the file's name.
    ///   - values: [mel][frame] of the recipe, mel band 0 the lowest.
    ///   - probabilities: of each genre.
    ///   - label: the true genre's index.
    public static func figure(
        name: String, title: String, values: [Float], recipe: FeatureRecipe, genres: [String], probabilities: [Float],
        label: Int
    ) -> Figure {
        precondition(values.count == recipe.mels * recipe.segmentFrames, "[mels][frames]")
        let width = 344.0
        let plot = Frame(x: 56, y: 34, width: width - 56 - 12, height: 170)
        var drawing = Drawing()
        drawing.title(title, width: width - 16)
        addPicture(to: &drawing, plot: plot, values: values, recipe: recipe)
        addFrequencies(to: &drawing, plot: plot, recipe: recipe)
        addTimes(to: &drawing, plot: plot, recipe: recipe)
        let bottom = addProbabilities(
            to: &drawing, in: Frame(x: 8, y: plot.bottom + 74, width: width - 16, height: 0), genres: genres,
            probabilities: probabilities, label: label)
        let predicted = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        return Figure(
            name: name, title: title,
            summary: "A mel spectrogram of one segment, low frequencies at the bottom, and bars of the net's "
                + "probabilities: \(genres[predicted]) \(percent(Double(probabilities[predicted]))); the true genre is "
                + "\(genres[label]), \(percent(Double(probabilities[label]))).",
            width: width, height: bottom + 8, drawing: drawing)
    }

    // MARK: - The picture

    private static func addPicture(to drawing: inout Drawing, plot: Frame, values: [Float], recipe: FeatureRecipe) {
        let (mels, frames) = (recipe.mels, recipe.segmentFrames)
        let high = Double(values.max() ?? 0)
        let low = Double(values.min() ?? 0)
        // Silence may lie far below: the picture covers the upper 60 dB at most.
        let span = min(max(high - low, 1e-6), 60 / decibels(of: recipe))
        var pixels: [UInt8] = []
        pixels.reserveCapacity(values.count)
        for mel in (0..<mels).reversed() {
            for frame in 0..<frames {
                pixels.append(ColourMap.index(of: (Double(values[mel * frames + frame]) - high) / span + 1))
            }
        }
        drawing.image(
            PNGImage(width: frames, height: mels, palette: ColourMap.viridis.colours, pixels: pixels).data, in: plot)
        drawing.rectangle(plot, .stroked(.frame))

        // The key, below the time axis.
        let key = Frame(x: plot.x, y: plot.bottom + 46, width: plot.width, height: 7)
        drawing.image(
            PNGImage(width: 256, height: 1, palette: ColourMap.viridis.colours, pixels: (0...255).map { $0 }).data,
            in: key)
        let style = TextStyle(size: 10, colour: .muted)
        let least = recipe.makesSegmentsFromAudio ? "−\(decimal(span * decibels(of: recipe), places: 0)) dB" : "least"
        let greatest = recipe.makesSegmentsFromAudio ? "loudest (0 dB)" : "greatest"
        drawing.text(least, at: Point(key.x, key.bottom + 10), style)
        drawing.text(greatest, at: Point(key.right, key.bottom + 10), TextStyle(size: 10, colour: .muted, anchor: .end))
    }

    /// Decibels of one unit of the features, which are natural logarithms; a picture's are of magnitudes.
    static func decibels(of recipe: FeatureRecipe) -> Double {
        (recipe.spectrum == .magnitude || recipe.picture != nil ? 20 : 10) / log(10)
    }

    /// Nil where the recipe does not tell.
    static func secondsPerColumn(of recipe: FeatureRecipe) -> Double? {
        guard recipe.makesSegmentsFromAudio else { return nil }
        if let picture = recipe.picture {
            return picture.columns > 0 ? picture.blockSeconds / Double(picture.columns) : nil
        }
        return recipe.sampleRate > 0 && recipe.hop > 0 ? Double(recipe.hop) / recipe.sampleRate : nil
    }

    // MARK: - Axes

    private static func addFrequencies(to drawing: inout Drawing, plot: Frame, recipe: FeatureRecipe) {
        let axis = FrequencyAxis(recipe: recipe)
        for tick in axis.ticks {
            let y = plot.bottom - axis.share(of: tick) * plot.height
            drawing.line([Point(plot.x - 4, y), Point(plot.x, y)], .stroked(.frame))
            drawing.text(
                axis.label(tick), at: Point(plot.x - 6, y + 4), TextStyle(size: 11, colour: .muted, anchor: .end))
        }
        drawing.text(
            axis.title, at: Point(13, plot.centre.y),
            TextStyle(size: 11, colour: .muted, anchor: .middle, rotation: -90))
    }

    private static func addTimes(to drawing: inout Drawing, plot: Frame, recipe: FeatureRecipe) {
        let columns = Double(recipe.segmentFrames)
        // A column's time is its middle.
        let seconds = secondsPerColumn(of: recipe)
        let secondsPerColumn = seconds ?? 1
        let heard = Double(max(recipe.trueFrames, 1))
        let ticks = Ticks(0...(heard - 1) * secondsPerColumn, count: heard < columns ? 3 : 5)
        for value in ticks.values {
            let x = plot.x + (value / secondsPerColumn + 0.5) / columns * plot.width
            drawing.line([Point(x, plot.bottom), Point(x, plot.bottom + 4)], .stroked(.frame))
            drawing.text(
                ticks.label(value), at: Point(x, plot.bottom + 16),
                TextStyle(size: 11, colour: .muted, anchor: .middle))
        }
        var centre = plot.centre.x
        if heard < columns {
            let edge = plot.x + heard / columns * plot.width
            drawing.line(
                [Point(edge, plot.y), Point(edge, plot.bottom)], .stroked(.fixed(RGB(0xffffff)), dashes: [3, 3]))
            for (line, words) in ["last column", "repeated"].enumerated() {
                drawing.text(
                    words, at: Point((edge + plot.right) / 2, plot.bottom + 14 + 12 * Double(line)),
                    TextStyle(size: 10, colour: .muted, anchor: .middle))
            }
            centre = (plot.x + edge) / 2
        }
        drawing.text(
            seconds == nil ? "frame" : "time (s)", at: Point(centre, plot.bottom + 32),
            TextStyle(size: 11, colour: .muted, anchor: .middle))
    }

    // MARK: - Probabilities

    private static let row = 16.0

    /// A bar a genre; of many genres the most probable and the true one.
    ///
    /// - Returns: the lower edge.
    private static func addProbabilities(
        to drawing: inout Drawing, in frame: Frame, genres: [String], probabilities: [Float], label: Int
    ) -> Double {
        let room = 12
        var shown = Array(genres.indices)
        if shown.count > room {
            let ranking = shown.sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
            shown = Array(ranking.prefix(room))
            if !shown.contains(label) { shown[room - 1] = label }
            shown.sort()
        }
        let predicted = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        let names = min(
            max(shown.map { TextMetrics.width(genres[$0], size: 11, bold: true) }.max() ?? 0, 42), frame.width * 0.45)
        let bars = Frame(x: frame.x + names + 6, y: frame.y, width: frame.width - names - 6 - 48, height: frame.height)
        for (place, genre) in shown.enumerated() {
            let middle = frame.y + (Double(place) + 0.5) * row
            let probability = min(max(Double(probabilities[genre]), 0), 1)
            let colour: Colour = genre == label ? .series(2) : genre == predicted ? .series(1) : .frame
            let isNamed = genre == label || genre == predicted
            drawing.text(
                TextMetrics.fitted(genres[genre], width: names, size: 11, bold: isNamed),
                at: Point(bars.x - 6, middle + 4), TextStyle(size: 11, anchor: .end, bold: isNamed))
            drawing.rectangle(
                Frame(x: bars.x, y: middle - row * 0.32, width: max(probability * bars.width, 1), height: row * 0.64),
                radius: 1, .filled(colour))
            drawing.text(
                percent(probability), at: Point(bars.x + max(probability * bars.width, 1) + 4, middle + 4),
                TextStyle(size: 10, colour: .muted))
        }
        let below = frame.y + row * Double(shown.count)
        drawing.line([Point(bars.x, frame.y), Point(bars.x, below)], .stroked(.frame))
        addKey(to: &drawing, at: Point(frame.x, below + 18), colour: .series(2), words: "true genre")
        if predicted != label {
            addKey(to: &drawing, at: Point(frame.x + 100, below + 18), colour: .series(1), words: "predicted genre")
        }
        return below + 24
    }

    private static func addKey(to drawing: inout Drawing, at place: Point, colour: Colour, words: String) {
        drawing.rectangle(Frame(x: place.x, y: place.y - 8, width: 10, height: 9), radius: 1, .filled(colour))
        drawing.text(words, at: Point(place.x + 15, place.y), TextStyle(size: 11))
    }
}

/// Where frequencies lie on a spectrogram's vertical axis.
struct FrequencyAxis {
    let recipe: FeatureRecipe

    private var isKnown: Bool { recipe.makesSegmentsFromAudio && recipe.highestFrequency > recipe.lowestFrequency }

    /// With its unit.
    var title: String { isKnown ? "frequency (Hz, mel scale)" : "mel band" }

    /// Hz, or mel bands where the recipe does not tell frequencies.
    var ticks: [Double] {
        guard isKnown else { return Ticks(0...Double(recipe.mels - 1), count: 5, whole: true).values }
        let round: [Double] = [100, 500, 1000, 2000, 4000, 8000, 16_000, 32_000]
        return round.filter { (0...1).contains(share(of: $0)) }
    }

    func label(_ tick: Double) -> String { String(Int(tick)) }

    /// The height of a frequency in Hz (or a mel band) as a share of the axis: the middle of band m is at (m + 1/2) / mels.
    ///
    /// Band m peaks at edge m + 1 of mels + 2 edges at equal distances on the mel scale.
    func share(of value: Double) -> Double {
        guard isKnown else { return (value + 0.5) / Double(recipe.mels) }
        let low = recipe.melScale.mels(recipe.lowestFrequency)
        let high = recipe.melScale.mels(recipe.highestFrequency)
        let edge = (recipe.melScale.mels(value) - low) / (high - low) * Double(recipe.mels + 1)
        return (edge - 0.5) / Double(recipe.mels)
    }
}
