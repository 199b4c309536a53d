import Foundation
import Storage

/// The checkpoints of one run: the newest and the one before it, named by the steps done.
struct CheckpointFolder {
    let url: URL
    /// What its files must belong to.
    let run: String
    let layout: String
    /// Floats that the net's memory holds.
    let values: Int
    /// Names of the optimiser's tensors.
    let moments: [String]

    private static let kept = 2
    private static let prefix = "step-"
    private static let suffix = ".safetensors"

    /// Whether a file's name is a checkpoint's, refused or not.
    static func isOwn(_ name: String) -> Bool {
        name.wholeMatch(of: /step-[0-9]+\.safetensors(\.refused)?/) != nil
    }

    /// The files, the newest first.
    private func files() -> [(step: Int, url: URL)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix),
                let step = Int(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count))
            else { return nil }
            return (step, url.appendingPathComponent(name))
        }.sorted { $0.step > $1.step }
    }

    /// Writes a checkpoint, then takes away those that are too old.
    ///
    /// - Parameter isLast: nothing will follow it, and it stays alone.
    func write(_ checkpoint: TrainingCheckpoint, isLast: Bool = false) throws {
        let digits = String(checkpoint.state.steps)
        let name = Self.prefix + String(repeating: "0", count: max(0, 9 - digits.count)) + digits + Self.suffix
        let file = url.appendingPathComponent(name)
        do {
            try OutputPlace.checkInnerFolder(url)
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            try checkpoint.write(to: file, run: run, layout: layout, moments: moments)
        } catch {
            throw TrainingError.cannotWrite(file: file.path, problem: "\(error)")
        }
        for old in files().dropFirst(isLast ? 1 : Self.kept) { try? FileManager.default.removeItem(at: old.url) }
    }

    /// Lets `use` take the newest checkpoint; where it is refused, the one before it. Once one is used, those that were
    /// refused get other names, so that they stand in no one's way; where all are refused they stay, and a person chooses.
    ///
    /// - Parameter warning: told of each that is refused, by name.
    /// - Returns: false where there is no checkpoint at all.
    /// - Throws: ``TrainingError/noUsableCheckpoint(files:)`` where all are refused.
    func restore(warning: (String) -> Void, _ use: (TrainingCheckpoint) throws -> Void) throws -> Bool {
        AtomicFile.removeLeftovers(in: url)
        var refused: [URL] = []
        for (step, file) in files() {
            do {
                let checkpoint = try TrainingCheckpoint(
                    contentsOf: file, run: run, layout: layout, values: values, moments: moments)
                // By another name it would stay the newest for ever.
                guard checkpoint.state.steps == step else {
                    throw CheckpointFault("it is of step \(checkpoint.state.steps), and was given another name")
                }
                try use(checkpoint)
            } catch {
                warning("\(file.path) is refused: \(error)")
                refused.append(file)
                continue
            }
            for file in refused {
                let aside = file.appendingPathExtension("refused")
                try? FileManager.default.removeItem(at: aside)
                try? FileManager.default.moveItem(at: file, to: aside)
            }
            return true
        }
        guard refused.isEmpty else { throw TrainingError.noUsableCheckpoint(files: refused.map(\.path)) }
        return false
    }
}

/// When checkpoints are written besides the last.
public struct CheckpointRule: Codable, Sendable, Hashable {
    /// After every so many epochs; nil for after an epoch if the last checkpoint is half a minute old.
    public var epochs: Int?
    /// Within epochs too, after so many minutes.
    public var minutes: Double

    public init(epochs: Int? = nil, minutes: Double = 10) {
        self.epochs = epochs
        self.minutes = minutes
    }
}
