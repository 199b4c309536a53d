import Foundation

/// A fusion that is part of the program: of built-in models, by their names. A head among them needs its backbone.
public struct BuiltInFusion: Sendable {
    struct Member: Sendable {
        let name: String
        /// As ``FusedModel/Member/every``.
        var every = 1
    }

    /// As `--model` takes it.
    public let name: String
    let members: [Member]
    /// What it does better than the built-in models alone, in words.
    public let gain: String

    public init(name: String, of members: [(name: String, every: Int)], gain: String) {
        self.name = name
        self.members = members.map { Member(name: $0.name, every: $0.every) }
        self.gain = gain
    }

    /// All that there are; ``isComplete(among:)`` tells those whose members are.
    ///
    /// Half of musicnn's segments, five of a track of 30 s, give the verdict of all within half a point.
    public static let all = [
        BuiltInFusion(
            name: "gtzan", of: [("gtzan-compact", every: 1), ("gtzan-musicnn", every: 2)],
            gain: "of 99 tracks by unknown artists 83 are classified correctly, not 70")
    ]

    public var memberNames: [String] { members.map(\.name) }

    /// Whether all members are there, built in or installed under their names; their backbones may be missing.
    public func isComplete(among installed: InstalledModels? = .standard()) -> Bool {
        members.allSatisfy { member in
            installed?.file(of: member.name) != nil || BuiltInModel.named(member.name) != nil
        }
    }

    /// Opens the members. A model that the user installed under a member's name goes before the built-in one.
    ///
    /// - Throws: ``ModelFileError``: of a head whose backbone is not installed, or is another one.
    public func open(among installed: InstalledModels? = .standard()) throws -> FusedModel {
        let opened = try members.map { member in
            FusedModel.Member(
                name: member.name, every: member.every, model: try Self.model(member.name, among: installed))
        }
        return try FusedModel(opened, toolVersion: opened[0].model.card.toolVersion)
    }

    private static func model(_ name: String, among installed: InstalledModels?) throws -> TrainedModel {
        if let file = installed?.file(of: name) { return try TrainedModel(contentsOf: file, among: installed) }
        guard let builtIn = BuiltInModel.named(name) else {
            throw ModelFileError.cannotFuse(problem: "there is no built-in model '\(name)'")
        }
        return try builtIn.open(among: installed)
    }
}

/// What tells genres where no model is named.
public struct StandardModel {
    /// As `--model` takes it.
    public let name: String
    public let model: GenreModel
    /// The built-in fusion that would be in its place, if its backbone were installed; nil where it is, or there is none.
    public let better: Better?

    public struct Better: Sendable {
        public let fusion: BuiltInFusion
        /// The missing model's name; nil where it is there and cannot be used.
        public let missing: String?
        /// Why the fusion cannot be used.
        public let problem: String
    }

    /// The first built-in fusion, where all that it needs is installed; else the first built-in model.
    ///
    /// - Throws: ``ModelFileError`` of a damaged program.
    public static func open(among installed: InstalledModels? = .standard()) throws -> StandardModel {
        var better: Better?
        if let fusion = BuiltInFusion.all.first, fusion.isComplete(among: installed) {
            do {
                return StandardModel(name: fusion.name, model: .fused(try fusion.open(among: installed)), better: nil)
            } catch ModelFileError.noBackbone(let file, let name) {
                let problem = "\(ModelFileError.noBackbone(file: file, name: name))"
                better = Better(fusion: fusion, missing: name, problem: problem)
            } catch {
                better = Better(fusion: fusion, missing: nil, problem: "\(error)")
            }
        }
        let first = BuiltInModel.all[0]
        return StandardModel(name: first.name, model: .single(try first.open()), better: better)
    }
}
