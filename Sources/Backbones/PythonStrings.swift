/// A list of strings in a Python source: NAME = ['one', 'two']. Nothing is executed.
enum PythonStrings {
    /// - Returns: nil where the source has no such list of plain strings.
    static func list(_ name: String, in source: String) -> [String]? {
        for line in source.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ $0 != " " }) == name else { continue }
            var rest = parts[1].drop { $0 == " " }
            guard rest.first == "[" else { return nil }
            rest = rest.dropFirst()
            var strings: [String] = []
            while let quote = rest.first(where: { $0 != " " && $0 != "," }) {
                rest = rest.drop { $0 == " " || $0 == "," }.dropFirst()
                if quote == "]" { return strings }
                guard quote == "'" || quote == "\"", let end = rest.firstIndex(of: quote),
                    !rest[..<end].contains("\\")
                else { return nil }
                strings.append(String(rest[..<end]))
                rest = rest[rest.index(after: end)...]
            }
            return nil
        }
        return nil
    }
}
