import Foundation

/// A place in a picture, in CSS pixels from the upper left corner.
public struct Point: Sendable, Hashable {
    public var x: Double
    public var y: Double

    public init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }
}

/// A stretch of a picture, in CSS pixels.
public struct Frame: Sendable, Hashable {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    public var right: Double { x + width }
    public var bottom: Double { y + height }
    public var centre: Point { Point(x + width / 2, y + height / 2) }
}

/// How a shape is painted.
struct Style: Sendable, Hashable {
    var fill: Colour?
    var fillOpacity = 1.0
    var stroke: Colour?
    var strokeWidth = 1.0
    var strokeOpacity = 1.0
    /// Lengths of dashes and gaps; none for a whole line.
    var dashes: [Double] = []

    static func filled(_ colour: Colour, opacity: Double = 1) -> Style { Style(fill: colour, fillOpacity: opacity) }
    static func stroked(_ colour: Colour, width: Double = 1, dashes: [Double] = []) -> Style {
        Style(stroke: colour, strokeWidth: width, dashes: dashes)
    }
}

/// How a text is set.
struct TextStyle: Sendable, Hashable {
    enum Anchor: String, Sendable { case start, middle, end }

    var size = 12.0
    var colour = Colour.ink
    var anchor = Anchor.start
    var bold = false
    /// Degrees clockwise about its place.
    var rotation = 0.0
}

/// One thing in a picture.
enum Mark: Sendable {
    case rectangle(Frame, radius: Double, Style)
    case circle(Point, radius: Double, Style)
    /// Straight lines from point to point.
    case line([Point], closed: Bool, Style)
    /// On a base line at the point.
    case text(String, Point, TextStyle)
    /// A PNG file, its pixels kept apart.
    case image(Data, Frame)
    /// What an interactive reader shows where the pointer rests in the frame; nothing elsewhere.
    case hover(Frame, String)
    /// Marks moved together; the title shows where the pointer rests.
    case group([Mark], offset: Point, title: String?)
}

/// Marks in the order in which they are painted.
struct Drawing: Sendable {
    private(set) var marks: [Mark]
    /// What names the picture, at its top: it can be left out where a caption does so.
    private(set) var heading: [Mark] = []

    init(_ marks: [Mark] = []) { self.marks = marks }

    mutating func rectangle(_ frame: Frame, radius: Double = 0, _ style: Style) {
        marks.append(.rectangle(frame, radius: radius, style))
    }

    mutating func circle(_ centre: Point, radius: Double, _ style: Style) {
        marks.append(.circle(centre, radius: radius, style))
    }

    mutating func line(_ points: [Point], closed: Bool = false, _ style: Style) {
        guard points.count >= 2 else { return }
        marks.append(.line(points, closed: closed, style))
    }

    mutating func text(_ text: String, at place: Point, _ style: TextStyle = TextStyle()) {
        guard !text.isEmpty else { return }
        marks.append(.text(text, place, style))
    }

    /// A text of the heading.
    mutating func heading(_ text: String, at place: Point, _ style: TextStyle) {
        guard !text.isEmpty else { return }
        heading.append(.text(text, place, style))
    }

    /// The figure's name, shortened to its width.
    mutating func title(_ text: String, width: Double) {
        heading(
            TextMetrics.fitted(text, width: width, size: 13, bold: true), at: Point(8, 20),
            TextStyle(size: 13, bold: true))
    }

    mutating func hover(_ frame: Frame, _ words: String) { marks.append(.hover(frame, words)) }

    /// The same without its heading.
    var withoutHeading: Drawing { Drawing(marks) }

    mutating func image(_ png: Data, in frame: Frame) { marks.append(.image(png, frame)) }

    /// Adds another drawing, moved by `offset`.
    mutating func add(_ other: Drawing, offset: Point = Point(0, 0), title: String? = nil) {
        marks.append(.group(other.marks, offset: offset, title: title))
    }
}

extension Drawing {
    /// Every text's place, about: where it is in the widest usual font.
    var textFrames: [Frame] { texts.map { TextMetrics.frame(of: $0.text, at: $0.place, $0.style) } }

    /// The smallest text's size; nil without texts.
    var leastTextSize: Double? { texts.map(\.style.size).min() }

    private var texts: [(text: String, place: Point, style: TextStyle)] {
        Self.texts(in: heading + marks, offset: Point(0, 0))
    }

    private static func texts(in marks: [Mark], offset: Point) -> [(text: String, place: Point, style: TextStyle)] {
        marks.flatMap { mark -> [(text: String, place: Point, style: TextStyle)] in
            switch mark {
            case .text(let text, let place, let style):
                [(text, Point(place.x + offset.x, place.y + offset.y), style)]
            case .group(let marks, let inner, _):
                texts(in: marks, offset: Point(offset.x + inner.x, offset.y + inner.y))
            case .rectangle, .circle, .line, .image, .hover: []
            }
        }
    }
}
