import Foundation

/// JSON as RFC 8259 has it and nothing else: no escape, control or number of another kind. Objects keep the last of equal
/// names.
struct StrictJSON {
    indirect enum Value: Equatable {
        case object([String: Value]), array([Value]), string(String), number(Double), bool(Bool), null

        subscript(_ name: String) -> Value? {
            if case .object(let fields) = self { return fields[name] }
            return nil
        }

        var items: [Value] {
            if case .array(let items) = self { return items }
            return []
        }

        var text: String? {
            if case .string(let text) = self { return text }
            return nil
        }

        /// All strings in it, names of fields too.
        var strings: [String] {
            switch self {
            case .object(let fields): fields.flatMap { [$0.key] + $0.value.strings }
            case .array(let items): items.flatMap(\.strings)
            case .string(let text): [text]
            default: []
            }
        }
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private let scalars: [Unicode.Scalar]
    private var place = 0

    static func parse(_ text: String) throws -> Value {
        var parser = StrictJSON(scalars: Array(text.unicodeScalars))
        let value = try parser.value()
        parser.skip()
        guard parser.place == parser.scalars.count else { throw parser.fault("text follows the value") }
        return value
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private func fault(_ problem: String) -> Fault {
        let around = scalars[max(0, place - 20)..<min(scalars.count, place + 20)]
        return Fault(description: "\(problem) at \(place): \(around.map { $0.escaped(asASCII: true) }.joined())")
    }

    private mutating func skip() {
        while place < scalars.count, " \t\n\r".unicodeScalars.contains(scalars[place]) { place += 1 }
    }

    private mutating func take(_ word: String) -> Bool {
        let word = Array(word.unicodeScalars)
        guard scalars[place...].starts(with: word) else { return false }
        place += word.count
        return true
    }

    private mutating func expect(_ word: String) throws {
        skip()
        guard take(word) else { throw fault("no \(word)") }
    }

    private mutating func value() throws -> Value {
        skip()
        guard place < scalars.count else { throw fault("the end") }
        switch scalars[place] {
        case "{":
            place += 1
            var fields: [String: Value] = [:]
            skip()
            if take("}") { return .object(fields) }
            repeat {
                skip()
                let name = try string()
                try expect(":")
                fields[name] = try value()
                skip()
            } while take(",")
            try expect("}")
            return .object(fields)
        case "[":
            place += 1
            var items: [Value] = []
            skip()
            if take("]") { return .array(items) }
            repeat {
                items.append(try value())
                skip()
            } while take(",")
            try expect("]")
            return .array(items)
        case "\"": return .string(try string())
        default:
            if take("true") { return .bool(true) }
            if take("false") { return .bool(false) }
            if take("null") { return .null }
            let rest = String(String.UnicodeScalarView(scalars[place..<min(scalars.count, place + 40)]))
            guard let match = rest.prefixMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/),
                let number = Double(match.output.0)
            else { throw fault("no value") }
            place += match.output.0.unicodeScalars.count
            return .number(number)
        }
    }

    private mutating func string() throws -> String {
        guard take("\"") else { throw fault("no string") }
        var units: [UInt16] = []
        while place < scalars.count {
            let scalar = scalars[place]
            place += 1
            switch scalar {
            case "\"":
                guard let text = String(validating: units, as: UTF16.self) else { throw fault("half a pair") }
                return text
            case "\\":
                guard place < scalars.count else { throw fault("the end") }
                let escape = scalars[place]
                place += 1
                let known: [Unicode.Scalar: UInt16] = [
                    "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
                ]
                if let unit = known[escape] {
                    units.append(unit)
                } else if escape == "u", place + 4 <= scalars.count {
                    let digits = scalars[place..<place + 4]
                    guard digits.allSatisfy({ $0.properties.isASCIIHexDigit }),
                        let unit = UInt16(String(String.UnicodeScalarView(digits)), radix: 16)
                    else { throw fault("no four digits") }
                    units.append(unit)
                    place += 4
                } else {
                    throw fault("no escape of JSON's")
                }
            case _ where scalar.value < 0x20: throw fault("a bare control")
            default: units += UTF16.encode(scalar)!
            }
        }
        throw fault("a string without an end")
    }
}

/// What no output for a person or for a program may send to a terminal.
func steersTerminals(_ text: String) -> Bool {
    text.unicodeScalars.contains { scalar in
        switch scalar.value {
        case 0x0A, 0x09: false
        case 0...0x1F, 0x7F...0x9F, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
