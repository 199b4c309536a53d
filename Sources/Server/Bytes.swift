import Foundation
import Hummingbird
import Storage

/// A file of this server as a response, whole or a range of it (RFC 9110), in pieces.
enum FileResponse {
    private static let piece = 256 << 10

    static func response(_ file: URL, type: String, to request: Request) throws -> Response {
        let handle = try FileHandle(forReadingFrom: file)
        let size = Int(try handle.seekToEnd())
        var headers: HTTPFields = [.contentType: type, .acceptRanges: "bytes"]
        var range = 0..<size
        if let asked = request.headers[.range] {
            switch Self.range(asked, size: size) {
            case .outside:
                try? handle.close()
                throw ServerError.badRange(size: size)
            case .some(let found):
                range = found
                headers[.contentRange] = "bytes \(found.lowerBound)-\(found.upperBound - 1)/\(size)"
            case .whole: break
            }
        }
        let status: HTTPResponse.Status = headers[.contentRange] == nil ? .ok : .partialContent
        let wanted = range
        return Response(
            status: status, headers: headers,
            body: ResponseBody(contentLength: wanted.count) { writer in
                defer { try? handle.close() }
                try handle.seek(toOffset: UInt64(wanted.lowerBound))
                var left = wanted.count
                while left > 0, let bytes = try handle.read(upToCount: min(left, Self.piece)), !bytes.isEmpty {
                    left -= bytes.count
                    try await writer.write(ByteBuffer(bytes: bytes))
                }
                try await writer.finish(nil)
            })
    }

    enum Asked: Equatable {
        case whole
        case outside
        case some(Range<Int>)
    }

    /// One range of bytes; what is no such range, or several, is taken for the whole, as the specification allows.
    static func range(_ header: String, size: Int) -> Asked {
        guard header.hasPrefix("bytes="), !header.contains(",") else { return .whole }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.allSatisfy { "0"..."9" ~= $0 } && $0.count < 19 }) else {
            return .whole
        }
        switch (Int(ends[0]), Int(ends[1])) {
        case (nil, nil): return .whole
        case (nil, let last?): return last == 0 || size == 0 ? .outside : .some(max(0, size - last)..<size)
        case (let first?, let last):
            guard first < size else { return .outside }
            let end = min(last ?? size - 1, size - 1)
            return end < first ? .whole : .some(first..<end + 1)
        }
    }
}
