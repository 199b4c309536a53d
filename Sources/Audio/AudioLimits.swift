import Foundation

/// What decoding grants a file, for the whole process: the limits of FFmpeg's libraries serve all of it, too.
///
/// Beside the length, these stand in `CFFmpeg`: 64 MB for any part of a file, 2,048 tags, two seconds of processor time for
/// a header, and a second of sound for every 128 bytes beyond the first two minutes.
public enum AudioLimits {
    private static let lock = NSLock()
    nonisolated(unsafe) private static var chosen: Double?  // behind the lock

    /// Seconds that a file may last, however it is decoded; nil for `AudioDecoder.longestInMemory` and `.longestStreamed`.
    public static var longest: Double? {
        get { lock.withLock { chosen } }
        set { lock.withLock { chosen = newValue } }
    }

    /// The limit where a call asks for `asked`, or for nothing.
    static func seconds(_ asked: Double?, otherwise: Double) -> Double {
        guard let asked else { return longest ?? otherwise }
        return min(asked, longest ?? .infinity)
    }
}
