import Testing

@testable import Server

@Suite struct MultipartTests {
    private let form =
        "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ntiny\r\n--b  \r\n"
        + "content-disposition: form-data; name=file; filename=\"a\\\"b;c%22.wav\"\r\nContent-Type: audio/wav\r\n\r\n"
        + "one\r\n--\r\n-bx\r\n--\rtwo\r\n--b--\r\nepilogue"

    private func events(_ text: String, pieces: Int) throws -> [MultipartReader.Event] {
        var reader = try MultipartReader(contentType: "multipart/form-data; boundary=\"b\"")
        var rest = Array(text.utf8)[...]
        var events: [MultipartReader.Event] = []
        while !rest.isEmpty {
            for event in try reader.take(rest.prefix(pieces)) {
                // Bytes may come in any number of pieces.
                if case .bytes(let more) = event, case .bytes(let before)? = events.last {
                    events[events.count - 1] = .bytes(before + more)
                } else if case .bytes(let bytes) = event {
                    events.append(.bytes(ArraySlice(Array(bytes))))
                } else {
                    events.append(event)
                }
            }
            rest = rest.dropFirst(pieces)
        }
        return events
    }

    @Test(arguments: [1, 2, 3, 5, 7, 11, 64, 1000])
    func partsComeWholeHoweverTheyAreCut(pieces: Int) throws {
        #expect(
            try events(form, pieces: pieces) == [
                .part(name: "model", file: nil), .bytes(ArraySlice("tiny".utf8)), .partEnd,
                .part(name: "file", file: "a\"b;c\".wav"), .bytes(ArraySlice("one\r\n--\r\n-bx\r\n--\rtwo".utf8)),
                .partEnd,
                .end,
            ])
    }

    @Test(arguments: [1, 4, 1000])
    func anEmptyPartIsAPart(pieces: Int) throws {
        let text = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\r\n--b--"
        #expect(try events(text, pieces: pieces) == [.part(name: "f", file: ""), .partEnd, .end])
    }

    @Test(arguments: [
        "--b\r\nContent-Type: audio/wav\r\n\r\nx\r\n--b--", "--b garbage\r\n",
        "--b\r\n" + String(repeating: "x", count: 20_000), String(repeating: "y", count: 20_000),
    ])
    func whatIsNoFormIsRefused(text: String) {
        #expect(throws: ServerError.self) { try events(text, pieces: 64) }
    }

    @Test(arguments: ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"b"])
    func aFormNamesItsBoundary(type: String) {
        #expect(throws: ServerError.self) { try MultipartReader(contentType: type) }
    }

    @Test(arguments: [
        ("bytes=0-0", FileResponse.Asked.some(0..<1)), ("bytes=2-", .some(2..<10)), ("bytes=-3", .some(7..<10)),
        ("bytes=-99", .some(0..<10)), ("bytes=9-99", .some(9..<10)), ("bytes=10-", .outside), ("bytes=-0", .outside),
        ("bytes=5-2", .whole), ("bytes=0-1,3-4", .whole), ("items=0-1", .whole), ("bytes=a-b", .whole),
        ("bytes=-", .whole), ("bytes=99999999999999999999-", .whole),
    ])
    func rangesAreReadAsTheSpecificationSays(header: String, expected: FileResponse.Asked) {
        #expect(FileResponse.range(header, size: 10) == expected)
    }
}
