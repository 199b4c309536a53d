import Architectures
import Foundation
import ModelFile
import Training

/// The trainings behind the paper's Table I and its study of batch sizes, and which of them are done.
///
/// Each member is what `genre train DATA --net NET --epochs LAST --seed SEED` makes, in NET/seed-SEED of one folder
/// (NET/batch-B/seed-SEED for a batch size that is not the net's own). The learning rate is constant, so a run of 200
/// epochs holds that of 100: its log's hundredth line.
public struct Reproduction: Sendable {
    /// One net by one batch size under several seeds: a row of a table.
    public struct Group: Sendable {
        public let net: Architecture
        /// Segments a step.
        public let batch: Int
        public let seeds: [UInt64]

        /// - Parameter batch: nil for the net's own.
        public init(net: Architecture, batch: Int? = nil, seeds: [UInt64]) {
            self.net = net
            self.batch = batch ?? net.defaultBatch
            self.seeds = seeds
        }
    }

    public struct Member: Sendable, Hashable {
        public let net: String
        public let batch: Int
        public let seed: UInt64
        public let folder: URL
    }

    public let folder: URL
    /// In the table's order.
    public let nets: [Group]
    /// The first net by each batch size of the study; empty for no study.
    public let batches: [Group]
    /// Epochs after which accuracies are told, in increasing order; the last is the length of each training.
    public let milestones: [Int]
    /// The rule by which the members' tracks are divided, in words, as their cards say it; nil for whatever rule. The seed
    /// in it does not count, for each member has its own.
    public var split: String?
    /// Whether it is only to show that everything works: its accuracies are no result.
    public let isSmokeRun: Bool

    /// The nets of Table I: the row CRNN as the text describes it and as the authors' code computes it.
    public static let usualNets = ["shallow", "deep", "crnn", "crnn-published"]
    /// The batch sizes that the paper tried (its section on training).
    public static let studiedBatches = [28, 32, 64, 128]

    /// Fewer epochs are a smoke run in any case.
    private static let fewestEpochs = 10

    /// - Parameters:
    ///   - batches: sizes by which the first net is trained, too, under its seeds.
    ///   - isSmokeRun: whether the data is cut down.
    public init(folder: URL, nets: [Group], batches: [Int] = [], milestones: [Int], isSmokeRun: Bool = false) {
        precondition(nets.allSatisfy { !$0.seeds.isEmpty } && !nets.isEmpty, "there is something to reproduce")
        precondition(!milestones.isEmpty, "accuracies are told at some time")
        self.folder = folder
        self.nets = nets
        self.batches = batches.map { Group(net: nets[0].net, batch: $0, seeds: nets[0].seeds) }
        self.milestones = milestones.sorted()
        self.isSmokeRun = isSmokeRun || milestones.max()! < Self.fewestEpochs
    }

    /// Of one row, seed by seed.
    public func members(of group: Group) -> [Member] {
        let own = folder.appendingPathComponent(group.net.name)
        let place = group.batch == group.net.defaultBatch ? own : own.appendingPathComponent("batch-\(group.batch)")
        return group.seeds.map { seed in
            Member(
                net: group.net.name, batch: group.batch, seed: seed,
                folder: place.appendingPathComponent("seed-\(seed)"))
        }
    }

    /// All, each once: seed by seed, so that every net has a first run early.
    public var members: [Member] {
        let rows = (nets + batches).map(members(of:))
        var seen: Set<Member> = []
        return (0..<(rows.map(\.count).max() ?? 0)).flatMap { place in
            rows.compactMap { place < $0.count ? $0[place] : nil }
        }
        .filter { seen.insert($0).inserted }
    }

    /// What a member is told.
    public func configuration(of member: Member) -> TrainingConfiguration {
        let net = (nets + batches).first { $0.net.name == member.net }!.net
        return TrainingConfiguration(
            net: net.name, epochs: milestones.last!, batch: member.batch, l1: net.defaultL1, seed: member.seed)
    }

    /// The member's finished run; nil where there is none yet, or one that is to go on for more epochs.
    ///
    /// - Throws: ``ReportError/otherRun(folder:)`` where the folder holds a finished run of another configuration or
    ///   split.
    public func finishedRun(of member: Member) throws -> FinishedRun? {
        guard FileManager.default.fileExists(atPath: RunFolder(at: member.folder).model.path) else { return nil }
        let run = try FinishedRun(member.folder)
        guard fits(run.settings, split: run.card.split, member) else {
            throw ReportError.otherRun(folder: member.folder.path)
        }
        return run.settings.epochs == milestones.last! ? run : nil
    }

    /// A member's run that has begun but is not finished, or is to go on for more epochs: then its record says so. Nil
    /// where there is none.
    ///
    /// - Throws: ``ReportError/otherRun(folder:)`` where the folder holds a run of another configuration or split.
    public func begunRun(of member: Member) throws -> (folder: RunFolder, record: RunRecord)? {
        let folder = RunFolder(at: member.folder)
        guard FileManager.default.fileExists(atPath: folder.configuration.path) else { return nil }
        let record = try folder.record()
        guard fits(record.configuration, split: record.split, member) else {
            throw ReportError.otherRun(folder: member.folder.path)
        }
        return (folder, try record.extended(to: milestones.last!))
    }

    /// Whether a run was told what the member is to be told, for as many epochs or fewer.
    private func fits(_ settings: TrainingConfiguration, split rule: String?, _ member: Member) -> Bool {
        if let split, rule.map(Self.withoutSeed) != Self.withoutSeed(split) { return false }
        var told = settings
        // Augmented segments that come with the data are none of ours.
        told.augmentation = nil
        guard told.epochs <= milestones.last! else { return false }
        told.epochs = milestones.last!
        return told == configuration(of: member)
    }

    private static func withoutSeed(_ rule: String) -> String { rule.replacing(#/ \(seed [0-9]+\)/#, with: "") }
}
