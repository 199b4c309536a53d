import ArgumentParser

/// A share of a whole, as a person writes it: 0.4 or 40%.
struct Share: ExpressibleByArgument, Equatable {
    /// 0 to 1.
    let value: Double

    init(_ value: Double) { self.value = value }

    init?(argument: String) {
        let isPercent = argument.hasSuffix("%")
        let digits = isPercent ? argument.dropLast().trimmingPrefix(" ") : argument[...]
        guard let number = Double(digits.filter { $0 != " " }), number.isFinite else { return nil }
        value = isPercent ? number / 100 : number
    }

    var defaultValueDescription: String { "\(value)" }
}

extension Share {
    /// The value, or a complaint.
    func checked(_ option: String) throws -> Double {
        guard (0...1).contains(value) else {
            throw ValidationError(
                "\(option) must be 0 to 1, or 0% to 100%, not \(value.formattedShort)"
                    + ((1...100).contains(value) ? "; did you mean \(value.formattedShort)%?" : "."))
        }
        return value
    }
}

extension Double {
    /// 90 without ".0".
    var formattedShort: String { self == rounded() && magnitude < 1e15 ? String(Int(self)) : "\(self)" }
}
