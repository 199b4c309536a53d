import Foundation

/// Why the demo corpus could not be made.
public enum SynthesisError: Error, Equatable, Sendable {
    case unusableTrackCount(Int)
    /// Seconds.
    case unusableLength(Double)
    case cannotMakeFolder(path: String, reason: String)
}

extension SynthesisError: CustomStringConvertible, LocalizedError {
    public var description: String {
        switch self {
        case .unusableTrackCount(let count):
            "\(count) tracks a genre cannot be made; ask for 1...\(DemoCorpus.mostTracks)"
        case .unusableLength(let seconds):
            "tracks of \(seconds) s cannot be made; ask for more than 0 and at most \(Int(DemoCorpus.longestTrack)) s"
        case .cannotMakeFolder(let path, let reason):
            "\(path) cannot be made (\(reason)); check its parent folder and its permissions"
        }
    }

    public var errorDescription: String? { description }
}
