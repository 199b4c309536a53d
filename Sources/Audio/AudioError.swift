import Foundation

/// Why audio could not be read or written. Every case carries the file's path where there is a file.
public enum AudioError: Error, Equatable, Sendable {
    case missing(path: String)
    /// A folder, a device or a pipe.
    case notAFile(path: String)
    case empty(path: String)
    case unreadable(path: String, reason: String)
    /// The bytes are of no known audio or video format.
    case unrecognised(path: String, reason: String)
    case noAudioStream(path: String)
    case noDecoder(path: String, codec: String)
    /// The file's own sample rate is outside what can be resampled.
    case unusableSourceRate(path: String, rate: String)
    case undecodable(path: String, reason: String)
    /// The format is known, but not one sample could be decoded.
    case noSamples(path: String)
    /// The sound goes on beyond the limit, in seconds.
    case tooLong(path: String, limit: Double)
    /// The sound is under digital rights management.
    case encrypted(path: String)
    /// The header holds thousands of tags, claims more than the file can hold, or takes seconds to read.
    case costlyHeader(path: String)
    /// The sound goes on far longer than a file of so many bytes can hold music.
    case implausible(path: String)
    /// The file ends before the index without which none of its sound can be found.
    case cutOff(path: String)
    case outOfMemory(path: String)
    /// A sample rate asked for by the caller, in Hz.
    case unusableTargetRate(Double)
    case cannotWrite(path: String, reason: String)
}

extension AudioError: CustomStringConvertible, LocalizedError {
    public var description: String {
        switch self {
        case .missing(let path):
            // What the file system's bytes become where they are no UTF-8.
            path.unicodeScalars.contains("\u{FFFD}")
                ? "\(path): a name that is not UTF-8 cannot be opened; rename the file (convmv does many)"
                : "\(path): there is no such file; check the path"
        case .notAFile(let path):
            "\(path) is not a regular file; name an audio file"
        case .empty(let path):
            "\(path) is empty (0 bytes); fetch or copy it again"
        case .unreadable(let path, let reason):
            "\(path) cannot be read\(Self.aside(reason)); check its permissions"
        case .unrecognised(let path, let reason):
            "\(path) is not audio in any known format\(Self.aside(reason)); check that it plays, or convert it to WAV"
        case .noAudioStream(let path):
            "\(path) holds no audio stream; name a file with sound"
        case .noDecoder(let path, let codec):
            "\(path) is coded as \(codec), which this FFmpeg cannot decode; convert it to WAV or FLAC"
        case .unusableSourceRate(let path, let rate):
            "\(path) claims a sample rate of \(rate) Hz, outside \(Self.rates) Hz; it is damaged, or convert it first"
        case .undecodable(let path, let reason):
            "\(path) cannot be decoded\(Self.aside(reason)); check that it plays, or convert it to WAV"
        case .noSamples(let path):
            "\(path) holds no sound that can be decoded; it is damaged or cut off: fetch or copy it again"
        case .tooLong(let path, let limit):
            "\(path) lasts longer than the limit of \(Self.plain(limit / 3600)) hours; cut it, or raise the limit (--longest HOURS)"
        case .cutOff(let path):
            "\(path) is cut off before its index (moov), without which its sound is lost; fetch or copy it again"
        case .encrypted(let path):
            "\(path) is encrypted (digital rights management); take a copy without protection"
        case .costlyHeader(let path):
            "\(path) has a header of thousands of tags, or one that claims more than the file can hold; "
                + "remove its tags, or convert it to WAV or FLAC"
        case .implausible(let path):
            "\(path) lasts far longer than so few bytes can hold music; it is silent, damaged, or made to waste time"
        case .outOfMemory(let path):
            "\(path): not enough memory to decode it, or a part of it claims more than 64 MB; "
                + "check that it plays, or close other programs"
        case .unusableTargetRate(let rate):
            "a sample rate of \(Self.plain(rate)) Hz cannot be made; ask for a whole number in \(Self.rates)"
        case .cannotWrite(let path, let reason):
            "\(path) cannot be written\(Self.aside(reason)); check the folder and the space left"
        }
    }

    public var errorDescription: String? { description }

    private static var rates: String {
        "\(AudioDecoder.sampleRates.lowerBound)...\(AudioDecoder.sampleRates.upperBound)"
    }

    private static func aside(_ reason: String) -> String { reason.isEmpty ? "" : " (\(reason))" }

    private static func plain(_ number: Double) -> String { String(format: "%g", number) }
}
