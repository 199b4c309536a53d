/// A place in a pickle's bytes; every read is checked against the end.
struct PickleCursor {
    let path: String
    let bytes: UnsafeRawBufferPointer
    var position: Int
    let end: Int

    var remaining: Int { end - position }

    func fault(_ reason: String, at offset: Int? = nil) -> DatasetError {
        .badPickle(path: path, offset: offset ?? position, reason: reason)
    }

    /// The offset of the next `count` bytes, which are skipped without being touched.
    mutating func skip(_ count: UInt64, _ what: String) throws(DatasetError) -> Int {
        guard count <= UInt64(remaining) else {
            throw fault("\(what) of \(count) bytes, but only \(remaining) are left; the file is cut off or damaged")
        }
        defer { position += Int(count) }
        return position
    }

    mutating func byte() throws(DatasetError) -> UInt8 {
        guard position < end else { throw fault("the pickle ends early; the file is cut off") }
        defer { position += 1 }
        return bytes[position]
    }

    /// A little-endian number.
    mutating func number<Value: FixedWidthInteger>(_: Value.Type) throws(DatasetError) -> Value {
        let at = try skip(UInt64(MemoryLayout<Value>.size), "a number")
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Value.self))
    }

    /// The offset and length of a text up to the end of the line, which is skipped.
    mutating func line() throws(DatasetError) -> PickleValue.Span {
        let start = position
        while position < end, position - start <= 200 {
            if bytes[position] == UInt8(ascii: "\n") {
                position += 1
                return .init(offset: start, count: position - 1 - start)
            }
            position += 1
        }
        throw fault("a name has no end", at: start)
    }

    func text(_ span: PickleValue.Span) throws(DatasetError) -> String {
        guard span.count <= 4096 else { throw fault("a text of \(span.count) bytes is too long", at: span.offset) }
        let raw = UnsafeRawBufferPointer(rebasing: bytes[span.offset..<span.offset + span.count])
        guard let text = String(validating: raw.bindMemory(to: UInt8.self), as: UTF8.self) else {
            throw fault("a text is not UTF-8", at: span.offset)
        }
        return text
    }

    func equal(_ span: PickleValue.Span, _ text: StaticString) -> Bool {
        guard span.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<span.count where bytes[span.offset + index] != text.utf8Start[index] { return false }
        return true
    }
}
