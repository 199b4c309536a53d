import Architectures
import CZlib
import Features
import Foundation
import NeuralNetwork
import Storage
import Testing

@testable import Report

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The problem that an XML parser finds; nil for a well-formed document.
func xmlFault(_ text: String) -> String? {
    let parser = XMLParser(data: Data(text.utf8))
    if parser.parse() { return nil }
    return "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "no error told")"
}

@Suite struct DrawingTests {
    @Test(
        arguments: [
            (0.0...1.0, 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0], 1), (0...0.3, 3, [0, 0.1, 0.2, 0.3], 1),
            (1...10, 5, [2, 4, 6, 8, 10], 0), (-3...7, 2, [0, 5], 0), (97...103, 3, [98, 100, 102], 0),
        ] as [(ClosedRange<Double>, Int, [Double], Int)])
    func ticksAreRound(range: ClosedRange<Double>, count: Int, expected: [Double], places: Int) {
        let ticks = Ticks(range, count: count)
        #expect(ticks.values.count == expected.count)
        for (value, wanted) in zip(ticks.values, expected) { #expect(abs(value - wanted) < 1e-9) }
        #expect(ticks.places == places)
        #expect(Set(ticks.values.map(ticks.label)).count == expected.count)
    }

    @Test func ticksOfEpochsAreWhole() {
        #expect(Ticks(1...3, count: 10, whole: true).values == [1, 2, 3])
        #expect(Ticks(1...200, count: 5, whole: true).values == [50, 100, 150, 200])
    }

    @Test func anEmptyOrSenselessRangeHasATick() {
        for range in [2.0...2.0, -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude] {
            #expect(Ticks(range, count: 5).values == [range.lowerBound])
        }
    }

    /// The values that the algorithms' standards give.
    @Test func checksumsOfTheStandards() {
        #expect(Checksum.crc32("123456789".utf8) == 0xcbf4_3926)
        #expect(Checksum.crc32c("123456789".utf8) == 0xe306_9283)
        #expect(Checksum.crc32c([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)  // RFC 3720, B.4
    }

    @Test func frequenciesLieWhereTheirBandsPeak() {
        let axis = FrequencyAxis(recipe: .schindler)
        // Edge m + 1 of 82 at equal distances on the HTK scale, up to 11,025 Hz.
        let highest = 2595 * log10(1 + 11_025.0 / 700)
        for band in [0, 17, 79] {
            let peak = 700 * (pow(10, highest * Double(band + 1) / 81 / 2595) - 1)
            #expect(abs(axis.share(of: peak) - (Double(band) + 0.5) / 80) < 1e-9)
        }
        #expect(axis.ticks == [100, 500, 1000, 2000, 4000, 8000])
        #expect(axis.title.contains("Hz"))
        #expect(FrequencyAxis(recipe: .precomputed).title == "mel band")
    }

    @Test func textOnEveryShareCanBeRead() {
        for palette in [Palette.light, .dark] {
            for level in 1...Palette.heatLevels {
                let (ground, ink) = (palette[.heat(level)].luminance, palette[.onHeat(level)].luminance)
                #expect((max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) >= 4.5)
            }
        }
        #expect(Colour.heatLevel(0) == 0 && Colour.heatLevel(0.001) == 1 && Colour.heatLevel(1) == 10)
    }

    @Test func aSmallPNGIsCompressedAndHoldsItsPixels() throws {
        let pixels = (0..<70_000).map { UInt8($0 * 7 % 256) }
        let file = [UInt8](PNGImage(width: 700, height: 100, palette: ColourMap.viridis.colours, pixels: pixels).data)
        #expect(file.count < pixels.count / 4)
        let chunks = try chunks(of: file)
        #expect(chunks.map(\.kind) == ["IHDR", "PLTE", "IDAT", "IEND"])
        var lines = [UInt8](repeating: 0, count: 70_101)
        var count = uLong(lines.count)
        #expect(uncompress(&lines, &count, chunks[2].content, uLong(chunks[2].content.count)) == Z_OK)
        #expect(count == 70_100, "a filter byte and its pixels a line")
        #expect((0..<100).flatMap { lines[$0 * 701 + 1..<($0 + 1) * 701] } == pixels)
    }

    /// WCAG 2.1, 1.4.11: 3:1 for what must be seen of a graphic.
    @Test func everyLineStandsOutOnItsGround() {
        for palette in [Palette.light, .dark, .grey] {
            func contrast(_ colour: Colour) -> Double {
                let (one, other) = (palette[colour].luminance, palette.surface.luminance)
                return (max(one, other) + 0.05) / (min(one, other) + 0.05)
            }
            for colour in (0..<6).map({ Colour.series($0) }) + [.ink, .muted, .frame] {
                #expect(contrast(colour) >= 3, "\(colour) \(palette[colour].description)")
            }
            #expect(contrast(.muted) >= 4.5 && contrast(.ink) >= 7, "texts")
        }
        // No line is paled.
        let figures = [
            Curves.accuracy([SampleRun.record(1), SampleRun.record(2)]),
            Curves.loss([SampleRun.record(1), SampleRun.record(2)]),
        ]
        for figure in figures { #expect(!figure.svg(.light).contains("stroke-opacity")) }
    }

    @Test func seriesAreToldApartByColourOrDashes() {
        for palette in [Palette.light, .dark] {
            for one in 0..<6 {
                for other in 0..<one {
                    let (a, b) = (palette.series[one], palette.series[other])
                    let distance = [(a.red, b.red), (a.green, b.green), (a.blue, b.blue)].reduce(0) {
                        $0 + abs(Int($1.0) - Int($1.1))
                    }
                    #expect(distance >= 60, "\(a.description) \(b.description)")
                }
            }
        }
        // Neighbouring shades of shares differ, and small shares have shades of their own.
        for palette in [Palette.light, .dark] {
            for level in 1...Palette.heatLevels {
                let (one, other) = (palette[.heat(level)].luminance, palette[.heat(level - 1)].luminance)
                #expect((max(one, other) + 0.05) / (min(one, other) + 0.05) >= 1.09)
            }
        }
        #expect(Set([0, 0.001, 0.02, 0.1, 0.5, 1].map(Colour.heatLevel)).count == 6)
        let grey = Curves.accuracy([SampleRun.record(1), SampleRun.record(2)]).svg(.grey)
        #expect(Set(grey.matches(of: /stroke-dasharray="[^"]*"/).map { String($0.output) }).count >= 3)
    }

    /// The chunks of a PNG file whose sums are right.
    private func chunks(of file: [UInt8]) throws -> [(kind: String, content: [UInt8])] {
        #expect(file.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
        func number(_ place: Int) -> Int { file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        var chunks: [(kind: String, content: [UInt8])] = []
        var place = 8
        while place < file.count {
            let count = number(place)
            try #require(place + 12 + count <= file.count)
            let body = file[place + 4..<place + 8 + count]
            #expect(Int(Checksum.crc32(body)) == number(place + 8 + count))
            chunks.append((String(decoding: body.prefix(4), as: UTF8.self), Array(body.dropFirst(4))))
            place += 12 + count
        }
        return chunks
    }

    @Test func figuresBecomePNGsOfTheirSizeInLightAndDark() throws {
        let figure = Curves.accuracy([SampleRun.record(1), SampleRun.record(2)])
        let light = try figure.png(.light, scale: 2)
        #expect(try figure.png(.light, scale: 2) == light)
        #expect(try figure.png(.dark, scale: 2) != light)
        let header = try #require(try chunks(of: [UInt8](light)).first)
        #expect(header.kind == "IHDR")
        let size = [0, 4].map { header.content[$0..<$0 + 4].reduce(0) { $0 << 8 | Int($1) } }
        #expect(size == [Int(figure.width * 2), Int(figure.height * 2)])

        // librsvg decodes what it wrote: drawn in its own size, the picture is the same again.
        var drawing = Drawing()
        let whole = Frame(x: 0, y: 0, width: figure.width * 2, height: figure.height * 2)
        drawing.image(light, in: whole)
        let copy = Figure(
            name: "copy", title: "", summary: "", width: whole.width, height: whole.height, drawing: drawing)
        #expect(try copy.png(.light, scale: 1, dpi: 192) == light)
    }

    @Test func aPNGSaysItsResolution() throws {
        let figure = Curves.accuracy([SampleRun.record(1), SampleRun.record(2)])
        for (scale, dpi, perMetre) in [(2.0, nil, 7559), (1, nil, 3780), (3, 600, 23_622)] as [(Double, Double?, Int)] {
            let chunks = try chunks(of: [UInt8](figure.png(.light, scale: scale, dpi: dpi)))
            let physical = try #require(chunks.first { $0.kind == "pHYs" }).content
            let numbers = [0, 4].map { physical[$0..<$0 + 4].reduce(0) { $0 << 8 | Int($1) } }
            #expect(numbers == [perMetre, perMetre] && physical[8] == 1)
            #expect(chunks.firstIndex { $0.kind == "pHYs" }! < chunks.firstIndex { $0.kind == "IDAT" }!)
        }
    }

    @Test func aPDFHasItsSizeItsTextsAndNoDateOfItsOwn() throws {
        let plan = try NetworkPlan(#require(Architecture.named("shallow")).blueprint(genres: 10))
        let figure = ArchitectureFigure.figure(of: plan)
        let pdf = try figure.pdf()
        let text = String(decoding: pdf, as: UTF8.self)
        #expect(text.hasPrefix("%PDF-1.") && text.contains("%%EOF"))
        #expect(text.contains("/Font"), "texts are texts")
        #expect(!text.contains("/Subtype /Image"), "lines are lines")
        #expect(text.contains("19700101000000Z"))
        #expect(try figure.pdf() == pdf)
        let box = try #require(text.firstMatch(of: /MediaBox \[ ?0 0 ([0-9.]+) ([0-9.]+) ?\]/))
        let width = try #require(Double(box.output.1))
        #expect(abs(width - figure.width * 0.75) < 0.1)
        let narrow = String(decoding: try figure.pdf(width: 240), as: UTF8.self)
        let small = try #require(narrow.firstMatch(of: /MediaBox \[ ?0 0 ([0-9.]+) ([0-9.]+) ?\]/))
        #expect(abs(try #require(Double(small.output.1)) - 240) < 0.1)
        #expect(abs(try #require(Double(small.output.2)) - 240 * figure.height / figure.width) < 0.5)
    }

    @Test func figuresGoWithoutTheirTitles() throws {
        let plan = try NetworkPlan(#require(Architecture.named("deep")).blueprint(genres: 10))
        let figures = [
            Curves.accuracy([SampleRun.record(1), SampleRun.record(2)]),
            ConfusionFigure.figure(genres: ["a", "b"], counts: [[1, 0], [0, 2]], unit: "segments"),
            ArchitectureFigure.figure(of: plan),
        ]
        for (figure, words) in zip(figures, [">Accuracy<", ">Confusion matrix (segments)<", ">deep<"]) {
            let bare = figure.withoutTitle
            #expect(figure.svg(.light).contains(words) && !bare.svg(.light).contains(words))
            #expect(bare.height == figure.height - 24)
            #expect(bare.svg(.light).contains("viewBox=\"0 24 "))
            for frame in bare.drawing.textFrames { #expect(frame.y >= 24 && frame.bottom <= 24 + bare.height) }
            #expect(bare.withoutTitle.height == bare.height, "once")
        }
    }

    @Test func filesHaveTheWidthAndResolutionThatIsAskedFor() throws {
        let folder = try TemporaryFolder()
        let figure = Curves.accuracy([SampleRun.record(1), SampleRun.record(2)])
        let files = try FigureFiles.write(
            [figure], to: folder.url, .init(millimetres: 85, dpi: 600, hasTitles: false, isAlsoGrey: true))
        #expect(
            files.map(\.lastPathComponent) == (FigureFiles.endings + FigureFiles.greyEndings).map { "accuracy" + $0 })
        let header = try #require(try chunks(of: [UInt8](Data(contentsOf: folder.file("accuracy.png")))).first)
        let width = header.content[0..<4].reduce(0) { $0 << 8 | Int($1) }
        #expect(width == 2008)  // 85 / 25.4 * 600
        let grey = try Data(contentsOf: folder.file("accuracy-grey.png"))
        #expect(try grey != Data(contentsOf: folder.file("accuracy.png")))
        let svg = try String(contentsOf: folder.file("accuracy.svg"), encoding: .utf8)
        #expect(!svg.contains(">Accuracy<"))
    }

    @Test func widthsOfTextsFollowTheirCharacters() {
        let ideograph = TextMetrics.width("音", size: 10)
        #expect(ideograph >= 10 && ideograph <= 12)
        #expect(abs(TextMetrics.width("日本の音楽", size: 10) - 5 * ideograph) < 1e-9)
        #expect(TextMetrics.width("e\u{301}", size: 10) == TextMetrics.width("e", size: 10))
        #expect(TextMetrics.width("\u{200B}", size: 10) == 0)
        // Cyrillic is no wider than Latin.
        #expect(TextMetrics.width("джаз", size: 10) < 2.9 * ideograph)
        let name = TextMetrics.fitted("日本の音楽と世界の音楽", width: 60, size: 11)
        #expect(name.hasSuffix("…") && TextMetrics.width(name, size: 11) <= 60)
        let figure = SpectrogramFigure.figure(
            name: "a", title: "t", values: [Float](repeating: 1, count: 6400), recipe: .schindler,
            genres: ["日本の音楽", "Ambient (Live) — très calme", "metal"], probabilities: [0.2, 0.7, 0.1], label: 0)
        for frame in figure.drawing.textFrames { #expect(frame.x >= 0 && frame.right <= figure.width) }
        #expect(figure.svg().contains(">日本の音楽<"), "there is room for all of it")
    }

    @Test func theBestEpochIsMarkedAndEveryEpochHasItsValues() {
        let epochs = (1...5).map { SampleRun.record($0, raw: $0 == 3 ? 0.9 : 0.5) }
        let figure = Curves.accuracy(epochs, best: epochs[2])
        let svg = figure.svg(.page)
        #expect(svg.contains(">best: epoch 3<"))
        #expect(svg.contains("<title>epoch 3: training, raw 83.3%; validation, raw 90.0%; "))
        #expect(svg.matches(of: /<title>epoch/).count == 5)
        // What has no pointer has no such strips.
        #expect(!figure.svg(.light).contains("<title>epoch"))
        #expect(!Curves.accuracy(epochs).svg().contains("best:"))
    }

    @Test func intervalsAreDotsWithWhiskers() {
        let chart = IntervalChart(
            title: "t", horizontalTitle: "raw (%)",
            groups: [
                .init(
                    name: "after 2 epochs",
                    rows: [
                        .init(name: "<a>", dots: [.init(value: 62, interval: 58.5...65.5, kind: 0)], marks: [63.12]),
                        .init(name: "b", dots: [.init(value: .nan, interval: nil, kind: 0)]),
                    ])
            ], kinds: ["ours"], markKind: "published")
        let figure = chart.figure(name: "f", summary: "s")
        let svg = figure.svg()
        #expect(svg.contains("&lt;a&gt;, ours: 62.0% (95% CI 58.5% to 65.5%)"))
        #expect(svg.contains("&lt;a&gt;, published: 63.12%"))
        #expect(xmlFault(svg) == nil && !svg.contains("nan"))
        for frame in figure.drawing.textFrames { #expect(frame.x >= 0 && frame.right <= figure.width) }
    }

    @Test func aPictureTooLargeIsRefused() {
        let figure = Figure(name: "huge", title: "", summary: "", width: 1e5, height: 10, drawing: Drawing())
        #expect { try figure.png() } throws: { "\($0)".contains("huge") && "\($0)".contains("out of range") }
    }

    @Test(arguments: Architecture.all.map(\.name))
    func everyNetIsDrawn(name: String) throws {
        let plan = try NetworkPlan(#require(Architecture.named(name)).blueprint(genres: 10))
        let figure = ArchitectureFigure.figure(of: plan)
        for theme in [Theme.light, .dark, .adaptive] { #expect(xmlFault(figure.svg(theme)) == nil) }
        let svg = figure.svg()
        #expect(svg.contains("\(grouped(plan.parameterCount)) parameters"))
        for case .blocks(let blocks) in plan.stages where figure.summary.hasPrefix("Boxes") {
            for block in blocks {
                #expect(svg.contains("conv \(block.kernel.mels)×\(block.kernel.frames) → \(block.channels)"))
            }
        }
        #expect(!svg.contains("…"), "nothing is shortened")
        #expect(svg.contains("LSTM") == plan.rows.contains { $0.words.contains("LSTM") })
        // Nothing is drawn beyond the picture's edge.
        for frame in figure.drawing.frames + figure.drawing.textFrames {
            #expect(frame.x >= 0 && frame.y >= 0 && frame.right <= figure.width && frame.bottom <= figure.height)
        }
    }

    /// However few genres, and wherever the long name stands.
    @Test(arguments: [1, 2, 3, 5, 10], [1, 4321, 1_234_567])
    func nothingOfAConfusionMatrixIsCutOff(genres count: Int, greatest: Int) {
        for long in 0..<count {
            let genres = (0..<count).map { $0 == long ? "a very long name of a genre" : "jazz" }
            let counts = (0..<count).map { row in (0..<count).map { row == $0 ? greatest : 0 } }
            for title in ["Confusion matrix (segments)", "a net with a long name, trained as long, 1 run"] {
                let figure = ConfusionFigure.figure(genres: genres, counts: counts, unit: "segments", title: title)
                #expect(figure.drawing.textFrames.count > 2 * count + 6)
                for frame in figure.drawing.textFrames {
                    #expect(frame.x >= 0 && frame.y >= 0 && frame.right <= figure.width)
                    #expect(frame.bottom <= figure.height)
                }
            }
        }
    }

    @Test func aCellHoldsTheShareAndTellsTheCount() throws {
        let figure = ConfusionFigure.figure(
            genres: ["a", "b", "c"], counts: [[1335, 0, 0], [1, 200, 799], [0, 1, 999]], unit: "segments")
        let svg = figure.svg()
        #expect(svg.contains("<title>a classified as a: 1,335 of 1,335 segments (100.0%)</title>"))
        let cells = figure.drawing.marks.compactMap { mark -> (title: String, drawing: Drawing)? in
            guard case .group(let marks, _, let title?) = mark else { return nil }
            return (title, Drawing(marks))
        }
        #expect(cells.count == 9)
        for cell in cells {
            let place = try #require(cell.drawing.frames.first)
            // Nothing where nothing is.
            #expect(cell.drawing.textFrames.count == (cell.title.contains(": 0 of") ? 0 : 1))
            for text in cell.drawing.textFrames { #expect(text.x >= place.x && text.right <= place.right) }
        }
        #expect(svg.contains(">&lt;1<") && svg.contains(">20<") && svg.contains(">80<") && svg.contains(">100<"))
    }

    @Test func tenGenresFitAPhone() {
        let genres = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]
        let figure = ConfusionFigure.figure(
            genres: genres, counts: genres.indices.map { row in genres.indices.map { $0 == row ? 9 : 1 } },
            unit: "tracks")
        // 380 pixels less the page's margins.
        #expect(figure.width <= 352)
    }

    /// By hand: letters of size 10 reach 8 above their base line and 2.2 below it.
    @Test func framesOfTextsFollowAnchorAndRotation() {
        let width = TextMetrics.width("ab", size: 10)
        let upright = TextMetrics.frame(of: "ab", at: Point(100, 50), TextStyle(size: 10, anchor: .end))
        #expect(abs(upright.x - (100 - width)) < 1e-9 && abs(upright.right - 100) < 1e-9)
        #expect(abs(upright.y - 42) < 1e-9 && abs(upright.bottom - 52.2) < 1e-9)
        let turned = TextMetrics.frame(of: "ab", at: Point(100, 50), TextStyle(size: 10, rotation: -90))
        #expect(abs(turned.x - 92) < 1e-9 && abs(turned.bottom - 50) < 1e-9 && abs(turned.y - (50 - width)) < 1e-9)
    }

    @Test func noTextOfAFigureIsTooSmallOnAPage() throws {
        let plan = try NetworkPlan(#require(Architecture.named("shallow")).blueprint(genres: 10))
        let figures = [
            ConfusionFigure.figure(genres: ["a", "b"], counts: [[1, 0], [0, 2]], unit: "segments"),
            Curves.accuracy([SampleRun.record(1), SampleRun.record(2)]), ArchitectureFigure.figure(of: plan),
        ]
        for figure in figures {
            let match = try #require(figure.element().firstMatch(of: /min-width:([0-9.]+)px/))
            let least = try #require(Double(match.output.1))
            let size = try #require(figure.drawing.leastTextSize)
            #expect(size * least / figure.width >= 10)
            // What is shown on a wide screen is no smaller.
            let greatest = try #require(figure.element().firstMatch(of: /max-width:([0-9.]+)px/))
            #expect(try #require(Double(greatest.output.1)) >= least)
        }
    }

    @Test func aLearningRateThatChangesIsACurve() throws {
        #expect(Curves.learningRate((1...3).map { SampleRun.record($0) }) == nil)
        #expect(Curves.learningRate((1...3).map { SampleRun.record($0, learningRate: 5e-5) }) == nil)
        let figure = try #require(
            Curves.learningRate((1...3).map { SampleRun.record($0, learningRate: 5e-5 / Double($0)) }))
        #expect(figure.svg().contains("learning rate (1e-5)") && figure.svg().contains(">5<"))
    }

    @Test func curvesOfOneEpochAndOfAFarFirstOneAreDrawn() {
        var far = SampleRun.record(1)
        far.trainLoss = 1e300
        let figures = [
            Curves.accuracy([SampleRun.record(1)]), Curves.loss([SampleRun.record(7)]),
            Curves.loss([far] + (2...30).map { SampleRun.record($0) }),
        ]
        for figure in figures {
            #expect(xmlFault(figure.svg()) == nil)
            #expect(!figure.svg().contains("nan") && !figure.svg().contains("inf"))
        }
    }

    @Test func manyRunsAreToldApart() {
        let runs = (0..<14).map { index in
            Curves.Run(name: "run \(index)", epochs: (1...20).map { SampleRun.record($0, raw: Double(index) / 20) })
        }
        let svg = Curves.comparison(of: runs, by: .raw).svg(.light)
        #expect(xmlFault(svg) == nil)
        for run in runs { #expect(svg.contains(">\(run.name)<")) }
        let groups = Curves.comparison(ofGroups: [("shallow", runs), ("deep", [runs[0]])], by: .raw)
        #expect(groups.svg().contains("shallow (14 runs)") && groups.svg().contains("fill-opacity"))
    }
}

extension Drawing {
    /// Of all rectangles in it.
    var frames: [Frame] {
        marks.flatMap { mark -> [Frame] in
            switch mark {
            case .rectangle(let frame, _, _): [frame]
            default: []
            }
        }
    }
}
