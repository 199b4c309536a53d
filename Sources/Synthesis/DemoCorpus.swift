import Audio
import Foundation

/// Writes a small synthetic corpus in the layout of GTZAN, so that the whole road from recordings to a trained model
/// can be walked without any recordings.
///
/// The music is made up. Accuracy on it proves that the parts fit together and says nothing of real music.
public enum DemoCorpus {
    /// Hz of the files, GTZAN's own.
    public static let sampleRate: Double = 22_050
    /// Numbers are written with five digits.
    public static let mostTracks = 100_000
    /// Seconds.
    public static let longestTrack = Composition.longest

    /// Writes `<folder>/<style>/<style>.00000.wav` and so on: 16-bit mono WAV. The same arguments give the same bytes,
    /// on any number of cores. Folders are made where they lack; files of the same names are replaced, others stay.
    ///
    /// - Parameters:
    ///   - tracksPerGenre: 1 to `mostTracks`, for each of the ten styles.
    ///   - seconds: of each track, above 0 and at most `longestTrack`.
    /// - Throws: `SynthesisError`, or `AudioError` where a file cannot be written; the work then
    ///   stops. Tracks already written stay.
    public static func write(to folder: URL, tracksPerGenre: Int, seconds: Double, seed: UInt64) throws {
        guard (1...mostTracks).contains(tracksPerGenre) else { throw SynthesisError.unusableTrackCount(tracksPerGenre) }
        guard seconds > 0, seconds <= longestTrack else { throw SynthesisError.unusableLength(seconds) }
        for style in Style.allCases {
            let place = folder.appendingPathComponent(style.rawValue)
            do {
                try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            } catch {
                throw SynthesisError.cannotMakeFolder(path: place.path, reason: error.localizedDescription)
            }
        }
        let styles = Style.allCases
        let faults = Faults()
        DispatchQueue.concurrentPerform(iterations: styles.count * tracksPerGenre) { index in
            if faults.isMarked { return }
            let style = styles[index / tracksPerGenre]
            let number = index % tracksPerGenre
            let composition = Composition(style: style, seed: seed, number: number)
            do {
                try WaveFile.write(
                    composition.render(seconds: seconds, sampleRate: sampleRate), sampleRate: sampleRate,
                    to: file(in: folder, style: style, number: number))
            } catch {
                faults.mark(error, at: index)
            }
        }
        if let first = faults.first { throw first }
    }

    /// Where a track lies in a corpus.
    public static func file(in folder: URL, style: Style, number: Int) -> URL {
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        return folder.appendingPathComponent(style.rawValue).appendingPathComponent("\(style.rawValue).\(padded).wav")
    }
}

/// Collects the failures of parallel work.
private final class Faults: @unchecked Sendable {
    private let lock = NSLock()
    private var earliest: (index: Int, error: any Error)?

    func mark(_ error: any Error, at index: Int) {
        lock.withLock {
            if index < earliest?.index ?? .max { earliest = (index, error) }
        }
    }

    var isMarked: Bool { lock.withLock { earliest != nil } }
    var first: (any Error)? { lock.withLock { earliest?.error } }
}
