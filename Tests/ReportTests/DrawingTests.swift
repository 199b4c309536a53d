import Architectures
import Features
import Foundation
import NeuralNetwork
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

    @Test func aStoredPNGHoldsItsPixels() throws {
        let pixels = (0..<70_000).map { UInt8($0 * 7 % 256) }
        let file = [UInt8](PNGImage(width: 700, height: 100, palette: ColourMap.viridis.colours, pixels: pixels).data)
        let chunks = try chunks(of: file)
        #expect(chunks.map(\.kind) == ["IHDR", "PLTE", "IDAT", "IEND"])
        // Stored blocks of a zlib stream, then lines of a filter byte and their pixels.
        let stream = chunks[2].content
        var lines: [UInt8] = []
        var place = 2
        var isLast = false
        while !isLast {
            isLast = stream[place] == 1
            let count = Int(stream[place + 1]) | Int(stream[place + 2]) << 8
            lines += stream[place + 5..<place + 5 + count]
            place += 5 + count
        }
        #expect(place + 4 == stream.count)
        #expect((0..<100).flatMap { lines[$0 * 701 + 1..<($0 + 1) * 701] } == pixels)
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
        #expect(try copy.png(.light, scale: 1) == light)
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
        for block in plan.towers.flatMap(\.blocks) {
            #expect(svg.contains("conv \(block.kernel.mels)×\(block.kernel.frames) → \(block.channels)"))
        }
        #expect(!svg.contains("…"), "nothing is shortened")
        #expect(svg.contains("LSTM") == (plan.recurrent != nil))
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
            for title in ["Confusions (segments)", "a net with a long name, trained as long, 1 run"] {
                let figure = ConfusionFigure.figure(genres: genres, counts: counts, unit: "segments", title: title)
                #expect(figure.drawing.textFrames.count > 2 * count + 6)
                for frame in figure.drawing.textFrames {
                    #expect(frame.x >= 0 && frame.y >= 0 && frame.right <= figure.width)
                    #expect(frame.bottom <= figure.height)
                }
            }
        }
    }

    @Test func aCountKeepsWithinItsCell() throws {
        let figure = ConfusionFigure.figure(genres: ["a", "b"], counts: [[1335, 0], [0, 2]], unit: "segments")
        let cells = figure.drawing.marks.compactMap { mark -> Drawing? in
            guard case .group(let marks, _, let title) = mark, title?.contains("1335") == true else { return nil }
            return Drawing(marks)
        }
        let cell = try #require(cells.first)
        let place = try #require(cell.frames.first)
        #expect(cell.textFrames.count == 2)
        for text in cell.textFrames { #expect(text.x >= place.x + 2 && text.right <= place.right - 2) }
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
