import CPages
import Foundation
import HTTPTypes
import Hummingbird
import Report
import Storage

/// The pages' files, which are part of the program.
enum Pages {
    struct File: Sendable {
        let type: String
        let bytes: ByteBuffer
        /// Of the content, so that browsers keep what has not changed.
        let mark: String

        init(type: String, _ bytes: some Sequence<UInt8>) {
            self.type = type
            self.bytes = ByteBuffer(bytes: bytes)
            var hash = SHA256()
            hash.update(Data(self.bytes.readableBytesView))
            mark = "\"\(hash.hexDigest().prefix(20))\""
        }
    }

    /// By name.
    static let files: [String: File] = {
        var files: [String: File] = [:]
        for index in 0..<gk_page_count() {
            let page = gk_page_at(index)
            let name = String(cString: page.name)
            files[name] = File(
                type: type(of: name), UnsafeRawBufferPointer(start: page.bytes, count: page.size))
        }
        files["report.css"] = File(type: type(of: "report.css"), PageStyle.sheet.utf8)
        return files
    }()

    private static func type(of name: String) -> String {
        switch (name as NSString).pathExtension {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        case "json": "application/json"
        default: "application/octet-stream"
        }
    }

    static func response(_ name: String, to request: Request) throws(ServerError) -> Response {
        guard let file = files[name] else { throw .noSuchPage(path: request.uri.path) }
        let headers: HTTPFields = [.contentType: file.type, .eTag: file.mark, .cacheControl: "no-cache"]
        if request.headers[.ifNoneMatch] == file.mark { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: file.bytes))
    }
}
