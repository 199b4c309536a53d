/// A colour in sRGB, 0...255 a channel.
public struct RGB: Sendable, Hashable {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8

    /// 0xRRGGBB.
    public init(_ hexadecimal: UInt32) {
        red = UInt8(hexadecimal >> 16 & 255)
        green = UInt8(hexadecimal >> 8 & 255)
        blue = UInt8(hexadecimal & 255)
    }

    /// "#1c2126".
    public var description: String {
        "#"
            + [red, green, blue].map { channel in
                let digits = String(channel, radix: 16)
                return digits.count == 1 ? "0\(digits)" : digits
            }.joined()
    }

    /// Relative luminance, 0 (black) to 1 (white), as WCAG 2 defines it.
    public var luminance: Double {
        func linear(_ channel: UInt8) -> Double {
            let value = Double(channel) / 255
            return value <= 0.04045 ? value / 12.92 : power((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// A colour between this one (share 0) and the other (share 1), mixed in sRGB.
    func mixed(with other: RGB, share: Double) -> RGB {
        func mix(_ channel: KeyPath<RGB, UInt8>) -> UInt32 {
            let low = Double(self[keyPath: channel])
            return UInt32((low + (Double(other[keyPath: channel]) - low) * share).rounded())
        }
        return RGB(mix(\.red) << 16 | mix(\.green) << 8 | mix(\.blue))
    }

    /// Black or white, whichever stands out better on it.
    public var contrasting: RGB { luminance > 0.179 ? RGB(0x000000) : RGB(0xffffff) }
}

/// What a mark is painted with: a part of the theme, so that a figure suits light and dark, or one fixed colour.
public enum Colour: Sendable, Hashable {
    /// What lies behind everything.
    case surface
    /// A tint of the surface, for boxes.
    case panel
    /// Text and what must be read first.
    case ink
    /// Captions, ticks' labels.
    case muted
    /// Grid lines.
    case grid
    /// Axes, edges of boxes.
    case frame
    /// Colours that the colour-blind tell apart, at least 3:1 against the ground; they repeat after the last.
    case series(Int)
    /// Shares from 0 (level 0, the panel) to 1 (level 10), and what can be read on them. See ``heatLevel(_:)``.
    case heat(Int)
    case onHeat(Int)
    case fixed(RGB)

    /// The level of a share of 0...1; only nothing at all has level 0. Level L ends at the share (L / 10)², so that small
    /// shares differ, too: up to 1%, 4%, 9%, 16%, 25% and so on.
    static func heatLevel(_ share: Double) -> Int {
        guard share > 0 else { return 0 }
        // A hair below, since 0.3 × 0.3 is a little more than 0.09.
        return max(1, Int((min(share, 1).squareRoot() * Double(Palette.heatLevels) - 1e-9).rounded(.up)))
    }

    /// The name of the theme's part; nil for a fixed colour.
    var part: String? {
        switch self {
        case .surface: "surface"
        case .panel: "panel"
        case .ink: "ink"
        case .muted: "muted"
        case .grid: "grid"
        case .frame: "frame"
        case .series(let index): "series\(index % Palette.light.series.count)"
        case .heat(let level): "heat\(level)"
        case .onHeat(let level): "on\(level)"
        case .fixed: nil
        }
    }
}

/// The values of the theme's parts.
struct Palette: Sendable {
    let surface: RGB
    let panel: RGB
    let ink: RGB
    let muted: RGB
    let grid: RGB
    let frame: RGB
    let series: [RGB]
    /// What the greatest share is painted with.
    let hottest: RGB

    static let heatLevels = 10

    /// The series' colours begin with those of Okabe and Ito, "Color Universal Design" (2008), that stand out on white:
    /// blue, vermilion, bluish green. Their purple, orange and sky blue are too pale there (below 3:1): darker ones of the
    /// same hues take their places.
    static let light = Palette(
        surface: RGB(0xffffff), panel: RGB(0xf3f5f7), ink: RGB(0x1c2126), muted: RGB(0x5b6570), grid: RGB(0xe3e7eb),
        frame: RGB(0x87919c),
        series: [0x0072b2, 0xd55e00, 0x009e73, 0xaa4499, 0x8a6a00, 0x1b3a6b].map(RGB.init), hottest: RGB(0x002f52))

    /// On dark ground the lighter ones of the same eight come first: sky blue, orange, bluish green, reddish purple,
    /// yellow, vermilion.
    static let dark = Palette(
        surface: RGB(0x15181c), panel: RGB(0x1f242a), ink: RGB(0xe8ebee), muted: RGB(0xa3adb8), grid: RGB(0x2d333a),
        frame: RGB(0x6b7683),
        series: [0x56b4e9, 0xe69f00, 0x009e73, 0xcc79a7, 0xf0e442, 0xd55e00].map(RGB.init), hottest: RGB(0xd6efff))

    /// For black-and-white print: three greys, which dashes double (`SVGWriter`).
    static let grey = Palette(
        surface: RGB(0xffffff), panel: RGB(0xf4f4f4), ink: RGB(0x000000), muted: RGB(0x4a4a4a), grid: RGB(0xdddddd),
        frame: RGB(0x808080),
        series: [0x000000, 0x555555, 0x2a2a2a, 0x6e6e6e, 0x808080, 0x808080].map(RGB.init), hottest: RGB(0x000000))

    subscript(colour: Colour) -> RGB {
        switch colour {
        case .surface: surface
        case .panel: panel
        case .ink: ink
        case .muted: muted
        case .grid: grid
        case .frame: frame
        case .series(let index): series[index % series.count]
        case .heat(let level): heat(Double(level) / Double(Self.heatLevels))
        case .onHeat(let level): level == 0 ? muted : self[.heat(level)].contrasting
        case .fixed(let value): value
        }
    }

    /// From the panel by the first series' colour, at 60%, to the hottest.
    private func heat(_ share: Double) -> RGB {
        share <= 0.6
            ? panel.mixed(with: series[0], share: share / 0.6)
            : series[0].mixed(with: hottest, share: (share - 0.6) / 0.4)
    }

    /// The parts as CSS custom properties: "--gk-ink:#1c2126;…".
    var properties: String {
        (Self.parts.map { ($0, self[$0]) }).map { "--gk-\($0.0.part ?? ""):\($0.1.description)" }
            .joined(separator: ";")
    }

    private static let parts: [Colour] =
        [.surface, .panel, .ink, .muted, .grid, .frame] + (0..<6).map { .series($0) }
        + (0...heatLevels).flatMap { [.heat($0), .onHeat($0)] }

    /// The classes by which marks take the parts, for both themes: what a picture or a page needs once.
    static let classRules: String = parts.compactMap(\.part).map {
        ".gk-f-\($0){fill:var(--gk-\($0))}.gk-s-\($0){stroke:var(--gk-\($0))}"
    }.joined()
}

/// For whom a picture's colours are.
public enum Theme: Sendable, Hashable {
    /// Fixed colours on light or dark ground: for raster pictures and print.
    case light, dark
    /// Greys and dashes, for print without colours.
    case grey
    /// A picture of its own that follows the reader's choice of light or dark (`prefers-color-scheme`).
    case adaptive
    /// A part of a page that holds ``Theme/styleSheet``.
    case page

    var palette: Palette { self == .dark ? .dark : self == .grey ? .grey : .light }
    var usesClasses: Bool { self == .adaptive || self == .page }

    /// The custom properties and classes that ``Theme/page`` pictures take their colours from. Print is light.
    public static let styleSheet =
        ":root{\(Palette.light.properties)}"
        + "@media screen and (prefers-color-scheme:dark){:root{\(Palette.dark.properties)}}"
        + Palette.classRules
}
