/// A line of CSV (RFC 4180), told by Unicode scalars: a quote with a combining mark is a quote still.
enum CSVLine {
    static func text(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") }

    /// Without breaks, which become signs for them: a line is a line, whatever a file's name holds.
    static func flat(_ field: String) -> String {
        String(
            String.UnicodeScalarView(
                field.unicodeScalars.map { $0 == "\n" ? "\u{2424}" : $0 == "\r" ? "\u{240D}" : $0 }))
    }

    private static func quoted(_ field: String) -> String {
        let scalars = flat(field).unicodeScalars
        guard scalars.contains(where: { $0 == "," || $0 == "\"" }) else { return String(scalars) }
        let doubled = scalars.flatMap { $0 == "\"" ? [$0, $0] : [$0] }
        return String(String.UnicodeScalarView(["\""] + doubled + ["\""]))
    }

    /// The fields of a line; nil where a quoted one does not end, or something follows its end.
    static func fields(of line: String) -> [String]? {
        var fields: [String] = []
        var field = String.UnicodeScalarView()
        var isQuoted = false
        var hasEnded = false
        for scalar in line.unicodeScalars {
            switch scalar {
            case "\"" where isQuoted: (isQuoted, hasEnded) = (false, true)
            case "\"" where hasEnded:  // doubled
                field.append(scalar)
                (isQuoted, hasEnded) = (true, false)
            case "\"" where field.isEmpty: isQuoted = true
            case "," where !isQuoted:
                fields.append(String(field))
                field = String.UnicodeScalarView()
                hasEnded = false
            default:
                guard !hasEnded else { return nil }
                field.append(scalar)
            }
        }
        return isQuoted ? nil : fields + [String(field)]
    }
}
