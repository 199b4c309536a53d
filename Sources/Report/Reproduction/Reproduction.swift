import Architectures
import Foundation
import ModelFile
import Training

/// The trainings behind the report's Table I, and which of them are done.
///
/// Each member is what `genre train DATA --net NET --epochs LAST --seed SEED` makes, in NET/seed-SEED of one folder. The
/// learning rate is constant, so a run of 200 epochs holds that of 100: its log's hundredth line.
public struct Reproduction: Sendable {
    public struct Member: Sendable, Hashable {
        public let net: String
        public let seed: UInt64
        public let folder: URL
    }

    public let folder: URL
    /// In the table's order.
    public let nets: [Architecture]
    public let seeds: [UInt64]
    /// Epochs after which accuracies are told, in increasing order; the last is the length of each training.
    public let milestones: [Int]

    /// The nets of Table I: the row CRNN as the text describes it and as the authors' code computes it.
    public static let usualNets = ["shallow", "deep", "crnn", "crnn-published"]

    public init(folder: URL, nets: [Architecture], seeds: [UInt64], milestones: [Int]) {
        precondition(!nets.isEmpty && !seeds.isEmpty && !milestones.isEmpty, "there is something to reproduce")
        self.folder = folder
        self.nets = nets
        self.seeds = seeds
        self.milestones = milestones.sorted()
    }

    /// Seed by seed, so that every net has a first run early.
    public var members: [Member] {
        seeds.flatMap { seed in
            nets.map { net in
                Member(net: net.name, seed: seed, folder: folder.appendingPathComponent("\(net.name)/seed-\(seed)"))
            }
        }
    }

    /// What a member is told.
    public func configuration(of member: Member) -> TrainingConfiguration {
        let net = nets.first { $0.name == member.net }!
        return TrainingConfiguration(
            net: net.name, epochs: milestones.last!, batch: net.defaultBatch, l1: net.defaultL1, seed: member.seed)
    }

    /// The member's finished run; nil where there is none yet.
    ///
    /// - Throws: ``ReportError/otherRun(folder:)`` where the folder holds a finished run of another configuration.
    public func finishedRun(of member: Member) throws -> FinishedRun? {
        guard FileManager.default.fileExists(atPath: RunFolder(at: member.folder).model.path) else { return nil }
        let run = try FinishedRun(member.folder)
        // Augmented segments that come with the data are none of ours.
        var told = run.settings
        told.augmentation = nil
        guard told == configuration(of: member) else {
            throw ReportError.otherRun(folder: member.folder.path)
        }
        return run
    }
}
