import Foundation

// How pages and terminal say numbers: the tool uses these, too.

/// 0.6312 as "63.1%"; nothing as "–".
package func percent(_ fraction: Double?) -> String { fraction.map { decimal($0 * 100, places: 1) + "%" } ?? "–" }

/// A number with so many places after the point.
package func decimal(_ value: Double, places: Int) -> String { String(format: "%.\(places)f", value) }

/// 0.00005 as "5e-5", 0.25 as it is: at most four digits that count.
package func scientific(_ value: Double) -> String {
    let text = String(format: "%.4g", value)
    return text.replacing(#/e([+-])0*/#) { $0.output.1 == "-" ? "e-" : "e" }
}

/// 2060642 as "2,060,642".
package func grouped(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var place = digits.count - 3
    while place > 0 {
        digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
        place -= 3
    }
    return (value < 0 ? "-" : "") + digits
}

/// 1 and "track" as "1 track", 2 as "2 tracks"; "2 series" where the plural is not the noun with an s.
package func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// 200 as "3 min 20 s"; "–" for what is no length of time.
package func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, 0..<1e9 ~= seconds else { return "–" }
    let whole = Int(seconds.rounded())
    if whole >= 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
    if whole >= 60 { return "\(whole / 60) min \(whole % 60) s" }
    return whole >= 10 ? "\(whole) s" : decimal(seconds, places: 1) + " s"
}

extension String {
    /// Filled with spaces on the right up to `width` columns of a terminal.
    package func left(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - displayWidth)) }
    /// Filled with spaces on the left up to `width` columns of a terminal.
    package func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - displayWidth)) + self }
}
