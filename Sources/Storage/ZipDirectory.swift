/// The directory of a zip archive (PKWARE's APPNOTE 6.3): what members there are, and where their bytes lie.
struct ZipDirectory {
    let path: String
    let bytes: UnsafeRawBufferPointer
    /// What the archive is to a user: "npz", "wheel".
    let format: String

    private func malformed(_ fault: String) -> StorageError {
        .malformed(path: path, format: format, fault: fault)
    }

    private func number<Value: FixedWidthInteger & BitwiseCopyable>(
        _ offset: Int, _: Value.Type
    ) throws(StorageError) -> Value {
        guard offset >= 0, offset <= bytes.count - MemoryLayout<Value>.size else {
            throw malformed("it is cut off")
        }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    private func size(_ offset: Int) throws(StorageError) -> Int {
        guard let value = Int(exactly: try number(offset, UInt64.self)) else {
            throw malformed("a size in its directory is impossible")
        }
        return value
    }

    /// Members by their names.
    ///
    /// - Parameter wanted: whether a member counts; the others may be encrypted, or there twice.
    func members(limit: Int, where wanted: (String) -> Bool) throws(StorageError) -> [String: ZipFile.Member] {
        let end = try endRecord()
        var count = Int(try number(end + 10, UInt16.self))
        var start = Int(try number(end + 16, UInt32.self))
        if count == 0xFFFF || start == 0xFFFF_FFFF {
            // ZIP64: a locator just before the end record leads to the record with the true numbers.
            guard end >= 20, try number(end - 20, UInt32.self) == 0x0706_4B50 else {
                throw malformed("its ZIP64 directory is missing")
            }
            let record = try size(end - 12)
            guard try number(record, UInt32.self) == 0x0606_4B50 else {
                throw malformed("its ZIP64 directory is damaged")
            }
            count = try size(record + 32)
            start = try size(record + 48)
        }
        guard count <= limit, count <= bytes.count / 46 else { throw malformed("it claims \(count) members") }
        var result: [String: ZipFile.Member] = [:]
        var place = start
        for _ in 0..<count {
            guard try number(place, UInt32.self) == 0x0201_4B50 else { throw malformed("its directory is damaged") }
            let flags = try number(place + 8, UInt16.self)
            let nameLength = Int(try number(place + 28, UInt16.self))
            let extraLength = Int(try number(place + 30, UInt16.self))
            let commentLength = Int(try number(place + 32, UInt16.self))
            let nameStart = place + 46
            let next = nameStart + nameLength + extraLength + commentLength
            guard next <= bytes.count else { throw malformed("it is cut off in its directory") }
            var member = ZipFile.Member(
                method: try number(place + 10, UInt16.self), crc: try number(place + 16, UInt32.self),
                compressed: Int(try number(place + 20, UInt32.self)), size: Int(try number(place + 24, UInt32.self)),
                header: Int(try number(place + 42, UInt32.self)))
            try readSizes(of: &member, extra: nameStart + nameLength, end: nameStart + nameLength + extraLength)
            let raw = UnsafeRawBufferPointer(rebasing: bytes[nameStart..<(nameStart + nameLength)])
            guard let name = String(validating: raw.bindMemory(to: UInt8.self), as: UTF8.self) else {
                throw malformed("a member's name is no text")
            }
            if wanted(name) {
                guard flags & 1 == 0 else { throw malformed("'\(name)' is encrypted") }
                guard result.updateValue(member, forKey: name) == nil else {
                    throw malformed("it holds '\(name)' twice")
                }
            }
            place = next
        }
        return result
    }

    /// The sizes that 32 bits cannot hold: field 1 of the extra data.
    private func readSizes(of member: inout ZipFile.Member, extra: Int, end: Int) throws(StorageError) {
        var place = extra
        while place + 4 <= end {
            let kind = try number(place, UInt16.self)
            let length = Int(try number(place + 2, UInt16.self))
            guard place + 4 + length <= end else { throw malformed("its directory is damaged") }
            if kind == 1 {
                var field = place + 4
                func next() throws(StorageError) -> Int {
                    guard field + 8 <= place + 4 + length else { throw malformed("a ZIP64 size is missing") }
                    defer { field += 8 }
                    return try size(field)
                }
                if member.size == 0xFFFF_FFFF { member.size = try next() }
                if member.compressed == 0xFFFF_FFFF { member.compressed = try next() }
                if member.header == 0xFFFF_FFFF { member.header = try next() }
            }
            place += 4 + length
        }
    }

    /// Where the end record starts: in the last 65,557 bytes, since a comment may follow it.
    private func endRecord() throws(StorageError) -> Int {
        var place = bytes.count - 22
        while place >= 0, place >= bytes.count - 22 - 0xFFFF {
            if bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian == 0x0605_4B50,
                try Int(number(place + 20, UInt16.self)) == bytes.count - 22 - place
            {
                return place
            }
            place -= 1
        }
        throw malformed("it has no zip directory; it is cut off, or no \(format) file")
    }

    /// A member's bytes as they are packed.
    func data(of member: ZipFile.Member, named name: String) throws(StorageError) -> UnsafeRawBufferPointer {
        guard try number(member.header, UInt32.self) == 0x0403_4B50 else {
            throw malformed("the header of '\(name)' is damaged")
        }
        let nameLength = Int(try number(member.header + 26, UInt16.self))
        let extraLength = Int(try number(member.header + 28, UInt16.self))
        let start = member.header + 30 + nameLength + extraLength
        guard start <= bytes.count, member.compressed <= bytes.count - start else {
            throw malformed("'\(name)' claims \(member.compressed) bytes beyond the end of the file")
        }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + member.compressed)])
    }
}
