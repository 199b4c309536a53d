import Foundation

/// A scale of colours for values: even steps of the value look like even steps, in print and to the colour-blind too.
public struct ColourMap: Sendable, Hashable {
    /// 256 colours, from the lowest value to the highest.
    public let colours: [RGB]

    /// - Parameter controlPoints: at equal distances; colours between are mixed in sRGB.
    public init(controlPoints: [RGB]) {
        precondition(controlPoints.count >= 2, "a map has two ends")
        colours = (0..<256).map { index in
            let place = Double(index) / 255 * Double(controlPoints.count - 1)
            let lower = min(Int(place), controlPoints.count - 2)
            return controlPoints[lower].mixed(with: controlPoints[lower + 1], share: place - Double(lower))
        }
    }

    /// The index of a value of 0...1; values outside take the ends, what is no number takes the lower one.
    public static func index(of value: Double) -> UInt8 {
        value.isNaN ? 0 : UInt8((min(max(value, 0), 1) * 255).rounded())
    }

    public subscript(value: Double) -> RGB { colours[Int(Self.index(of: value))] }

    /// Viridis, by N. Smith and S. van der Walt (2015, CC0): every sixteenth of matplotlib's 256 values.
    public static let viridis = ColourMap(
        controlPoints: [
            0x440154, 0x48186a, 0x472d7b, 0x424086, 0x3b528b, 0x33638d, 0x2c728e, 0x26828e, 0x21918c, 0x1f9f88,
            0x27ad81, 0x3dbc74, 0x5cc863, 0x81d34d, 0xaadc32, 0xd5e21a, 0xfde725,
        ].map(RGB.init))
}

func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
