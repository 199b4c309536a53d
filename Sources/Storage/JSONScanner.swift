/// What is wrong with a header, in words.
struct JSONFault: Error, Equatable {
    let text: String

    /// - Parameter text: may hold names from the file, of any length and make: it is cut, and control characters, which
    ///   a terminal would obey, are written out.
    init(_ text: String) {
        let most = 300
        let scalars = text.unicodeScalars.prefix(most).map { scalar in
            scalar.properties.generalCategory == .control
                ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        self.text = scalars.joined() + (text.unicodeScalars.count > most ? "…" : "")
    }
}

/// Reads the parts of JSON that file headers use (objects, strings, lists of natural numbers), in the order the caller
/// expects them. Numbers stay exact, keys are seen as often as they come, and depth is the caller's: no input can
/// make it recurse.
struct JSONScanner {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private func fault(_ expected: String) -> JSONFault {
        JSONFault("its header has no \(expected) at byte \(position)")
    }

    /// The next byte that is no white space, not taken.
    private mutating func peek() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(JSONFault) {
        guard take(character) else { throw fault("\"\(character)\"") }
    }

    /// Reads an object; `member` must read the value that belongs to the key.
    mutating func object(
        _ member: (inout JSONScanner, _ key: String) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        try expect("{")
        if take("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try member(&self, key)
        } while take(",")
        try expect("}")
    }

    /// Reads a list of whole numbers from 0 to Int.max.
    mutating func naturals(atMost limit: Int) throws(JSONFault) -> [Int] {
        try expect("[")
        if take("]") { return [] }
        var result: [Int] = []
        repeat {
            guard result.count < limit else { throw JSONFault("its header has a list of more than \(limit) numbers") }
            result.append(try natural())
        } while take(",")
        try expect("]")
        return result
    }

    private mutating func natural() throws(JSONFault) -> Int {
        var result = 0
        _ = peek()
        let start = position
        while position < bytes.count, case let digit = Int(bytes[position]) - 48, (0...9).contains(digit) {
            let (tens, tooLarge) = result.multipliedReportingOverflow(by: 10)
            let (sum, stillTooLarge) = tens.addingReportingOverflow(digit)
            guard !tooLarge, !stillTooLarge else { throw JSONFault("its header has a number beyond 64 bits") }
            result = sum
            position += 1
        }
        let length = position - start
        guard length == 1 || (length > 1 && bytes[start] != 48) else { throw fault("natural number") }
        return result
    }

    mutating func string() throws(JSONFault) -> String {
        try expect("\"")
        var units: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                let text = String(decoding: units, as: UTF8.self)  // repairs what is not UTF-8: compare
                guard text.utf8.elementsEqual(units) else {
                    throw JSONFault("its header has a string that is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): units.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20: throw JSONFault("its header has a control character in a string")
            default: units.append(byte)
            }
        }
        throw fault("end of a string")
    }

    /// What stands after a backslash.
    private mutating func escape() throws(JSONFault) -> Unicode.Scalar {
        guard position < bytes.count else { throw fault("escaped character") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard take(raw: "\\"), take(raw: "u") else { throw fault("second half of a surrogate pair") }
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("second half of a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("Unicode character") }
            return scalar
        default: throw fault("known escape")
        }
    }

    private mutating func take(raw character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count,
                let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
            else { throw fault("hexadecimal digit") }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    /// Nothing but white space may follow.
    mutating func end() throws(JSONFault) {
        guard peek() == nil else { throw fault("end") }
    }
}
