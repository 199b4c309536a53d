import CFFmpeg
import Foundation

/// SHA-256 (FIPS 180-4), fed piece by piece.
public struct SHA256: ~Copyable {
    private let hash: OpaquePointer

    public init() {
        guard let hash = gk_sha256_new() else { fatalError("no memory for a hash of some hundred bytes") }
        self.hash = hash
    }

    deinit { gk_sha256_free(hash) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        gk_sha256_update(hash, bytes.baseAddress, bytes.count)
    }

    public mutating func update(_ data: Data) {
        data.withUnsafeBytes { update($0) }
    }

    /// The digest as 64 lower-case hexadecimal digits; the hash is spent.
    public consuming func hexDigest() -> String {
        var digest = [UInt8](repeating: 0, count: Int(GK_SHA256_BYTES))
        gk_sha256_finish(hash, &digest)
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    public static func hexDigest(of bytes: UnsafeRawBufferPointer) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hexDigest()
    }

    public static func hexDigest(of data: Data) -> String {
        data.withUnsafeBytes { hexDigest(of: $0) }
    }

    /// The digest of a file, read through once in small pieces, whatever happens to it meanwhile.
    public static func hexDigest(ofFile url: URL) throws(StorageError) -> String {
        let (descriptor, _) = try openRegularFile(url.path)
        defer { close(descriptor) }
        var hash = SHA256()
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: url.path, reason: systemFault()) }
            guard count > 0 else { return hash.hexDigest() }
            piece.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
