/// The header of an .npy file: a Python dict of three known keys, and nothing else.
struct NpyHeader {
    var element: NpyArray.Element
    var isFortranOrder: Bool
    var shape: [Int]

    static func parse(
        _ bytes: Slice<UnsafeRawBufferPointer>, fault: (String) -> StorageError
    ) throws(StorageError) -> NpyHeader {
        var scanner = Scanner(text: Array(bytes))
        var descr: String?
        var order: Bool?
        var shape: [Int]?
        guard scanner.take("{") else { throw fault("its header is no dict") }
        while !scanner.take("}") {
            guard let key = scanner.quoted(), scanner.take(":") else { throw fault("its header is damaged") }
            switch key {
            case "descr":
                guard let text = scanner.quoted() else {
                    // A list here is a structured type.
                    throw fault(
                        scanner.take("[") ? "its elements are structured, which is refused" : "its header is damaged")
                }
                descr = text
            case "fortran_order":
                order = scanner.word("True") ? true : scanner.word("False") ? false : nil
            case "shape": shape = scanner.shape()
            default: throw fault("its header has the unknown key '\(key)'")
            }
            if !scanner.take(",") {
                guard scanner.take("}") else { throw fault("its header is damaged") }
                break
            }
        }
        guard scanner.isAtEnd, let descr, let order, let shape else { throw fault("its header is damaged") }
        guard let element = element(descr) else {
            throw fault(
                descr.contains("O")
                    ? "it holds Python objects, which are refused" : "its elements '\(descr)' are of no known type")
        }
        return NpyHeader(element: element, isFortranOrder: order, shape: shape)
    }

    private static func element(_ descr: String) -> NpyArray.Element? {
        guard let order = descr.first, "<|".contains(order) else { return nil }
        let code = descr.dropFirst()
        if order == "<", code.first == "U", let count = Int(code.dropFirst()), 1...(1 << 20) ~= count {
            return .unicode(count)
        }
        if order == "|", code.first == "S", let count = Int(code.dropFirst()), 1...(1 << 20) ~= count {
            return .byteString(count)
        }
        switch String(code) {
        case "u1": return .uint8
        case "i1": return .int8
        case "b1": return .bool
        default: break
        }
        guard order == "<" else { return nil }
        return switch String(code) {
        case "f2": .float16
        case "f4": .float32
        case "f8": .float64
        case "i2": .int16
        case "i4": .int32
        case "i8": .int64
        case "u2": .uint16
        case "u4": .uint32
        case "u8": .uint64
        default: nil
        }
    }

    private struct Scanner {
        let text: [UInt8]
        var place = 0

        init(text: [UInt8]) { self.text = text }

        mutating func skipSpace() {
            while place < text.count, [0x20, 0x0A, 0x09, 0x0D].contains(text[place]) { place += 1 }
        }

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return place == text.count
            }
        }

        mutating func take(_ character: Character) -> Bool {
            skipSpace()
            guard place < text.count, text[place] == character.asciiValue else { return false }
            place += 1
            return true
        }

        mutating func word(_ word: String) -> Bool {
            skipSpace()
            guard text[place...].starts(with: word.utf8) else { return false }
            place += word.utf8.count
            return true
        }

        /// 'text', of printable ASCII without escapes.
        mutating func quoted() -> String? {
            skipSpace()
            guard place < text.count, text[place] == UInt8(ascii: "'") || text[place] == UInt8(ascii: "\"") else {
                return nil
            }
            let quote = text[place]
            guard let end = text[(place + 1)...].firstIndex(of: quote) else { return nil }
            let inner = text[(place + 1)..<end]
            guard inner.allSatisfy({ 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\\") }) else { return nil }
            place = end + 1
            return String(decoding: inner, as: UTF8.self)
        }

        /// (1, 2, 3): at most eight extents.
        mutating func shape() -> [Int]? {
            guard take("(") else { return nil }
            var result: [Int] = []
            while !take(")") {
                skipSpace()
                let digits = text[place...].prefix { 0x30...0x39 ~= $0 }
                guard let extent = Int(String(decoding: digits, as: UTF8.self)), result.count < 8 else { return nil }
                result.append(extent)
                place += digits.count
                if !take(",") { return take(")") ? result : nil }
            }
            return result
        }
    }
}
