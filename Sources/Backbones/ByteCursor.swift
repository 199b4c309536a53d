/// Reads bytes one after another, and never beyond their end: every length and number in a file is only a claim.
struct ByteCursor {
    /// What does not go on, or makes no sense.
    struct Fault: Error, Equatable {
        let problem: String
    }

    let bytes: ArraySlice<UInt8>
    private(set) var place: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    var isAtEnd: Bool { place == bytes.endIndex }
    var left: Int { bytes.endIndex - place }

    mutating func take(_ count: Int) throws(Fault) -> ArraySlice<UInt8> {
        guard count >= 0, count <= left else {
            throw Fault(problem: "it claims \(count) bytes where \(left) are left")
        }
        defer { place += count }
        return bytes[place..<place + count]
    }

    /// A number of 7 bits a byte, the lowest first (LevelDB's and protobuf's varint).
    mutating func varint() throws(Fault) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = try take(1).first else { break }
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
        }
        throw Fault(problem: "a number in it does not end")
    }

    /// A varint that counts or measures something.
    mutating func count() throws(Fault) -> Int {
        let value = try varint()
        guard value <= UInt64(Int32.max) else { throw Fault(problem: "a size of \(value) in it is impossible") }
        return Int(value)
    }

    mutating func fixed32() throws(Fault) -> UInt32 {
        try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func fixed64() throws(Fault) -> UInt64 {
        try take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
