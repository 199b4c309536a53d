import Architectures
import Foundation
import ModelFile
import Training

/// The nets that the paper builds on, the field's standard nets and the paper's own, each trained once by its authors'
/// settings on the same data and split, and which of these trainings are done.
///
/// Each member is what `genre train DATA --net NET --seed SEED --segments all` makes, in NET of one folder (NET/fold-K
/// where the split has folds), with no more epochs than the study's bound.
public struct RelatedStudy: Sendable {
    public struct Member: Sendable, Hashable {
        public let net: String
        /// From 0; nil where the split has one fold.
        public let fold: Int?
        public let folder: URL
    }

    public let folder: URL
    /// In the table's order.
    public let nets: [Architecture]
    public let seed: UInt64
    /// No training is longer; a net whose authors train it for less stops there.
    public let greatestEpochs: Int
    public let folds: Int
    /// Whether it is only to show that everything works: its accuracies are no result.
    public let isSmokeRun: Bool

    /// Where nothing else is asked for.
    public static let usualEpochs = 100
    /// Shorter trainings are a smoke run in any case.
    private static let fewestEpochs = 5

    public init(
        folder: URL, nets: [Architecture], seed: UInt64 = 0, greatestEpochs: Int = usualEpochs, folds: Int = 1,
        isSmokeRun: Bool = false
    ) {
        precondition(!nets.isEmpty && folds > 0 && greatestEpochs > 0, "there is something to train")
        self.folder = folder
        self.nets = nets
        self.seed = seed
        self.greatestEpochs = greatestEpochs
        self.folds = folds
        self.isSmokeRun = isSmokeRun || greatestEpochs < Self.fewestEpochs
    }

    public func members(of net: Architecture) -> [Member] {
        let own = folder.appendingPathComponent(net.name)
        guard folds > 1 else { return [Member(net: net.name, fold: nil, folder: own)] }
        return (0..<folds).map {
            Member(net: net.name, fold: $0, folder: own.appendingPathComponent("fold-\($0 + 1)"))
        }
    }

    public var members: [Member] { nets.flatMap(members(of:)) }

    public func architecture(of member: Member) -> Architecture { nets.first { $0.name == member.net }! }

    /// The nets with those that their towers begin with before them, each once.
    public static func withBeginnings(_ nets: [Architecture]) -> [Architecture] {
        var result: [Architecture] = []
        for net in nets {
            let before = net.beginnings.compactMap { Architecture.named($0.net) }
            for net in before + [net] where !result.contains(where: { $0.name == net.name }) { result.append(net) }
        }
        return result
    }

    /// The trainings of the same fold whose models a member's towers begin with, by the towers' names.
    public func beginnings(of member: Member) -> [(tower: String, member: Member)] {
        architecture(of: member).beginnings.flatMap { beginning in
            let net = nets.first { $0.name == beginning.net }
            return (net.map(members(of:)) ?? []).filter { $0.fold == member.fold }.map { (beginning.tower, $0) }
        }
    }

    /// What a member's training is told; the augmentation is fitted to the data when it begins.
    public func configuration(of member: Member) -> TrainingConfiguration {
        let net = architecture(of: member)
        var settings = net.training
        settings.epochs = min(settings.epochs, greatestEpochs)
        return TrainingConfiguration(net: net.name, settings: settings, seed: seed, segmentsPerTrack: nil)
    }

    /// Whether the member has ended: after its last epoch, or earlier by its own patience.
    ///
    /// - Throws: ``ReportError/otherRun(folder:)`` where the folder holds a finished run of another configuration.
    public func finishedRun(of member: Member) throws -> FinishedRun? {
        guard FileManager.default.fileExists(atPath: RunFolder(at: member.folder).model.path) else { return nil }
        let run = try FinishedRun(member.folder)
        guard fits(run.settings, member) else { throw ReportError.otherRun(folder: member.folder.path) }
        let wanted = configuration(of: member).epochs
        return run.settings.epochs == wanted || run.epochs.count < run.settings.epochs ? run : nil
    }

    /// A member's run that has begun but is not finished, or is to go on for more epochs; nil where there is none.
    ///
    /// - Throws: ``ReportError/otherRun(folder:)`` where the folder holds a run of another configuration.
    public func begunRun(of member: Member) throws -> (folder: RunFolder, record: RunRecord)? {
        let folder = RunFolder(at: member.folder)
        guard FileManager.default.fileExists(atPath: folder.configuration.path) else { return nil }
        let record = try folder.record()
        guard fits(record.configuration, member) else { throw ReportError.otherRun(folder: member.folder.path) }
        return (folder, try record.extended(to: configuration(of: member).epochs))
    }

    /// Whether a run was told what the member is to be told, for as many epochs or fewer.
    private func fits(_ settings: TrainingConfiguration, _ member: Member) -> Bool {
        var told = settings
        var wanted = configuration(of: member)
        guard told.epochs <= wanted.epochs else { return false }
        told.epochs = wanted.epochs
        // Fitted to the data, the augmentation may be less than the usual one; what towers begin with is known when the
        // training begins.
        (told.augmentation, wanted.augmentation) = (nil, nil)
        (told.towers, wanted.towers) = (nil, nil)
        return told == wanted
    }
}
