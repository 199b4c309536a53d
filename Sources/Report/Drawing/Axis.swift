import Foundation

/// A linear map from values to places in a picture.
struct LinearScale: Sendable, Hashable {
    let domain: ClosedRange<Double>
    /// The places of the domain's ends, in CSS pixels; upside down for a vertical axis.
    let range: (low: Double, high: Double)

    init(_ domain: ClosedRange<Double>, to low: Double, _ high: Double) {
        // An empty domain has no scale: widen it about its value.
        let span = domain.upperBound - domain.lowerBound
        self.domain = span > 0 ? domain : domain.lowerBound - 0.5...domain.upperBound + 0.5
        range = (low, high)
    }

    func callAsFunction(_ value: Double) -> Double {
        let share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        return range.low + share * (range.high - range.low)
    }

    static func == (one: LinearScale, other: LinearScale) -> Bool {
        one.domain == other.domain && one.range == other.range
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(domain)
        hasher.combine(range.low)
        hasher.combine(range.high)
    }
}

/// Round values for an axis.
public struct Ticks: Sendable, Hashable {
    /// Distance from tick to tick: 1, 2 or 5 times a power of ten.
    public let step: Double
    /// Multiples of the step within the range, in increasing order.
    public let values: [Double]
    /// Places after the point that tell the ticks apart.
    public let places: Int

    /// - Parameters:
    ///   - count: about how many; never more than one more.
    ///   - whole: whether only whole numbers make sense.
    public init(_ range: ClosedRange<Double>, count: Int, whole: Bool = false) {
        let span = range.upperBound - range.lowerBound
        guard span > 0, span.isFinite, count >= 1 else {
            step = 1
            values = [range.lowerBound]
            places = 0
            return
        }
        let rough = span / Double(count)
        let decade = pow(10, log10(rough).rounded(.down))
        // A hair below, since 0.3 / 0.1 is a little less than 3.
        let nice = [1, 2, 5, 10].first { $0 * decade >= rough * (1 - 1e-9) } ?? 10
        let step = whole ? max(1, nice * decade) : nice * decade
        let first = Int((range.lowerBound / step - 1e-6).rounded(.up))
        let last = Int((range.upperBound / step + 1e-6).rounded(.down))
        self.step = step
        values = first <= last ? (first...last).map { Double($0) * step } : []
        places = max(0, Int(-(log10(step) + 1e-9).rounded(.down)))
    }

    /// The tick's label.
    public func label(_ value: Double) -> String {
        String(format: "%.\(places)f", value == 0 ? 0 : value)  // no "-0"
    }
}
