/// Notes on a model, which are plain text, read as a text with headings, lists and tables.
///
/// Blocks are parted by empty lines. A block whose first words are a label ("Limits: …", at most 60 characters before the
/// colon) begins a part of that name, as does a line of its own after `#`; a block of lines in columns, at least two
/// spaces apart, is a table; lines after `-` or `*` are a list; all else is a paragraph.
struct Notes {
    struct Part {
        /// Nil before the first heading.
        var heading: String?
        /// HTML.
        var body: String
    }

    private(set) var parts: [Part] = []

    init(_ text: String) {
        var block: [String] = []
        // "\r\n" is one character.
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let line = String(line)
            if line.allSatisfy(\.isWhitespace) {
                add(block)
                block = []
            } else {
                block.append(line)
            }
        }
        add(block)
    }

    private mutating func add(_ lines: [String]) {
        var lines = lines
        guard let first = lines.first else { return }
        if first.hasPrefix("#") {
            begin(String(first.drop { $0 == "#" || $0 == " " }))
            lines.removeFirst()
        } else if !Self.isTable(lines), !Self.isList(lines), let (label, rest) = Self.label(of: lines) {
            begin(label)
            lines = rest
        }
        guard !lines.isEmpty else { return }
        if parts.isEmpty { parts.append(Part(heading: nil, body: "")) }
        parts[parts.count - 1].body +=
            Self.isTable(lines) ? Self.table(lines) : Self.isList(lines) ? Self.list(lines) : Self.paragraph(lines)
    }

    private mutating func begin(_ heading: String) {
        let words = heading.trimmed
        guard !words.isEmpty else { return }
        parts.append(Part(heading: words.prefix(1).uppercased() + words.dropFirst(), body: ""))
    }

    // MARK: - Paragraphs and lists

    /// "Limits: …" as "Limits" and the rest, which begins with a capital.
    private static func label(of lines: [String]) -> (label: String, rest: [String])? {
        let joined = lines.map(\.trimmed).joined(separator: " ")
        guard let colon = joined.firstIndex(of: ":"), joined.first?.isUppercase == true else { return nil }
        let label = String(joined[..<colon])
        let rest = String(joined[joined.index(after: colon)...])
        // A sentence that happens to hold a colon, or an address, is no label.
        guard label.count <= 60, !label.contains(where: { ".;,?!".contains($0) }), rest.isEmpty || rest.first == " "
        else {
            return nil
        }
        let words = rest.trimmed
        return (label, words.isEmpty ? [] : [words.prefix(1).uppercased() + words.dropFirst()])
    }

    private static func paragraph(_ lines: [String]) -> String {
        "<p>\(escaped(lines.map(\.trimmed).joined(separator: " ")))</p>\n"
    }

    private static func isBullet(_ line: String) -> Bool {
        let line = line.trimmed
        return line.hasPrefix("- ") || line.hasPrefix("* ")
    }

    private static func isList(_ lines: [String]) -> Bool { lines.first.map(isBullet) ?? false }

    /// Lines without a bullet go on with the one above.
    private static func list(_ lines: [String]) -> String {
        var items: [String] = []
        for line in lines {
            let words = line.trimmed
            if isBullet(line) {
                items.append(String(words.dropFirst(2)).trimmed)
            } else {
                items[items.count - 1] += " " + words
            }
        }
        return "<ul>\n" + items.map { "<li>\(escaped($0))</li>\n" }.joined() + "</ul>\n"
    }

    // MARK: - Tables

    /// A line's cells: parted by two spaces, a tab or a bar at least.
    private static func cells(of line: String) -> [String] {
        let line = line.trimmed
        if line.hasPrefix("|") {
            return line.drop { $0 == "|" }.split(separator: "|", omittingEmptySubsequences: false).map {
                String($0).trimmed
            }
            .dropLast(line.hasSuffix("|") ? 1 : 0)
        }
        return line.split(separator: /\t+ *| {2,}/).map(String.init)
    }

    /// Two lines of two cells at least, and none of one cell alone.
    private static func isTable(_ lines: [String]) -> Bool {
        lines.count >= 2 && lines.allSatisfy { cells(of: $0).count >= 2 }
    }

    private static func table(_ lines: [String]) -> String {
        var rows = lines.map(cells)
        // The rule below a Markdown table's head.
        let isRule = { (row: [String]) in row.allSatisfy { !$0.isEmpty && $0.allSatisfy { ":-".contains($0) } } }
        var head: [String]?
        // A head has a rule below it, or no figures above columns of them.
        let hasFigures = { (row: [String]) in row.contains { $0.contains(where: \.isNumber) } }
        if rows.count > 2, isRule(rows[1]) || !hasFigures(rows[0].filter { !$0.contains("%") }) && hasFigures(rows[1]) {
            head = rows[0]
        }
        rows = rows.enumerated().filter { !isRule($0.element) && !(head != nil && $0.offset == 0) }.map(\.element)
        let columns = rows.map(\.count).max() ?? 0
        // Columns of figures stand to the right.
        let areNumbers = (0..<columns).map { column in
            column > 0
                && rows.allSatisfy { row in
                    column >= row.count
                        || row[column].contains(where: \.isNumber) && !(row[column].first?.isLetter ?? true)
                }
        }
        func line(_ row: [String], _ tag: String) -> String {
            "<tr>"
                + (0..<columns).map { column in
                    "<\(tag)\(areNumbers[column] ? " class=\"n\"" : "")>"
                        + "\(column < row.count ? escaped(row[column]) : "")</\(tag)>"
                }.joined() + "</tr>\n"
        }
        return "<div class=\"scroll notes\"><table>" + (head.map { "<thead>\(line($0, "th"))</thead>" } ?? "")
            + "<tbody>\n"
            + rows.map { line($0, "td") }.joined() + "</tbody></table></div>\n"
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
