import Foundation

/// Reads a form of `multipart/form-data` (RFC 7578) piece by piece, in memory that does not grow with its files.
struct MultipartReader {
    enum Event: Equatable {
        /// A part begins: the field's name, and the file's, where it has one.
        case part(name: String, file: String?)
        case bytes(ArraySlice<UInt8>)
        case partEnd
        /// The closing boundary; what comes after it is left alone.
        case end
    }

    private enum State { case preamble, headers, body, ended }

    /// Headers of a part, in bytes.
    static let greatestHeader = 16 << 10
    private let boundary: [UInt8]
    private var state = State.preamble
    private var waiting: [UInt8]

    /// - Parameter contentType: of the request.
    /// - Throws: ``ServerError/badBody(problem:)`` where it names no boundary.
    init(contentType: String) throws(ServerError) {
        let value = Self.parameter("boundary", in: contentType) ?? ""
        guard 1...70 ~= value.utf8.count, value.utf8.allSatisfy({ 32..<127 ~= $0 }) else {
            throw .badBody(problem: "its type names no boundary of 1 to 70 characters")
        }
        boundary = Array("\r\n--\(value)".utf8)
        // So that the first boundary is found as the others are.
        waiting = [13, 10]
    }

    var isAtEnd: Bool { state == .ended }

    /// Takes the next bytes, and gives what they bring.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(ServerError) -> [Event] {
        guard state != .ended else { return [] }
        waiting.append(contentsOf: bytes)
        var events: [Event] = []
        var start = 0
        loop: while true {
            switch state {
            case .preamble:
                guard let found = find(boundary, from: start) else {
                    guard waiting.count - start < Self.greatestHeader else {
                        throw .badBody(problem: "its boundary does not come")
                    }
                    break loop
                }
                guard let next = try afterBoundary(found + boundary.count, &events) else { break loop }
                start = next
            case .headers:
                guard let end = find([13, 10, 13, 10], from: max(0, start - 2)) else {
                    guard waiting.count - start < Self.greatestHeader else {
                        throw .badBody(problem: "the headers of a part are longer than \(Self.greatestHeader) bytes")
                    }
                    break loop
                }
                guard end - start < Self.greatestHeader else {
                    throw .badBody(problem: "the headers of a part are longer than \(Self.greatestHeader) bytes")
                }
                events.append(try part(waiting[min(start, end)..<end]))
                start = end + 4
                // An empty body is followed at once by a boundary, whose line end the headers' end was.
                state = .body
                if waiting.count >= start + boundary.count - 2,
                    waiting[start..<start + boundary.count - 2].elementsEqual(boundary[2...])
                {
                    start -= 2
                }
            case .body:
                if let found = find(boundary, from: start) {
                    guard let next = try afterBoundary(found + boundary.count, &events, ending: start..<found) else {
                        break loop
                    }
                    start = next
                } else {
                    // What may be the start of a boundary waits.
                    let safe = max(start, waiting.count - boundary.count + 1)
                    if safe > start { events.append(.bytes(waiting[start..<safe])) }
                    start = safe
                    break loop
                }
            case .ended: break loop
            }
        }
        waiting = state == .ended ? [] : Array(waiting[start...])
        return events
    }

    /// What follows a boundary: the place from which to go on; nil where more bytes are needed.
    private mutating func afterBoundary(
        _ place: Int, _ events: inout [Event], ending body: Range<Int>? = nil
    ) throws(ServerError) -> Int? {
        guard waiting.count >= place + 2 else { return nil }
        var next = place
        if waiting[next] == 45, waiting[next + 1] == 45 {
            finish(body, &events)
            events.append(.end)
            state = .ended
            return next
        }
        while next < waiting.count, waiting[next] == 32 || waiting[next] == 9 { next += 1 }
        guard waiting.count >= next + 2 else {
            guard next - place < 100 else { throw .badBody(problem: "a boundary's line does not end") }
            return nil
        }
        guard waiting[next] == 13, waiting[next + 1] == 10 else {
            throw .badBody(problem: "a boundary's line does not end")
        }
        finish(body, &events)
        state = .headers
        return next + 2
    }

    private func finish(_ body: Range<Int>?, _ events: inout [Event]) {
        guard let body else { return }
        if !body.isEmpty { events.append(.bytes(waiting[body])) }
        events.append(.partEnd)
    }

    private func find(_ pattern: [UInt8], from start: Int) -> Int? {
        guard waiting.count - start >= pattern.count else { return nil }
        return waiting.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            let last = bytes.count - pattern.count
            var place = start
            // The first byte is rare enough in sound that nearly all of the work is memchr's.
            while place <= last, let found = memchr(base + place, Int32(pattern[0]), last - place + 1) {
                place = UnsafeRawPointer(found) - base
                if memcmp(base + place, pattern, pattern.count) == 0 { return place }
                place += 1
            }
            return nil
        }
    }

    private func part(_ bytes: ArraySlice<UInt8>) throws(ServerError) -> Event {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "content-disposition" else {
                continue
            }
            let value = String(line[line.index(after: colon)...])
            guard value.trimmingCharacters(in: .whitespaces).lowercased().hasPrefix("form-data"),
                let name = Self.parameter("name", in: value)
            else { break }
            return .part(name: name, file: Self.parameter("filename", in: value))
        }
        throw .badBody(problem: "a part does not say which field of the form it is")
    }

    /// A parameter of a header's value, with or without quotes.
    static func parameter(_ name: String, in value: String) -> String? {
        var rest = Substring(value)
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let key = rest[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
            rest = rest[rest.index(after: equals)...]
            var found = ""
            if rest.first == "\"" {
                rest.removeFirst()
                var isClosed = false
                while let character = rest.popFirst() {
                    if character == "\"" {
                        isClosed = true
                        break
                    }
                    // Browsers escape quotes as %22, others by a backslash.
                    if character == "\\", rest.first == "\"" || rest.first == "\\" {
                        found.append(rest.removeFirst())
                    } else {
                        found.append(character)
                    }
                }
                if !isClosed { return nil }
            } else {
                found = rest.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces)
            }
            if key == name { return found.replacingOccurrences(of: "%22", with: "\"") }
        }
        return nil
    }
}
